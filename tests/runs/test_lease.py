from __future__ import annotations

import contextlib
import errno
import functools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from neurogate.errors import RunError
from neurogate.runs import lease as module
from neurogate.runs.lease import Holder, Leases, holder, lease_of
from tests.runs import contending

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return tmp_path / "what_when-0123456789ab"


@pytest.fixture
def start(checkout: Path) -> Start:
    def started(*arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.runs.contending", *map(str, arguments)]
        return subprocess.Popen(command, cwd=checkout, stdout=subprocess.PIPE, text=True)

    return started


def foreign(run: Path, *, age_s: float = 0.0, heartbeat_s: float = 15.0) -> Path:
    """Leave the lease of a process on another machine, which last gave a sign of life `age_s` ago."""
    content = {"host": "elsewhere", "pid": 1, "token": "theirs", "heartbeat_s": heartbeat_s}
    lease_of(run).write_text(json.dumps(content))
    os.utime(lease_of(run), (time.time() - age_s,) * 2)
    return lease_of(run)


def forked(work: Callable[[], object]) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return child


def test_one_holds_a_run_at_a_time_and_leaves_nothing(run: Path) -> None:
    with Leases() as mine, Leases() as theirs:
        assert mine.acquire(run)
        assert mine.acquire(run)
        assert not theirs.acquire(run)
        theirs.release(run)
        assert not theirs.acquire(run)
        mine.release(run)
        assert theirs.acquire(run)
        assert (mine.held, theirs.held) == (frozenset(), {run})
    assert not lease_of(run).exists()
    assert holder(run) is None


def test_one_thread_keeps_many_leases_alive(tmp_path: Path) -> None:
    runs = [tmp_path / f"a-{i}" for i in range(20)]
    before = threading.active_count()
    with Leases(heartbeat_s=0.2) as leases:
        assert all(leases.acquire(folder) for folder in runs)
        assert threading.active_count() == before + 1
        born_s = max(lease_of(folder).stat().st_mtime for folder in runs)
        time.sleep(0.6)
        assert min(lease_of(folder).stat().st_mtime for folder in runs) > born_s
        assert all(holder(folder) for folder in runs)
    assert threading.active_count() == before


@pytest.mark.parametrize(("age_s", "taken"), [(25.0, False), (35.0, True), (-25.0, False), (-35.0, True)])
def test_a_lease_is_taken_over_after_two_missed_heartbeats(run: Path, age_s: float, *, taken: bool) -> None:
    foreign(run, age_s=age_s)
    with Leases() as leases:
        assert leases.acquire(run) is taken
        assert (holder(run) or Holder("", 0, "", 1.0)).pid == (os.getpid() if taken else 1)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "null", '{"host": 1}'])
def test_a_half_written_lease_is_left_alone_for_two_seconds(run: Path, content: str) -> None:
    lease_of(run).write_text(content)
    with Leases() as leases:
        assert not leases.acquire(run)
        os.utime(lease_of(run), (time.time() - 2.5,) * 2)
        assert leases.acquire(run)


@pytest.mark.parametrize("flaw", [{"heartbeat_s": 1e9}, {"heartbeat_s": float("nan")}, {"pid": -1}])
def test_a_lease_that_makes_no_sense_does_not_last_for_ever(run: Path, flaw: dict[str, float]) -> None:
    lease = foreign(run)
    lease.write_text(json.dumps(json.loads(lease.read_text()) | flaw))
    os.utime(lease, (time.time() - 35.0,) * 2)
    with Leases() as leases:
        assert leases.acquire(run)


def test_the_lease_of_a_killed_process_of_this_machine_is_free_at_once(run: Path, start: Start) -> None:
    with start("hold", run, 15.0) as other, Leases() as leases:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        assert not leases.acquire(run)
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has asked for it
        assert holder(run) is None
        assert leases.acquire(run)


def test_of_a_killed_process_of_this_machine_no_lease_is_left(run: Path, start: Start) -> None:
    with start("hold", run, 15.0) as other, Leases() as leases:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        leases.release(run)
        assert lease_of(run).exists()
        other.kill()
        other.wait()
        leases.release(run)
        assert not lease_of(run).exists()


