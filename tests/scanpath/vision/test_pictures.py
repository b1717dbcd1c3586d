"""Every kind of picture becomes red, green and blue from 0 to 1, or a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from neurogate.errors import RequestError
from neurogate.scanpath.vision.pictures import as_picture, picture_size, read_picture


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA", "CMYK", "I;16"])
def test_white_is_white_in_every_mode(tmp_path: Path, mode: str) -> None:
    levels = np.full((3, 4), 65535, np.uint16) if mode == "I;16" else np.full((3, 4, 3), 255, np.uint8)
    image = Image.fromarray(levels)
    file = tmp_path / "white.tif"
    (image if mode == "I;16" else image.convert(mode)).save(file)
    picture = read_picture(file)
    assert picture.shape == (3, 4, 3)
    assert (picture == 1).all()


def test_16_bits_keep_their_steps_and_colours_their_places(tmp_path: Path) -> None:
    steps = np.array([[0, 1, 257], [65535, 256, 2]], np.uint16)
    Image.fromarray(steps).save(tmp_path / "deep.png")
    assert np.array_equal(read_picture(tmp_path / "deep.png")[:, :, 1] * 65535, steps)
    colours = np.zeros((2, 3, 3), np.uint8)
    colours[0, 2] = 255, 0, 51
    Image.fromarray(colours).save(tmp_path / "colour.png")
    assert read_picture(tmp_path / "colour.png")[0, 2].tolist() == [1, 0, 0.2]


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "I;16"])
def test_a_large_picture_is_brought_to_the_mean_of_its_areas(tmp_path: Path, mode: str) -> None:
    levels = np.zeros((6, 8), np.uint16)
    levels[:, 4:] = 65535
    deep = Image.fromarray(levels)
    (deep if mode == "I;16" else Image.fromarray((levels // 257).astype(np.uint8)).convert(mode)).save(
        tmp_path / "a.png"
    )
    assert read_picture(tmp_path / "a.png", largest=4)[:, :, 0].tolist() == [[0, 0, 1, 1]] * 3
    assert read_picture(tmp_path / "a.png", largest=9).shape == (6, 8, 3)
    assert read_picture(tmp_path / "a.png", largest=2).shape == (2, 2, 3)
    assert picture_size(tmp_path / "a.png") == (8, 6)


@pytest.mark.parametrize("largest", [None, 2])
def test_floats_keep_their_values_and_must_lie_between_0_and_1(tmp_path: Path, largest: int | None) -> None:
    file = tmp_path / "float.tif"
    Image.fromarray(np.full((4, 4), 0.25, np.float32)).save(file)
    assert (read_picture(file, largest=largest) == 0.25).all()
    Image.fromarray(np.full((4, 4), 2.0, np.float32)).save(file)
    with pytest.raises(RequestError, match=r"float\.tif: The picture has numbers from 2 to 2"):
        read_picture(file, largest=largest)


@pytest.mark.parametrize("level", [65536, -1])
def test_levels_of_more_than_16_bits_are_a_sentence(tmp_path: Path, level: int) -> None:
    levels = np.zeros((2, 2), np.int32)
    Image.fromarray(levels + 65535).save(tmp_path / "deep.tif")
    assert (read_picture(tmp_path / "deep.tif") == 1).all()
    levels[1, 1] = level
    Image.fromarray(levels).save(tmp_path / "deep.tif")
    with pytest.raises(RequestError, match=rf"deep\.tif: The picture has levels from .*{level}.*0 to 65535"):
        read_picture(tmp_path / "deep.tif")


def test_a_large_picture_is_read_in_silence_and_one_too_large_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "large.png"
    Image.new("L", (40, 30)).save(file)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert picture_size(file) == (40, 30)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    with pytest.raises(RequestError, match=r"large\.png has more pixels than Pillow reads, 0 million"):
        read_picture(file)


def test_what_is_transparent_shows_the_background(tmp_path: Path) -> None:
    rgba = np.zeros((2, 2, 4), np.uint8)
    rgba[0, 0] = 255, 0, 0, 255
    Image.fromarray(rgba).save(tmp_path / "clear.png")
    picture = read_picture(tmp_path / "clear.png", background=0.5)
    assert picture[0, 0].tolist() == [1, 0, 0]
    assert picture[1, 1].tolist() == [0.5, 0.5, 0.5]


def test_a_picture_is_turned_as_its_camera_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (4, 2)).save(tmp_path / "turned.jpg", exif=exif)
    assert read_picture(tmp_path / "turned.jpg").shape == (4, 2, 3)
    assert picture_size(tmp_path / "turned.jpg") == (2, 4)


@pytest.mark.parametrize("planes", [(), (1,), (2,), (3,), (4,)])
def test_arrays_of_every_number_of_channels(planes: tuple[int, ...]) -> None:
    assert as_picture(np.ones((5, 4, *planes), bool)).shape == (5, 4, 3)
    assert (as_picture(np.ones((5, 4, *planes), np.float32)) == 1).all()


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((1, 1)), "The picture is 1 x 1 px. Give at least 2 x 2"),
        (np.zeros((1, 9)), "The picture is 9 x 1 px"),
        (np.zeros((0, 9)), "The picture is 9 x 0 px"),
        (np.zeros(9), r"has shape \(9,\)"),
        (np.zeros((9, 9, 5)), r"has shape \(9, 9, 5\)"),
        (np.zeros((9, 9), int), "has numbers of type int64"),
        (np.full((9, 9), 255.0), "numbers from 255 to 255. Give numbers from 0 to 1"),
        (np.full((9, 9), np.nan), "numbers from nan to nan"),
    ],
)
def test_what_is_no_picture_is_a_sentence(array: Any, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        as_picture(array)


def test_a_file_that_is_no_picture_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    with pytest.raises(RequestError, match="cannot be read: No such file"):
        read_picture(file)
    file.write_text("x,y,duration")
    with pytest.raises(RequestError, match="it is no picture that Pillow knows, or not whole"):
        read_picture(file)
    Image.effect_noise((64, 64), 50).save(file)
    file.write_bytes(file.read_bytes()[:900])
    with pytest.raises(RequestError, match="or not whole"):
        read_picture(file)
    Image.new("L", (1, 1)).save(file)
    with pytest.raises(RequestError, match=r"a\.png: The picture is 1 x 1 px"):
        read_picture(file)
