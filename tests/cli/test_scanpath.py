"""A picture goes in; a figure, fixations and measures come out, or a sentence."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from neurogate.cli import main
from neurogate.cli.scanpath import LARGEST_PX
from neurogate.scanpath.formats.fixation_table import read_csv
from neurogate.scanpath.models.catalogue import make
from neurogate.scanpath.vision.pictures import read_picture

Captured = pytest.CaptureFixture[str]


def _picture(folder: Path, kind: str = "RGB", size: tuple[int, int] = (80, 60)) -> Path:
    levels = np.zeros((size[1], size[0]), np.uint16)
    levels[size[1] // 4 : size[1] // 2, size[0] // 2 : -size[0] // 8] = 65535
    file = folder / f"{kind.replace(';', '')}.png"
    deep = Image.fromarray(levels)
    (deep if kind == "I;16" else Image.fromarray((levels // 257).astype(np.uint8)).convert(kind)).save(file)
    return file


def test_figure_fixations_and_measures_are_written_and_read_back(tmp_path: Path, capsys: Captured) -> None:
    file, out = _picture(tmp_path), tmp_path / "made" / "out"
    assert main(["scanpath", str(file), "--paths", "3", "--seed", "2", "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    files = [out / f"RGB-spiking{ending}" for ending in (".png", ".csv", "-metrics.csv")]
    assert shown.splitlines()[-3:] == [str(file) for file in files]
    assert sorted(out.iterdir()) == sorted(files)
    assert all(name in shown for name in ("multimatch_direction", "nss_on_priority", "duration_s"))
    with files[2].open() as opened:
        counts = {row["measure"]: row["count"] for row in csv.DictReader(opened)}
    assert counts["dtw"] == counts["fixations"] == "3"
    wanted = make("spiking").scanpaths(read_picture(file), 3, 2)
    for read, path in zip(read_csv(files[1]), wanted, strict=True):
        assert np.array_equal(np.asarray(read.path), np.asarray(path))
        assert read.image == "RGB.png"
    with Image.open(files[0]) as drawn:
        assert drawn.width > 1.5 * drawn.height


@pytest.mark.parametrize("kind", ["L", "RGBA", "I;16"])
def test_every_kind_of_picture_is_looked_at(kind: str, tmp_path: Path) -> None:
    file = _picture(tmp_path, kind)
    command = ["scanpath", str(file), "--model", "winner_take_all", "--paths", "1", "--out", str(tmp_path)]
    assert main(command) == 0
    (read,) = read_csv(tmp_path / f"{file.stem}-winner_take_all.csv")
    assert not read.path.outside.any()


@pytest.mark.parametrize("model", ["collicular", "gravity", "uniform"])
def test_models_with_and_without_a_map_are_measured(model: str, tmp_path: Path, capsys: Captured) -> None:
    command = ["scanpath", str(_picture(tmp_path)), "--model", model, "--paths", "2", "--out", str(tmp_path)]
    assert main([*command, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert all(Path(file).exists() for file in answer["files"])
    measured = {row["measure"]: row for row in answer["metrics"]}
    assert measured["fixations"]["count"] == 2
    assert ("nss_on_priority" in measured) == hasattr(make(model), "priority")


def test_a_large_picture_is_reduced_for_the_model_and_places_are_those_of_the_whole(tmp_path: Path) -> None:
    file = _picture(tmp_path, "L", size=(3000, 1500))
    assert main(["scanpath", str(file), "--paths", "1", "--out", str(tmp_path)]) == 0
    (read,) = read_csv(tmp_path / "L-spiking.csv")
    assert (read.path.width_px, read.path.height_px) == (3000, 1500)
    (small,) = make("spiking").scanpaths(read_picture(file, largest=LARGEST_PX), 1, 1)
    assert read.path.x_px == pytest.approx(small.x_px * 3000 / LARGEST_PX)


def test_settings_and_how_many_fixations_are_taken(tmp_path: Path) -> None:
    command = ["scanpath", str(_picture(tmp_path)), "--out", str(tmp_path), "--paths", "1"]
    assert main([*command, "--fixations", "4", "--set", 'lesions=["gate", "return"]']) == 0
    (read,) = read_csv(tmp_path / "RGB-spiking.csv")
    assert len(read.path) == 4
    lesioned = make("spiking", {"fixations": 4, "lesions": ["gate", "return"]})
    (wanted,) = lesioned.scanpaths(read_picture(tmp_path / "RGB.png"), 1, 1)
    assert np.array_equal(np.asarray(read.path), np.asarray(wanted))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--model", "spikin"], "There is no model spikin. There are spiking, collicular"),
        (["--set", "noise=1"], "spiking has no setting noise. It has priority, fixations"),
        (["--set", "circuit.noise"], "changes nothing; a change must be key.path=value"),
        (["--model", "gravity", "--fixations", "3"], "gravity has no setting fixations"),
        (["--paths", "0"], "--paths is 0; it must be at least 1."),
        (["--seed", "-1"], "--seed is -1; it must be at least 0."),
        (["--paths", "2.5"], "2.5 is not a whole number"),
        (["--set", "fixations=0"], "fixations is 0. Give a finite number above 0"),
    ],
)
def test_a_mistake_in_an_option_is_a_sentence(
    options: list[str], said: str, tmp_path: Path, capsys: Captured
) -> None:
    out = tmp_path / "out"
    assert main(["scanpath", str(_picture(tmp_path)), *options, "--out", str(out)]) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert not shown.out
    assert not out.exists()


def test_what_is_no_picture_or_too_small_is_a_sentence(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "text.png").write_text("no picture")
    _picture(tmp_path, size=(1, 1)).rename(tmp_path / "dot.png")
    for name, said in (
        ("none.png", "none.png cannot be read: No such file"),
        ("text.png", "it is no picture that Pillow knows"),
        ("dot.png", "The picture is 1 x 1 px. Give at least 2 x 2."),
    ):
        assert main(["scanpath", str(tmp_path / name), "--out", str(tmp_path / "out")]) == 2
        assert said in capsys.readouterr().err
    small = str(_picture(tmp_path, size=(16, 9)))
    assert main(["scanpath", small, "--model", "levy", "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"{small}: The picture has shape")
    assert "at least 17 px on each side" in said


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "file").write_text("")
    command = ["scanpath", str(_picture(tmp_path)), "--model", "uniform", "--out", str(tmp_path / "file")]
    assert main(command) == 2
    assert "Choose another --out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["compre", "a.csv", "b.csv"], "compare"),
        (["evalute", "--data", "x"], "evaluate"),
        (["Compare"], "compare"),
    ],
)  # fmt: skip
def test_a_command_that_is_mistyped_is_named(words: list[str], meant: str, capsys: Captured) -> None:
    assert main(["scanpath", *words]) == 2
    assert (
        f"There is no picture {words[0]}. Did you mean `neurogate scanpath {meant}`?"
        in capsys.readouterr().err
    )


def test_a_picture_may_be_called_nearly_as_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _picture(tmp_path).rename(tmp_path / "compar")
    monkeypatch.chdir(tmp_path)
    assert main(["scanpath", "compar", "--model", "uniform", "--paths", "1"]) == 0


@pytest.mark.parametrize("model", ["spiking", "collicular", "winner_take_all", "gravity"])
def test_the_eye_goes_where_a_map_of_one_s_own_is_high(model: str, tmp_path: Path, capsys: Captured) -> None:
    lit = np.zeros((30, 40))
    lit[22:26, 4:8] = 7.0
    np.save(tmp_path / "map.npy", lit)
    Image.fromarray((lit * 30).astype(np.uint8)).save(tmp_path / "map.png")
    tables = []
    for name in ("map.npy", "map.png"):
        command = [
            "scanpath",
            str(_picture(tmp_path)),
            "--model",
            model,
            "--paths",
            "1",
            "--out",
            str(tmp_path),
        ]
        assert main([*command, "--priority", str(tmp_path / name)]) == 0
        assert "nss_on_priority" in capsys.readouterr().out
        (read,) = read_csv(tmp_path / f"RGB-{model}.csv")
        assert np.hypot(read.path.x_px - 12, read.path.y_px - 48).min() < 8
        tables.append(np.asarray(read.path))
    assert np.array_equal(*tables)


def test_a_map_that_cannot_be_used_is_a_sentence(tmp_path: Path, capsys: Captured) -> None:
    file = _picture(tmp_path)
    np.save(tmp_path / "map.npy", np.zeros((2, 3, 4)))
    command = ["scanpath", str(file), "--out", str(tmp_path / "out"), "--priority"]
    for more, said in (
        ([str(tmp_path / "none.npy")], "none.npy: it cannot be read: No such file"),
        ([str(tmp_path / "map.npy")], "map.npy: The map has shape (2, 3, 4)"),
        (
            [str(file), "--model", "centre_bias"],
            "centre_bias looks at no map of priority; leave --priority out",
        ),
        ([str(file), "--set", "priority=detail"], "--priority and --set priority are two maps"),
    ):
        assert main([*command, *more]) == 2
        assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
