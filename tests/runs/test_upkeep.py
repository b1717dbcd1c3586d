"""Stored runs are compared with what was written, and what is broken is set aside."""

from __future__ import annotations

import functools
import random
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neurogate import files
from neurogate.config import Simulation
from neurogate.errors import RequestError
from neurogate.runs import manifest
from neurogate.runs.execute import execute
from neurogate.runs.leftovers import gc
from neurogate.runs.upkeep import Checked, verify
from tests.runs import damaging
from tests.runs.checking import checked, quarantined, runs, sweep_of
from tests.runs.fakes import FakeSession
from tests.runs.made import make, snapshot

FILES = ("arrays.npz", "config.toml", "figures/overview.png", "log.txt", "manifest.json", "summary.json")


def test_a_clean_store_has_no_problems_and_is_left_as_it_is(out: Path) -> None:
    before = snapshot(out)
    assert checked(out) == (Checked(runs=4, sweeps=1, problems=0), [])
    assert snapshot(out) == before


@given(name=st.sampled_from(FILES), how=st.sampled_from(damaging.HARMS), seed=st.integers(0, 2**32))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_harm_to_any_file_is_found_and_only_that_run_is_set_aside(
    out: Path, tmp_path_factory: pytest.TempPathFactory, name: str, how: str, seed: int
) -> None:
    out = Path(shutil.copytree(out, tmp_path_factory.mktemp("store") / "runs"))
    folder = runs(out)[seed % 4]
    others = {path: snapshot(path) for path in runs(out) if path != folder}
    damaging.harm(folder / name, how, random.Random(seed))
    harmed = snapshot(folder)
    found, (line,) = checked(out)
    (place,) = quarantined(out)
    assert found == Checked(runs=4, sweeps=1, problems=1)
    verb = "is missing" if how == "delete" else "is not as it was written"
    assert line.startswith(f"{folder} is damaged: ")
    assert line.endswith(f"{verb}. It is now {place}; the next run or sweep makes it anew.")
    assert name in line or name == "manifest.json"  # where another digest stands, another file is blamed
    assert (place.name.startswith(f"{folder.name}-20"), folder.exists()) == (True, False)
    assert snapshot(place) == harmed
    assert {path: snapshot(path) for path in runs(out)} == others


def test_a_thousand_clean_reads_raise_no_alarm_and_every_harm_is_found(tmp_path: Path) -> None:
    seen = damaging.main(tmp_path / "runs", 80)
    assert seen == {
        "harms": 80,
        "detected": 80,
        "set aside": 80,
        "clean folders": 80 * 12,
        "false alarms": 0,
        "not the same when made anew": 0,
    }


def test_what_was_set_aside_is_made_anew_with_the_same_bits(tmp_path: Path) -> None:
    simulate = functools.partial(execute, Simulation(name="fake"), tmp_path, open_session=FakeSession)  # type: ignore[arg-type]
    run = simulate()
    before = (run.path / "arrays.npz").read_bytes()
    (run.path / "arrays.npz").write_bytes(before[:-1])
    with pytest.raises(RequestError, match="is damaged"):
        simulate()
    assert checked(tmp_path)[0].problems == 1
    assert (simulate().path / "arrays.npz").read_bytes() == before
    assert checked(tmp_path)[0].problems == 0


def test_harm_to_several_files_is_told_in_one_line(out: Path) -> None:
    folder = runs(out)[0]
    (folder / "log.txt").unlink()
    (folder / "arrays.npz").write_bytes(b"")
    (line,) = checked(out)[1]
    assert "is damaged: arrays.npz is not as it was written; log.txt is missing. It is now" in line


def test_a_run_that_is_harmed_twice_is_set_aside_twice(out: Path) -> None:
    folder = runs(out)[0]
    for _ in range(2):
        (folder / "log.txt").unlink()
        assert checked(out)[0].problems == 1
        make(out, seed=[1, 2, 3, 4][[make(out, seed=seed) for seed in (1, 2, 3, 4)].index(folder)])
    assert len(quarantined(out)) == 2


