"""Attention of one set to another, by what they are and where they are, with a residual and a norm behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from neurogate.attention.arrays import Array
from neurogate.attention.blocks import multi_head, weighted
from neurogate.attention.layer import Parameters, named, part
from neurogate.attention.operators import layer_norm

__all__ = ["Cache", "backward", "forward", "initial"]


class Cache(NamedTuple):
    """What the backward needs; ``attention.attention.weights`` are the attention weights, (B, H, Q, P)."""

    attention: multi_head.Cache
    norm: weighted.Cache


def initial(rng: np.random.Generator, width: int) -> Parameters:
    """Draw the parts: `attention` and `norm`.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    width : int
        D.

    Examples
    --------
    >>> initial(np.random.default_rng(0), 4)["norm.bias"].tolist()
    [0.0, 0.0, 0.0, 0.0]
    """
    attention = multi_head.initial(rng, width, xavier=True)
    return named("attention", attention) | {"norm.weight": np.ones(width), "norm.bias": np.zeros(width)}


def forward(
    query: Array, memory: Array, query_place: Array, memory_place: Array, parameters: Mapping[str, Array], *,
    heads: int, mask: Array | None = None, eps: float = 1e-5,
) -> tuple[Array, Cache]:  # fmt: skip
    r"""Attend; places count for the likeness, not for what is collected.

    .. math:: y = \mathrm{LN}(x + \mathrm{MHA}(x + p_x, m + p_m, m))

    Parameters
    ----------
    query : (B, Q, D)
        :math:`x`, what attends.
    memory : (B, P, D)
        :math:`m`, what is attended to; `query` again for self-attention.
    query_place, memory_place : arrays
        :math:`p_x, p_m`, position codes; they broadcast.
    parameters : mapping
        `attention` and `norm`.
    heads : int
        H; it divides D.
    mask : bool, optional
        True where a query may look; it broadcasts to (B, H, Q, P).
    eps : float
        Of the norm.

    Returns
    -------
    y : (B, Q, D)
        Output.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    References
    ----------
    Carion et al. 2020, arXiv:2005.12872.

    Examples
    --------
    >>> x, m = np.ones((1, 2, 4)), np.ones((1, 5, 4))
    >>> forward(x, m, x, m, initial(np.random.default_rng(0), 4), heads=2)[0].shape
    (1, 2, 4)
    """
    own, placed = part(parameters, "attention"), query + query_place
    alone = memory is query and memory_place is query_place
    there = placed if alone else memory + memory_place
    u, attention = multi_head.forward(placed, there, memory, own, heads=heads, mask=mask)
    y, norm = weighted.forward(layer_norm, query, parameters, "norm", eps=eps, added=u)
    return y, Cache(attention, norm)


def backward(dy: Array, cache: Cache) -> tuple[Array, Array, Array, Array, Parameters]:
    """Return the gradients.

    Parameters
    ----------
    dy : (B, Q, D)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dquery, dmemory : arrays
        Gradients; of self-attention the sum of the two.
    dquery_place, dmemory_place : arrays
        Gradients, not summed over what was broadcast.
    gradients : dict
        Of the parameters.

    Examples
    --------
    >>> x, m = np.ones((1, 2, 4)), np.ones((1, 5, 4))
    >>> _, cache = forward(x, m, x, m, initial(np.random.default_rng(0), 4), heads=2)
    >>> backward(x, cache)[1].shape
    (1, 5, 4)
    """
    dx, gradients = weighted.backward(dy, cache.norm)
    dq, dk, dv, found = multi_head.backward(dx, cache.attention)
    return dx + dq, dk + dv, dq, dk, gradients | named("attention", found)
