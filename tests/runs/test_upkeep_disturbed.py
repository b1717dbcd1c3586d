"""Checking a store whose disk refuses, or that others change meanwhile."""

from __future__ import annotations

import errno
import os
import random
import signal
import time
from pathlib import Path

import pytest

from neurogate.runs import manifest, store, upkeep
from neurogate.runs.leftovers import gc
from neurogate.runs.upkeep import QUARANTINE, Checked, verify
from tests.runs import killing
from tests.runs.checking import checked, quarantined, runs
from tests.runs.made import make, snapshot


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

    def replaced_after_it_was_read(path: Path, *names: list[str]) -> list[str]:
        found = damage(path, *names)
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


def test_a_run_that_others_set_aside_before_it_is_looked_into_is_no_problem(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, exists = runs(out)[0], Path.exists

    def set_aside_before_it_is_looked_into(path: Path) -> bool:
        if path.parent == folder and folder.is_dir():
            folder.rename(out / ".by-others")
        return exists(path)

    monkeypatch.setattr(Path, "exists", set_aside_before_it_is_looked_into)
    assert checked(out) == (Checked(3, 1, 0), [])


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
