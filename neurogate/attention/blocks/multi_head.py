"""Multi-head attention with its projections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from neurogate.attention import gpu
from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, fits, namespace
from neurogate.attention.layer import Parameters, named, part
from neurogate.attention.operators import dropout, linear, scaled_dot_product
from neurogate.attention.options import mapping, whole_number

__all__ = ["Cache", "backward", "forward", "initial", "joined", "projected", "split"]


class Cache(NamedTuple):
    """What the backward needs; ``attention.weights`` are the attention weights, (B, H, T, S)."""

    projections: dict[str, Any]
    attention: scaled_dot_product.Cache
    heads: int
    dropped: Array | None


def initial(rng: np.random.Generator, width: int, *, bias: bool = True, xavier: bool = False) -> Parameters:
    """Draw the four projections: q, k, v and o.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    width : int
        D.
    bias : bool
        Whether the projections have one.
    xavier : bool
        Whether q, k and v follow Xavier's rule as one matrix and all biases start at 0, as in PyTorch's own
        attention.

    Examples
    --------
    >>> sorted(initial(np.random.default_rng(0), 4, bias=False))
    ['k.weight', 'o.weight', 'q.weight', 'v.weight']
    """
    drawn: Parameters = {}
    for name in ("q", "k", "v", "o"):
        drawn |= draw.linear(rng, name, width, width, bias=bias)
    if xavier:
        rows = np.split(draw.xavier_uniform(rng, (3 * width, width)), 3)
        drawn |= {f"{name}.weight": each for name, each in zip("qkv", rows, strict=True)}
        drawn |= {name: np.zeros(width) for name in drawn if name.endswith("bias")}
    return drawn


def forward(
    query: Array, key: Array, value: Array, parameters: Mapping[str, Array], *, heads: int,
    mask: Array | None = None, kept: Mapping[str, Array] | None = None, rate: float = 0.0,
) -> tuple[Array, Cache]:  # fmt: skip
    r"""Attend with several heads.

    .. math:: y = \mathrm{concat}_h(\mathrm{attention}(q W_q^T, k W_k^T, v W_v^T)_h) W_o^T

    Parameters
    ----------
    query : (B, T, D)
        What attends. Self-attention: the same array three times.
    key, value : (B, S, D)
        What is attended to.
    parameters : mapping
        q, k, v and o: their weights, and biases if any.
    heads : int
        H; it divides D.
    mask : bool, optional
        True where a query may look; it broadcasts to (B, H, T, S).
    kept : mapping, optional
        Which numbers dropout keeps: `weights`, (B, H, T, S), and `out`, (B, T, D). All of what is left out.
    rate : float
        Of dropout.

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
    Vaswani et al. 2017, arXiv:1706.03762.

    Examples
    --------
    >>> x = np.ones((1, 5, 4))
    >>> forward(x, x, x, initial(np.random.default_rng(0), 4), heads=2)[0].shape
    (1, 5, 4)
    """
    (q, k, v), caches = projected({"q": query, "k": key, "v": value}, parameters, heads, compared="k")
    kept = mapping("kept", kept, names=("weights", "out"))
    o, attention = scaled_dot_product.forward(q, k, v, mask, kept=kept.get("weights"), rate=rate)
    y, caches["o"] = linear.forward(joined(o), **part(parameters, "o"))
    y, dropped = dropout.forward(y, kept.get("out"), rate=rate)
    return y, Cache(caches, attention, heads, dropped)


def backward(dy: Array, cache: Cache) -> tuple[Array, Array, Array, Parameters]:
    """Return the gradients.

    Parameters
    ----------
    dy : (B, T, D)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dquery, dkey, dvalue : arrays
        Of self-attention the gradient is the sum of the three.
    gradients : dict
        Of the parameters.

    Examples
    --------
    >>> x = np.ones((1, 5, 4))
    >>> _, cache = forward(x, x, x, initial(np.random.default_rng(0), 4), heads=2)
    >>> [array.shape for array in backward(x, cache)[:3]]
    [(1, 5, 4), (1, 5, 4), (1, 5, 4)]
    """
    do, weight, bias = linear.backward(dropout.backward(dy, cache.dropped), cache.projections["o"])
    gradients = named("o", {"weight": weight, "bias": bias})
    inner = scaled_dot_product.backward(split(do, cache.heads), cache.attention)
    inputs = []
    for name, array in zip(("q", "k", "v"), inner, strict=True):
        dx, weight, bias = linear.backward(joined(array), cache.projections[name])
        gradients |= named(name, {"weight": weight, "bias": bias})
        inputs.append(dx)
    dquery, dkey, dvalue = inputs
    return dquery, dkey, dvalue, gradients


def projected(
    inputs: Mapping[str, Array], parameters: Mapping[str, Array], heads: int, *, compared: str = ""
) -> tuple[list[Array], dict[str, linear.Cache]]:
    r"""Map inputs, and split what comes out into heads; a GPU adds all biases on the way.

    .. math:: u_h = (x W^T + b)_h

    Parameters
    ----------
    inputs : mapping of str to (B, T, D)
        Up to three, each with a T of its own, by the names of the maps.
    parameters : mapping
        The weight and perhaps a bias of each map.
    heads : int
        H.
    compared : str
        The one that is multiplied next, its last two axes turned round, as keys are: on a GPU it lies in
        memory as that wants it.

    Returns
    -------
    list of (B, H, T, h)
        One for each input.
    caches : dict
        For `linear.backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    Examples
    --------
    >>> u, _ = projected({"q": np.ones((1, 5, 4))}, {"q.weight": np.eye(4)}, 2)
    >>> u[0].shape
    (1, 2, 5, 2)
    """
    rows = gpu.kernels(namespace(**inputs), "rows")
    made, caches = {}, {}
    for name, x in inputs.items():
        mapped = linear.product if rows else linear.forward
        made[name], caches[name] = mapped(x, **part(parameters, name))
    views = [split(y, heads) for y in made.values()]
    fits(len({u.shape[:-3] for u in views}) == 1, "the batches must agree", **inputs)
    biases = [parameters.get(f"{name}.bias") for name in inputs]
    if not rows or (not compared and all(bias is None for bias in biases)):
        return views, caches
    upright = list(inputs).index(compared) if compared else None
    return rows.heads([*made.values()], biases, heads, upright=upright), caches


def split(x: Array, heads: int) -> Array:
    """Turn (B, T, D) into (B, H, T, D / H).

    Parameters
    ----------
    x : (B, T, D)
        Features of all heads, one head after the other.
    heads : int
        H.

    Raises
    ------
    RequestError
        If H does not divide D.

    Examples
    --------
    >>> split(np.ones((1, 5, 4)), 2).shape
    (1, 2, 5, 2)
    """
    heads = whole_number("heads", heads)
    fits(x.ndim > 1 and x.shape[-1] % heads == 0, f"{heads} heads must divide the last axis", x=x)
    return x.reshape(*x.shape[:-1], heads, x.shape[-1] // heads).swapaxes(-2, -3)


def joined(x: Array) -> Array:
    """Turn (B, H, T, h) into (B, T, H h).

    Parameters
    ----------
    x : (B, H, T, h)
        Features of each head.

    Examples
    --------
    >>> joined(np.ones((1, 2, 5, 2))).shape
    (1, 5, 4)
    """
    moved = x.swapaxes(-2, -3)
    return moved.reshape(*moved.shape[:-2], moved.shape[-2] * moved.shape[-1])
