"""Causal attention with rotary positions, in which the values of image tokens pass a gate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, flags, namespace
from neurogate.attention.blocks import multi_head, projected_heads, weighted
from neurogate.attention.layer import Parameters
from neurogate.attention.operators import linear, masks, rotary, scaled_dot_product

__all__ = ["Cache", "backward", "forward", "initial", "places"]


class Cache(NamedTuple):
    """What the backward needs.

    ``attention.weights`` are the attention weights, (B, H, T, T); ``inputs["v"].gate.values``, (B, H, T, 1),
    are those of the gate, which are 1 at text.
    """

    logits: weighted.Cache
    inputs: dict[str, projected_heads.Cache]
    attention: scaled_dot_product.Cache
    out: weighted.Cache


def initial(rng: np.random.Generator, width: int, heads: int, *, sd: float = 0.02) -> Parameters:
    """Draw the projections from one normal distribution; the gate starts closed.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    width, heads : int
        D and H.
    sd : float
        Of the weights.

    Examples
    --------
    >>> initial(np.random.default_rng(0), 8, 2)["gate.weight"].shape
    (2, 8)
    """
    drawn: Parameters = {f"{name}.weight": draw.normal(rng, (width, width), sd) for name in "qkvo"}
    return drawn | {"gate.weight": np.zeros((heads, width))}


def forward(
    x: Array, parameters: Mapping[str, Array], image: Array | None = None, *, heads: int, base: float = 1e4
) -> tuple[Array, Cache]:
    r"""Attend to earlier tokens, of which those of an image offer their values through a gate.

    .. math:: v_{th} \leftarrow \tanh(x_t W_\gamma^T)_h \, v_{th} \quad \text{where t is of an image}

    Parameters
    ----------
    x : (B, T, D)
        Input.
    parameters : mapping
        As `initial` draws them.
    image : bool, optional
        True where a token is of an image; it broadcasts to (B, T). None of them if left out.
    heads : int
        H.
    base : float
        Of the rotary positions, whose pairs are neighbours.

    Returns
    -------
    y : (B, T, D)
        Output.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    References
    ----------
    Zhang et al. 2023, arXiv:2311.02126.

    Examples
    --------
    >>> p = initial(np.random.default_rng(0), 8, 2)
    >>> _, cache = forward(np.ones((1, 3, 8)), p, np.array([False, True, False]), heads=2)
    >>> cache.inputs["v"].gate.values[0, 0, :, 0].tolist()
    [1.0, 0.0, 1.0]
    """
    xp = namespace(x=x)
    length, width = x.shape[-2:]
    logits, gated = weighted.forward(linear, x, parameters, "gate")
    open_ = x.dtype.type(math.inf)  # for text: its tanh is 1, of slope 0
    logits = multi_head.split(xp.where(places(image, x), logits, open_), heads)
    turn = rotary.of_steps(0, length, width // heads, base, x.dtype, xp)
    q, kept_q = projected_heads.forward(x, parameters, "q", heads=heads, turn=turn, interleaved=True)
    k, kept_k = projected_heads.forward(x, parameters, "k", heads=heads, turn=turn, interleaved=True)
    v, kept_v = projected_heads.forward(x, parameters, "v", heads=heads, logits=logits, activation="tanh")
    o, attention = scaled_dot_product.forward(q, k, v, masks.causal(length, length, xp))
    y, out = weighted.forward(linear, multi_head.joined(o), parameters, "o")
    return y, Cache(gated, {"q": kept_q, "k": kept_k, "v": kept_v}, attention, out)


def backward(dy: Array, cache: Cache) -> tuple[Array, Parameters]:
    """Return the gradients.

    Parameters
    ----------
    dy : (B, T, D)
        Gradient with respect to `y`.
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
    >>> _, cache = forward(np.ones((1, 3, 8)), initial(np.random.default_rng(0), 8, 2), heads=2)
    >>> backward(np.ones((1, 3, 8)), cache)[0].shape
    (1, 3, 8)
    """
    do, gradients = weighted.backward(dy, cache.out)
    do = multi_head.split(do, cache.attention.weights.shape[1])
    dheads = scaled_dot_product.backward(do, cache.attention)
    dx, dlogits = 0, None
    for name, du in zip("qkv", dheads, strict=True):
        add, dlogits, more = projected_heads.backward(du, cache.inputs[name])
        dx += add
        gradients |= more
    add, more = weighted.backward(multi_head.joined(dlogits), cache.logits)
    return dx + add, gradients | more


def places(image: Array | None, x: Array) -> Array:
    """Return where tokens are of an image.

    Parameters
    ----------
    image : bool, optional
        It broadcasts to (B, T).
    x : (B, T, D)
        Input.

    Returns
    -------
    (B, T, 1) bool
        False everywhere if `image` is left out.

    Raises
    ------
    RequestError
        If `image` does not fit.

    Examples
    --------
    >>> places(np.array([True, False]), np.ones((3, 2, 4))).shape
    (3, 2, 1)
    """
    nowhere = namespace(x=x).zeros((*x.shape[:2], 1), dtype=bool)
    if image is None:
        return nowhere
    what = "image must be of true and false, and broadcast to (batch, length)"
    flags("image", x.shape[:2], what, x=x, image=image)
    return nowhere | image[..., None]
