"""A tiny run prepares what a long one needs, and tells how long it takes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from neurogate.config import Run, Simulation
from neurogate.plasticity.three_factor import ThreeFactor
from neurogate.runs import probe

KINDS = """
import importlib, pkgutil
from neurogate import config
from neurogate.backends import numba_cpu
from neurogate.config.family import reseeded
from neurogate.config.sharing import share
from neurogate.runs.probe import _short, warm

def compiled():
    modules = [importlib.import_module(f"{numba_cpu.__name__}.{one.name}")
               for one in pkgutil.iter_modules(numba_cpu.__path__)]
    return {(name, len(kernel.signatures)) for module in modules for name, kernel in vars(module).items()
            if hasattr(kernel, "signatures")}

simulation = _short(config.load("what_when", overrides=["reservoir.n=40", "run.backend=numba"]))
warm(simulation)
before = compiled()
(shared,) = share([reseeded(simulation, seed) for seed in (1, 2, 3)])
while not shared.session.done:
    shared.session.advance()
print(len(before), sorted(compiled() - before))
"""


def test_what_a_network_takes_is_shared_by_as_many_runs_as_in_the_sweep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measured: list[Sequence[Simulation]] = []

    def share(simulations: Sequence[Simulation]) -> None:
        measured.append(simulations)
        raise LookupError

    monkeypatch.setattr(probe, "warm", id)
    monkeypatch.setattr(probe, "session", lambda simulation: SimpleNamespace(total=1))
    monkeypatch.setattr(probe, "share", share)
    runs = [
        Simulation(name="mine", rules={"slow": ThreeFactor(eta_when=eta)}, run=Run(seed=seed))
        for eta in (0.01, 0.02, 0.03, 0.04, 0.05)
        for seed in range(6)
    ]
    with pytest.raises(LookupError):
        probe.seconds_per_run(runs)
    assert Counter(one.run.seed for one in measured[0]) == dict.fromkeys(range(4), 5)


def test_what_is_warm_compiles_nothing_more_for_a_batch(checkout: Path) -> None:
    command = [sys.executable, "-c", KINDS]
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    count, _, more = done.stdout.strip().partition(" ")
    assert (int(count) > 5, more) == (True, "[]")
