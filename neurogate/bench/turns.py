"""Contenders that run in turn in this process, so that what slows the machine slows all of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["median_seconds"]


def median_seconds(contenders: Mapping[str, Callable[[], Any]], repeat: int) -> dict[str, float]:
    """Return the median seconds of each.

    Parameters
    ----------
    contenders : mapping of str to callable
        What is run, without arguments.
    repeat : int
        Runs of each, after a first one that does not count.

    Examples
    --------
    >>> median_seconds({"nothing": lambda: None}, 3)["nothing"] >= 0
    True
    """
    spent: dict[str, list[float]] = {name: [] for name in contenders}
    for run in range(repeat + 1):
        for name, once in contenders.items():
            began = time.perf_counter()
            once()
            if run:
                spent[name].append(time.perf_counter() - began)
    return {name: statistics.median(seconds) for name, seconds in spent.items()}
