"""The table of models on a folder laid out as OSIE is."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from neurogate.cli import main
from neurogate.scanpath.evaluation import MEASURES, REFERENCES
from neurogate.scanpath.formats.osie import write_osie
from neurogate.scanpath.formats.viewing import Viewing
from neurogate.scanpath.path import scanpath

Captured = pytest.CaptureFixture[str]
SIZE = (800, 600)


@pytest.fixture
def osie(tmp_path: Path) -> Path:
    """Return a folder with three pictures, of which each was seen by six."""
    rng, viewings = np.random.default_rng(1), []
    (tmp_path / "stimuli").mkdir()
    for image in ("1001.jpg", "1002.jpg", "1003.jpg"):
        Image.fromarray(rng.integers(0, 255, (600, 800, 3), np.uint8)).save(tmp_path / "stimuli" / image)
        for viewer in range(6):
            places = rng.random((2, 5)) * np.array(SIZE)[:, None]
            viewings.append(Viewing(scanpath(*places, rng.gamma(2, 0.1, 5), size=SIZE), image, str(viewer)))
    write_osie(tmp_path / "fixations.mat", viewings)
    return tmp_path


def _command(osie: Path, *options: str) -> list[str]:
    return ["scanpath", "evaluate", "--data", str(osie), "--models", "uniform,centre_bias", *options]


def test_models_stand_beside_people_and_chance(osie: Path, capsys: Captured) -> None:
    assert main(_command(osie, "--jobs", "1")) == 0
    shown, said = capsys.readouterr()
    for row in ("uniform", "centre_bias", *REFERENCES):
        assert sum(line.startswith(f"{row} ") for line in shown.splitlines()) == 2
    assert shown.endswith("Means over 3 pictures, with 95 % bootstrap intervals over pictures.\n")
    assert "evaluating: 3 of 3 pictures" in said


def test_of_one_picture_there_is_no_interval(osie: Path, capsys: Captured) -> None:
    assert main(_command(osie, "--jobs", "1", "--images", "1001")) == 0
    shown = capsys.readouterr().out
    assert shown.count("[-]") == (2 + len(REFERENCES)) * len(MEASURES)
    assert shown.endswith("Means over 1 picture, which has no interval.\n")


def test_processes_and_form_of_the_answer_change_no_number(osie: Path, capsys: Captured) -> None:
    assert main(_command(osie, "--json", "--images", "1002-1003", "--jobs", "1")) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["images"] == ["1002.jpg", "1003.jpg"]
    assert main(_command(osie, "--csv", "--images", "1002-1003", "--jobs", "2")) == 0
    read = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    wanted = [
        {"row": row["row"], "measure": name, **{key: str(value) for key, value in row[name].items()}}
        for row in answer["rows"]
        for name in MEASURES
    ]
    assert read == wanted


def test_settings_are_those_of_the_model_that_is_named(osie: Path, capsys: Captured) -> None:
    assert main(_command(osie, "--json", "--jobs", "1", "--set", "uniform.fixations=2")) == 0
    rows = {row["row"]: row for row in json.loads(capsys.readouterr().out)["rows"]}
    assert rows["uniform"]["vector"]["mean"] is None
    assert rows["centre_bias"]["vector"]["mean"] is not None
    assert main(_command(osie, "--set", "levy.fixations=2")) == 2
    assert (
        "is of none of the models uniform, centre_bias; write MODEL.setting=value" in capsys.readouterr().err
    )


def test_a_picture_that_cannot_be_read_is_told_and_the_rest_goes_on(osie: Path, capsys: Captured) -> None:
    (osie / "stimuli" / "1002.jpg").write_text("no picture")
    assert main(_command(osie, "--jobs", "1")) == 3
    shown, said = capsys.readouterr()
    assert said.count("1002.jpg cannot be read: it is no picture that Pillow knows") == 1
    assert "Means over 3 pictures" in shown


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--images", "1001-1009"], "There is no image '1004'. There are 1001.jpg, 1002.jpg to 1003.jpg"),
        (["--models", "itti"], "There is no model itti. There are spiking"),
        (["--models", ","], "--models names none; there are all, spiking"),
        (["--jobs", "0"], "--jobs is 0; it must be at least 1."),
        (["--paths", "0"], "--paths is 0"),
        (["--csv", "--json"], "--csv and --json are two forms of one answer"),
    ],
)
def test_a_mistake_in_an_option_is_a_sentence(
    options: list[str], said: str, osie: Path, capsys: Captured
) -> None:
    command = _command(osie) if "--models" not in options else ["scanpath", "evaluate", "--data", str(osie)]
    assert main([*command, *options]) == 2
    assert said in capsys.readouterr().err


def test_a_folder_that_is_none_is_a_sentence(tmp_path: Path, capsys: Captured) -> None:
    assert main(["scanpath", "evaluate", "--data", str(tmp_path)]) == 2
    assert "fixations.mat cannot be read" in capsys.readouterr().err


def test_models_may_be_named_with_spaces(osie: Path, capsys: Captured) -> None:
    asked = ["scanpath", "evaluate", "--data", str(osie), "--images", "1001", "--jobs", "1", "--models"]
    assert main([*asked, "uniform", "nobody"]) == 2
    assert "There is no model nobody" in capsys.readouterr().err
