from __future__ import annotations

import errno
import functools
import json
import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neurogate import files
from neurogate.config import Simulation
from neurogate.config.sweep import Sweep, points
from neurogate.errors import RequestError
from neurogate.runs import manifest, store, upkeep
from neurogate.runs.execute import execute
from neurogate.runs.leftovers import gc
from neurogate.runs.sweep_folder import open_folder, read_sweep
from neurogate.runs.upkeep import QUARANTINE, Checked, verify
from tests.runs import damaging, killing
from tests.runs.fakes import FakeSession
from tests.runs.made import make, rewritten, snapshot

FILES = ("arrays.npz", "config.toml", "figures/overview.png", "log.txt", "manifest.json", "summary.json")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    damaging.store_of(tmp_path / "runs", 4)
    return tmp_path / "runs"


def runs(out: Path) -> list[Path]:
    return sorted(path for path in out.glob("made-*") if "-sweep-" not in path.name)


def sweep_of(out: Path) -> Path:
    (folder,) = out.glob("made-sweep-*")
    return folder


def checked(out: Path) -> tuple[Checked, list[str]]:
    lines: list[str] = []
    return verify(out, lines.append), lines


def quarantined(out: Path) -> list[Path]:
    return sorted((out / QUARANTINE).iterdir()) if (out / QUARANTINE).exists() else []


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


@pytest.mark.parametrize("code", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_a_disk_that_refuses_leaves_everything_where_it_was(
    out: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    folder = runs(out)[0]
    (folder / "log.txt").unlink()
    before = snapshot(out)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    for name in ("mkdir", "rename"):
        with monkeypatch.context() as patched:
            patched.setattr(Path, name, refuse)
            found, (line,) = checked(out)
        assert found.problems == 1
        assert line.endswith(f"It cannot be moved to {out / QUARANTINE} ({os.strerror(code)}) and stays.")
        assert snapshot(out) == before


def test_what_cannot_be_read_is_told_and_stays_unless_the_disk_has_lost_it(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, opened = runs(out)[0], Path.open
    codes = [errno.EACCES]

    def refuse(path: Path, *arguments: object, **options: object) -> object:
        if path == folder / "arrays.npz":
            raise OSError(codes[0], os.strerror(codes[0]), str(path))
        return opened(path, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    found, (line,) = checked(out)
    assert (found.problems, folder.exists()) == (1, True)
    assert line == f"{folder} cannot be checked: {folder / 'arrays.npz'}: Permission denied. It stays."
    codes[0] = errno.EIO
    assert "cannot be read (Input/output error). It is now" in checked(out)[1][0]
    assert not folder.exists()


def test_a_run_that_is_replaced_while_it_is_checked_is_not_set_aside(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, damage, rename = runs(out)[0], manifest.damage, Path.rename
    seed = [make(out, seed=seed) for seed in (1, 2, 3, 4)].index(folder) + 1

    def replaced_after_it_was_read(path: Path) -> list[str]:
        found = damage(path)
        if path == folder and found:
            make(out, seed=seed)
        return found

    def replaced_before_it_is_moved(path: Path, target: Path) -> Path:
        if path == folder and target.parent.name == QUARANTINE:
            monkeypatch.setattr(Path, "rename", rename)
            make(out, seed=seed)
        return rename(path, target)

    for name, patch in (("damage", replaced_after_it_was_read), ("rename", replaced_before_it_is_moved)):
        (folder / "log.txt").unlink()
        with monkeypatch.context() as patched:
            patched.setattr(manifest if name == "damage" else Path, name, patch)
            assert checked(out) == (Checked(4, 1, 0), [])
        assert (store.load(folder).path, quarantined(out)) == (folder, [])


def test_a_folder_that_never_rests_is_told_and_stays(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = iter(range(1000))
    monkeypatch.setattr(upkeep, "_inode", lambda path: next(numbers))
    found, lines = checked(out)
    assert (found.problems, len(runs(out))) == (5, 4)
    assert {line.rpartition(" cannot be checked: ")[2] for line in lines} == {
        "it is being changed. Check again."
    }


def test_two_who_check_at_once_set_aside_once(out: Path) -> None:
    for folder in runs(out):
        (folder / "log.txt").unlink()
    children = [os.fork() for _ in range(1)]
    found, lines = checked(out)
    if not children[0]:
        os._exit(found.problems + 10 * len(lines))
    code = os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1])
    assert code % 10 + found.problems == code // 10 + len(lines) == len(quarantined(out)) == 4


def test_upkeep_amid_runs_that_are_killed_loses_nothing_and_raises_no_alarm(tmp_path: Path) -> None:
    def keep_up() -> None:
        while True:
            for out in tmp_path.iterdir():
                lines: list[str] = []
                if verify(out, lines.append).problems:
                    (tmp_path / "alarm").write_text("\n".join(lines))
                gc(out)

    whole = killing.simulate(tmp_path / "whole")
    expected = (whole.path / "arrays.npz").read_bytes()
    child = os.fork()
    if child == 0:
        try:
            keep_up()
        finally:
            os._exit(1)
    rng, seen = random.Random(2), []
    for kill in range(24):
        force = kill % 2 == 1
        out = tmp_path / ("whole" if force else f"killed-{kill // 4}")
        killing.killed_after(out, rng.uniform(0.0, 0.25), force=force)
        seen += killing.problems(out, expected, must_exist=force)
    time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    assert seen == []
    assert not (tmp_path / "alarm").exists()


def test_a_folder_that_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    for look in (verify, gc):
        with pytest.raises(RequestError, match=r"absent is no folder that can be read \(No such file"):
            look(tmp_path / "absent")
