"""The gradient with respect to a loss, which is one number."""

from __future__ import annotations

import numpy as np

from neurogate.attention.arrays import Array, Cache, answers

__all__ = ["number"]


def number(dloss: float | Array, cache: Cache) -> float | Array:
    """Return it; complain unless it is a number, or an array of one that belongs to the loss.

    Parameters
    ----------
    dloss : float or array
        The gradient.
    cache : Cache
        Whose arrays say which library and which number type the loss has.

    Raises
    ------
    RequestError
        If it is of another shape or library.

    Examples
    --------
    >>> number(0.5, np.ones(3)), number(np.ones(()), np.ones(3, "float32")).dtype
    (0.5, dtype('float32'))
    >>> number(np.ones(2), np.ones(3))
    Traceback (most recent call last):
    neurogate.errors.RequestError: dloss (2,): the gradient must be shaped as the output, ().
    """
    plain = isinstance(dloss, int | float | np.number)
    return float(dloss) if plain else answers(dloss, (), cache, "dloss")
