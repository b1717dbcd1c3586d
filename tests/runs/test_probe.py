"""A tiny run prepares what a long one needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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


def test_what_is_warm_compiles_nothing_more_for_a_batch(checkout: Path) -> None:
    command = [sys.executable, "-c", KINDS]
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    count, _, more = done.stdout.strip().partition(" ")
    assert (int(count) > 5, more) == (True, "[]")
