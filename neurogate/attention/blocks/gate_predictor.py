"""Small networks that look at a token, each head at its own features, and say how far its gate is open."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array
from neurogate.attention.blocks import multi_head, weighted
from neurogate.attention.layer import Parameters
from neurogate.attention.operators import head_linear, linear
from neurogate.attention.operators.pointwise import relu
from neurogate.attention.options import one_of

__all__ = ["Cache", "Form", "backward", "forward", "initial"]

Form: TypeAlias = Literal["linear", "mlp", "mlp2", "all_features"]
"""What predicts: a linear map of the head's features; a hidden layer of a quarter of them, or of as many; or
one linear map of all features."""


class Cache(NamedTuple):
    """What the backward needs."""

    hidden: weighted.Cache | None
    before: Any
    out: weighted.Cache


def initial(
    rng: np.random.Generator, width: int, heads: int, form: Form, *,
    opening: float | None = None, sd: float | None = None,
) -> Parameters:  # fmt: skip
    """Draw the maps: `hidden`, if there is a hidden layer, and `out`.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    width, heads : int
        D and H.
    form : str
        Which one.
    opening : float, optional
        How far gates are open where the last map sees 0; PyTorch's bias if left out.
    sd : float, optional
        Of the weights of the last map; as PyTorch draws them if left out.

    Examples
    --------
    >>> {name: array.shape for name, array in initial(np.random.default_rng(0), 24, 3, "mlp").items()}
    {'hidden.weight': (3, 2, 8), 'hidden.bias': (3, 2), 'out.weight': (3, 1, 2), 'out.bias': (3, 1)}
    """
    own, form = width // heads, one_of("form", form, get_args(Form))
    hidden = {"mlp": max(own // 4, 1), "mlp2": own}.get(form)
    drawn = {} if hidden is None else _each(rng, "hidden", heads, hidden, own)
    if form == "all_features":
        drawn |= draw.linear(rng, "out", heads, width)
    else:
        drawn |= _each(rng, "out", heads, 1, hidden or own)
    if opening is not None:
        drawn["out.bias"][...] = math.log(opening / (1 - opening))
    if sd is not None:
        drawn["out.weight"] = draw.normal(rng, drawn["out.weight"].shape, sd)
    return drawn


def forward(x: Array, parameters: Mapping[str, Array], *, heads: int) -> tuple[Array, Cache]:
    r"""Predict the logits of the gates.

    .. math:: a_{ht} = w_h \cdot \mathrm{relu}(V_h x_{ht} + c_h) + b_h

    Without a hidden layer :math:`x_{ht}` itself; in the form of all features, :math:`x_t` for each head.

    Parameters
    ----------
    x : (B, T, D)
        Input.
    parameters : mapping
        As `initial` draws them.
    heads : int
        H.

    Returns
    -------
    logits : (B, H, T, 1)
        Of the gates.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    References
    ----------
    Bondarenko, Nagel & Blankevoort 2023, arXiv:2306.12929.

    Examples
    --------
    >>> p = initial(np.random.default_rng(0), 24, 3, "linear", opening=0.25, sd=0.0)
    >>> forward(np.ones((1, 5, 24)), p, heads=3)[0].round(4).max().item()
    -1.0986
    """
    if parameters["out.weight"].ndim == 2:
        logits, out = weighted.forward(linear, x, parameters, "out")
        return logits.swapaxes(-1, -2)[..., None], Cache(None, None, out)
    u, hidden, before = multi_head.split(x, heads), None, None
    if "hidden.weight" in parameters:
        u, hidden = weighted.forward(head_linear, u, parameters, "hidden")
        u, before = relu.forward(u)
    logits, out = weighted.forward(head_linear, u, parameters, "out")
    return logits, Cache(hidden, before, out)


def backward(dlogits: Array, cache: Cache) -> tuple[Array, Parameters]:
    """Return the gradients.

    Parameters
    ----------
    dlogits : (B, H, T, 1)
        Gradient with respect to the logits.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dx : (B, T, D)
        Gradient with respect to `x`.
    gradients : dict
        Of the parameters.

    Examples
    --------
    >>> _, cache = forward(np.ones((1, 5, 24)), initial(np.random.default_rng(0), 24, 3, "mlp2"), heads=3)
    >>> backward(np.ones((1, 3, 5, 1)), cache)[0].shape
    (1, 5, 24)
    """
    if cache.out.operator is linear:
        return weighted.backward(dlogits[..., 0].swapaxes(-1, -2), cache.out)
    du, gradients = weighted.backward(dlogits, cache.out)
    if cache.hidden is not None:
        du, more = weighted.backward(relu.backward(du, cache.before), cache.hidden)
        gradients |= more
    return multi_head.joined(du), gradients


def _each(rng: np.random.Generator, name: str, heads: int, outputs: int, inputs: int) -> Parameters:
    bound = 1 / math.sqrt(inputs)
    weight = draw.uniform(rng, (heads, outputs, inputs), bound)
    return {f"{name}.weight": weight, f"{name}.bias": draw.uniform(rng, (heads, outputs), bound)}
