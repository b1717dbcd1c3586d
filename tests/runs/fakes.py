"""A session that costs nothing: its state is an array and a generator, its result depends on both.

Here lives too what lets a session that simulates cost little: its run is stored without figures; and what
hears what is said of runs.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest import mock

import numpy as np

from neurogate.errors import RunDiverged
from neurogate.runs import keeping


@contextmanager
def without_figures() -> Iterator[None]:
    """Let runs be stored without their figures, which take longer than small runs do."""
    with mock.patch.object(keeping, "_draw"):
        yield


@contextmanager
def listening(react: Callable[[str], object] = lambda said: None) -> Iterator[list[str]]:
    """Yield what is said of runs from now on; whoever wants to do something then is told at once."""
    said: list[str] = []

    class Heard(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())
            react(said[-1])

    log, heard = logging.getLogger("neurogate.runs"), Heard()
    before = log.level
    log.addHandler(heard)
    log.setLevel(logging.INFO)
    try:
        yield said
    finally:
        log.setLevel(before)
        log.removeHandler(heard)


class Result(NamedTuple):
    arrays: dict[str, np.ndarray[Any, Any]]
    metrics: dict[str, dict[str, Any]]


class FakeSession:
    """Walks randomly for `total` trials; every trial depends on all before it."""

    def __init__(
        self,
        simulation: Any,
        *,
        total: int = 40,
        pause_s: float = 0.0,
        diverge_at: int | None = None,
    ) -> None:
        self.total, self.position, self.pause_s, self.diverge_at = total, 0, pause_s, diverge_at
        self.walk = np.zeros(1000)
        self.seeds = (simulation.run.seed,)
        self.reservoir = SimpleNamespace(backend="fake")

    @property
    def phase(self) -> str:
        return "habituation" if self.position < self.total // 10 else "training"

    @property
    def done(self) -> bool:
        return self.position >= self.total

    def advance(self) -> None:
        if self.position == self.diverge_at:
            raise RunDiverged("v_mV", float("nan"), replica=0, step=2200 * self.position + 7, neuron=17)
        time.sleep(self.pause_s)
        step = np.random.default_rng([*self.seeds, self.position]).normal(size=self.walk.size)
        self.walk = np.cos(self.walk) + step
        self.position += 1

    def state(self, *, copy: bool = True) -> dict[str, np.ndarray[Any, Any]]:
        return {"walk": self.walk.copy() if copy else self.walk, "position": np.array(self.position)}

    def restore(self, state: Mapping[str, np.ndarray[Any, Any]]) -> None:
        self.walk, self.position = state["walk"].copy(), int(state["position"])

    def result(self) -> Result:
        metrics = {"timing_error_ms": float(self.walk[0]), "probability_r": float("nan"), "blocks": {"A": {}}}
        return Result({"walk": self.walk}, {"three_factor": metrics, "force": metrics})
