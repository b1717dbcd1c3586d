"""Codes of whole numbers whose likeness falls with distance as a Gaussian: in closed form, and learnt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurogate.attention.training.adam import Adam, AdamState
from neurogate.errors import RequestError

__all__ = ["exact_code", "learnt_code", "likeness", "wanted"]

Values = NDArray[np.float64]


def wanted(n: int, spread: float = 2.0) -> Values:
    r"""Return how alike places shall be.

    .. math:: K_{ij} = e^{-(i - j)^2 / 2 s^2}

    Parameters
    ----------
    n : int
        How many places.
    spread : float
        :math:`s`, in places.

    Examples
    --------
    >>> wanted(3).round(3).tolist()
    [[1.0, 0.882, 0.607], [0.882, 1.0, 0.882], [0.607, 0.882, 1.0]]
    """
    if n < 1 or not 0 < spread < np.inf:
        raise RequestError(f"There are {n} places with a spread of {spread:g}. Give 1 and above 0 at least.")
    lag = np.arange(n)[:, None] - np.arange(n)
    return np.asarray(np.exp(-(lag**2) / (2 * spread**2)))


def exact_code(n: int, width: int, spread: float = 2.0) -> Values:
    r"""Return the code that has the wanted likeness.

    K is symmetric and has no negative eigenvalue. The root :math:`W = K^{1/2}`, filled up with zeros,
    therefore has rows with :math:`w_i \cdot w_j = K_{ij}`: their norms are 1 and their cosines exact.

    Parameters
    ----------
    n : int
        How many places.
    width : int
        Features of each, at least n.
    spread : float
        In places, see `wanted`.

    Returns
    -------
    (n, width)

    Raises
    ------
    RequestError
        If there are fewer features than places.

    References
    ----------
    What it takes the place of: Fang, Yu, Zhang, van der Lans & Shi 2024, arXiv:2407.13335, see `learnt_code`.

    Examples
    --------
    >>> code = exact_code(11, 86)
    >>> code.shape, bool(np.allclose(code @ code.T, wanted(11), atol=1e-14))
    ((11, 86), True)
    """
    if width < n:
        raise RequestError(
            f"A code of {n} places has {width} features. Give at least {n}, or ask for fewer places."
        )
    values, vectors = np.linalg.eigh(wanted(n, spread))
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return np.pad(root, ((0, 0), (0, width - n)))


def learnt_code(
    n: int, width: int, spread: float = 2.0, *, steps: int = 10_000, rate: float = 0.01,
    evenness: float = 1.0, seed: int = 0,
) -> Values:  # fmt: skip
    r"""Return the code as the authors find it: by Adam, from normal numbers.

    .. math::
        L = \frac{\sum_{ij} (\cos(w_i, w_j) - K_{ij})^2
        + \lambda \langle (|w_i| - \langle |w| \rangle)^2 \rangle}{n (n - 1)}

    Parameters
    ----------
    n, width : int
        Places, at least 2, and features of each.
    spread : float
        In places, see `wanted`.
    steps : int
        How many.
    rate : float
        Of Adam.
    evenness : float
        :math:`\lambda`.
    seed : int
        Of where it starts.

    Returns
    -------
    (n, width)

    References
    ----------
    Fang, Yu, Zhang, van der Lans & Shi 2024, arXiv:2407.13335.

    Examples
    --------
    >>> bool(abs(likeness(learnt_code(4, 8, steps=500)) - wanted(4)).max() < 0.05)
    True
    """
    aim, w = wanted(n, spread), np.random.default_rng(seed).standard_normal((n, width))
    adam, state = Adam(rate=rate, weight_decay=0.0), AdamState()
    for _ in range(steps):
        state = adam.update({"w": w}, {"w": _slope(w, aim, evenness) / max(1, n * (n - 1))}, state)
    return w


def likeness(code: Values) -> Values:
    """Return the cosines of the rows of a code with each other, (n, n).

    Examples
    --------
    >>> likeness(np.array([[2.0, 0.0], [1.0, 0.0], [0.0, 3.0]])).tolist()
    [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    unit = code / np.linalg.norm(code, axis=1, keepdims=True)
    return np.asarray(unit @ unit.T)


def _slope(w: Values, aim: Values, evenness: float) -> Values:
    """Return the gradient of the sum over pairs, and of the unevenness of the norms."""
    norms = np.linalg.norm(w, axis=1, keepdims=True)
    unit = w / norms
    pull = 4 * (unit @ unit.T - aim) @ unit
    turned = (pull - unit * (unit * pull).sum(axis=1, keepdims=True)) / norms
    return np.asarray(turned + evenness * 2 / len(w) * (norms - norms.mean()) * unit)
