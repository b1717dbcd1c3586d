from __future__ import annotations

import errno
import os
import threading
import time
from pathlib import Path

import pytest

from neurogate.runs import lock
from neurogate.runs.lock import disk_time_s, locked


def test_two_are_never_inside_at_once(tmp_path: Path) -> None:
    inside, most = [0], [0]

    def enter() -> None:
        for _ in range(50):
            with locked(tmp_path) as alone:
                assert alone
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                time.sleep(0.0001)
                inside[0] -= 1

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    ready, tell = os.pipe()
    child = os.fork()
    if child == 0:
        with locked(tmp_path):
            os.write(tell, b".")
            time.sleep(600.0)
    assert os.read(ready, 1) == b"."
    os.kill(child, 9)
    os.waitpid(child, 0)
    with locked(tmp_path) as alone:
        assert alone


def test_a_child_that_was_forked_inside_does_not_keep_the_lock(tmp_path: Path) -> None:
    with locked(tmp_path):
        child = os.fork()
        if child == 0:
            time.sleep(600.0)
    try:
        with locked(tmp_path) as alone:
            assert alone
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def test_nobody_waits_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_PATIENCE_S", 0.05)
    with locked(tmp_path) as first, locked(tmp_path) as second:
        assert (first, second) == (True, False)


def test_where_there_are_no_locks_the_work_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with locked(tmp_path) as alone:
        assert not alone


def test_a_folder_that_cannot_be_written_to_has_no_lock_and_the_clock_of_this_machine(tmp_path: Path) -> None:
    with locked(tmp_path / "absent") as alone:
        assert not alone
    assert abs(disk_time_s(tmp_path / "absent") - time.time()) < 1.0


def test_the_time_is_the_one_that_a_new_file_gets(tmp_path: Path) -> None:
    before = disk_time_s(tmp_path)
    (tmp_path / "new").touch()
    assert before <= (tmp_path / "new").stat().st_mtime <= disk_time_s(tmp_path)
