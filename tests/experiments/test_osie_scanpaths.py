"""All models are searched alike, a search goes on where it ended, and people stand beside models."""

from __future__ import annotations

import json
import os
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from neurogate.scanpath.evaluation import MEASURES, REFERENCES
from neurogate.scanpath.formats.osie import write_osie
from neurogate.scanpath.formats.viewing import Viewing
from neurogate.scanpath.path import scanpath
from neurogate.scanpath.search import setting

IMAGES = ("1001", "1002", "1031", "1032")
SIZE = (800, 600)


@pytest.fixture(scope="module")
def script(checkout: Path) -> dict[str, Any]:
    return runpy.run_path(str(checkout / "experiments" / "osie_scanpaths.py"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder like OSIE's, of grey pictures with a bright patch that most people look at."""
    folder, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(1)
    (folder / "osie" / "stimuli").mkdir(parents=True)
    viewings = []
    for image in IMAGES:
        x, y = rng.integers(100, 500, 2)
        picture = np.full((600, 800), 100, np.uint8)
        picture[y - 20 : y + 20, x - 20 : x + 20] = 255
        Image.fromarray(picture).save(folder / "osie" / "stimuli" / f"{image}.jpg")
        for viewer in range(15):
            places = np.clip([x, y] + 60 * rng.standard_normal((7, 2)), 0, np.subtract(SIZE, 1))
            path = scanpath(*places.T, rng.uniform(0.1, 0.4, 7), size=SIZE)
            viewings.append(Viewing(path, f"{image}.jpg", str(viewer)))
    write_osie(folder / "osie" / "fixations.mat", viewings)
    return folder


def asked(data: Path, out: Path, models: str = "uniform,winner_take_all,spiking", *more: str) -> list[str]:
    said = ["--quick", "--paths", "2", "--jobs", "1", "--models", models]
    return [*said, "--data", str(data), "--out", str(out), *more]


def test_what_was_chosen_near_an_end_of_its_range_is_told(script: dict[str, Any]) -> None:
    space = script["SPACES"]["spiking"]
    ranges = [key for key in space if key != "map"]
    for u, told in ((0.0, ranges), (0.04, ranges), (0.5, []), (0.96, ranges)):
        words = [*script["walls"]("spiking", setting(space, np.full(len(space), u)), space)]
        assert [each.split()[1] for each in words] == told
    assert "0.961, near an end of 0 to 1" in "".join(
        script["walls"](
            "spiking", {**setting(space, np.full(len(space), 0.5)), "inhibition.amplitude": 0.961}, space
        )
    )


def test_a_map_of_each_picture_is_made_once(script: dict[str, Any]) -> None:
    asked: list[float] = []

    def brightness(picture: np.ndarray) -> np.ndarray:
        asked.append(picture[0, 0, 0])
        return picture.mean(axis=2)

    made, (one, two) = script["remembered"](brightness), np.random.default_rng(1).random((2, 4, 4, 3))
    for picture in (one, two, one.copy(), two):
        assert np.array_equal(made(picture), picture.mean(axis=2))
    assert asked == [one[0, 0, 0], two[0, 0, 0]]


def test_the_table_has_people_beside_models_and_lesions_and_a_search_is_not_made_again(
    script: dict[str, Any], data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    script["main"](asked(data, tmp_path, "uniform,winner_take_all,spiking", "--json"))
    folder = tmp_path / "osie_scanpaths"
    found, tuning = (json.loads((folder / name).read_text("utf-8")) for name in ("table.json", "tuning.json"))
    assert json.loads(capsys.readouterr().out) == found
    lesioned = {f"spiking without {part}" for part in ("gate", "return", "variability")}
    models = {"uniform", "winner_take_all", "spiking", "spiking, as shipped"}
    assert set(found["rows"]) == {*models, *lesioned, *REFERENCES}
    assert {each["row"] for each in found["differences"] if each["minus"] == "spiking"} == lesioned
    same, random = (found["rows"][row] for row in ("human, same image", "random"))
    assert same["nss"][0] > random["nss"][0]
    assert same["position"][0] > random["position"][0]
    for name, tried in tuning["tried"].items():
        assert len(tried) == 2
        assert tried[0]["score"] >= tried[1]["score"]
        assert found["chosen"][name] == tried[0]["settings"]
    assert set(found["spread"]) == {*models, *lesioned, REFERENCES[0]}
    assert all((folder / f"{name}.png").stat().st_size for name in ("scores", "spread"))

    def unwanted(*_: Any) -> None:
        raise AssertionError

    monkeypatch.setitem(script["main"].__globals__, "judged", unwanted)
    script["main"](asked(data, tmp_path))
    assert "| human, same image |" in capsys.readouterr().out
    assert json.loads((folder / "table.json").read_text("utf-8"))["scores"] == found["scores"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("TUNING_PATHS", 1), ("TUNING_SEED", 7), ("FIXED", {"uniform": {"fixations": 4}})],
)
def test_what_was_judged_in_another_way_is_judged_again(
    script: dict[str, Any], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    name: str, value: object,
) -> None:  # fmt: skip
    told: list[dict[str, Any]] = []

    def judged(_: str, settings: dict[str, Any], __: object) -> dict[str, float]:
        told.append(settings)
        return dict.fromkeys(MEASURES, 0.5)

    used = script["tuned"].__globals__
    monkeypatch.setitem(used, "judged", judged)
    given = script["arguments"](asked(data, tmp_path, "uniform"))
    for _ in range(2):
        script["tuned"]("uniform", given)
    assert len(told) == 2
    monkeypatch.setitem(used, name, value)
    script["tuned"]("uniform", given)
    assert told[2:] == told[:2]


def test_another_seed_searches_other_settings_and_is_told(
    script: dict[str, Any], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(script["tuned"].__globals__, "judged", lambda *_: dict.fromkeys(MEASURES, 0.5))
    found = {}
    for seed in ("1", "2"):
        given = script["arguments"](asked(data, tmp_path, "drawn", "--search-seed", seed))
        found[seed] = [one["settings"]["sharpness"] for one in script["tuned"]("drawn", given)]
        script["write"](tmp_path / "how.json", {}, given)
        how = json.loads((tmp_path / "how.json").read_text("utf-8"))["machine"]
        assert how["seeds"]["search"] == int(seed)
    assert not set(found["1"]) & set(found["2"])


@pytest.mark.parametrize(
    ("models", "more", "words"),
    [
        ("spikes", (), "--models has spikes; there are"),
        ("uniform", ("--settings", "-1"), "must be at least 1"),
        ("uniform", ("--search-seed", "-1"), "--search-seed at least 0"),
        ("uniform", ("--data", "nowhere"), "nowhere"),
    ],
)
def test_a_mistake_is_a_sentence(
    script: dict[str, Any], data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    models: str, more: tuple[str, ...], words: str,
) -> None:  # fmt: skip
    with pytest.raises(SystemExit) as ended:
        script["main"](asked(data, tmp_path, models, *more))
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.skipif(
    not os.environ.get("NEUROGATE_DATA"), reason="NEUROGATE_DATA names no folder of gaze data"
)
def test_on_real_gaze_people_are_more_alike_on_the_same_picture(
    script: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script["main"](asked(Path(os.environ["NEUROGATE_DATA"]), tmp_path, "uniform", "--json"))
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert rows["human, same image"]["position"][0] > rows["human, other image"]["position"][0]
    assert rows["human, same image"]["nss"][0] > 1 > rows["uniform"]["nss"][0]
