"""Attention between places of an image."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace, answers, namespace
from neurogate.attention.blocks import multi_head
from neurogate.attention.fused import fused
from neurogate.attention.layer import Parameters, named
from neurogate.attention.operators import attention_weights, linear, scaled_dot_product
from neurogate.attention.pieces import share_out
from neurogate.attention.products import matmul

__all__ = ["Cache", "backward", "forward", "initial"]


class Cache(NamedTuple):
    """What the backward needs; ``attention.weights`` are (B, 1, N, N)."""

    projections: dict[str, linear.Cache]
    attention: scaled_dot_product.Cache
    collected: Array
    gamma: Array
    shape: tuple[int, ...]


def initial(rng: np.random.Generator, channels: int, inner: int, *, bias: bool = True) -> Parameters:
    """Draw q, k and v as PyTorch does; gamma starts at 0.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    channels, inner : int
        Of the image, and of queries and keys.
    bias : bool
        Whether the projections have one.

    Examples
    --------
    >>> initial(np.random.default_rng(0), 16, 2)["q.weight"].shape
    (2, 16)
    """
    drawn: Parameters = {"gamma": np.zeros(1)}
    for name, outputs in (("q", inner), ("k", inner), ("v", channels)):
        drawn |= draw.linear(rng, name, outputs, channels, bias=bias)
    return drawn


def forward(x: Array, parameters: Mapping[str, Array]) -> tuple[Array, Cache]:
    r"""Add to each place what it collects from all.

    .. math:: y = x + \gamma \, \mathrm{softmax}(Q K^T) V

    The scores are not scaled.

    Parameters
    ----------
    x : (B, C, n...)
        Input; its N places are queries and keys.
    parameters : mapping
        q, k and v: their weights, and biases if any; gamma.

    Returns
    -------
    y : (B, C, n...)
        Output.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    References
    ----------
    Fu et al. 2019, arXiv:1809.02983.

    Examples
    --------
    >>> forward(np.ones((1, 16, 4, 4)), initial(np.random.default_rng(0), 16, 2))[0].shape
    (1, 16, 4, 4)
    """
    batch, channels, *sizes = x.shape
    xp, places = namespace(x=x), x.reshape(batch, channels, math.prod(sizes)).swapaxes(-1, -2)
    tokens, y = (xp.empty(each.shape, x.dtype) for each in (places, x))
    share_out(xp.copyto, tokens, places)
    (q, k, v), caches = multi_head.projected(dict.fromkeys("qkv", tokens), parameters, 1, compared="k")
    weights, likeness = attention_weights.forward(q, k, scale=1.0)
    attention, gamma = scaled_dot_product.Cache(likeness, v, weights, 1), parameters["gamma"]
    collected = matmul(v.swapaxes(-1, -2), weights.swapaxes(-1, -2)).reshape(x.shape)  # as the image lies
    share_out(lambda *each: _add(*each, gamma), y, x, collected)
    return y, Cache(caches, attention, collected, gamma, x.shape)


def backward(dy: Array, cache: Cache) -> tuple[Array, Parameters]:
    """Return the gradients.

    Parameters
    ----------
    dy : (B, C, n...)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dx : (B, C, n...)
        Gradient with respect to `x`.
    gradients : dict
        Of the parameters.

    Examples
    --------
    >>> _, cache = forward(np.ones((1, 16, 3)), initial(np.random.default_rng(0), 16, 2))
    >>> backward(np.ones((1, 16, 3)), cache)[1]["gamma"].shape
    (1,)
    """
    batch, channels, *sizes = cache.shape
    dy = answers(dy, cache.shape, cache)
    gradients = {"gamma": (dy * cache.collected).sum().reshape(1)}
    do = (cache.gamma * dy).reshape(batch, 1, channels, math.prod(sizes)).swapaxes(-1, -2)
    dtokens: Array = 0
    for name, array in zip(("q", "k", "v"), scaled_dot_product.backward(do, cache.attention), strict=True):
        dx, weight, bias = linear.backward(array[:, 0], cache.projections[name])
        gradients |= named(name, {"weight": weight, "bias": bias})
        dtokens = dtokens + dx
    return dy + dtokens.swapaxes(-1, -2).reshape(cache.shape), gradients


@fused
def _add(xp: Namespace, y: Array, x: Array, collected: Array, gamma: Array) -> None:
    y[...] = x + gamma * collected
