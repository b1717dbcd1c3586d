"""Scanpaths as strings: cells of a grid, clusters or labels, repeated for as long as a fixation lasts."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.geometry import apart, diagonal

__all__ = ["cells", "clusters", "labelled", "nearest", "repeated"]

Values = NDArray[np.float64]
Symbols = NDArray[np.int64]
Rounding = Literal["nearest", "down"]
_ROUNDS = 300


def cells(path: Values, size: tuple[float, float], grid: tuple[int, int]) -> Symbols:
    """Return the cell of each fixation.

    Parameters
    ----------
    path : (L, 2 or 3)
        Fixations: x, y.
    size : (float, float)
        Width and height of the picture.
    grid : (int, int)
        Columns and rows.

    Returns
    -------
    (L,)
        Column + columns x row; a fixation outside is in the nearest cell.

    Raises
    ------
    RequestError
        If the picture has no size, or the grid no cell.

    Examples
    --------
    >>> cells(np.array([[0, 0], [799, 599], [900, -5]]), (800, 600), (8, 6)).tolist()
    [0, 47, 7]
    """
    diagonal(size)
    if min(grid) < 1:
        raise RequestError(f"The grid is {grid[0]} x {grid[1]}. Give at least 1 column and 1 row.")
    place = np.floor(path[:, :2] * np.array(grid) / np.array(size))
    column, row = np.clip(place, 0, np.array(grid) - 1).astype(np.int64).T
    return np.asarray(column + grid[0] * row)


def nearest(path: Values, centres: ArrayLike) -> Symbols:
    """Return which of some places each fixation is nearest to, the first of equals.

    Parameters
    ----------
    path : (L, 2 or 3)
        Fixations: x, y.
    centres : (K, 2)
        Places, such as `clusters` finds.

    Raises
    ------
    RequestError
        If there is no place.

    Examples
    --------
    >>> nearest(np.array([[1, 1], [9, 9]]), [[0, 0], [10, 10]]).tolist()
    [0, 1]
    """
    places = np.asarray(centres, dtype=np.float64)
    if places.ndim != 2 or places.shape[1] != 2 or not len(places):
        raise RequestError(f"centres have shape {places.shape}. Give rows x, y, at least one.")
    return np.asarray(apart(path[:, :2], places).argmin(axis=1))


def labelled(path: Values, labels: NDArray[Any]) -> Symbols:
    """Return what is labelled where each fixation is.

    Parameters
    ----------
    path : (L, 2 or 3)
        Fixations: x, y in pixels of the labels.
    labels : (height, width) int
        A segmentation; a fixation outside has the label of the nearest pixel.

    Raises
    ------
    RequestError
        If there are no whole-numbered labels.

    Examples
    --------
    >>> labelled(np.array([[0.5, 0.5], [2.0, 0.0]]), np.array([[3, 4, 5]])).tolist()
    [3, 5]
    """
    if labels.ndim != 2 or not labels.size or labels.dtype.kind not in "iub":
        raise RequestError(
            f"labels have shape {labels.shape} and type {labels.dtype}. Give integers (height, width)."
        )
    last = np.array(labels.shape)[::-1] - 1
    x, y = np.clip(np.floor(path[:, :2]), 0, last).astype(np.int64).T
    return np.asarray(labels[y, x], dtype=np.int64)


def repeated(symbols: Symbols, path: Values, bin_s: float | None, rounding: Rounding) -> Symbols:
    """Repeat each symbol for every bin of time that its fixation lasts.

    Parameters
    ----------
    symbols : (L,)
        Of the fixations.
    path : (L, 2 or 3)
        Fixations: x, y, duration.
    bin_s : float, optional
        Width of a bin; nothing is repeated without it.
    rounding : {"nearest", "down"}
        Of the number of bins; halves go to the even number. A symbol that gets no bin is not there.

    Raises
    ------
    RequestError
        If a bin has no width.

    Examples
    --------
    >>> path = np.array([[0, 0, 0.12], [9, 9, 0.02]])
    >>> repeated(np.array([4, 7]), path, 0.05, "nearest").tolist()
    [4, 4]
    """
    if bin_s is None:
        return symbols
    if not bin_s > 0:
        raise RequestError(f"bin_s is {bin_s:g} s. Give a width above 0.")
    bins = np.round(path[:, 2] / bin_s, 9)  # 0.15 / 0.05 is a little below 3
    counts = np.rint(bins) if rounding == "nearest" else np.floor(bins)
    return np.repeat(symbols, counts.astype(np.int64))


def clusters(fixations: ArrayLike, bandwidth: float) -> Values:
    r"""Return where fixations gather: the modes that mean shift finds with a flat kernel.

    Every fixation moves to the mean of all fixations within `bandwidth` until it rests; of places within
    `bandwidth` of each other the one with most fixations around stays.

    Parameters
    ----------
    fixations : (n, 2 or more)
        Of one viewer or of several: x, y.
    bandwidth : float
        In the unit of x and y.

    Returns
    -------
    (K, 2)
        The places with most fixations around come first.

    Raises
    ------
    RequestError
        If the bandwidth is not above 0, or there are no fixations.

    References
    ----------
    Comaniciu & Meer 2002, doi:10.1109/34.1000236.

    Examples
    --------
    >>> clusters([[0, 0], [2, 0], [1, 0], [50, 50]], bandwidth=10).tolist()
    [[1.0, 0.0], [50.0, 50.0]]
    """
    points = np.asarray(fixations, dtype=np.float64)
    if points.ndim != 2 or not len(points) or not np.isfinite(points).all():
        raise RequestError(f"Fixations of shape {points.shape} cannot be clustered. Give finite rows x, y.")
    if not bandwidth > 0:
        raise RequestError(f"bandwidth is {bandwidth:g}. Give a distance above 0.")
    points = points[:, :2]
    modes = np.unique(points, axis=0)
    for _ in range(_ROUNDS):
        near = apart(modes, points) <= bandwidth
        moved = near @ points / near.sum(axis=1, keepdims=True)
        still = np.abs(moved - modes).max() <= 1e-3 * bandwidth
        modes = moved
        if still:
            break
    around = (apart(modes, points) <= bandwidth).sum(axis=1)
    kept: list[int] = []
    for place in np.argsort(-around, kind="stable"):
        if not kept or apart(modes[[place]], modes[kept]).min() > bandwidth:
            kept.append(int(place))
    return modes[kept]
