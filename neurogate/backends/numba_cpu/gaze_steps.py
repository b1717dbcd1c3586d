"""What each of many maps has at one cell and as a whole, compiled, for measures of the next fixation.

A map is read in blocks that the processor keeps at hand, and added up in eight lanes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .compiling import kernel, part

__all__ = ["read_steps"]

Array = npt.NDArray[Any]
BLOCK = 2048
LANES = 8


def read_steps(maps: Array, places: Array) -> Array:
    r"""Return six numbers of each map and of its cell, in two passes over the map.

    Parameters
    ----------
    maps : (L, N)
        One a row.
    places : (L,) int
        The cell of each.

    Returns
    -------
    (L, 6)
        The value in the cell; how many are below it, and how many equal it; the lowest value, or 0 if none is
        below 0; the sum of x minus that; and the sum of :math:`(x - \bar x)^2`. All of them NaN where a
        number is missing, or the sum of all is none.

    Examples
    --------
    >>> read_steps(np.array([[1.0, 3.0, 3.0, -1.0]]), np.array([1])).tolist()
    [[3.0, 2.0, 2.0, -1.0, 10.0, 11.0]]
    """
    out = np.empty((len(maps), 6))
    _read(np.ascontiguousarray(maps, np.float64), np.ascontiguousarray(places, np.int64), out)
    return out


@kernel
def _read(maps: Any, places: Any, out: Any) -> None:
    for step in range(maps.shape[0]):
        values, found = maps[step], out[step]
        own, total = values[places[step]], 0.0
        found[0], found[1:4] = own, 0.0
        for start in range(0, values.size, BLOCK):
            block = values[start : start + BLOCK]
            total += _sum(block, 0.0)
            found[1] += _below(block, own)
            found[2] += _equal(block, own)
            found[3] = min(found[3], _lowest(block))
        if np.isfinite(total):
            found[4:] = 0.0
            for start in range(0, values.size, BLOCK):
                block = values[start : start + BLOCK]
                found[4] += _sum(block, found[3])
                found[5] += _squares(block, total / values.size)
        else:
            found[:] = np.nan


@part
def _below(values: Any, own: Any) -> Any:
    count = 0
    for value in values:
        count += value < own
    return count


@part
def _equal(values: Any, own: Any) -> Any:
    count = 0
    for value in values:
        count += value == own
    return count


@part
def _lowest(values: Any) -> Any:
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    whole = values.size - values.size % 4
    for i in range(0, whole, 4):
        a = min(a, values[i])
        b = min(b, values[i + 1])
        c = min(c, values[i + 2])
        d = min(d, values[i + 3])
    for i in range(whole, values.size):
        a = min(a, values[i])
    return min(min(a, b), min(c, d))


@part
def _sum(values: Any, least: Any) -> Any:
    a, b, c, d, e, f, g, h = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    whole = values.size - values.size % LANES
    for i in range(0, whole, LANES):
        a += values[i] - least
        b += values[i + 1] - least
        c += values[i + 2] - least
        d += values[i + 3] - least
        e += values[i + 4] - least
        f += values[i + 5] - least
        g += values[i + 6] - least
        h += values[i + 7] - least
    for i in range(whole, values.size):
        a += values[i] - least
    return ((a + b) + (c + d)) + ((e + f) + (g + h))


@part
def _squares(values: Any, mean: Any) -> Any:
    a, b, c, d, e, f, g, h = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    whole = values.size - values.size % LANES
    for i in range(0, whole, LANES):
        a += (values[i] - mean) ** 2
        b += (values[i + 1] - mean) ** 2
        c += (values[i + 2] - mean) ** 2
        d += (values[i + 3] - mean) ** 2
        e += (values[i + 4] - mean) ** 2
        f += (values[i + 5] - mean) ** 2
        g += (values[i + 6] - mean) ** 2
        h += (values[i + 7] - mean) ** 2
    for i in range(whole, values.size):
        a += (values[i] - mean) ** 2
    return ((a + b) + (c + d)) + ((e + f) + (g + h))
