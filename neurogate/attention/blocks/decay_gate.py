"""A decay of each head that looks at the input, as Mamba-2 and gated DeltaNet have it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, namespace
from neurogate.attention.blocks import weighted
from neurogate.attention.layer import Parameters, named, part
from neurogate.attention.operators import linear
from neurogate.attention.operators.pointwise import softplus

__all__ = ["Cache", "backward", "forward", "initial"]

_LEAST, _MOST, _FLOOR = 1e-3, 0.1, 1e-4


class Cache(NamedTuple):
    """What the backward needs."""

    projection: weighted.Cache
    rate: Array
    bent: Any
    g: Array
    name: str


def initial(rng: np.random.Generator, width: int, heads: int) -> Parameters:
    """Draw the map as PyTorch does, rates evenly between 0 and 16, and steps log-evenly from 0.001 to 0.1.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    width : int
        D.
    heads : int
        H.

    Examples
    --------
    >>> {name: array.shape for name, array in initial(np.random.default_rng(0), 4, 2).items()}
    {'weight': (2, 4), 'log_rate': (2,), 'shift': (2,)}
    """
    drawn = draw.linear(rng, "decay", heads, width, bias=False)
    step = np.exp(rng.uniform(math.log(_LEAST), math.log(_MOST), heads)).clip(_FLOOR)
    rate = 16 * (1 - rng.random(heads))  # never 0, whose logarithm is not finite
    return part(drawn, "decay") | {"log_rate": np.log(rate), "shift": step + np.log(-np.expm1(-step))}


def forward(x: Array, parameters: Mapping[str, Array], name: str) -> tuple[Array, Cache]:
    r"""Compute the logarithm of the decay.

    .. math:: g = -e^{a} \log(1 + e^{x W^T + b})

    Parameters
    ----------
    x : (B, T, D)
        Input.
    parameters : mapping
        Of the layer: ``name.weight``, ``name.log_rate`` (a) and ``name.shift`` (b).
    name : str
        Of the part.

    Returns
    -------
    g : (B, T, H)
        At most 0.
    cache : Cache
        For `backward`.

    Examples
    --------
    >>> p = {"decay.weight": np.zeros((1, 2)), "decay.log_rate": np.zeros(1), "decay.shift": np.zeros(1)}
    >>> forward(np.ones((1, 1, 2)), p, "decay")[0].round(4).tolist()
    [[[-0.6931]]]
    """
    mine, xp = part(parameters, name), namespace(x=x)
    logits, projection = weighted.forward(linear, x, {f"{name}.weight": mine["weight"]}, name)
    step, bent = softplus.forward(logits + mine["shift"])
    rate = xp.exp(mine["log_rate"])
    g = -rate * step
    return g, Cache(projection, rate, bent, g, name)


def backward(dg: Array, cache: Cache) -> tuple[Array, Parameters]:
    r"""Return the gradients.

    .. math:: \bar a = \sum g \bar g, \quad \bar z = -e^a \sigma(z) \bar g

    Parameters
    ----------
    dg : (B, T, H)
        Gradient with respect to `g`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dx : (B, T, D)
        Gradient with respect to `x`.
    gradients : dict
        Of the parameters, by their full names.

    Examples
    --------
    >>> p = {"decay.weight": np.zeros((1, 2)), "decay.log_rate": np.zeros(1), "decay.shift": np.zeros(1)}
    >>> _, cache = forward(np.ones((1, 1, 2)), p, "decay")
    >>> backward(np.ones((1, 1, 1)), cache)[1]["decay.shift"].tolist()
    [-0.5]
    """
    dlogits = softplus.backward(-cache.rate * dg, cache.bent)
    dx, gradients = weighted.backward(dlogits, cache.projection)
    rest = {"log_rate": (dg * cache.g).sum(axis=(0, 1)), "shift": dlogits.sum(axis=(0, 1))}
    return dx, gradients | named(cache.name, rest)