def test_the_lease_of_a_killed_process_elsewhere_is_free_two_heartbeats_after_its_last(
    run: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    with start("hold", run, 0.2) as other, Leases() as leases:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        born_s = lease_of(run).stat().st_mtime
        while lease_of(run).stat().st_mtime == born_s:
            time.sleep(0.01)
        other.kill()
        other.wait()
        last_s = lease_of(run).stat().st_mtime
        monkeypatch.setattr(module, "_host", lambda: "another machine")
        for after_s, free in ((0.3, False), (0.5, True)):
            monkeypatch.setattr(module, "disk_time_s", lambda _, now_s=last_s + after_s: now_s)
            assert leases.acquire(run) is free


def test_who_wakes_late_loses_the_lease_and_leaves_the_new_one_alone(
    run: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Leases(heartbeat_s=0.05) as late, Leases() as next_:
        assert late.acquire(run)
        foreign(run, age_s=60.0)  # what the others see of a driver that sleeps
        assert next_.acquire(run)
        content = lease_of(run).read_bytes()
        time.sleep(0.2)
        assert late.held == frozenset()
        late.release(run)
        assert lease_of(run).read_bytes() == content
    assert [record.getMessage() for record in caplog.records] == [
        f"The lease of {run} is lost; whoever else executes the run stores the same."
    ]


def test_who_does_not_know_that_a_lease_is_lost_does_not_give_it_back(run: Path) -> None:
    with Leases() as late:
        assert late.acquire(run)
        foreign(run)
        late.release(run)
    assert (holder(run) or Holder("", 0, "", 1.0)).host == "elsewhere"


@pytest.mark.parametrize("is_mine", [True, False])
def test_a_lease_that_is_taken_over_while_it_is_given_back_stays_though_nobody_can_lock(
    run: Path, monkeypatch: pytest.MonkeyPatch, *, is_mine: bool
) -> None:
    """Both ways of removing are met, so that the takeover comes as late as it can."""
    rename, unlink = Path.rename, Path.unlink

    def taken_over(path: Path) -> None:
        if path == lease_of(run):
            monkeypatch.undo()
            unlink(path)
            foreign(run)

    def renaming(path: Path, new: Path) -> Path:
        taken_over(path)
        return rename(path, new)

    def unlinking(path: Path, **options: bool) -> None:
        taken_over(path)
        unlink(path, **options)

    with Leases() as leases:
        if is_mine:
            assert leases.acquire(run)
        else:
            foreign(run, age_s=60.0)
        monkeypatch.setattr(module, "locked", lambda out: contextlib.nullcontext(False))
        monkeypatch.setattr(Path, "rename", renaming)
        monkeypatch.setattr(Path, "unlink", unlinking)
        leases.release(run)
    assert (holder(run) or Holder("", 0, "", 1.0)).host == "elsewhere"
    assert [path.name for path in run.parent.iterdir() if path.suffix == ".tmp"] == []


def test_a_lease_that_cannot_be_read_while_it_is_given_back_stays(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Holder.read

    def reading(lease: Path) -> Holder:
        if lease.suffix == ".tmp":
            raise OSError(errno.EIO, "Input/output error")
        return read(lease)

    with Leases() as leases:
        assert leases.acquire(run)
        content = lease_of(run).read_bytes()
        monkeypatch.setattr(Holder, "read", reading)
        leases.release(run)
    assert [path.read_bytes() for path in run.parent.glob(".what_when*")] == [content]
    assert lease_of(run).exists()


def test_a_lease_that_is_taken_while_another_is_put_back_is_not_overwritten(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def may(doomed: Path) -> bool:
        lease_of(run).write_text("taken")
        return False

    foreign(run)
    module._remove(lease_of(run), may)
    assert lease_of(run).read_text() == "taken"
    assert [path for path in run.parent.iterdir() if path.suffix == ".tmp"] == []


def test_a_lease_that_is_away_for_a_moment_is_not_lost(run: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Leases() as leases:
        assert leases.acquire(run)
        for _ in range(3):
            away = lease_of(run).rename(run)
            leases._renew(run)
            away.rename(lease_of(run))
            leases._renew(run)
        assert leases.held == {run}
        lease_of(run).unlink()
        for held in ({run}, frozenset()):
            leases._renew(run)
            assert leases.held == held
    assert len(caplog.records) == 1


def test_of_many_who_see_a_dead_lease_one_takes_it(tmp_path: Path) -> None:
    def contend(run: Path, at_s: float, said: int, heard: int) -> None:
        leases = Leases()
        time.sleep(max(0.0, at_s - time.time()))
        os.write(said, b"1" if leases.acquire(run) else b"0")
        os.read(heard, 1)  # lives until all have said what they got

    for trial in range(20):
        run = tmp_path / f"a-{trial}"
        foreign(run, age_s=60.0)
        (answers, said), (heard, end) = os.pipe(), os.pipe()
        work = functools.partial(contend, run, time.time() + 0.03, said, heard)
        children = [forked(work) for _ in range(6)]
        got = sorted(os.read(answers, 1) for _ in children)
        os.write(end, b"." * 6)
        assert [os.waitpid(child, 0)[1] for child in children] == [0] * 6
        assert got == [b"0"] * 5 + [b"1"]
        for pipe in (answers, said, heard, end):
            os.close(pipe)


def test_drivers_on_one_store_execute_each_run_once(tmp_path: Path) -> None:
    for trial in range(10):
        out = tmp_path / str(trial)
        out.mkdir()
        children = [forked(functools.partial(contending.drive, out, 30, seed=seed)) for seed in range(3)]
        assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
        diary = (out / contending.DIARY).read_text().split()
        assert sorted(diary) == sorted(path.name for path in out.glob("run-*"))
        assert len(diary) == 30
        assert list(out.glob(".run-*")) == []


def test_drivers_that_are_killed_delay_nobody_and_cost_at_most_what_they_were_at(
    tmp_path: Path, start: Start
) -> None:
    killed = [start("drive", tmp_path, 200, seed) for seed in range(2)]
    while not (tmp_path / contending.DIARY).exists():
        time.sleep(0.005)
    for driver in killed:
        time.sleep(0.1)
        driver.kill()
        driver.communicate()
    left = [run for run in contending.runs_in(tmp_path, 200) if not run.exists()]
    with Leases() as leases:
        assert [run for run in left if not contending.execute(run, leases, work_s=0.0)] == []
    diary = (tmp_path / contending.DIARY).read_text().split()
    assert len(set(diary)) == 200
    assert len(diary) <= 200 + len(killed)
    assert [name for name in set(diary) if holder(tmp_path / name)] == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_refuses_a_lease_is_told_in_one_sentence_and_nothing_is_left(
    run: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    opened = Path.open

    def refuse(path: Path, mode: str = "r", *args: object, **options: object) -> object:
        if ".lease" not in path.name or "x" not in mode:
            return opened(path, mode, *args, **options)  # type: ignore[call-overload]
        if code == errno.ENOSPC:
            opened(path, mode).close()
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "open", refuse)
    with Leases() as leases, pytest.raises(RunError, match=rf"{os.strerror(code)}\. Mend that"):
        leases.acquire(run)
    assert not lease_of(run).exists()


def test_a_disk_that_refuses_heartbeats_costs_nothing_else(
    run: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    with Leases(heartbeat_s=0.02) as leases:
        assert leases.acquire(run)
        monkeypatch.setattr(os, "utime", refuse)
        time.sleep(0.1)
        assert leases.held == {run}
    assert caplog.records == []


def test_where_files_have_one_name_each_a_lease_is_still_had_by_one(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    with Leases() as mine, Leases() as theirs:
        assert mine.acquire(run)
        assert not theirs.acquire(run)
    assert list(run.parent.iterdir()) == [run.with_name(".lock")]
