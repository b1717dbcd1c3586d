"""The encoder layer of a transformer: attention and a perceptron, each with its norm and its residual."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from neurogate.attention import dropouts
from neurogate.attention.arrays import Array
from neurogate.attention.blocks import mlp, multi_head, residual
from neurogate.attention.fused import summed
from neurogate.attention.layer import Parameters, named, part
from neurogate.attention.options import whole_number, whole_numbers

__all__ = ["Cache", "backward", "dropped", "forward", "initial", "masks"]


class Cache(NamedTuple):
    """What the backward needs; ``attention.inner.attention.weights`` are the weights, (B, H, T, T)."""

    attention: residual.Cache
    mlp: residual.Cache


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


def masks(rng: Any, shape: tuple[int, int, int], hidden: int, *, heads: int, rate: float) -> Parameters:
    """Draw which numbers the four dropouts keep, as PyTorch's encoder has them.

    Parameters
    ----------
    rng : numpy.random.Generator or cupy.random.Generator
        Source; it is advanced.
    shape : (int, int, int)
        Of the input, (B, T, D).
    hidden, heads : int
        Width of the perceptron, and H.
    rate : float
        How likely a number is lost.

    Returns
    -------
    dict
        Of the attention weights, of what attention gives, and of the perceptron's hidden and last numbers.

    Examples
    --------
    >>> kept = masks(np.random.default_rng(0), (1, 5, 4), 8, heads=2, rate=0.1)
    >>> kept["attention.weights"].shape, kept["mlp.hidden"].shape
    ((1, 2, 5, 5), (1, 5, 8))
    """
    return dropouts.drawn(rng, dropped(shape, hidden, heads=heads), rate)


def dropped(shape: tuple[int, ...], hidden: int, *, heads: int) -> dropouts.Shapes:
    """Return the shapes of what the four dropouts act on.

    Parameters
    ----------
    shape : (int, int, int)
        Of the input, (B, T, D).
    hidden, heads : int
        Width of the perceptron, and H.

    Examples
    --------
    >>> dropped((1, 5, 4), 8, heads=2)["attention.weights"]
    (1, 2, 5, 5)
    """
    sizes = whole_numbers("shape", shape, 0, count=3)
    batch, length, _ = sizes
    heads, hidden = whole_number("heads", heads), whole_number("hidden", hidden)
    return {"attention.weights": (batch, heads, length, length), "attention.out": sizes,
            "mlp.hidden": (batch, length, hidden), "mlp.out": sizes}  # fmt: skip


def forward(
    x: Array, parameters: Mapping[str, Array], *, heads: int, norm: residual.Norm = "pre",
    activation: str = "relu", mask: Array | None = None, eps: float = 1e-5,
    kept: Mapping[str, Array] | None = None, rate: float = 0.0,
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
    kept : mapping, optional
        Which numbers dropout keeps in `attention` and `mlp`, by the names that `masks` gives them.
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
    Vaswani et al. 2017, arXiv:1706.03762. Norms in front: Xiong et al. 2020, arXiv:2002.04745.

    Examples
    --------
    >>> forward(np.ones((1, 5, 4)), initial(np.random.default_rng(0), 4, 8), heads=2)[0].shape
    (1, 5, 4)
    """
    count = len(parameters["mlp.hidden.weight"])
    told = dropouts.told(kept, lambda shape: dropped(shape, count, heads=heads), x)
    within, after = (part(told, name) for name in ("attention", "mlp"))

    def attend(n: Array) -> tuple[Array, multi_head.Cache]:
        own = part(parameters, "attention")
        return multi_head.forward(n, n, n, own, heads=heads, mask=mask, kept=within, rate=rate)

    def alone(n: Array) -> tuple[Array, mlp.Cache]:
        return mlp.forward(n, part(parameters, "mlp"), activation=activation, kept=after, rate=rate)

    x, attention = residual.forward(attend, x, parameters, "norm1", norm=norm, eps=eps)
    y, hidden = residual.forward(alone, x, parameters, "norm2", norm=norm, eps=eps)
    return y, Cache(attention, hidden)


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

    def alone(du: Array) -> tuple[Array, Parameters]:
        dn, found = mlp.backward(du, cache.mlp.inner)
        return dn, named("mlp", found)

    def attend(du: Array) -> tuple[Array, Parameters]:
        dq, dk, dv, found = multi_head.backward(du, cache.attention.inner)
        return summed(dq, dk, dv), named("attention", found)

    dy, gradients = residual.backward(alone, dy, cache.mlp)
    dx, more = residual.backward(attend, dy, cache.attention)
    return dx, gradients | more
