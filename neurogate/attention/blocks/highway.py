"""The highway mix: a gate that chooses, feature by feature, between two arrays that both speak for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace, fits
from neurogate.attention.blocks import weighted
from neurogate.attention.fused import fused
from neurogate.attention.layer import Parameters, part
from neurogate.attention.operators import linear
from neurogate.attention.operators.pointwise import sigmoid

__all__ = ["Cache", "backward", "forward", "initial"]


class Cache(NamedTuple):
    """What the backward needs; `gate` is g."""

    a: Array
    b: Array
    gate: Array
    first: weighted.Cache
    second: weighted.Cache


def initial(rng: np.random.Generator, width: int) -> Parameters:
    """Draw the two maps: `first` and `second`.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    width : int
        D.

    Examples
    --------
    >>> sorted(initial(np.random.default_rng(0), 4))
    ['first.bias', 'first.weight', 'second.bias', 'second.weight']
    """
    return draw.linear(rng, "first", width, width) | draw.linear(rng, "second", width, width)


def forward(a: Array, b: Array, parameters: Mapping[str, Array]) -> tuple[Array, Cache]:
    r"""Mix two arrays.

    .. math:: g = \sigma(a W_1^T + b_1 + b W_2^T + b_2), \quad y = g \odot a + (1 - g) \odot b

    Parameters
    ----------
    a, b : (..., D)
        What an open and what a closed gate lets through.
    parameters : mapping
        `first` and `second`: their weights and biases.

    Returns
    -------
    y : (..., D)
        Output, between a and b.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    References
    ----------
    Srivastava, Greff & Schmidhuber 2015, arXiv:1505.00387.

    Examples
    --------
    >>> a, b = np.ones((1, 4)), np.zeros((1, 4))
    >>> forward(a, b, initial(np.random.default_rng(0), 4))[0].shape
    (1, 4)
    """
    fits(a.shape == b.shape, "a and b must have the same shape", a=a, b=b)
    one, first = linear.product(a, **part(parameters, "first"))
    two, second = linear.product(b, **part(parameters, "second"))
    y, g = _mixed(a, b, one, parameters["first.bias"], two, parameters["second.bias"])
    return y, Cache(a, b, g, weighted.Cache(linear, "first", first), weighted.Cache(linear, "second", second))


def backward(dy: Array, cache: Cache) -> tuple[Array, Array, Parameters]:
    r"""Return the gradients.

    .. math:: \bar s = \bar y (a - b) g (1 - g), \quad \bar a = g \bar y + \bar s W_1, \quad
        \bar b = (1 - g) \bar y + \bar s W_2

    Parameters
    ----------
    dy : (..., D)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    da, db : (..., D)
        Gradients with respect to `a` and `b`.
    gradients : dict
        Of the parameters.

    Examples
    --------
    >>> a, b = np.ones((1, 4)), np.zeros((1, 4))
    >>> _, cache = forward(a, b, initial(np.random.default_rng(0), 4))
    >>> backward(a, cache)[0].shape
    (1, 4)
    """
    a, b, g, first, second = cache
    dopen, dclosed, ds = _mixed_backward(dy, a, b, g)
    da, gradients = weighted.backward(ds, first)
    db, found = weighted.backward(ds, second)
    return da + dopen, db + dclosed, gradients | found


@fused
def _mixed(
    xp: Namespace, a: Array, b: Array, one: Array, bias1: Array, two: Array, bias2: Array
) -> tuple[Array, Array]:
    g = sigmoid.value((one + bias1) + (two + bias2))
    return g * a + (1 - g) * b, g


@fused
def _mixed_backward(xp: Namespace, dy: Array, a: Array, b: Array, g: Array) -> tuple[Array, Array, Array]:
    dclosed = (1 - g) * dy
    return g * dy, dclosed, dclosed * g * (a - b)
