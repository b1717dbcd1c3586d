"""A bias of attention for each distance between a query and a key."""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention.arrays import Array, answers, fits, namespace, shaped, together

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs: the row of the table for each pair, and the length of the table."""

    places: Array
    rows: int


def forward(table: Array, queries: Array, keys: Array) -> tuple[Array, Cache]:
    r"""Look up the distance of each pair.

    .. math:: b_{ij} = w_{\mathrm{clip}(k_j - q_i + P - 1, \, 0, \, 2 P - 2)}

    Parameters
    ----------
    table : (2 P - 1,)
        :math:`w`; distances beyond P - 1 share the ends.
    queries : (..., T) int
        Positions of the queries.
    keys : (..., S) int
        Positions of the keys.

    Returns
    -------
    bias : (..., T, S)
        What is added to scores.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If the table has no middle.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.array([-1.0, 0.0, 1.0]), np.arange(2), np.arange(4))[0].tolist()
    [[0.0, 1.0, 1.0, 1.0], [-1.0, 0.0, 1.0, 1.0]]
    """
    xp = namespace(table=table)
    shaped("queries : (..., T); keys : (..., S)", queries=queries, keys=keys)
    together(table=table, queries=queries, keys=keys)
    whole = all(each.dtype.kind in "iu" for each in (queries, keys))
    fits(whole, "positions must be whole numbers", queries=queries, keys=keys)
    fits(table.ndim == 1 and len(table) % 2 == 1, "the table must be a row of an odd length", table=table)
    most = len(table) // 2
    places = xp.clip(keys[..., None, :] - queries[..., :, None], -most, most) + most
    return table[places], Cache(places, len(table))


def backward(dbias: Array, cache: Cache) -> Array:
    """Return the gradient with respect to the table: the sum over all pairs of a distance.

    Parameters
    ----------
    dbias : (..., T, S)
        Gradient with respect to the bias.
    cache : Cache
        Of `forward`.

    Returns
    -------
    (2 P - 1,)
        Gradient.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.array([-1.0, 0.0, 1.0]), np.arange(2), np.arange(4))
    >>> backward(np.ones((2, 4)), cache).tolist()
    [1.0, 2.0, 5.0]
    """
    xp = namespace(dbias=dbias)
    dbias = answers(dbias, cache.places.shape, cache, "dbias")
    total = xp.bincount(cache.places.ravel(), weights=dbias.ravel(), minlength=cache.rows)
    return total.astype(dbias.dtype)
