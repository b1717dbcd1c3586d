"""The workloads in Brian2's runtime mode, with compiled code called from Python at every step."""

from __future__ import annotations

from collections.abc import Callable

from .brian2_model import runtime
from .workloads import Workload

__all__ = ["prepare"]


def prepare(workload: Workload) -> Callable[[], tuple[float, float]]:
    """Return a function that runs a workload once and returns seconds and mean rate in Hz."""
    once: Callable[[], tuple[float, float]] = runtime(workload, "cython")
    return once
