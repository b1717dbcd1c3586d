"""Where eyes go before they know the picture: the centre; and the walk on a graph of dissimilar cells."""

from __future__ import annotations

import numpy as np

from neurogate.attention.arrays import Array, Namespace, namespace
from neurogate.errors import RequestError

__all__ = ["centre_bias", "graph_based"]

LEAST = 1e-12


def centre_bias(shape: tuple[int, int], spread: float = 0.45, xp: Namespace = np) -> Array:
    r"""Return :math:`e^{-(x^2 + y^2) / 2 s^2}`; x and y are from the centre, in widths and heights.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    spread : float
        s, above 0.
    xp : module
        `numpy` or `cupy`.

    References
    ----------
    Tatler 2007, doi:10.1167/7.14.4.

    Examples
    --------
    >>> centre_bias((3, 3)).argmax().item()
    4
    """
    if not 0 < spread < np.inf:
        raise RequestError(f"The bias to the centre spreads over {spread:g}. Give a finite number above 0.")
    y, x = (((xp.arange(n) + 0.5) / n - 0.5) / spread for n in shape)
    return xp.exp(-(y[:, None] ** 2 + x**2) / 2)


def graph_based(plane: Array, spread: float = 0.15, steps: int = 1000) -> Array:
    r"""Return how long a walk on the cells of a map dwells in each, in the long run.

    The walk goes from cell i to j with a probability in proportion to

    .. math:: |M_i - M_j| \; e^{-d_{ij}^2 / 2 s^2},

    so that it gathers where a cell differs from those around it. A second walk, in proportion to
    :math:`A_j e^{-d_{ij}^2 / 2 s^2}` with A the first one's answer, concentrates it.

    Parameters
    ----------
    plane : (h, w) array
        A feature. The graph has (h w)² edges, so keep it below some thousand cells.
    spread : float
        s, in parts of the longer side.
    steps : int
        At most, of each walk; it ends when no cell changes by more than 1e-12.

    Returns
    -------
    (h, w) array
        Sums to 1; flat for a flat map.

    References
    ----------
    Harel, Koch & Perona 2006, Advances in Neural Information Processing Systems 19, 545. There the
    difference is of logarithms; as in the code of its authors, it is a plain one here, which may be 0.

    Examples
    --------
    >>> plane = np.zeros((5, 5))
    >>> plane[1, 3] = 1.0
    >>> graph_based(plane).argmax().item()
    8
    """
    xp = namespace(plane=plane)
    y, x = (each.ravel() for each in xp.indices(plane.shape))
    width = spread * max(plane.shape)
    near = xp.exp(-((y[:, None] - y) ** 2 + (x[:, None] - x) ** 2) / (2 * width**2))
    values = plane.ravel()
    largest = max(float(xp.abs(values).max()), LEAST)
    first = _dwelling(xp.abs(values[:, None] - values) / largest * near + LEAST * near, steps)
    return _dwelling(first * near, steps).reshape(plane.shape)


def _dwelling(weights: Array, steps: int) -> Array:
    """Return the stationary distribution of a lazy walk: half its steps stay, so that it cannot alternate."""
    xp = namespace(weights=weights)
    moves = weights / weights.sum(axis=1, keepdims=True)
    mass = xp.full(len(weights), 1 / len(weights))
    for _ in range(steps):
        before, mass = mass, (mass + mass @ moves) / 2
        if float(xp.abs(mass - before).max()) < LEAST:
            break
    return mass / mass.sum()
