"""What every measure of a map of priority does first: look at the map, and read it where eyes rested."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.metric import fixations, packed, readable, with_others

__all__ = [
    "Cells", "at_cells", "at_fixations", "cells", "checked_map", "density", "flat_cells", "judged",
    "map_table", "mean_or_nan", "once_each",
]  # fmt: skip

Values = NDArray[np.float64]
Cells = NDArray[np.intp]


def cells(
    path: ArrayLike, shape: tuple[int, int], size: tuple[float, float] | None = None,
    outside: Literal["refuse", "drop"] = "refuse",
) -> Cells:  # fmt: skip
    """Return which cells of a map were fixated.

    Parameters
    ----------
    path : Scanpath or (L, 2 or 3)
        Places x, y.
    shape : (int, int)
        Rows and columns of the map.
    size : (float, float), optional
        Width and height of the picture, in the unit of x and y; a cell is 1 x 1 if left out.
    outside : {"refuse", "drop"}
        What to do with a fixation outside the map.

    Returns
    -------
    (L, 2) int
        Column and row.

    Raises
    ------
    RequestError
        If a fixation is outside and that is refused, a number is missing, or `outside` is none of its words.

    Examples
    --------
    >>> cells([[10, 10], [79, 10]], (6, 8), size=(80, 60)).tolist()
    [[1, 1], [7, 1]]
    """
    if outside not in ("refuse", "drop"):
        raise RequestError(f"outside is {outside!r}; choose from refuse, drop.")
    height, width = shape
    found = _floored(path, None if size is None else (width / size[0], height / size[1]))
    x, y = found.T
    if _within(x, width) and _within(y, height):
        return np.asarray(found, dtype=np.intp)
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    if outside == "refuse":
        place = int(np.flatnonzero(~inside)[0])
        raise RequestError(
            f"Fixation {place} is in column {x[place]:g}, row {y[place]:g}, outside the map of {width} "
            f'columns and {height} rows. Leave it out, as `cells` does with outside="drop".'
        )
    return np.asarray(found[inside], dtype=np.intp)


def _floored(path: ArrayLike, scale: tuple[float, float] | None) -> NDArray[Any]:
    """Return whole numbers of places; what is whole already is taken as it is."""
    array = np.asarray(path)
    if scale is None and array.dtype.kind in "iu" and array.ndim == 2 and array.shape[1] >= 2:
        return array[:, :2]
    places = fixations(path)
    return np.floor(places if scale is None else places * scale)


def _within(numbers: NDArray[Any], most: int) -> bool:
    return not numbers.size or bool(numbers.min() >= 0 and numbers.max() < most)


def checked_map(priority: ArrayLike, name: str = "priority") -> Values:
    """Return a map as numbers.

    Parameters
    ----------
    priority : (H, W)
        Finite.
    name : str
        What to call it in a complaint.

    Raises
    ------
    RequestError
        If it is no table, is empty, or has a number that is missing.
    """
    array = map_table(priority, name)
    if not np.isfinite(array).all():
        row, column = np.argwhere(~np.isfinite(array))[0]
        raise RequestError(
            f"{name} is {array[row, column]} in row {row}, column {column}. Give finite numbers."
        )
    return array


def map_table(priority: ArrayLike, name: str = "priority") -> Values:
    """Return a map as numbers, of which some may be missing.

    Parameters and errors are those of `checked_map`, but for numbers that are missing.

    Examples
    --------
    >>> map_table([[1, float("nan")]]).shape
    (1, 2)
    """
    array = np.asarray(priority, dtype=np.float64)
    if array.ndim != 2 or not array.size:
        raise RequestError(f"{name} has shape {array.shape}. Give a map of rows and columns.")
    return array


def at_fixations(priority: Values, fixated: ArrayLike) -> Values:
    """Return the values of a map in the cells fixated, (L,).

    Examples
    --------
    >>> at_fixations(np.arange(6.0).reshape(2, 3), [[2, 0], [0, 1]]).tolist()
    [2.0, 3.0]
    """
    column, row = cells(fixated, (priority.shape[0], priority.shape[1])).T
    if priority.flags.c_contiguous:
        return np.asarray(priority.take(row * priority.shape[1] + column))
    return np.asarray(priority[row, column])


def flat_cells(several: Sequence[Cells], width: int, *, once: bool = False) -> tuple[Cells, Cells]:
    """Return where the cells of several viewers lie in a map of such a width that is read row by row.

    Parameters
    ----------
    several : sequence of (L, 2)
        Column and row, inside the map.
    width : int
        Columns of the map.
    once : bool
        Whether a cell that a viewer fixates again counts once.

    Returns
    -------
    places : (sum of L,) int
        Of all viewers, one after the other.
    starts : (n + 1,) int
        Viewer i has ``places[starts[i]:starts[i + 1]]``.

    Examples
    --------
    >>> flat_cells([np.array([[1, 0], [1, 0]]), np.array([[0, 1]])], 4, once=True)[0].tolist()
    [1, 4]
    """
    flat = [own[:, 1] * width + own[:, 0] for own in several]
    places, starts = packed([np.unique(own) if once else own for own in flat])
    return places.astype(np.intp, copy=False).ravel(), starts


def at_cells(
    maps: Sequence[Values], several: Sequence[Cells], *, once: bool = False
) -> Iterator[list[Values]]:
    """Yield for each map its values in the cells of each of several viewers.

    Parameters
    ----------
    maps : sequence of (H, W)
        All of one shape.
    several : sequence of (L, 2)
        Column and row, inside the maps.
    once : bool
        Whether a cell that a viewer fixates again counts once.

    Examples
    --------
    >>> here = np.array([[1, 0], [1, 0]])
    >>> list(at_cells([np.array([[3.0, 4.0]])], [here], once=True))
    [[array([4.])]]
    """
    places, starts = flat_cells(several, maps[0].shape[1], once=once)
    for s in maps:
        values = s.ravel().take(places)
        yield [values[start:end] for start, end in itertools.pairwise(starts)]


def judged(
    given: Sequence[ArrayLike], shape: tuple[int, int], complaints: list[str] | None
) -> Iterator[tuple[int, Cells, list[Cells]]]:
    """Yield who can be predicted by others: their place, their cells, and those of all others.

    Parameters
    ----------
    given : sequence of (L, 2)
        Cells, column and row, of at least two viewers.
    shape : (int, int)
        Rows and columns of the map.
    complaints : list of str, optional
        Takes a sentence for each viewer that is wrong; without it the first one is an error.

    Raises
    ------
    RequestError
        If there are fewer than two viewers, or one is wrong and complaints are not taken.

    Examples
    --------
    >>> here = np.array([[1, 0]])
    >>> [place for place, _, _ in judged([here, here, here[:0]], (1, 2), None)]
    [0, 1]
    """
    with_others(given, "viewers")
    several, places = readable(lambda each: cells(each, shape), given, "Viewer", complaints)
    pairs = with_others(several, "viewers") if len(several) > 1 else []
    for place, (own, others) in zip(places, pairs, strict=len(several) > 1):
        if len(own) and any(map(len, others)):
            yield place, own, others


def mean_or_nan(values: Values) -> float:
    """Return a mean, NaN of nothing.

    Examples
    --------
    >>> mean_or_nan(np.array([1.0, 2.0])), mean_or_nan(np.zeros(0))
    (1.5, nan)
    """
    return float(values.mean()) if values.size else float("nan")


def once_each(fixated: ArrayLike) -> Cells:
    """Return cells without repetition, by row and column.

    Examples
    --------
    >>> once_each([[2, 0], [1, 0], [2, 0]]).tolist()
    [[1, 0], [2, 0]]
    """
    return np.unique(np.floor(fixations(fixated)).astype(np.intp), axis=0)


def density(priority: Values) -> Values:
    """Return a map divided by its sum, its minimum taken off first if that is negative; flat if all is 0.

    Examples
    --------
    >>> density(np.array([[1.0, 3.0]])).tolist()
    [[0.25, 0.75]]
    """
    low = priority.min()
    raised = priority - low if low < 0 else priority
    total = raised.sum()
    return np.asarray(raised / total) if total > 0 else np.full(priority.shape, 1 / priority.size)
