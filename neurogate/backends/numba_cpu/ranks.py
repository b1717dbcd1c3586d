"""Ranks of a few thresholds among many values, compiled; defined in `neurogate.scanpath.metrics.auc`.

A table says which thresholds lie in each of many equal stretches. Most stretches hold none, so that nearly
every value is placed by one look into the table.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .compiling import kernel, part

__all__ = ["ranks"]

STRETCHES_EACH = 32

Array = npt.NDArray[Any]


def ranks(values: Array, thresholds: Array) -> tuple[Array, Array]:
    """Count the values below each threshold, and those below or equal to it.

    Parameters and returns are those of `neurogate.scanpath.metrics.auc.ranks`.

    Examples
    --------
    >>> [counts.tolist() for counts in ranks(np.array([3.0, 1, 2]), np.array([2.0, 9]))]
    [[1, 3], [2, 3]]
    """
    values = np.ascontiguousarray(values, dtype=np.float64)
    thresholds = np.asarray(thresholds, dtype=np.float64)
    below, upto = np.zeros((2, thresholds.size), np.intp)
    if thresholds.size:
        order = np.argsort(thresholds)
        own = thresholds[order]
        stretches = min(STRETCHES_EACH * thresholds.size, values.size)
        with np.errstate(over="ignore", divide="ignore"):
            span = own[-1] - own[0]
            scale = stretches / span
        if np.isinf(span):
            return _sorted(values, thresholds)
        scale = scale if np.isfinite(scale) else 0.0
        _rank(values, own, order, np.zeros(stretches + 3, np.int32), scale, below, upto)
    return below, upto


def _sorted(values: Array, thresholds: Array) -> tuple[Array, Array]:
    """Count where thresholds are so far apart that their distance is no number."""
    ordered = np.sort(values)
    return np.searchsorted(ordered, thresholds, "left"), np.searchsorted(ordered, thresholds, "right")


@kernel
def _rank(values: Any, own: Any, order: Any, first: Any, scale: Any, below: Any, upto: Any) -> None:
    between, equal = np.zeros_like(order), np.zeros_like(order)
    _share_out(own, first, scale)
    _place(values, own, first, scale, between, equal)
    total = 0
    for k in range(own.size):
        if k and own[k] == own[k - 1]:
            equal[k] = equal[k - 1]
        total += between[k]
        below[order[k]], upto[order[k]] = total - equal[k], total


@part
def _share_out(own: Any, first: Any, scale: Any) -> None:
    """Note which of the thresholds is the first in each stretch."""
    for threshold in own:
        first[int((threshold - own[0]) * scale) + 1] += 1
    for stretch in range(1, first.size):
        first[stretch] += first[stretch - 1]


@part
def _place(values: Any, own: Any, first: Any, scale: Any, between: Any, equal: Any) -> None:
    """Count each value at the first threshold that is not below it."""
    low, high, previous = own[0], own[-1], np.nan
    k, same = 0, False
    for value in values:
        if value <= high:
            if value != previous:
                k, end = 0, 0
                if value >= low:
                    stretch = int((value - low) * scale)
                    k, end = first[stretch], first[stretch + 1]
                while k < end:
                    middle = (k + end) // 2
                    if own[middle] < value:
                        k = middle + 1
                    else:
                        end = middle
                same, previous = own[k] == value, value
            equal[k] += same
            between[k] += 1
