from __future__ import annotations

import concurrent.futures.process as machinery
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import pytest

from neurogate.config import Simulation
from neurogate.errors import RunError
from neurogate.runs import pool
from neurogate.runs.pool import local

BEGIN = """
import os
import signal
from neurogate.runs.pool import local

if __name__ == "__main__":
    for number in signal.SIGINT, signal.SIGHUP:
        signal.signal(number, lambda *_: os.write(1, b"heard\\n"))
    with local(2) as workers:
        asked = [workers.submit(abs, -3) for _ in range(2)]
        print("begun", flush=True)
        print([one.result() for one in asked], flush=True)
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGHUP])
def test_what_a_terminal_sends_is_heard_by_the_driver_and_not_by_workers_that_begin(
    sent: int, tmp_path: Path, checkout: Path
) -> None:
    script = tmp_path / "begin.py"
    script.write_text(BEGIN)
    driver = subprocess.Popen(
        [sys.executable, script], env=os.environ | {"PYTHONPATH": f"{checkout}"}, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert driver.stdout is not None
    said = [driver.stdout.readline()]
    for _ in range(3):
        os.killpg(driver.pid, sent)
        said.append(driver.stdout.readline())
    output, errors = driver.communicate(timeout=60)
    assert errors == ""
    assert [*said, output] == ["begun\n", "heard\n", "heard\n", "heard\n", "[3, 3]\n"]


def exits(_: object) -> None:
    """Die as a process does that has no memory left."""
    os._exit(1)


def test_workers_that_die_whenever_they_begin_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def counted(jobs: int) -> Executor:
        made.append(jobs)
        return local(jobs)

    monkeypatch.setattr(pool, "local", counted)
    monkeypatch.setattr(pool, "warm", exits)
    with pool.Workers() as workers, pytest.raises(RunError, match=r"died before they began, 2 times\."):
        workers.ready(Simulation(name="mine"), 2, retries=1)
    assert made == [2, 2]


def test_all_workers_begin_while_the_first_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    begin = pool.Processes.begin

    def counted(processes: Any) -> None:
        begin(processes)
        seen.append(len(processes._processes))

    monkeypatch.setattr(pool.Processes, "begin", counted)
    monkeypatch.setattr(pool, "warm", abs)
    with pool.Workers() as workers:
        for _ in range(2):
            workers.ready(-3, 3)  # type: ignore[arg-type]
    assert seen == [3]


@pytest.mark.parametrize("victim", [0, 1])
def test_workers_end_though_one_is_killed_while_they_do(victim: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = machinery._ExecutorManagerThread.shutdown_workers  # type: ignore[attr-defined]

    def killed_then(manager: Any) -> None:
        os.kill(sorted(manager.processes)[victim], signal.SIGKILL)
        time.sleep(0.1)
        ends(manager)

    workers: Any = local(2)
    assert list(workers.map(abs, [-1, -2, -3])) == [1, 2, 3]
    while len(workers._processes) < 2:
        workers.submit(time.sleep, 0.1).result()
    time.sleep(0.3)  # until both wait, one of them for work and the other for the lock
    monkeypatch.setattr(machinery._ExecutorManagerThread, "shutdown_workers", killed_then)  # type: ignore[attr-defined]
    ending = threading.Thread(target=workers.shutdown, daemon=True)
    ending.start()
    ending.join(30)
    assert not ending.is_alive()


def test_workers_end_though_one_of_them_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_HANGS_S", 0.5)
    monkeypatch.setattr(pool, "_ENDED_IN_S", 0.5)
    workers: Any = local(2)
    assert list(workers.map(abs, [-1, -2, -3])) == [1, 2, 3]
    processes = [*workers._processes.values()]
    os.kill(processes[0].pid, signal.SIGSTOP)
    ending = threading.Thread(target=workers.shutdown, daemon=True)
    ending.start()
    ending.join(30)
    assert not ending.is_alive()
    assert all(process.exitcode is not None for process in processes)


def test_work_that_takes_long_is_not_taken_for_hanging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_HANGS_S", 0.0)
    monkeypatch.setattr(pool, "_ENDED_IN_S", 0.0)
    with local(1) as workers:
        asked = workers.submit(time.sleep, 2.0)
    assert asked.exception() is None
