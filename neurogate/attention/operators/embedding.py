"""Rows of a table, chosen by whole numbers."""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention.arrays import Array, answers, fits, namespace, together

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs."""

    tokens: Array
    weight: Array


def forward(tokens: Array, weight: Array) -> tuple[Array, Cache]:
    r"""Take a row for each token.

    .. math:: y_t = W_{i_t}

    Parameters
    ----------
    tokens : (...) int
        From 0 to V - 1.
    weight : (V, D)
        Table.

    Returns
    -------
    y : (..., D)
        Rows.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If the tokens are not whole numbers of the vocabulary.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.array([1, 0]), np.array([[0.0, 1.0], [2.0, 3.0]]))[0].tolist()
    [[2.0, 3.0], [0.0, 1.0]]
    """
    namespace(weight=weight)
    together(tokens=tokens, weight=weight)
    fits(weight.ndim == 2, "weight must be (tokens, features)", weight=weight)
    whole = tokens.dtype.kind in "iu"
    rows = len(weight)
    legal = whole and (not tokens.size or bool((tokens >= 0).all() and (tokens < rows).all()))
    fits(legal, f"tokens must be whole numbers from 0 to {rows - 1}", tokens=tokens, weight=weight)
    return weight[tokens], Cache(tokens, weight)


def backward(dy: Array, cache: Cache) -> Array:
    """Return the gradient with respect to the table: what reached the rows, summed over their tokens.

    Parameters
    ----------
    dy : (..., D)
        Gradient with respect to the rows.
    cache : Cache
        Of `forward`.

    Returns
    -------
    (V, D)
        Gradient.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.array([1, 1]), np.zeros((2, 1)))
    >>> backward(np.array([[1.0], [2.0]]), cache).tolist()
    [[0.0], [3.0]]
    """
    xp = namespace(dy=dy)
    dy = answers(dy, (*cache.tokens.shape, cache.weight.shape[1]), cache)
    dweight = xp.zeros(cache.weight.shape, dy.dtype)
    xp.add.at(dweight, cache.tokens, dy)
    return dweight
