"""Attention between channels of an image."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from neurogate.attention.arrays import Array, answers
from neurogate.attention.layer import Parameters
from neurogate.attention.operators import softmax
from neurogate.attention.options import one_of
from neurogate.attention.products import matmul

__all__ = ["Cache", "Likeness", "backward", "forward", "initial"]

Likeness: TypeAlias = Literal["unlike", "like"]
"""Whether a channel attends to those that are unlike it, or like it."""


class Cache(NamedTuple):
    """What the backward needs; `weights` are (B, C, C)."""

    flat: Array
    weights: Array
    collected: Array
    gamma: Array
    likeness: Likeness
    shape: tuple[int, ...]


def initial() -> Parameters:
    """Return gamma, which starts at 0.

    Examples
    --------
    >>> initial()
    {'gamma': array([0.])}
    """
    return {"gamma": np.zeros(1)}


def forward(
    x: Array, parameters: Mapping[str, Array], *, likeness: Likeness = "unlike"
) -> tuple[Array, Cache]:
    r"""Add to each channel what it collects from all.

    With X the image as (C, N),

    .. math:: A = \mathrm{softmax}(\mp X X^T), \quad y = x + \gamma A X \;\text{or}\; x + \gamma A^T X

    The first of both, "unlike", is DANet's: a channel attends to those that are least like it. The second,
    "like", is that of AGUNet's repository, where the weights sum to 1 over the channels that receive.

    Parameters
    ----------
    x : (B, C, n...)
        Input, N places.
    parameters : mapping
        gamma.
    likeness : {"unlike", "like"}
        Which of the two.

    Returns
    -------
    y : (B, C, n...)
        Output.
    cache : Cache
        For `backward`.

    References
    ----------
    Fu et al. 2019, arXiv:1809.02983.

    Examples
    --------
    >>> forward(np.ones((1, 3, 2, 2)), {"gamma": np.ones(1)})[0].ravel()[:2].round(6).tolist()
    [2.0, 2.0]
    """
    flat = x.reshape(*x.shape[:2], math.prod(x.shape[2:]))
    alike = matmul(flat, flat.swapaxes(1, 2))
    unlike = one_of("likeness", likeness, get_args(Likeness)) == "unlike"
    weights, _ = softmax.forward(-alike if unlike else alike)
    collected = matmul(weights if unlike else weights.swapaxes(1, 2), flat)
    gamma = parameters["gamma"]
    return x + (gamma * collected).reshape(x.shape), Cache(flat, weights, collected, gamma, likeness, x.shape)


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
        Of gamma.

    Examples
    --------
    >>> _, cache = forward(np.ones((1, 3, 2)), initial())
    >>> backward(np.ones((1, 3, 2)), cache)[1]["gamma"].tolist()
    [6.0]
    """
    flat, weights, collected, gamma, likeness, shape = cache
    dy = answers(dy, shape, cache)
    rows = dy.reshape(flat.shape)
    do = gamma * rows
    if likeness == "unlike":
        dflat = matmul(weights.swapaxes(1, 2), do)
        dalike = -softmax.backward(matmul(do, flat.swapaxes(1, 2)), weights)
    else:
        dflat = matmul(weights, do)
        dalike = softmax.backward(matmul(flat, do.swapaxes(1, 2)), weights)
    dflat += matmul(dalike + dalike.swapaxes(1, 2), flat)
    return dy + dflat.reshape(shape), {"gamma": (rows * collected).sum().reshape(1)}
