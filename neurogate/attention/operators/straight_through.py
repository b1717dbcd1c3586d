"""The straight-through estimator: hard on the way there, soft on the way back."""

from __future__ import annotations

from collections.abc import Callable

from neurogate.attention.arrays import Array, fits, namespace

__all__ = ["backward", "forward"]


def forward(p: Array, harden: Callable[[Array], Array] = lambda p: p > 0.5) -> tuple[Array, None]:
    r"""Replace soft decisions by hard ones.

    .. math:: y = h(p), \quad \bar p = \bar y

    Parameters
    ----------
    p : array
        Soft decisions.
    harden : callable
        Takes and returns an array of one shape; above one half if left out.

    Returns
    -------
    y : array
        Hard decisions, in the number type of `p`.
    cache : None
        `backward` needs nothing.

    Raises
    ------
    RequestError
        If `harden` changes the shape.

    References
    ----------
    Bengio, Leonard & Courville 2013, arXiv:1308.3432.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.array([0.2, 0.7]))[0].tolist()
    [0.0, 1.0]
    """
    namespace(p=p)
    hard = harden(p)
    fits(hard.shape == p.shape, "hard decisions must have the shape of the soft ones", p=p, hard=hard)
    return hard.astype(p.dtype), None


def backward(dy: Array, cache: None = None) -> Array:
    """Return the gradient with respect to `p`, as if nothing had been hardened.

    Parameters
    ----------
    dy : array
        Gradient with respect to `y`.
    cache : None
        Of `forward`.

    Returns
    -------
    array
        `dy`.

    Examples
    --------
    >>> import numpy as np
    >>> backward(np.array([2.0, 3.0])).tolist()
    [2.0, 3.0]
    """
    return dy
