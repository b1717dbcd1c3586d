"""Ranks of a few thresholds among many values, compiled; defined in `neurogate.scanpath.metrics.auc`.

A map is smooth: between the lowest and the highest of neighbouring cells lie few thresholds, often none. So
values are taken by the block. Where more lie in between, a table says which thresholds lie in each of many
equal stretches: most hold none, and of the values there only their number counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .compiling import kernel, part

__all__ = ["ranks"]

STRETCHES_EACH = 32
BLOCK = 64
SOME = 8
"""So many thresholds are sooner compared with all values of a block than looked for."""

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
    own, place = np.unique(np.asarray(thresholds, dtype=np.float64), return_inverse=True)
    below, upto = np.zeros((2, own.size + 1), np.intp)
    if own.size:
        stretches = min(STRETCHES_EACH * own.size, values.size + 1)
        with np.errstate(over="ignore", divide="ignore"):
            scale = min(max(stretches / (own[-1] - own[0]), 1e-300), 1e300)
        _rank(values, own, np.zeros(stretches + 4, np.int32), scale, below, upto)
    return below[place], upto[place]


@kernel
def _rank(values: Any, own: Any, first: Any, scale: Any, below: Any, upto: Any) -> None:
    """Count each value at the first threshold that is not below it, and add up."""
    between, equal = np.zeros_like(below), np.zeros_like(below)
    counts, kept = np.zeros_like(first), np.empty(BLOCK)
    _share_out(own, first, scale)
    for start in range(0, values.size, BLOCK):
        block = values[start : start + BLOCK]
        if block.size == BLOCK:
            low, high = _bounds(block)
            k, end = _place(own, first, scale, low), _place(own, first, scale, high)
            end += end < own.size and own[end] == high
            if end - k <= SOME:
                between[end] += BLOCK
                for each in range(k, end):
                    some, more = _compare(block, own[each])
                    below[each] += some
                    upto[each] += more
                continue
        _look_up(block, own, first, scale, counts, between, equal, kept)
    for stretch in range(counts.size - 1):
        if first[stretch] == first[stretch + 1]:
            between[first[stretch]] += counts[stretch]
    total = 0
    for k in range(own.size):
        total += between[k]
        below[k] += total - equal[k]
        upto[k] += total


@part
def _share_out(own: Any, first: Any, scale: Any) -> None:
    """Note which of the thresholds is the first in each stretch."""
    for threshold in own:
        first[_stretch(own, first, scale, threshold) + 1] += 1
    for stretch in range(1, first.size):
        first[stretch] += first[stretch - 1]


@part
def _stretch(own: Any, first: Any, scale: Any, value: Any) -> Any:
    """Return in which stretch a value lies, of which the first and the last hold what is far away."""
    return int(min(max(0.0, (value - own[0]) * scale + 1.0), first.size - 2.0))


@part
def _place(own: Any, first: Any, scale: Any, value: Any) -> Any:
    """Return the first threshold that is not below a value."""
    stretch = _stretch(own, first, scale, value)
    k, end = first[stretch], first[stretch + 1]
    while k < end:
        middle = (k + end) // 2
        if own[middle] < value:
            k = middle + 1
        else:
            end = middle
    return k


@part
def _bounds(block: Any) -> Any:
    """Return the lowest and the highest value, of four side by side, which a processor does at once."""
    a, b, c, d = block[0], block[1], block[2], block[3]
    w, x, y, z = a, b, c, d
    for k in range(4, BLOCK, 4):
        a, w = min(block[k], a), max(block[k], w)
        b, x = min(block[k + 1], b), max(block[k + 1], x)
        c, y = min(block[k + 2], c), max(block[k + 2], y)
        d, z = min(block[k + 3], d), max(block[k + 3], z)
    return min(a, b, c, d), max(w, x, y, z)


@part
def _compare(block: Any, threshold: Any) -> Any:
    below, upto = 0, 0
    for k in range(BLOCK):
        below += block[k] < threshold
        upto += block[k] <= threshold
    return below, upto


@part
def _look_up(
    block: Any, own: Any, first: Any, scale: Any, counts: Any, between: Any, equal: Any, kept: Any
) -> None:
    """Count values by stretch, but for those in a stretch with thresholds, which are placed one by one."""
    n = 0
    for value in block:
        stretch = _stretch(own, first, scale, value)
        counts[stretch] += 1
        kept[n] = value
        n += first[stretch] != first[stretch + 1]
    k, same, previous = 0, False, np.nan
    for value in kept[:n]:
        if value != previous:
            k, previous = _place(own, first, scale, value), value
            same = k < own.size and own[k] == value
        between[k] += 1
        equal[k] += same
