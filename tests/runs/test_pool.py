from __future__ import annotations

import concurrent.futures.process as machinery
import os
import signal
import threading
import time
from typing import Any

import pytest

from neurogate.runs.pool import local


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
