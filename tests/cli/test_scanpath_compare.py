"""Files of scanpaths are compared pair by pair; what cannot be is told."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from neurogate.cli import main
from neurogate.scanpath.comparison import METRICS
from neurogate.scanpath.formats.fixation_table import write_csv
from neurogate.scanpath.formats.osie import write_osie
from neurogate.scanpath.formats.viewing import numbered
from neurogate.scanpath.metrics.fixation_map import fixation_map
from neurogate.scanpath.metrics.information_gain import information_gain
from neurogate.scanpath.metrics.map_likeness import correlation
from neurogate.scanpath.metrics.nss import nss
from neurogate.scanpath.on_map import MAP_METRICS
from neurogate.scanpath.path import scanpath

Captured = pytest.CaptureFixture[str]
PATHS = "x,y,duration,viewer\n10,10,.2,a\n50,20,.3,a\n30,50,.1,a\n70,10,.2,b\n20,40,.1,b\n60,50,.3,b\n"
SIZED = "x,y,duration,width,height\n10,10,.2,80,60\n50,20,.3,80,60\n30,50,.1,80,60\n"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    for name, text in (("A.csv", SIZED), ("B.csv", PATHS)):
        (tmp_path / name).write_text(text)
    return [str(tmp_path / "A.csv"), str(tmp_path / "B.csv")]


def test_all_measures_of_few_pairs_stand_side_by_side(files: list[str], capsys: Captured) -> None:
    assert main(["scanpath", "compare", *files, "--metrics", "all", "--size", "80x60"]) == 0
    shown, said = capsys.readouterr()
    lines = [line.split() for line in shown.splitlines()]
    assert lines[0] == ["measure", "A-a", "A-b"]
    a, b = ([[10, 10], [50, 20], [30, 50]], [[70, 10], [20, 40], [60, 50]])
    assert ["dtw", "0.0000", f"{METRICS['dtw'].metric(a, b):.1f}"] in lines
    assert len(lines) > len(METRICS)
    assert said.splitlines() == [
        "Without meaning in 1 of 2 pairs (few fixations, or nothing recurs): recurrence_det, recurrence_lam, "
        "recurrence_corm."
    ]


def test_rows_of_csv_and_json_are_the_same_and_hold_every_pair(files: list[str], capsys: Captured) -> None:
    command = [
        "scanpath",
        "compare",
        files[1],
        files[1],
        "--metrics",
        "dtw,frechet",
        "tde",
        "--size",
        "80x60",
    ]
    assert main([*command, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["a"], row["b"]) for row in rows] == [("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")]
    assert main([*command, "--csv"]) == 0
    read = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert list(read[0]) == ["image", "a", "b", "dtw", "frechet", "tde"]
    assert [float(row["dtw"]) for row in read] == [row["dtw"] for row in rows]


def test_of_many_pairs_their_spread_is_shown(tmp_path: Path, capsys: Captured) -> None:
    lines = [f"{x},{y},.2,{v}" for v in range(3) for x, y in np.random.default_rng(v).integers(0, 60, (4, 2))]
    file = tmp_path / "many.csv"
    file.write_text("\n".join(["x,y,duration,viewer", *lines]))
    assert main(["scanpath", "compare", str(file), str(file), "--metrics", "frechet", "--size", "80x60"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].split() == ["measure", "mean", "least", "most", "of"]
    assert shown[1].split()[2] == "0.0000"
    assert shown[2] == "9 pairs; --csv and --json list each."


def test_without_a_size_the_smallest_frame_is_taken_and_told(files: list[str], capsys: Captured) -> None:
    assert main(["scanpath", "compare", files[1], files[1], "--metrics", "mannan"]) == 0
    assert "B.csv does not say how large the picture is: taken as 71 x 51 px" in capsys.readouterr().err
    assert main(["scanpath", "compare", *files, "--metrics", "mannan"]) == 0
    assert "taken as 80 x 60 px" in capsys.readouterr().err
    assert main(["scanpath", "compare", files[0], files[0], "--metrics", "mannan"]) == 0
    assert not capsys.readouterr().err


def test_a_file_without_sizes_takes_each_picture_s_from_the_other(tmp_path: Path, capsys: Captured) -> None:
    rows = [(image, x, y) for image in ("cat", "dog") for x, y in ((10, 10), (50, 20), (30, 50))]
    plain, sized = "image,x,y,duration\n", "image,x,y,duration,width,height\n"
    for image, x, y in rows:
        plain += f"{image},{x},{y},.2\n"
        sized += f"{image},{x},{y},.2,{'80,60' if image == 'cat' else '400,300'}\n"
    (tmp_path / "plain.csv").write_text(plain)
    (tmp_path / "sized.csv").write_text(sized)
    files = [str(tmp_path / name) for name in ("sized.csv", "plain.csv")]
    command = ["scanpath", "compare", "--metrics", "multimatch", "mannan", "--json"]
    assert main([*command, *files]) == 0
    shown, said = capsys.readouterr()
    assert (
        f"{files[1]} does not say how large the picture is: taken as 80 x 60 px and 400 x 300 px, as" in said
    )
    assert main([*command, files[0], files[0]]) == 0
    assert json.loads(shown) == json.loads(capsys.readouterr().out)


def test_a_size_that_differs_from_the_columns_is_told(files: list[str], capsys: Captured) -> None:
    assert main(["scanpath", "compare", *files, "--metrics", "mannan", "--size", "160x120"]) == 0
    said = capsys.readouterr().err
    assert said == f"{files[0]} says 80 x 60 px, but --size says 160 x 120 px, which is taken.\n"


def test_what_cannot_be_compared_is_told_and_the_rest_goes_on(
    files: list[str], tmp_path: Path, capsys: Captured
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(PATHS + "n/a,2,.1,c\n-5,900,.2,d\n3,4,.1,e\n")
    command = ["scanpath", "compare", files[0], str(bad), "--metrics", "dtw", "--size", "80x60"]
    assert main(command) == 3
    shown, said = capsys.readouterr()
    assert "viewer c: Fixation 0 (of 0 to 0) has a number that is missing. Use --missing drop" in said
    assert shown.split()[:5] == ["measure", "A-a", "A-b", "A-d", "A-e"]
    assert main([*command, "--missing", "drop"]) == 0


@pytest.mark.parametrize("beside", ["paths", "map"])
@pytest.mark.parametrize(("form", "empty"), [((), ""), (("--json",), "[]\n"), (("--csv",), "image,a,b\n")])
def test_if_nothing_is_left_to_compare_that_is_told_after_the_reasons(
    beside: str, form: tuple[str, ...], empty: str, files: list[str], tmp_path: Path, capsys: Captured
) -> None:
    bad, plane = tmp_path / "bad.csv", tmp_path / "map.npy"
    bad.write_text("x,y,duration,viewer\nn/a,2,.1,a\n3,4,-1,b\n")
    np.save(plane, np.ones((60, 80)))
    other = files[0] if beside == "paths" else str(plane)
    assert main(["scanpath", "compare", str(bad), other, "--size", "80x60", *form]) == 3
    shown, said = capsys.readouterr()
    assert shown == empty
    assert [line.partition(":")[0] for line in said.splitlines()] == [
        f"{bad}, viewer a", f"{bad}, viewer b", "There is no table",
    ]  # fmt: skip


def test_a_bad_scanpath_is_told_once_of_a_file_beside_itself(tmp_path: Path, capsys: Captured) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(PATHS + "-5,900,.2,d\n")
    command = ["scanpath", "compare", str(bad), str(bad), "--metrics", "dtw", "--outside", "refuse"]
    assert main([*command, "--size", "80x60"]) == 3
    assert capsys.readouterr().err.count("80 x 60 px. Use --outside drop") == 1


def test_fixations_outside_are_told_and_can_be_left_out(
    files: list[str], tmp_path: Path, capsys: Captured
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(PATHS.replace("50,20", "50,200").replace("70,10", "-1,10"))
    command = ["scanpath", "compare", files[0], str(bad), "--metrics", "dtw", "--size", "80x60"]
    assert main(command) == 0
    assert "outside the picture count where they are: 2, in 2 of 3 scanpaths." in capsys.readouterr().err
    assert main([*command, "--outside", "drop"]) == 0
    assert not capsys.readouterr().err
    assert main([*command, "--outside", "refuse"]) == 3
    assert "viewer a: Fixation 1 (of 0 to 2) has a place outside the picture" in capsys.readouterr().err


def test_pictures_of_two_sizes_are_told(files: list[str], tmp_path: Path, capsys: Captured) -> None:
    other = tmp_path / "other.csv"
    other.write_text(SIZED.replace("80,60", "800,600"))
    assert main(["scanpath", "compare", files[0], str(other)]) == 3
    shown, said = capsys.readouterr()
    assert "The pictures are of 80 x 60 px and 800 x 600 px" in said
    assert not shown


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--metrics", "dtv"], "There is no metric dtv. There are all, multimatch"),
        (["--size", "80"], "--size is 80; it must be width and height in px, as 800x600."),
        (["--size", "0x60"], "--size is 0x60; it must be"),
        (["--csv", "--json"], "--csv and --json are two forms of one answer"),
    ],
)
def test_a_mistake_in_an_option_is_a_sentence(
    options: list[str], said: str, files: list[str], capsys: Captured
) -> None:
    assert main(["scanpath", "compare", *files, *options]) == 2
    assert said in capsys.readouterr().err


def test_files_that_are_none_are_a_sentence(files: list[str], tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "empty.csv").write_text("")
    for name, said in (("none.csv", "No such file"), ("empty.csv", "empty.csv is empty")):
        assert main(["scanpath", "compare", files[0], str(tmp_path / name)]) == 2
        assert said in capsys.readouterr().err


def test_osie_is_compared_with_a_table_of_events(tmp_path: Path, capsys: Captured) -> None:
    write_osie(
        tmp_path / "gaze.mat", numbered([scanpath([10, 50], [20, 60], [0.25, 0.5], size=(800, 600))] * 2)
    )
    (tmp_path / "events.csv").write_text(
        "name,onset,duration,location_x,location_y\nfixation,0,250,10,20\nsaccade,250,20,9,9\nfixation,270,500,50,60\n"
    )
    files = [str(tmp_path / name) for name in ("gaze.mat", "events.csv")]
    command = ["scanpath", "compare", *files, "--metrics", "scanmatch_timed,dtw", "--json"]
    assert main(command) == 0
    shown, said = capsys.readouterr()
    assert [(row["a"], row["dtw"], row["scanmatch_timed"]) for row in json.loads(shown)] == [
        ("0", 0.0, 1.0), ("1", 0.0, 1.0),
    ]  # fmt: skip
    assert "taken as 800 x 600 px, as in the other" in said
    (tmp_path / "gaze.mat").write_text("x,y")
    assert main(command) == 2
    assert "gaze.mat is not a .mat that can be read" in capsys.readouterr().err


def test_scanpaths_are_measured_by_a_map(files: list[str], tmp_path: Path, capsys: Captured) -> None:
    plane = np.random.default_rng(1).random((60, 80))
    np.save(tmp_path / "map.npy", plane)
    command = ["scanpath", "compare", files[0], str(tmp_path / "map.npy")]
    assert main([*command, "--json"]) == 0
    shown, said = capsys.readouterr()
    (row,) = json.loads(shown)
    assert not said
    assert list(row) == ["image", "a", "b", *MAP_METRICS]
    fixated = [[10, 10], [50, 20], [30, 50]]
    assert row["nss"] == pytest.approx(nss(plane, fixated))
    assert row["information_gain"] == pytest.approx(information_gain(plane, fixated, np.ones((60, 80))))
    assert row["correlation"] == pytest.approx(correlation(plane, fixation_map(fixated, (60, 80), 80 / 32)))
    assert main(["scanpath", "compare", files[1], command[-1], "--metrics", "nss"]) == 0
    shown, said = capsys.readouterr()
    assert shown.splitlines()[0].split() == ["measure", "a-map.npy", "b-map.npy"]
    assert "taken as 80 x 60 px, as the map" in said
    assert main(["scanpath", "compare", files[1], command[-1], "--metrics", "nss", "--size", "55x60"]) == 0
    assert "outside the picture are not on the map, and left out: 2." in capsys.readouterr().err
    assert main([*command, "--metrics", "dtw"]) == 2
    assert "There is no metric dtw. There are all, nss, auc_judd" in capsys.readouterr().err
    assert main([*command[:-1], str(tmp_path / "none.npy")]) == 2
    assert "none.npy: it cannot be read: No such file" in capsys.readouterr().err
    assert main(["scanpath", "compare", *reversed(command[2:])]) == 2
    assert "map.npy is a map or a picture; give scanpaths first" in capsys.readouterr().err
    assert main(["scanpath", "compare", *files, "--metrics", "dtw,nss"]) == 2
    assert "nss needs a map, and " in capsys.readouterr().err
    several = tmp_path / "several.csv"
    several.write_text("image,x,y,duration\ncat,1,2,.1\ndog,3,4,.1\n")
    assert main(["scanpath", "compare", str(several), command[-1], "--metrics", "nss"]) == 0
    assert "several.csv is of 2 pictures, and all are measured by the one map." in capsys.readouterr().err


def test_measures_without_meaning_are_told(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "short.csv"
    file.write_text(SIZED.replace("30,50,.1,80,60\n", ""))
    assert main(["scanpath", "compare", str(file), str(file), "--metrics", "multimatch,dtw"]) == 0
    shown, said = capsys.readouterr()
    assert "Without meaning in 1 of 1 pairs (few fixations, or nothing recurs): multimatch_vector," in said
    assert "dtw" not in said
    assert "dtw" in shown


def test_a_gain_without_bound_is_told_and_counts(tmp_path: Path, capsys: Captured) -> None:
    file, plane = str(tmp_path / "a.csv"), str(tmp_path / "map.npy")
    write_csv(Path(file), numbered([scanpath([x], [1], [0.2], size=(8, 6)) for x in range(8)]), sized=True)
    np.save(plane, np.tile([0.0, 1, 1, 1, 1, 1, 1, 1], (6, 1)))
    assert main(["scanpath", "compare", file, plane, "--metrics", "information_gain"]) == 0
    out, err = capsys.readouterr()
    assert out.count("-inf") == 2
    assert "information_gain is infinite in 1 of 8" in err


def test_fixations_that_all_miss_the_map_are_a_sentence(tmp_path: Path, capsys: Captured) -> None:
    file, plane = str(tmp_path / "a.csv"), str(tmp_path / "map.npy")
    Path(file).write_text("x,y,duration\n100,90,.2\n")
    np.save(plane, np.arange(48.0).reshape(6, 8))
    assert main(["scanpath", "compare", file, plane]) == 2
    assert "lies on the picture of 8 x 6 px; give its size by --size." in capsys.readouterr().err
