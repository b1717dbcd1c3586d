"""A shelf: the objects of a scene, where they stand, and which of them is searched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.attention.arrays import Array
from neurogate.errors import RequestError

__all__ = ["Batch", "Shelf", "batch", "shelf"]

Places = NDArray[np.intp]


@attrs.frozen(eq=False)
class Shelf:
    """Objects in rows and columns; `shelf` makes one of loose arrays.

    Parameters
    ----------
    looks : (N, F) or (N, C, h, w)
        Features of each object, or a picture of it.
    places : (N, 2) int
        Row and column of each; they need not fill the shelf.
    target : int
        Which object is searched.
    shape : (int, int)
        Rows and columns.
    """

    looks: NDArray[np.float64]
    places: Places
    target: int
    shape: tuple[int, int]

    def __len__(self) -> int:
        """How many objects there are."""
        return len(self.looks)

    @property
    def start(self) -> tuple[int, int]:
        """Row and column in the middle, where each search starts."""
        return self.shape[0] // 2, self.shape[1] // 2


def shelf(looks: ArrayLike, target: int, shape: tuple[int, int], places: ArrayLike | None = None) -> Shelf:
    """Make a shelf, and look whether it can be one.

    Parameters
    ----------
    looks : (N, F) or (N, C, h, w)
        Features of each object, or a picture of it.
    target : int
        Which object is searched.
    shape : (int, int)
        Rows and columns.
    places : (N, 2) int, optional
        Row and column of each; row by row if left out.

    Raises
    ------
    RequestError
        If numbers are missing, an object stands outside the shelf, or the target is none of them.

    Examples
    --------
    >>> shelf(np.zeros((6, 4)), target=5, shape=(2, 3)).places.tolist()
    [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    >>> shelf(np.zeros((6, 4)), target=6, shape=(2, 3))
    Traceback (most recent call last):
    neurogate.errors.RequestError: The target is object 6. Give one from 0 to 5.
    """
    seen = np.array(looks, dtype=np.float64)
    if seen.ndim not in (2, 4) or not seen.size or not np.isfinite(seen).all():
        raise RequestError(
            f"The looks of objects have shape {seen.shape}. Give finite numbers, (objects, features) or "
            "(objects, channels, height, width), none of them empty."
        )
    rows = np.arange(len(seen)) if places is None else None
    at = np.array(places if rows is None else np.stack(np.divmod(rows, shape[1]), axis=1), dtype=np.intp)
    if at.shape != (len(seen), 2) or not ((at >= 0) & (at < np.array(shape))).all():
        raise RequestError(
            f"The places of {len(seen)} objects do not fit a shelf of {shape[0]} rows and {shape[1]} "
            "columns. Give a row and a column for each, from 0 on."
        )
    if not 0 <= target < len(seen):
        raise RequestError(f"The target is object {target}. Give one from 0 to {len(seen) - 1}.")
    return Shelf(seen, at, int(target), (int(shape[0]), int(shape[1])))


class Batch(NamedTuple):
    """Shelves side by side; those with fewer objects are filled up.

    Attributes
    ----------
    looks : (B, N, ...)
        Of the objects; 0 where there is none.
    places : (B, N, 2) int
        Where they stand.
    known : (B, N) bool
        Where there is an object.
    targets : (B,) int
        Which is searched.
    starts : (B, 2) int
        Where each search starts.
    """

    looks: Array
    places: Any
    known: Any
    targets: Any
    starts: Any


def batch(shelves: Sequence[Shelf]) -> Batch:
    """Put shelves side by side.

    Parameters
    ----------
    shelves : sequence of Shelf
        At least one; their objects have looks of one shape.

    Raises
    ------
    RequestError
        If there is none, or their looks differ in shape.

    Examples
    --------
    >>> both = batch([shelf(np.ones((n, 3)), 0, (2, 2)) for n in (3, 4)])
    >>> both.looks.shape, both.known.astype(int).tolist()
    ((2, 4, 3), [[1, 1, 1, 0], [1, 1, 1, 1]])
    """
    shapes = {each.looks.shape[1:] for each in shelves}
    if len(shapes) != 1:
        raise RequestError(f"The looks of objects have the shapes {sorted(shapes)}. Give one shape for all.")
    most = max(map(len, shelves))
    looks, places, known = zip(*(_filled(each, most) for each in shelves), strict=True)
    targets, starts = zip(*((each.target, each.start) for each in shelves), strict=True)
    return Batch(np.stack(looks), np.stack(places), np.stack(known), np.array(targets), np.array(starts))


def _filled(one: Shelf, most: int) -> tuple[NDArray[np.float64], Places, NDArray[np.bool_]]:
    more = most - len(one)
    looks = np.pad(one.looks, [(0, more), *[(0, 0)] * (one.looks.ndim - 1)])
    return looks, np.pad(one.places, [(0, more), (0, 0)]), np.arange(most) < len(one)
