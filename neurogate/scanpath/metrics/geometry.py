"""Lengths and distances, to the last bit those of what is compiled, so that ties are ties in both."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from neurogate.errors import RequestError

__all__ = ["apart", "chosen", "diagonal", "length"]

Values = NDArray[np.float64]


def length(vectors: Values) -> Values:
    """Return lengths of vectors.

    Parameters
    ----------
    vectors : (..., 2)

    Examples
    --------
    >>> length(np.array([[3.0, 4.0]])).tolist()
    [5.0]
    """
    found: Values = np.sqrt(vectors[..., 0] ** 2 + vectors[..., 1] ** 2)
    return found


def apart(a: Values, b: Values) -> Values:
    """Return the distance of each place to each other.

    Parameters
    ----------
    a, b : (n, 2), (m, 2)

    Returns
    -------
    (n, m)

    Examples
    --------
    >>> apart(np.array([[0.0, 0.0], [3.0, 0.0]]), np.array([[3.0, 4.0]])).tolist()
    [[5.0], [4.0]]
    """
    return length(a[:, None] - b[None])


def diagonal(size: tuple[float, float]) -> float:
    """Return the diagonal of a picture.

    Parameters
    ----------
    size : (float, float)
        Width and height.

    Raises
    ------
    RequestError
        If it has no size.

    Examples
    --------
    >>> diagonal((800, 600))
    1000.0
    """
    if not (min(size) > 0 and math.hypot(*size) < math.inf):
        raise RequestError(f"The picture is {size[0]:g} x {size[1]:g}. Give a width and a height above 0.")
    return math.hypot(*size)


def chosen(variant: str, *variants: str) -> str:
    """Return a variant if it is one.

    Parameters
    ----------
    variant, *variants : str

    Raises
    ------
    RequestError
        If there is no such variant.

    Examples
    --------
    >>> chosen("sum", "sum", "root_of_squares")
    'sum'
    """
    if variant not in variants:
        raise RequestError(f"There is no variant {variant!r}; choose from {', '.join(variants)}.")
    return variant
