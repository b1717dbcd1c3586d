"""Linear algebra takes one thread wherever a batch is executed or measured."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import scipy.linalg  # noqa: F401  what is counted must be loaded
from threadpoolctl import threadpool_info, threadpool_limits

from neurogate.config import Run, Simulation
from neurogate.runs import probe, worker


def blas_threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def at_work(folder: Path) -> None:
    worker.work(worker.Task({}, folder / "a-sweep-01", folder / "stop", math.inf, 0.0))


def measuring(folder: Path) -> None:
    probe.seconds_per_run([Simulation(name="mine", run=Run(seed=1))])


@pytest.mark.parametrize(
    ("does", "where"), [(at_work, (worker, "run_together")), (measuring, (probe, "warm"))]
)
def test_linear_algebra_takes_one_thread(
    does: Callable[[Path], None],
    where: tuple[object, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[set[int]] = []

    def look(*_: object, **__: object) -> None:
        seen.append(blas_threads())
        raise LookupError

    monkeypatch.setattr(*where, look)
    with threadpool_limits(2, "blas"):
        with contextlib.suppress(LookupError):
            does(tmp_path)
        assert blas_threads() == {2}
    assert seen == [{1}]
