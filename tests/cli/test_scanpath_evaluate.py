"""The table of models on a folder laid out as OSIE is."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import attrs
import numpy as np
import pytest
from numpy.typing import ArrayLike
from PIL import Image

from neurogate.cli import main, scanpath_evaluate
from neurogate.errors import RequestError
from neurogate.scanpath.evaluation import MEASURES, REFERENCES
from neurogate.scanpath.formats.osie import write_osie
from neurogate.scanpath.formats.viewing import Viewing
from neurogate.scanpath.models.baselines import Uniform
from neurogate.scanpath.path import Scanpath, scanpath

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
    assert "Means over 2 pictures" in shown
    (osie / "stimuli" / "1002.jpg").unlink()
    assert main(_command(osie, "--jobs", "1")) == 0
    assert capsys.readouterr().out == shown


def test_a_picture_of_another_size_counts_in_no_row(osie: Path, capsys: Captured) -> None:
    for image, size in (("1001", (1, 1)), ("1002", (80, 60))):
        Image.new("RGB", size).save(osie / "stimuli" / f"{image}.jpg")
    assert main(_command(osie, "--jobs", "1", "--json")) == 3
    shown, said = capsys.readouterr()
    assert "The picture is 1 x 1 px." in said
    assert "1002.jpg is 80 x 60 px, but its scanpaths are of a picture of 800 x 600 px." in said
    answer = json.loads(shown)
    assert answer["images"] == ["1003.jpg"]
    assert {row[name]["pictures"] for row in answer["rows"] for name in MEASURES} == {1}


@pytest.mark.parametrize(
    ("form", "shown"),
    [(None, ""), ("--csv", "row,measure,mean,low,high,pictures\n"), ("--json", '"rows": []')],
)
def test_without_a_picture_there_is_no_table(
    form: str | None, shown: str, osie: Path, capsys: Captured
) -> None:
    for file in (osie / "stimuli").iterdir():
        file.write_bytes(file.read_bytes()[:2000])
    assert main(_command(osie, "--jobs", "1", *([form] if form else []))) == 3
    out, said = capsys.readouterr()
    assert said.count("cannot be read") == 3
    assert said.endswith("There is no table: no picture is left, for the reasons above.\n")
    assert shown in out if form else not out


@attrs.frozen
class Picky(Uniform):
    """Fails on the darkest picture."""

    least: float = 0.2

    def scanpaths(self, image: ArrayLike, n_paths: int, seed: int) -> list[Scanpath]:
        if np.mean(image) < self.least:
            raise RequestError("It is too dark.")
        return super().scanpaths(image, n_paths, seed)


def test_a_row_over_fewer_pictures_is_marked(
    osie: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanpath_evaluate, "_models", lambda *asked: {"picky": Picky(), "uniform": Uniform()})
    Image.new("L", SIZE).save(osie / "stimuli" / "1002.jpg")
    assert main(_command(osie, "--jobs", "1")) == 3
    shown, said = capsys.readouterr()
    assert "picky on 1002.jpg: It is too dark." in said
    assert "Without meaning in 1 of 3 pictures for picky (few fixations, or it failed): vector, " in said
    assert "Without meaning in 1 of 3 pictures for uniform" not in said
    assert [line.count("*") for line in shown.splitlines() if line.startswith("picky")] == [5, 2]
    assert shown.count("*") == 8
    assert shown.endswith("bootstrap intervals over pictures; * over fewer pictures.\n")


def test_a_measure_without_meaning_is_told(osie: Path, capsys: Captured) -> None:
    assert main(_command(osie, "--jobs", "1", "--set", "uniform.fixations=2")) == 0
    said = capsys.readouterr().err
    assert (
        "Without meaning in 3 of 3 pictures for uniform (few fixations, or it failed): "
        "vector, direction, length, position, duration.\n"
    ) in said
    assert said.count("Without meaning") == 1


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
