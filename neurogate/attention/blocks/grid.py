"""Tokens that stand on a grid, row after row."""

from __future__ import annotations

import math

import numpy as np

from neurogate.attention.arrays import Array, Namespace, fits
from neurogate.attention.operators import masks, rotary
from neurogate.attention.options import whole_number, whole_numbers

__all__ = ["angles", "image", "pair", "places", "sides", "tokens"]


def sides(x: Array, grid: tuple[int, int] | None = None) -> tuple[int, int]:
    """Return how many rows and columns the tokens of `x` fill.

    Parameters
    ----------
    x : (B, N, D)
        Tokens.
    grid : (int, int), optional
        Rows and columns; a square if left out.

    Raises
    ------
    RequestError
        If the tokens do not fill such a grid.

    Examples
    --------
    >>> import numpy as np
    >>> sides(np.ones((1, 9, 2))), sides(np.ones((1, 6, 2)), (2, 3))
    ((3, 3), (2, 3))
    >>> sides(np.ones((1, 8, 2)))
    Traceback (most recent call last):
    neurogate.errors.RequestError: x (1, 8, 2): the tokens of x must fill 2 rows of 2; or give the grid.
    """
    rows, columns = (math.isqrt(x.shape[1]),) * 2 if grid is None else pair(grid)
    said = f"the tokens of x must fill {rows} rows of {columns}; or give the grid"
    fits(rows * columns == x.shape[1], said, x=x)
    return rows, columns


def pair(grid: tuple[int, int]) -> tuple[int, int]:
    """Return the rows and columns of a grid.

    Parameters
    ----------
    grid : (int, int)
        What was given.

    Raises
    ------
    RequestError
        If they are something else.

    Examples
    --------
    >>> pair([2, 3])
    (2, 3)
    """
    rows, columns = whole_numbers("grid", grid, 0, count=2)
    return rows, columns


def places(grid: tuple[int, int], xp: Namespace = np) -> tuple[Array, Array]:
    """Return the row and the column of each token.

    Parameters
    ----------
    grid : (int, int)
        Rows and columns.
    xp : module
        `numpy` or `cupy`.

    Returns
    -------
    row, column : (N,) int
        Counted from 0.

    Examples
    --------
    >>> [each.tolist() for each in places((2, 2))]
    [[0, 0, 1, 1], [0, 1, 0, 1]]
    """
    rows, columns = pair(grid)
    return xp.arange(rows).repeat(columns), xp.tile(xp.arange(columns), rows)


def angles(
    grid: tuple[int, int], width: int, xp: Namespace = np, side: int | None = None
) -> tuple[Array, Array]:
    """Return the rotary angles of each token: half of the features turn with its row, half with its column.

    The arrays are given again to whoever asks next: copy them to change them.

    Parameters
    ----------
    grid : (int, int)
        Rows and columns.
    width : int
        How many features turn; a multiple of 4.
    xp : module
        `numpy` or `cupy`.
    side : int, optional
        Of a square grid over which the places are stretched, so that images of other sizes turn alike.

    Returns
    -------
    cos, sin : (N, width / 2)
        As `rotary.forward` takes them.

    Examples
    --------
    >>> angles((2, 2), 4)[1].round(2).tolist()
    [[0.0, 0.0], [0.0, 0.84], [0.84, 0.0], [0.84, 0.84]]
    """
    side = None if side is None else whole_number("side", side)
    return _angles(pair(grid), whole_number("width", width, 0, of="features"), xp, side)


@masks.kept
def _angles(grid: tuple[int, int], width: int, xp: Namespace, side: int | None) -> tuple[Array, Array]:
    stretched = [
        place.astype("float64") * (side / number if side else 1)
        for place, number in zip(places(grid, xp), grid, strict=True)
    ]
    turns = [rotary.angles(place, width // 2) for place in stretched]
    cos, sin = (xp.concatenate(each, axis=-1) for each in zip(*turns, strict=True))
    return cos, sin


def image(x: Array, grid: tuple[int, int]) -> Array:
    """Turn (B, N, D) into (B, D, rows, columns).

    Parameters
    ----------
    x : (B, N, D)
        Tokens.
    grid : (int, int)
        Rows and columns.

    Examples
    --------
    >>> import numpy as np
    >>> image(np.ones((1, 6, 4)), (2, 3)).shape
    (1, 4, 2, 3)
    """
    rows, columns = sides(x, pair(grid))
    fits(x.shape[1] > 0, "there must be a token", x=x)
    return x.swapaxes(1, 2).reshape(len(x), x.shape[2], rows, columns)


def tokens(x: Array) -> Array:
    """Turn (B, D, rows, columns) into (B, N, D).

    Parameters
    ----------
    x : (B, D, rows, columns)
        An image.

    Examples
    --------
    >>> import numpy as np
    >>> tokens(np.ones((1, 4, 2, 3))).shape
    (1, 6, 4)
    """
    batch, width, rows, columns = x.shape
    return x.transpose(0, 2, 3, 1).reshape(batch, rows * columns, width)
