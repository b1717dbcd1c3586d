"""Attention between places of an image."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace, answers, namespace
from neurogate.attention.fused import fused
from neurogate.attention.layer import Parameters, named, part
from neurogate.attention.operators import attention_weights, convolution
from neurogate.attention.pieces import share_out
from neurogate.attention.products import matmul

__all__ = ["Cache", "backward", "forward", "initial"]


class Cache(NamedTuple):
    """What the backward needs; `weights` are the attention weights, (B, N, N)."""

    projections: dict[str, convolution.Cache]
    likeness: attention_weights.Cache
    weights: Array
    v: Array
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
    flat = x.reshape(*x.shape[:2], math.prod(x.shape[2:]))
    made, projections = {}, {}
    for name in "qkv":
        own = part(parameters, name)
        made[name], projections[name] = convolution.forward(flat, own.pop("weight")[..., None], **own)
    q, k = (made[name].swapaxes(1, 2) for name in "qk")
    weights, likeness = attention_weights.forward(q, k, scale=1.0)
    collected, gamma = matmul(made["v"], weights.swapaxes(1, 2)), parameters["gamma"]
    y = namespace(x=x).empty(flat.shape, x.dtype)
    share_out(lambda *each: _add(*each, gamma), y, flat, collected)
    return y.reshape(x.shape), Cache(projections, likeness, weights, made["v"], collected, gamma, x.shape)


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
    rows = answers(dy, cache.shape, cache).reshape(cache.collected.shape)
    gradients, do = {"gamma": (rows * cache.collected).sum().reshape(1)}, cache.gamma * rows
    dq, dk, _ = attention_weights.backward(matmul(do.swapaxes(1, 2), cache.v), cache.likeness)
    inner = {"q": dq.swapaxes(1, 2), "k": dk.swapaxes(1, 2), "v": matmul(do, cache.weights)}
    dflat = rows
    for name, array in inner.items():
        dx, weight, bias = convolution.backward(array, cache.projections[name])
        gradients |= named(name, {"weight": weight[..., 0], "bias": bias})
        dflat = dflat + dx
    return dflat.reshape(cache.shape), gradients


@fused
def _add(xp: Namespace, y: Array, x: Array, collected: Array, gamma: Array) -> None:
    y[...] = x + gamma * collected
