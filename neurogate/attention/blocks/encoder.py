"""The encoder layer of a transformer: attention and a perceptron, each with its norm and its residual."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np

from neurogate.attention.arrays import Array
from neurogate.attention.blocks import mlp, multi_head, weighted
from neurogate.attention.layer import Parameters, named, part
from neurogate.attention.operators import layer_norm

__all__ = ["Cache", "backward", "forward", "initial"]


class Cache(NamedTuple):
    """What the backward needs; ``attention.attention.weights`` are the attention weights, (B, H, T, T)."""

    norms: list[weighted.Cache | None]
    attention: multi_head.Cache
    mlp: mlp.Cache


def initial(rng: np.random.Generator, width: int, hidden: int) -> Parameters:
    """Draw the parts `norm1`, `attention`, `norm2` and `mlp` as PyTorch does.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    width, hidden : int
        D, and the width of the perceptron.

    Examples
    --------
    >>> initial(np.random.default_rng(0), 4, 8)["mlp.out.weight"].shape
    (4, 8)
    """
    drawn: Parameters = {}
    for name in ("norm1", "norm2"):
        drawn |= {f"{name}.weight": np.ones(width), f"{name}.bias": np.zeros(width)}
    drawn |= named("attention", multi_head.initial(rng, width, xavier=True))
    return drawn | named("mlp", mlp.initial(rng, width, hidden, width))


def forward(
    x: Array, parameters: Mapping[str, Array], *, heads: int, norm: Literal["pre", "post"] = "pre",
    activation: str = "relu", mask: Array | None = None, eps: float = 1e-5,
) -> tuple[Array, Cache]:  # fmt: skip
    r"""Attend, then map each token by itself, with residuals around both.

    .. math::
        \text{pre:}\quad x \leftarrow x + \mathrm{MHSA}(\mathrm{LN}_1(x)), \quad
        y = x + \mathrm{MLP}(\mathrm{LN}_2(x))

        \text{post:}\quad x \leftarrow \mathrm{LN}_1(x + \mathrm{MHSA}(x)), \quad
        y = \mathrm{LN}_2(x + \mathrm{MLP}(x))

    Parameters
    ----------
    x : (B, T, D)
        Input.
    parameters : mapping
        `norm1`, `attention`, `norm2` and `mlp`, as `initial` draws them.
    heads : int
        H; it divides D.
    norm : {"pre", "post"}
        Whether a norm stands before a branch, or after its residual.
    activation : str
        Of the perceptron, one of `POINTWISE`.
    mask : bool, optional
        True where a query may look; it broadcasts to (B, H, T, T).
    eps : float
        Of the norms.

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
    Vaswani et al. 2017, arXiv:1706.03762. Norms in front: Xiong et al. 2020, arXiv:2002.04745.

    Examples
    --------
    >>> forward(np.ones((1, 5, 4)), initial(np.random.default_rng(0), 4, 8), heads=2)[0].shape
    (1, 5, 4)
    """
    norms: list[weighted.Cache | None] = []

    def normed(x: Array, name: str, where: str) -> Array:
        if where != norm:
            norms.append(None)
            return x
        x, cache = weighted.forward(layer_norm, x, parameters, name, eps=eps)
        norms.append(cache)
        return x

    n = normed(x, "norm1", "pre")
    u, attention = multi_head.forward(n, n, n, part(parameters, "attention"), heads=heads, mask=mask)
    x = normed(x + u, "norm1", "post")
    w, hidden = mlp.forward(normed(x, "norm2", "pre"), part(parameters, "mlp"), activation=activation)
    return normed(x + w, "norm2", "post"), Cache(norms, attention, hidden)


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
    >>> _, cache = forward(np.ones((1, 5, 4)), initial(np.random.default_rng(0), 4, 8), heads=2)
    >>> backward(np.ones((1, 5, 4)), cache)[0].shape
    (1, 5, 4)
    """
    gradients: Parameters = {}

    def back(dy: Array, norm: weighted.Cache | None) -> Array:
        if norm is None:
            return dy
        dy, found = weighted.backward(dy, norm)
        gradients.update(found)
        return dy

    before1, after1, before2, after2 = cache.norms
    dx = back(dy, after2)
    dn, inner = mlp.backward(dx, cache.mlp)
    gradients |= named("mlp", inner)
    dx = back(dx + back(dn, before2), after1)
    dq, dk, dv, inner = multi_head.backward(dx, cache.attention)
    gradients |= named("attention", inner)
    return dx + back(dq + dk + dv, before1), gradients
