"""What names a sweep is checked, and what it had stored is looked for."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neurogate.config.sweep import Sweep, points
from neurogate.errors import RequestError
from neurogate.runs.sweep_folder import open_folder, read_sweep
from neurogate.runs.upkeep import QUARANTINE, Checked
from tests.runs import damaging
from tests.runs.checking import checked, quarantined, runs, sweep_of
from tests.runs.made import make, rewritten, snapshot


@given(
    name=st.sampled_from(["sweep.json", "manifest.json"]),
    how=st.sampled_from(damaging.HARMS),
    seed=st.integers(0, 2**32),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_harm_to_what_names_a_sweep_is_found_and_its_runs_stay(
    out: Path, tmp_path_factory: pytest.TempPathFactory, name: str, how: str, seed: int
) -> None:
    out = Path(shutil.copytree(out, tmp_path_factory.mktemp("store") / "runs"))
    folder, whole = sweep_of(out), snapshot(out)
    damaging.harm(folder / name, how, random.Random(seed))
    with pytest.raises(RequestError, match=r"is damaged: .* the runs are none the worse"):
        read_sweep(folder)
    harmed = snapshot(folder)
    found, (line,) = checked(out)
    (place,) = quarantined(out)
    assert found == Checked(4, 1, 1)
    assert line.startswith(f"{folder} is damaged: ")
    assert line.endswith(f". It is now {place}; the next run or sweep makes it anew.")
    assert (snapshot(place), folder.exists()) == (harmed, False)
    shutil.rmtree(out / QUARANTINE)
    damaging.store_of(out, 4)
    assert snapshot(out) == whole


def test_a_sweep_without_its_files_and_one_under_the_name_of_another_are_set_aside(out: Path) -> None:
    folder = sweep_of(out)
    other = open_folder(points(Sweep(seeds=2), {"name": "made"}), "made", out, "neurogate sweep made", {})
    shutil.rmtree(folder)
    shutil.copytree(other, folder)
    with pytest.raises(RequestError, match=r"is damaged: sweep\.json is that of another sweep"):
        read_sweep(folder)
    (line,) = checked(out)[1]
    assert line.startswith(f"{folder} is damaged: sweep.json is that of another sweep. It is now")
    folder.mkdir()
    (folder / "table.csv").write_text("folder\n")
    with pytest.raises(RequestError, match=r"is damaged: manifest\.json is missing"):
        read_sweep(folder)
    assert "manifest.json is missing. It is now" in checked(out)[1][0]


def test_runs_and_sweeps_of_a_newer_version_are_compared_with_their_manifests_and_no_more(out: Path) -> None:
    rewritten(sweep_of(out), "sweep.json", format=7, runs="anywhere")
    rewritten(runs(out)[0], "summary.json", format=2, hash=["of", "two"])
    before = snapshot(out)
    found, lines = checked(out)
    assert found == Checked(4, 1, 0)
    assert lines == [
        f"{file.parent} is as it was written, and no more of it was checked: {file} has format {number}; "
        "this neurogate knows format 1. Update neurogate."
        for file, number in ((runs(out)[0] / "summary.json", 2), (sweep_of(out) / "sweep.json", 7))
    ]
    assert snapshot(out) == before
    (runs(out)[0] / "log.txt").unlink()
    assert checked(out)[0].problems == 1


def with_table(out: Path, rows: int) -> None:
    """Give the sweep the table of its first runs."""
    names = [run["folder"] for run in json.loads((sweep_of(out) / "sweep.json").read_text())["runs"]]
    lines = ["run.seed,folder", *(f"{seed},{name}" for seed, name in enumerate(names[:rows], 1))]
    (sweep_of(out) / "table.csv").write_text("\n".join([*lines, "9,../elsewhere\n"]))


def test_runs_that_a_sweep_had_stored_and_that_are_gone_are_missing(out: Path) -> None:
    with_table(out, rows=3)
    _, second, third, never_stored = (make(out, seed=seed) for seed in (1, 2, 3, 4))
    shutil.rmtree(never_stored)
    assert checked(out) == (Checked(3, 1, 0, missing=0), [])
    shutil.rmtree(second)
    found, (line,) = checked(out)
    assert found == Checked(2, 1, 0, missing=1)
    assert line == (
        f"{sweep_of(out)} lacks 1 of the 3 runs that it had stored: {second.name}. The command of the sweep "
        "makes them anew."
    )
    (third / "log.txt").unlink()
    assert checked(out)[0] == Checked(2, 1, 1, missing=1)  # what is set aside now is told already
    assert checked(out)[0] == Checked(1, 1, 0, missing=2)
    for seed in (2, 3):
        make(out, seed=seed)
    assert checked(out) == (Checked(3, 1, 0, missing=0), [])


def test_a_table_that_was_edited_is_no_damage(out: Path) -> None:
    for content in (b"", b"\0", b"\xff", b"folder\n" + 200_000 * b"x", b"a,b\n1,2,3\n"):
        (sweep_of(out) / "table.csv").write_bytes(content)
        assert checked(out) == (Checked(4, 1, 0), [])
