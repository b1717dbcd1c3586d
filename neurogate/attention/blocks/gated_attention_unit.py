"""The gated attention unit: one head of queries and keys from the same features, and gated values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace
from neurogate.attention.blocks import weighted
from neurogate.attention.fused import fused, summed
from neurogate.attention.layer import Parameters
from neurogate.attention.operators import linear, rotary, window_attention
from neurogate.attention.operators.pointwise import silu

__all__ = ["Cache", "Past", "backward", "forward", "initial"]

_NAMES = ("z", "r", "v")


class Past(NamedTuple):
    """The last tokens before the first.

    Attributes
    ----------
    keys, values : (B, m, ...)
        What attention keeps of them.
    positions : (B, m) int
        Where they stood.
    held : (B, m) bool
        Whether there was one.
    """

    keys: Array
    values: Array
    positions: Array
    held: Array


class Cache(NamedTuple):
    """What the backward needs; `past` are the last tokens for the next piece."""

    maps: dict[str, weighted.Cache]
    before: dict[str, Any]
    after: dict[str, Array]
    scales: tuple[Array, Array]
    turns: tuple[rotary.Cache, rotary.Cache] | None
    attention: window_attention.Cache
    collected: Array
    carried: int
    past: Past


def initial(rng: np.random.Generator, width: int, narrow: int, wide: int) -> Parameters:
    """Draw the maps z, r, v and o, and the scales and shifts that make queries and keys of z.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    width, narrow, wide : int
        Of the input, of queries and keys, and of values.

    Examples
    --------
    >>> initial(np.random.default_rng(0), 4, 2, 8)["q.scale"].shape
    (2,)
    """
    drawn: Parameters = {}
    for name, n, m in (("z", narrow, width), ("r", wide, width), ("v", wide, width), ("o", width, wide)):
        drawn |= {f"{name}.weight": draw.truncated_normal(rng, (n, m)), f"{name}.bias": np.zeros(n)}
    for name in ("q", "k"):
        drawn |= {f"{name}.scale": draw.truncated_normal(rng, (narrow,)), f"{name}.shift": np.zeros(narrow)}
    return drawn


def forward(
    x: Array, parameters: Mapping[str, Array], positions: Array, held: Array, past: Past | None,
    xp: Namespace, *, window: int, ahead: bool, activation: window_attention.Activation, turned: bool,
) -> tuple[Array, Cache]:  # fmt: skip
    r"""Attend with one head, and gate what was collected.

    .. math::
        [z, r, v] = \mathrm{SiLU}(x W^T + b), \quad q = z \odot \gamma_q + \beta_q, \quad
        k = z \odot \gamma_k + \beta_k, \quad y = W_o (A v \odot r) + b_o

    with :math:`A = \max(q k^T / l + b, 0)^2`, where l is the window, or both its sides, or with
    :math:`A = \mathrm{softmax}(q k^T / \sqrt{d_z} + b)`.

    Parameters
    ----------
    x : (B, n, D)
        Tokens.
    parameters : mapping
        As `initial` draws them, and perhaps `relative`, the table of a bias.
    positions : (B, n) int
        Where the tokens stood.
    held : (B, n) bool
        Whether there is a token.
    past : Past, optional
        What came before.
    xp : module
        `numpy` or `cupy`.
    window : int
        How many tokens back are seen.
    ahead : bool
        Whether as many ahead are.
    activation : {"softmax", "relu2"}
        Of the scores.
    turned : bool
        Whether queries and keys turn with their positions.

    Returns
    -------
    y : (B, n, D)
        Output.
    cache : Cache
        For `backward`.

    References
    ----------
    Hua et al. 2022, arXiv:2202.10447; Ren et al. 2023, arXiv:2306.11197.

    Examples
    --------
    >>> x, p = np.ones((1, 5, 4)), initial(np.random.default_rng(0), 4, 2, 8)
    >>> more = {"window": 3, "ahead": False, "activation": "softmax", "turned": False}
    >>> forward(x, p, np.arange(5)[None], np.ones((1, 5), bool), None, np, **more)[0].shape
    (1, 5, 4)
    """
    maps, before, after = {}, {}, {}
    for name in _NAMES:
        after[name], maps[name], before[name] = weighted.bent(silu, x, parameters, name)
    scales = (parameters["q.scale"], parameters["k.scale"])
    q, k = _scaled(after["z"], *scales, parameters["q.shift"], parameters["k.shift"])
    turns = None
    if turned:
        angles = rotary.angles(positions.astype(float), q.shape[-1])
        (q, first), (k, second) = (rotary.forward(each, *angles, interleaved=True) for each in (q, k))
        turns = (first, second)
    here = Past(k, after["v"], positions, held)
    seen = (
        here
        if past is None
        else Past(*(xp.concatenate(pair, axis=1) for pair in zip(past, here, strict=True)))
    )
    scale = q.shape[-1] ** -0.5 if activation == "softmax" else 1 / (2 * window if ahead else window)
    o, attention = window_attention.forward(
        q, seen.keys, seen.values, window=window, ahead=ahead, scale=scale, activation=activation,
        held=seen.held, table=parameters.get("relative"), positions=(positions, seen.positions),
    )  # fmt: skip
    y, maps["o"] = weighted.forward(linear, o * after["r"], parameters, "o")
    carried = seen.keys.shape[1] - k.shape[1]
    return y, Cache(maps, before, after, scales, turns, attention, o, carried, seen)


def backward(dy: Array, cache: Cache) -> tuple[Array, Parameters, tuple[Array, Array]]:
    """Return the gradients.

    Parameters
    ----------
    dy : (B, n, D)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dx : (B, n, D)
        Gradient with respect to `x`.
    gradients : dict
        Of the parameters.
    dpast : (keys, values)
        Gradients with respect to the past.

    Examples
    --------
    >>> x, p = np.ones((1, 5, 4)), initial(np.random.default_rng(0), 4, 2, 8)
    >>> more = {"window": 3, "ahead": False, "activation": "softmax", "turned": False}
    >>> y, cache = forward(x, p, np.arange(5)[None], np.ones((1, 5), bool), None, np, **more)
    >>> backward(y, cache)[0].shape
    (1, 5, 4)
    """
    after, carried = cache.after, cache.carried
    dgated, gradients = weighted.backward(dy, cache.maps["o"])
    dq, dk, dv, dtable = window_attention.backward(dgated * after["r"], cache.attention)
    dpast = (dk[:, :carried], dv[:, :carried])
    dk, dafter = dk[:, carried:], {"r": dgated * cache.collected, "v": dv[:, carried:]}
    if cache.turns is not None:
        dq, dk = (rotary.backward(each, turn) for each, turn in zip((dq, dk), cache.turns, strict=True))
    for name, each in (("q", dq), ("k", dk)):
        gradients[f"{name}.scale"] = (each * after["z"]).sum(axis=(0, 1))
        gradients[f"{name}.shift"] = each.sum(axis=(0, 1))
    dafter["z"] = _summed_products(dq, cache.scales[0], dk, cache.scales[1])
    inputs = []
    for name in _NAMES:
        dx, found = weighted.backward(silu.backward(dafter[name], cache.before[name]), cache.maps[name])
        inputs.append(dx)
        gradients |= found
    return summed(*inputs), gradients | ({} if dtable is None else {"relative": dtable}), dpast


@fused
def _scaled(
    xp: Namespace, z: Array, q_scale: Array, k_scale: Array, q_shift: Array, k_shift: Array
) -> tuple[Array, Array]:
    return q_scale * z + q_shift, k_scale * z + k_shift


@fused
def _summed_products(xp: Namespace, a: Array, by_a: Array, b: Array, by_b: Array) -> Array:
    return a * by_a + b * by_b
