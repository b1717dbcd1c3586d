"""A perceptron with one hidden layer, applied to the last axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array
from neurogate.attention.blocks import weighted
from neurogate.attention.layer import Parameters
from neurogate.attention.operators import dropout, linear
from neurogate.attention.operators.pointwise import POINTWISE, Pointwise
from neurogate.attention.options import mapping, one_of

__all__ = ["Cache", "backward", "forward", "initial"]


class Cache(NamedTuple):
    """What the backward needs."""

    inner: weighted.Cache
    activation: Pointwise
    before: Any
    outer: weighted.Cache
    dropped: tuple[Array | None, Array | None]


def initial(
    rng: np.random.Generator, inputs: int, hidden: int, outputs: int, *, bias: bool = True
) -> Parameters:
    """Draw the two maps: `hidden` and `out`.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    inputs, hidden, outputs : int
        Widths.
    bias : bool
        Whether the maps have one.

    Examples
    --------
    >>> initial(np.random.default_rng(0), 2, 8, 3)["out.weight"].shape
    (3, 8)
    """
    first = draw.linear(rng, "hidden", hidden, inputs, bias=bias)
    return first | draw.linear(rng, "out", outputs, hidden, bias=bias)


def forward(
    x: Array, parameters: Mapping[str, Array], *, activation: str = "gelu",
    kept: Mapping[str, Array] | None = None, rate: float = 0.0,
) -> tuple[Array, Cache]:  # fmt: skip
    r"""Map, bend, map.

    .. math:: y = D(D(\phi(x W_1^T + b_1)) W_2^T + b_2)

    with dropout D where it is told which numbers are kept.

    Parameters
    ----------
    x : (..., d)
        Input.
    parameters : mapping
        `hidden` and `out`: their weights, and biases if any.
    activation : str
        :math:`\phi`, one of `POINTWISE`.
    kept : mapping, optional
        Which numbers dropout keeps, of `hidden` and of `out`, shaped as they are. All of what is left out.
    rate : float
        Of dropout.

    Returns
    -------
    y : (..., e)
        Output.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    Examples
    --------
    >>> forward(np.ones((5, 2)), initial(np.random.default_rng(0), 2, 8, 3))[0].shape
    (5, 3)
    """
    bend = POINTWISE[one_of("activation", activation, POINTWISE)]
    kept = mapping("kept", kept, names=("hidden", "out"))
    after, inner, before = weighted.bent(bend, x, parameters, "hidden")
    after, hidden = dropout.forward(after, kept.get("hidden"), rate=rate)
    y, outer = weighted.forward(linear, after, parameters, "out")
    y, out = dropout.forward(y, kept.get("out"), rate=rate)
    return y, Cache(inner, bend, before, outer, (hidden, out))


def backward(dy: Array, cache: Cache) -> tuple[Array, Parameters]:
    """Return the gradients.

    Parameters
    ----------
    dy : (..., e)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dx : (..., d)
        Gradient with respect to `x`.
    gradients : dict
        Of the parameters.

    Examples
    --------
    >>> _, cache = forward(np.ones((5, 2)), initial(np.random.default_rng(0), 2, 8, 3))
    >>> backward(np.ones((5, 3)), cache)[0].shape
    (5, 2)
    """
    hidden, out = cache.dropped
    dafter, gradients = weighted.backward(dropout.backward(dy, out), cache.outer)
    dafter = dropout.backward(dafter, hidden)
    dx, found = weighted.backward(cache.activation.backward(dafter, cache.before), cache.inner)
    return dx, gradients | found