def test_an_empty_folder_with_the_name_of_a_run_is_set_aside(out: Path) -> None:
    (out / "made-0123456789ab").mkdir()
    (line,) = checked(out)[1]
    assert "manifest.json is missing" in line


@pytest.mark.parametrize("name", ["made-0123456789ab", "made-sweep-0123456789ab"])
def test_a_file_with_the_name_of_a_run_or_sweep_is_in_its_way_and_set_aside(out: Path, name: str) -> None:
    (out / name).write_text("x")
    found, (line,) = checked(out)
    (place,) = quarantined(out)
    assert (found.problems, place.read_text(), (out / name).exists()) == (1, "x", False)
    assert line.startswith(f"{out / name} is damaged: it is no folder. It is now {place};")


def test_a_run_under_the_name_of_another_is_set_aside(out: Path) -> None:
    one, two, *_ = runs(out)
    shutil.rmtree(one)
    shutil.copytree(two, one)
    (line,) = checked(out)[1]
    assert f"{one} is damaged: it holds the run {two.name[-12:]}. It is now" in line


def test_a_run_under_a_name_of_the_users_own_is_checked_too(out: Path) -> None:
    runs(out)[0].rename(out / "best")
    assert checked(out) == (Checked(4, 1, 0), [])
    (out / "best" / "arrays.npz").unlink()
    assert checked(out)[0] == Checked(4, 1, 1)


def test_what_is_not_ours_is_never_touched(tmp_path: Path) -> None:
    for name in (
        "site",
        "page-0123456789ab-figures",
        ".made-0123456789ab.0123456789ab.tmp",
        "tuned-0123456789ab",
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "best.toml").write_text("")
    (tmp_path / "site" / "manifest.json").write_text("{}")
    (tmp_path / "site" / "config.toml").write_text("")
    (tmp_path / "note").write_text("")
    before = snapshot(tmp_path)
    assert checked(tmp_path) == (Checked(0, 0, 0), [])
    assert gc(tmp_path).things == 0
    (tmp_path / ".lock").unlink()
    assert snapshot(tmp_path) == before


def test_what_was_added_to_a_run_is_told_and_stays(out: Path) -> None:
    folder = runs(out)[0]
    (folder / "arrays2.npz").write_text("hi")
    (folder / "figures" / "mine.svg").symlink_to("/etc/passwd")
    (folder / "nothing").mkdir()
    (sweep_of(out) / "notes.txt").write_text("A sweep grows: its table, its report.")
    before = snapshot(folder)
    found, (line,) = checked(out)
    assert found == Checked(4, 1, 0)
    assert line == (
        f"{folder} holds what its manifest does not list: arrays2.npz, figures/mine.svg. That stays."
    )
    assert snapshot(folder) == before
    for number in range(9):
        (folder / f"a{number}").write_text("")
    assert "list: a0, a1, a2, a3, a4 and 6 more. That stays." in checked(out)[1][0]


def test_a_manifest_that_says_more_than_this_version_knows_is_no_damage(out: Path) -> None:
    file = runs(out)[0] / "manifest.json"
    (runs(out)[0] / "manifest.json").unlink()
    manifest.write(runs(out)[0])
    files.write_json(file, {"format": 2, "sha256": manifest.json.loads(file.read_text())["sha256"]})
    assert checked(out)[0].problems == 0


def test_a_replacement_that_was_killed_halfway_is_undone(out: Path) -> None:
    one, two, *_ = runs(out)
    before = snapshot(one)
    one.rename(out / f".{one.name}.old")
    shutil.copytree(two, out / f".{two.name}.old")
    (two / "log.txt").unlink()
    found, lines = checked(out)
    assert found.problems == 1
    assert lines[0] == f"{one} is back: its replacement had been interrupted."
    assert (lines[1].startswith(f"{two} is damaged"), lines[2].startswith(f"{two} is back")) == (True, True)
    assert snapshot(one) == before
    assert checked(out) == (Checked(4, 1, 0), [])


def test_a_folder_that_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    for look in (verify, gc):
        with pytest.raises(RequestError, match=r"absent is no folder that can be read \(No such file"):
            look(tmp_path / "absent")
