"""Where the time of a first run goes, when nothing is compiled yet.

For each workload a process of its own compiles into an empty folder and listens to Numba's events. Writes
benchmarks/results/first_use.json:

    python benchmarks/first_use.py [WORKLOAD ...]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import attrs
import numba
from numba.core import event

from neurogate.bench.engine import prepare
from neurogate.bench.machine import machine, write
from neurogate.bench.workloads import WORKLOADS

RESULTS = Path(__file__).parent / "results" / "first_use.json"
SHORT = 40  # steps: what is left of the time is no simulation
LLVM, PASS = "numba:llvm_lock", "numba:run_pass"


class Stages(event.Listener):
    """Seconds by stage; what happens inside of another event is not counted in both."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._open: list[list[float]] = []  # when each began, and how much of it belongs to others

    def on_start(self, event: Any) -> None:
        """Note when it began."""
        self._open.append([time.perf_counter(), 0.0])

    def on_end(self, event: Any) -> None:
        """Add what it took by itself."""
        began, inside = self._open.pop()
        whole = time.perf_counter() - began
        self.spent[self._stage(event)] += whole - inside  # type: ignore[assignment]
        if self._open:
            self._open[-1][1] += whole

    def _stage(self, event: Any) -> str:
        if event.kind == LLVM:
            return "llvm"
        name = event.data["name"]
        return "types" if "type_inference" in name else "lowering" if "lowering" in name else "other passes"


def profile(workload: str, dtype: str) -> dict[str, Any]:
    """Compile in this process, and return seconds by stage."""
    began = time.perf_counter()
    numba.njit(lambda x: x + 1)(1)
    itself = time.perf_counter() - began
    once = prepare(attrs.evolve(WORKLOADS[workload], steps=SHORT), dtype, "numba")
    stages = Stages()
    began = time.perf_counter()
    with event.install_listener(LLVM, stages), event.install_listener(PASS, stages):
        once()
    whole = time.perf_counter() - began
    parts = {"numba itself": itself, **stages.spent, "rest": whole - sum(stages.spent.values())}
    return {"workload": workload, "dtype": dtype, "seconds": itself + whole, "by_stage": parts}


def apart(workload: str, dtype: str) -> dict[str, Any]:
    """Return the profile that a new process makes, with nothing compiled before."""
    with tempfile.TemporaryDirectory() as empty:
        command = [sys.executable, __file__, "--here", workload, dtype]
        environment = os.environ | {"NUMBA_CACHE_DIR": empty}
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment, text=True)
    row: dict[str, Any] = json.loads(done.stdout)
    return row


def main() -> None:
    """Measure, print and store."""
    rows = []
    for workload in sys.argv[1:] or ("a1000", "b1000", "c1", "d1k"):
        for dtype in ("float32", "float64"):
            rows.append(apart(workload, dtype))
            print(json.dumps(rows[-1]), flush=True)
    write(RESULTS, machine(" ".join(["python benchmarks/first_use.py", *sys.argv[1:]])), rows)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--here"]:
        print(json.dumps(profile(*sys.argv[2:])))
    else:
        main()
