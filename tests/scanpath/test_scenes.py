"""Who is compared with whom, and which pictures are meant."""

from __future__ import annotations

from pathlib import Path

import attrs
import numpy as np
import pytest
from PIL import Image

from neurogate.errors import RequestError
from neurogate.scanpath.formats.osie import write_osie
from neurogate.scanpath.formats.viewing import Viewing
from neurogate.scanpath.path import Scanpath, scanpath
from neurogate.scanpath.scenes import Scene, image_names, osie_scenes, scenes

KNOWN = ["0998.jpg", "0999.jpg", "1000.jpg", "1001.jpg"]


def _path(seed: int = 1) -> Scanpath:
    return scanpath(*np.random.default_rng(seed).random((2, 5)) * 60, size=(80, 60))


def _folder(tmp_path: Path, viewers: int = 3, size: tuple[int, int] = (800, 600)) -> Path:
    (tmp_path / "stimuli").mkdir(parents=True)
    for image in KNOWN:
        Image.new("RGB", size).save(tmp_path / "stimuli" / image)
    write_osie(
        tmp_path / "fixations.mat", [Viewing(_path(n), image) for image in KNOWN for n in range(viewers)]
    )
    return tmp_path


def test_a_judge_is_no_partner_and_does_not_make_the_map() -> None:
    paths = [_path(seed) for seed in range(15)]
    scene = Scene("a", paths, paths)
    assert scene.judges == [0, 3, 6, 9, 12]
    partners = [path for two in scene.partners(paths) for path in two]
    assert [len(two) for two in scene.partners(paths)] == [2] * 5
    assert not {id(paths[judge]) for judge in scene.judges} & {id(path) for path in partners}
    moved = [scanpath([1], [1], size=(80, 60)) if n in scene.judges else path for n, path in enumerate(paths)]
    assert np.array_equal(Scene("a", moved, paths).seen, scene.seen)


def test_who_is_missing_elsewhere_is_replaced_by_nobody() -> None:
    paths = [_path(seed) for seed in range(6)]
    scene = Scene("a", paths, paths[:5])
    assert scene.judges == [0, 3]
    assert [[id(path) for path in found] for found in scene.partners(scene.elsewhere)] == [
        [id(paths[1]), id(paths[2])], [id(paths[4])],
    ]  # fmt: skip


def test_elsewhere_is_another_picture() -> None:
    found = scenes([Viewing(_path(n), image) for n, image in enumerate("aaabbbccc")])
    assert all(scene.elsewhere[0] is not scene.viewers[0] for scene in found)


def test_gaze_on_one_picture_has_no_people_elsewhere_and_is_a_sentence() -> None:
    with pytest.raises(RequestError, match="There is gaze on one picture only, a, and people who look"):
        scenes([Viewing(_path(n), "a") for n in range(3)])


def test_a_refused_viewer_moves_no_judge(tmp_path: Path) -> None:
    _folder(tmp_path, viewers=6)
    people = [[_path(n) for n in range(6)] for _ in KNOWN]
    people[1][2] = attrs.evolve(people[1][2], duration_s=np.full(5, -1.0))
    people[3][5] = attrs.evolve(people[3][5], duration_s=np.full(5, -1.0))
    write_osie(
        tmp_path / "fixations.mat",
        [Viewing(path, image) for image, paths in zip(KNOWN, people, strict=True) for path in paths],
    )
    said: list[str] = []
    found = osie_scenes(tmp_path, complaints=said)
    assert [scene.image for scene in found] == [KNOWN[2], KNOWN[3]]
    assert [scene.judges for scene in found] == [[0, 3], [0]]
    assert "lasts -1 s" in said[0]
    assert said[2:] == [
        f"Picture {image} is left out: a scanpath on {KNOWN[1]} is none, so that others would judge there "
        "than elsewhere."
        for image in KNOWN[:2]
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("0998-1001", KNOWN),
        ("1001, 0999.jpg", ["1001.jpg", "0999.jpg"]),
        ("1000-1001,1000", ["1000.jpg", "1001.jpg"]),
    ],
)
def test_images_are_named_or_within_ranges(text: str, wanted: list[str]) -> None:
    assert image_names(text, KNOWN) == wanted


@pytest.mark.parametrize(
    ("text", "absent"), [("cat", "cat"), ("1001-99999999999", "1002"), ("1001-1000", "1001-1000"), ("", "")]
)
def test_an_image_that_is_not_there_is_a_sentence(text: str, absent: str) -> None:
    with pytest.raises(
        RequestError, match=f"There is no image '{absent}'. There are 0998.jpg, 0999.jpg to 1001"
    ):
        image_names(text, KNOWN)


def test_a_folder_is_read_and_may_be_within_another(tmp_path: Path) -> None:
    _folder(tmp_path / "osie")
    found = osie_scenes(tmp_path, "0999-1000")
    assert [scene.image for scene in found] == ["0999.jpg", "1000.jpg"]
    assert found[0].picture().shape == (600, 800, 3)


def test_a_picture_of_another_size_is_a_sentence(tmp_path: Path) -> None:
    (scene, *_) = osie_scenes(_folder(tmp_path, size=(80, 60)))
    with pytest.raises(
        RequestError, match="is 80 x 60 px, but its scanpaths are of a picture of 800 x 600 px"
    ):
        scene.picture()


def test_a_picture_that_too_few_saw_is_a_sentence_or_a_complaint(tmp_path: Path) -> None:
    folder, said = _folder(tmp_path, viewers=2), list[str]()
    with pytest.raises(RequestError, match=r"seen by 2\. Give at least 3 viewers"):
        osie_scenes(folder)
    assert osie_scenes(folder, complaints=said) == []
    assert len(said) == len(KNOWN)


def test_viewers_of_pictures_of_two_sizes_are_not_compared() -> None:
    near, far = scanpath([1, 2], [3, 4], size=(80, 60)), scanpath([1, 2], [3, 4], size=(8, 6))
    with pytest.raises(
        RequestError, match=r"Picture cat, or the one seen elsewhere: The pictures are of 80 x"
    ):
        Scene("cat", [near] * 3, [far] * 3)


def test_pictures_that_are_not_there_are_a_sentence(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    (folder / "stimuli" / "1001.jpg").unlink()
    assert len(osie_scenes(folder)) == 3
    with pytest.raises(RequestError, match=r"stimuli has no picture 1001\.jpg"):
        osie_scenes(folder, "1001")
