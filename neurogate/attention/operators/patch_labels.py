"""What an attention map over the patches of an image should be: high in a box, zero outside it."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable

import numpy as np

from neurogate.attention.arrays import Array, Namespace, fits, namespace
from neurogate.attention.options import ABOVE_0, number, whole_numbers
from neurogate.errors import RequestError

__all__ = ["gaussian", "uniform"]


def gaussian(box: Array, grid: tuple[int, int], *, factor: float = 4.1325) -> Array:
    r"""Label patches by the mass of a normal distribution that is as wide as the box.

    .. math::
        l_{ij} = \big[\Phi_x\big]_{\text{patch } j\, \cap\, \text{box}}
        \big[\Phi_y\big]_{\text{patch } i\, \cap\, \text{box}}, \quad
        \mu = \text{centre}, \quad \sigma = \text{side} / f

    Parameters
    ----------
    box : (..., 4)
        Left, top, right and bottom, from 0 to 1 of the image.
    grid : (int, int)
        Rows and columns of patches.
    factor : float
        :math:`f`. With 4.1325 the box holds 96 % of the mass along each side; the authors' scripts train
        with 1, a nearly flat peak.

    Returns
    -------
    (..., rows, columns)
        At least 0, at most 1 together; 0 where a patch and the box are apart.

    Raises
    ------
    RequestError
        If a box is empty, or a number is out of range.

    References
    ----------
    V2P: from background suppression to center peaking for robust GUI grounding task (2025),
    arXiv:2508.13634.

    Examples
    --------
    >>> import numpy as np
    >>> gaussian(np.array([0.25, 0.0, 0.75, 1.0]), (1, 4)).round(3).tolist()
    [[0.0, 0.462, 0.462, 0.0]]
    """
    number("factor", factor, ABOVE_0)

    def mass(low: Array, high: Array, start: Array, end: Array) -> Array:
        centre, sd = (start + end) / 2, (end - start) / factor
        return _between((low - centre) / sd, (high - centre) / sd)

    return _outer(box, grid, mass)


def uniform(box: Array, grid: tuple[int, int]) -> Array:
    """Label the patches that a box touches by 1.

    Parameters
    ----------
    box : (..., 4)
        Left, top, right and bottom, from 0 to 1 of the image.
    grid : (int, int)
        Rows and columns of patches.

    Returns
    -------
    (..., rows, columns)
        1 where a patch and the box overlap, else 0.

    Raises
    ------
    RequestError
        If a box is empty.

    Examples
    --------
    >>> import numpy as np
    >>> uniform(np.array([0.3, 0.0, 0.6, 1.0]), (1, 4)).tolist()
    [[0.0, 1.0, 1.0, 0.0]]
    """
    return _outer(box, grid, lambda low, high, start, end: low * 0 + 1)


def _between(low: Array, high: Array) -> Array:
    """Return the mass of the normal distribution, of its lower tail, where differences are exact."""
    xp = namespace(low=low, high=high)
    erfc = importlib.import_module("scipy.special" if xp is np else "cupyx.scipy.special").erfc
    above = low > 0
    low, high = xp.where(above, -high, low), xp.where(above, -low, high)
    return 0.5 * (erfc(-high * math.sqrt(0.5)) - erfc(-low * math.sqrt(0.5)))


def _outer(box: Array, grid: tuple[int, int], mass: Callable[..., Array]) -> Array:
    xp = namespace(box=box)
    fits(box.shape[-1:] == (4,), "a box has four numbers", box=box)
    rows, columns = whole_numbers("grid", grid, count=2)
    left, top, right, bottom = (box[..., place, None] for place in range(4))
    if not bool(((left < right) & (top < bottom)).all()):
        raise RequestError("A box is empty. Give left < right and top < bottom.")
    down = _along(top, bottom, rows, mass, xp)
    across = _along(left, right, columns, mass, xp)
    return down[..., :, None] * across[..., None, :]


def _along(start: Array, end: Array, count: int, mass: Callable[..., Array], xp: Namespace) -> Array:
    edges = (xp.arange(count + 1) / count).astype(start.dtype)
    low, high = xp.maximum(edges[:-1], start), xp.minimum(edges[1:], end)
    return xp.where(low < high, mass(low, high, start, end), 0).astype(start.dtype)
