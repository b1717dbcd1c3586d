"""How long one update of the two learning rules takes, compiled and in the NumPy reference.

The two return the same bits, so the ratio is for the same work. Interleaved, medians; the first round,
which compiles, is dropped. The simulator itself is measured by ``neurogate bench``. With ``--write`` the
rows and the machine go to ``benchmarks/results/``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from neurogate.backends import numba_cpu, numpy_reference
from neurogate.bench.machine import machine, write

Pair = tuple[Callable[[], object], Callable[[], object]]
REPEAT, N = 5, 1000


def least_squares(dtype: str, samples: int) -> Pair:
    """Return updates of recursive least squares on both backends."""
    rng = np.random.default_rng(0)
    x = (0.05 * rng.random((1, samples, N))).astype(dtype)
    d = rng.random((1, samples, 1)).astype(dtype)
    start = np.zeros((1, 1, N), dtype), 2 * np.eye(N, dtype=dtype)[None]
    return (
        lambda: numba_cpu.recursive_least_squares(*start, x, d, 1.0, 0.0, 0),
        lambda: numpy_reference.recursive_least_squares(*start, x, d, 1.0, 0.0, 0),
    )


def three_factor(dtype: str, samples: int) -> Pair:
    """Return updates of the gated delta rule on both backends."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1, samples, N)).astype(dtype)
    d, c = rng.random((1, samples, 1)).astype(dtype), np.ones((1, samples), dtype)
    start, rate = np.zeros((1, 1, N), dtype), np.full(1, 0.1, dtype)
    return (
        lambda: numba_cpu.normalised_delta(start, x, d, c, rate, 1.0),
        lambda: numpy_reference.normalised_delta(start, x, d, c, rate, 1.0),
    )


CASES: tuple[tuple[str, Callable[[str, int], Pair], int], ...] = (
    ("least-squares update", least_squares, 8),
    ("three-factor update", three_factor, 330),
)


def measure(name: str, make: Callable[[str, int], Pair], count: int, dtype: str) -> dict[str, Any]:
    """Time both forms of one case, interleaved."""
    times: tuple[list[float], list[float]] = ([], [])
    pair = make(dtype, count)
    for turn in range(REPEAT + 1):
        for work, spent in zip(pair, times, strict=True):
            start = time.perf_counter()
            work()
            spent += [time.perf_counter() - start] if turn else []
    numba_us, numpy_us = (1e6 * statistics.median(spent) / count for spent in times)
    ratio = numpy_us / numba_us
    return {"case": name, "n": N, "dtype": dtype, "numba_us": numba_us, "numpy_us": numpy_us, "ratio": ratio}


def main() -> None:
    """Measure every case and print the rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--write", action="store_true", help="store rows in benchmarks/results/")
    options = parser.parse_args()
    rows = [measure(*case, dtype) for case in CASES for dtype in ("float32", "float64")]
    if options.write:
        target = Path(__file__).parent / "results" / "learning.json"
        write(target, machine("python benchmarks/learning.py --write"), rows)
    print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
