"""Tokens: what an object looks like beside where it stands, and whether it is the target."""

from __future__ import annotations

from typing import Any, NamedTuple

from neurogate.attention.arrays import Array, namespace
from neurogate.attention.operators import sinusoidal

__all__ = ["Cache", "backward", "forward", "in_order"]


class Cache(NamedTuple):
    """What the backward needs."""

    shape: tuple[int, ...]
    rows: Any
    which: Any


def forward(looked: Array, which: Array, places: Array, flags: Array, code: Array) -> tuple[Array, Cache]:
    r"""Choose objects and tell of each its look, and a row, a column and a flag.

    .. math:: x = [l_i;\; w_{row};\; w_{column};\; w_{flag}]

    Codes of places are cut where the width is reached.

    Parameters
    ----------
    looked : (B, N, E)
        :math:`l`, features of objects.
    which : (B, T) int
        The objects chosen.
    places : (B, T, 2) int
        Row and column of each token.
    flags : (B, T) int
        1 for the target.
    code : (n, e)
        :math:`w`, of whole numbers; E is at most 3 e.

    Returns
    -------
    x : (B, T, 2 E)
        Tokens.
    cache : Cache
        For `backward`.

    Examples
    --------
    >>> import numpy as np
    >>> looked, places = np.array([[[7.0, 7.0], [8.0, 8.0]]]), np.array([[[0, 1]]])
    >>> forward(looked, np.array([[1]]), places, np.array([[0]]), np.eye(2))[0].tolist()
    [[[8.0, 8.0, 1.0, 0.0]]]
    """
    xp = namespace(looked=looked, code=code)
    rows, width = xp.arange(len(looked))[:, None], looked.shape[-1]
    where = xp.concatenate([code[places[..., 0]], code[places[..., 1]], code[flags]], axis=-1)[..., :width]
    return xp.concatenate([looked[rows, which], where], axis=-1), Cache(looked.shape, rows, which)


def backward(dx: Array, cache: Cache) -> Array:
    """Return the gradient with respect to the features of objects, summed over all times they were chosen.

    Parameters
    ----------
    dx : (B, T, 2 E)
        Gradient with respect to the tokens.
    cache : Cache
        Of `forward`.

    Examples
    --------
    >>> import numpy as np
    >>> which, places = np.array([[1, 1]]), np.zeros((1, 2, 2), int)
    >>> x, cache = forward(np.zeros((1, 2, 2)), which, places, 0 * which, np.eye(2))
    >>> backward(np.ones_like(x), cache).tolist()
    [[[0.0, 0.0], [2.0, 2.0]]]
    """
    xp = namespace(dx=dx)
    dlooked = xp.zeros(cache.shape, dx.dtype)
    xp.add.at(dlooked, (cache.rows, cache.which), dx[..., : cache.shape[-1]])
    return dlooked


def in_order(x: Array, first: int = 0) -> Array:
    """Add the sinusoidal code of when a token came.

    Parameters
    ----------
    x : (B, T, D)
        Tokens.
    first : int
        Number of the first.

    Examples
    --------
    >>> import numpy as np
    >>> in_order(np.zeros((1, 2, 2))).round(3).tolist()
    [[[0.0, 1.0], [0.841, 0.54]]]
    """
    xp = namespace(x=x)
    return x + sinusoidal.forward(xp.arange(first, first + x.shape[1]).astype(x.dtype), x.shape[-1])[0]
