"""A gated linear unit, applied to the last axis: one map decides what passes of another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array
from neurogate.attention.blocks import weighted
from neurogate.attention.layer import Parameters
from neurogate.attention.operators import gate, linear

__all__ = ["Cache", "backward", "forward", "initial"]


class Cache(NamedTuple):
    """What the backward needs."""

    gate: weighted.Cache
    hidden: weighted.Cache
    product: gate.Cache
    out: weighted.Cache


def initial(
    rng: np.random.Generator, width: int, hidden: int, *, sd: float = 0.02, out_sd: float | None = None
) -> Parameters:
    """Draw the maps: `gate` as PyTorch does, `hidden` and `out` from normal distributions; none has a bias.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    width, hidden : int
        Of the input, which is that of the output, and of what is gated.
    sd, out_sd : float
        Standard deviations of `hidden` and of `out`; the same if the latter is left out.

    Examples
    --------
    >>> initial(np.random.default_rng(0), 4, 6)["out.weight"].shape
    (4, 6)
    """
    return draw.linear(rng, "gate", hidden, width, bias=False) | {
        "hidden.weight": draw.normal(rng, (hidden, width), sd),
        "out.weight": draw.normal(rng, (width, hidden), sd if out_sd is None else out_sd),
    }


def forward(x: Array, parameters: Mapping[str, Array], *, activation: str = "silu") -> tuple[Array, Cache]:
    r"""Map twice, multiply, map.

    .. math:: y = (\phi(x W_g^T) \odot (x W_h^T)) W_o^T

    Parameters
    ----------
    x : (..., d)
        Input.
    parameters : mapping
        `gate`, `hidden` and `out`: their weights, and biases if any.
    activation : str
        :math:`\phi`, one of `POINTWISE`.

    Returns
    -------
    y : (..., d)
        Output.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    References
    ----------
    Shazeer 2020, arXiv:2002.05202.

    Examples
    --------
    >>> forward(np.ones((5, 4)), initial(np.random.default_rng(0), 4, 6, out_sd=0.0))[0].any().item()
    False
    """
    logits, gated = weighted.forward(linear, x, parameters, "gate")
    u, hidden = weighted.forward(linear, x, parameters, "hidden")
    u, product = gate.forward(u, logits, activation=activation)
    y, out = weighted.forward(linear, u, parameters, "out")
    return y, Cache(gated, hidden, product, out)


def backward(dy: Array, cache: Cache) -> tuple[Array, Parameters]:
    """Return the gradients.

    Parameters
    ----------
    dy : (..., d)
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
    >>> _, cache = forward(np.ones((5, 4)), initial(np.random.default_rng(0), 4, 6))
    >>> sorted(backward(np.ones((5, 4)), cache)[1])
    ['gate.weight', 'hidden.weight', 'out.weight']
    """
    du, out = weighted.backward(dy, cache.out)
    du, dlogits = gate.backward(du, cache.product)
    dx, hidden = weighted.backward(du, cache.hidden)
    more, gated = weighted.backward(dlogits, cache.gate)
    return dx + more, gated | hidden | out
