"""How fast the parts of the main job are: reservoir steps, noise, and the two learning kernels.

Every row compares the compiled kernel with the NumPy reference in the same run, interleaved, medians of
several repetitions; the two return the same bits, so the ratio is for the same work. Run it with
``make bench``; with ``--write`` the rows and the machine go to ``benchmarks/results/``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numba
import numpy as np

from neurogate import __version__
from neurogate.backends import numba_cpu, numpy_reference
from neurogate.network.recording import Recording
from neurogate.network.reservoir import Reservoir, ReservoirSpec

Row = dict[str, Any]
Pair = tuple[Callable[[], object], Callable[[], object]]
TRACE = [Recording(variable="trace", stride=5)]


def reservoir_steps(n: int, dtype: str, steps: int) -> Pair:
    """Return runs of the default reservoir on both backends."""
    runs = []
    for backend in ("numba", "numpy"):
        network = Reservoir.build(ReservoirSpec(n=n), [1], channels=6, dtype=dtype, backend=backend)
        state = network.initial_state()
        inputs = np.zeros((1, steps, 6))
        inputs[:, 100:, 0] = 0.5
        runs.append(lambda network=network, state=state, x=inputs: network.run(state, x, TRACE))
    return runs[0], runs[1]


def least_squares(n: int, dtype: str, samples: int) -> Pair:
    """Return updates of recursive least squares on both backends."""
    rng = np.random.default_rng(0)
    x = (0.05 * rng.random((1, samples, n))).astype(dtype)
    d = rng.random((1, samples, 1)).astype(dtype)
    start = np.zeros((1, 1, n), dtype), 2 * np.eye(n, dtype=dtype)[None]
    return (
        lambda: numba_cpu.recursive_least_squares(*start, x, d, 1.0, 0.0, 0),
        lambda: numpy_reference.recursive_least_squares(*start, x, d, 1.0, 0.0, 0),
    )


def three_factor(n: int, dtype: str, samples: int) -> Pair:
    """Return updates of the gated delta rule on both backends."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1, samples, n)).astype(dtype)
    d, c = rng.random((1, samples, 1)).astype(dtype), np.ones((1, samples), dtype)
    start, rate = np.zeros((1, 1, n), dtype), np.full(1, 0.1, dtype)
    return (
        lambda: numba_cpu.normalised_delta(start, x, d, c, rate, 1.0),
        lambda: numpy_reference.normalised_delta(start, x, d, c, rate, 1.0),
    )


CASES: list[tuple[str, Callable[[int, str, int], Pair], int, int]] = [
    ("reservoir step", reservoir_steps, 1000, 500),
    ("least-squares update", least_squares, 1000, 8),
    ("three-factor update", three_factor, 1000, 330),
]


def measure(name: str, make: Callable[[int, str, int], Pair], n: int, count: int, dtype: str) -> Row:
    """Time both forms of one case, interleaved; the first round, which compiles, is dropped."""
    pair = make(n, dtype, count)
    times: tuple[list[float], list[float]] = ([], [])
    for repetition in range(6):
        for work, spent in zip(pair, times, strict=True):
            start = time.perf_counter()
            work()
            if repetition:
                spent.append(time.perf_counter() - start)
    numba_us, numpy_us = (1e6 * statistics.median(spent) / count for spent in times)
    ratio = numpy_us / numba_us
    return {"case": name, "n": n, "dtype": dtype, "numba_us": numba_us, "numpy_us": numpy_us, "ratio": ratio}


def machine() -> Row:
    """Describe the machine."""
    names = [line for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")]
    return {
        "cpu": names[0].split(":")[1].strip() if names else platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
        "neurogate": __version__,
        "date": date.today().isoformat(),
        "command": "python benchmarks/reservoir.py --write",
    }


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.exists() else []


def main() -> None:
    """Measure every case and print the rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="print rows as JSON")
    parser.add_argument("--write", action="store_true", help="store rows in benchmarks/results/")
    options = parser.parse_args()
    rows = [measure(*case, dtype) for case in CASES for dtype in ("float32", "float64")]
    if options.write:
        target = Path(__file__).parent / "results" / "reservoir.json"
        target.parent.mkdir(exist_ok=True)
        target.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=1) + "\n", "utf-8")
    if options.json:
        print(json.dumps(rows, indent=1))
        return
    print(f"{'one step or update of':24}{'n':>6}  {'dtype':8}{'numba us':>10}{'numpy us':>10}{'ratio':>8}")
    for row in rows:
        label = f"{row['case']:24}{row['n']:>6}  {row['dtype']:8}"
        print(f"{label}{row['numba_us']:>10.2f}{row['numpy_us']:>10.1f}{row['ratio']:>8.0f}")


if __name__ == "__main__":
    main()
