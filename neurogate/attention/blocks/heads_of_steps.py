"""Heads that stand behind the steps, as recurrences want them: (B, T, H, w)."""

from __future__ import annotations

from neurogate.attention.arrays import Array, fits
from neurogate.attention.options import FROM_0, number, whole_number

__all__ = ["joined", "split", "width"]


def split(x: Array, heads: int) -> Array:
    """Turn (B, T, D) into (B, T, H, D / H), a view.

    Parameters
    ----------
    x : (B, T, D)
        Features of all heads, one head after the other.
    heads : int
        H.

    Raises
    ------
    RequestError
        If H does not divide D.

    Examples
    --------
    >>> import numpy as np
    >>> split(np.ones((1, 5, 4)), 2).shape
    (1, 5, 2, 2)
    """
    heads = whole_number("heads", heads)
    fits(x.shape[-1] % heads == 0, f"{heads} heads must divide the last axis", x=x)
    return x.reshape(*x.shape[:-1], heads, x.shape[-1] // heads)


def joined(x: Array) -> Array:
    """Turn (B, T, H, w) into (B, T, H w).

    Parameters
    ----------
    x : (B, T, H, w)
        Features of each head.

    Examples
    --------
    >>> import numpy as np
    >>> joined(np.ones((1, 5, 2, 2))).shape
    (1, 5, 4)
    """
    return x.reshape(*x.shape[:-2], x.shape[-2] * x.shape[-1])


def width(share: float, total: int, heads: int = 1) -> int:
    """Return how wide each head is, if all together have a share of a width; 0 if that is no whole number.

    Parameters
    ----------
    share : float
        Of the width.
    total : int
        The width.
    heads : int
        H.

    Examples
    --------
    >>> width(1.1, 30, 11), width(0.3, 8, 2)
    (3, 0)
    """
    found = number("share", share, FROM_0) * whole_number("total", total) / whole_number("heads", heads)
    return round(found) if abs(found - round(found)) < 1e-9 * found else 0
