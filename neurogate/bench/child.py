"""One contender in a process of its own: ``python -m neurogate.bench.child``.

The first line that it reads says what to prepare; each further line runs it once. It answers with one line
of JSON each. What the libraries print goes to standard error. A process of its own means that memory is
this contender's alone, that no library disturbs another, and that all are held to the same threads.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .peers import PEERS
from .workloads import Workload

__all__ = ["ONE_THREAD", "main", "peak_mb", "prepare"]

_LIBRARIES = ("OMP", "OPENBLAS", "MKL", "NUMEXPR")
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in _LIBRARIES}
"""Environment that holds numerical libraries to one thread; it must be set before they are loaded."""


def prepare(request: Mapping[str, Any]) -> Callable[[], tuple[float, float]]:
    """Return the function that runs what is asked for once.

    Parameters
    ----------
    request : mapping
        ``workload`` (the fields of a `Workload`) and either ``peer``, or ``backend`` and ``dtype``.

    Examples
    --------
    >>> import attrs
    >>> from neurogate.bench.workloads import WORKLOADS
    >>> small = attrs.asdict(attrs.evolve(WORKLOADS["c1"], n=10, steps=5))
    >>> prepare({"workload": small, "backend": "numpy", "dtype": "float64"})()[0] > 0
    True
    """
    workload = Workload(**request["workload"])
    if "peer" in request:
        module = importlib.import_module(f".{PEERS[request['peer']].module}", __package__)
        once: Callable[[], tuple[float, float]] = module.prepare(workload)
        return once
    from . import engine

    return engine.prepare(workload, request["dtype"], request["backend"])


def peak_mb() -> float:
    """Return the most memory that this process has held, in MB; NaN where nobody knows.

    A program that a contender starts (Brian2 standalone) is not included. On Linux the kernel's own mark is
    read, since ``getrusage`` begins with what the parent process held.

    Examples
    --------
    >>> peak_mb() > 1
    True
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text("utf-8").splitlines() if line.startswith("VmHWM"))
        return float(line.split()[1]) * 1024 / 1e6
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    return (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    )


def main() -> None:
    """Serve one contender until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    request = json.loads(sys.stdin.readline())
    began = time.perf_counter()
    once = prepare(request)
    _say(answers, {"prepare_seconds": time.perf_counter() - began})
    for _ in sys.stdin:
        began = time.perf_counter()
        seconds, rate_hz = once()
        whole = time.perf_counter() - began
        _say(answers, {"seconds": seconds, "whole": whole, "rate_hz": rate_hz, "peak_mb": peak_mb()})


def _say(answers: Any, answer: Mapping[str, float]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
