"""Ranks of a few thresholds among many values, compiled; defined in `neurogate.scanpath.metrics.auc`.

A table says which thresholds lie in each of many equal stretches. Most stretches hold none, so that nearly
every value is placed by one look into the table.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .compiling import kernel

__all__ = ["ranks"]

STRETCHES = 4096

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
    own, which = np.unique(np.asarray(thresholds, dtype=np.float64), return_inverse=True)
    if not own.size:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    span = own[-1] - own[0]
    scale = STRETCHES / span if span > 0 and np.isfinite(STRETCHES / span) else 0.0
    stretch = np.minimum(((own - own[0]) * scale).astype(np.intp), STRETCHES)
    first = np.concatenate([[0], np.cumsum(np.bincount(stretch, minlength=STRETCHES + 1))])
    between, equal = np.zeros(len(own), np.intp), np.zeros(len(own), np.intp)
    _place(values, own, first, scale, between, equal)
    upto = np.cumsum(between)
    return (upto - equal)[which], upto[which]


@kernel
def _place(values: Any, own: Any, first: Any, scale: Any, between: Any, equal: Any) -> None:
    low, high = own[0], own[-1]
    for i in range(values.size):
        value = values[i]
        if value <= high:
            stretch = int((value - low) * scale) if value >= low else 0
            k = first[stretch]
            if first[stretch + 1] > k:
                while own[k] < value:
                    k += 1
                if own[k] == value:
                    equal[k] += 1
            between[k] += 1
