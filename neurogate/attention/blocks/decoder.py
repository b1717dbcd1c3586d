"""The decoder layer of a transformer: attention to what came before and to a memory, then a perceptron."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from neurogate.attention.arrays import Array, namespace
from neurogate.attention.blocks import mlp, multi_head, residual
from neurogate.attention.layer import Parameters, named, part
from neurogate.attention.operators.masks import causal

__all__ = ["Cache", "backward", "forward", "initial"]


class Cache(NamedTuple):
    """What the backward needs; `keys` (B, S, D) are the `past` of a token that comes after."""

    keys: Array
    attention: residual.Cache
    cross: residual.Cache
    mlp: residual.Cache


def initial(rng: np.random.Generator, width: int, hidden: int) -> Parameters:
    """Draw the parts `attention`, `cross` and `mlp`, and `norm1` to `norm3`, as PyTorch does.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    width, hidden : int
        D, and the width of the perceptron.

    Examples
    --------
    >>> initial(np.random.default_rng(0), 4, 8)["cross.q.weight"].shape
    (4, 4)
    """
    drawn: Parameters = {}
    for name in ("norm1", "norm2", "norm3"):
        drawn |= {f"{name}.weight": np.ones(width), f"{name}.bias": np.zeros(width)}
    for name in ("attention", "cross"):
        drawn |= named(name, multi_head.initial(rng, width, xavier=True))
    return drawn | named("mlp", mlp.initial(rng, width, hidden, width))


def forward(
    x: Array, memory: Array, parameters: Mapping[str, Array], *, heads: int, norm: residual.Norm = "pre",
    activation: str = "relu", seen: Array | None = None, past: Array | None = None, eps: float = 1e-5,
) -> tuple[Array, Cache]:  # fmt: skip
    r"""Attend to earlier tokens, then to a memory, then map each token by itself, with residuals around all.

    .. math::
        x \leftarrow x + \mathrm{MHSA}(x), \quad x \leftarrow x + \mathrm{MHA}(x, m), \quad
        y = x + \mathrm{MLP}(x)

    with a norm in front of each branch, or behind each residual.

    Parameters
    ----------
    x : (B, T, D)
        Input; a token does not see later ones.
    memory : (B, M, D)
        :math:`m`, such as what an encoder says.
    parameters : mapping
        As `initial` draws them.
    heads : int
        H; it divides D.
    norm : {"pre", "post"}
        Where the norms stand.
    activation : str
        Of the perceptron, one of `POINTWISE`.
    seen : bool, optional
        True where the memory may be looked at; it broadcasts to (B, H, T, M).
    past : (B, S - T, D), optional
        ``cache.keys`` of the tokens before, so that they need not be computed again.
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
    Vaswani et al. 2017, arXiv:1706.03762.

    Examples
    --------
    >>> p = initial(np.random.default_rng(0), 4, 8)
    >>> x, memory = np.random.default_rng(1).standard_normal((2, 1, 5, 4))
    >>> y, cache = forward(x, memory, p, heads=2)
    >>> _, earlier = forward(x[:, :3], memory, p, heads=2)
    >>> late, _ = forward(x[:, 3:], memory, p, heads=2, past=earlier.keys)
    >>> bool(np.allclose(late, y[:, 3:]))
    True
    """
    kept: list[Array] = []

    def itself(n: Array) -> tuple[Array, multi_head.Cache]:
        keys = n if past is None else namespace(x=n, past=past).concatenate([past, n], axis=1)
        kept.append(keys)
        mask = causal(n.shape[1], keys.shape[1], namespace(x=n))
        return multi_head.forward(n, keys, keys, part(parameters, "attention"), heads=heads, mask=mask)

    def across(n: Array) -> tuple[Array, multi_head.Cache]:
        return multi_head.forward(n, memory, memory, part(parameters, "cross"), heads=heads, mask=seen)

    def alone(n: Array) -> tuple[Array, mlp.Cache]:
        return mlp.forward(n, part(parameters, "mlp"), activation=activation)

    caches = []
    for name, branch in (("norm1", itself), ("norm2", across), ("norm3", alone)):
        x, cache = residual.forward(branch, x, parameters, name, norm=norm, eps=eps)
        caches.append(cache)
    return x, Cache(kept[0], *caches)


def backward(dy: Array, cache: Cache) -> tuple[Array, Array, Parameters]:
    """Return the gradients; a past counts as given.

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
    dmemory : (B, M, D)
        Gradient with respect to `memory`.
    gradients : dict
        Of the parameters.

    Examples
    --------
    >>> p, x = initial(np.random.default_rng(0), 4, 8), np.ones((1, 5, 4))
    >>> _, cache = forward(x, x[:, :2], p, heads=2)
    >>> [array.shape for array in backward(x, cache)[:2]]
    [(1, 5, 4), (1, 2, 4)]
    """
    dmemory: list[Array] = []

    def alone(du: Array) -> tuple[Array, Parameters]:
        dn, found = mlp.backward(du, cache.mlp.inner)
        return dn, named("mlp", found)

    def across(du: Array) -> tuple[Array, Parameters]:
        dn, dk, dv, found = multi_head.backward(du, cache.cross.inner)
        dmemory.append(dk + dv)
        return dn, named("cross", found)

    def itself(du: Array) -> tuple[Array, Parameters]:
        dn, dk, dv, found = multi_head.backward(du, cache.attention.inner)
        return dn + (dk + dv)[:, -dn.shape[1] :], named("attention", found)

    gradients: Parameters = {}
    for branch, around in ((alone, cache.mlp), (across, cache.cross), (itself, cache.attention)):
        dy, found = residual.backward(branch, dy, around)
        gradients |= found
    return dy, dmemory[0], gradients
