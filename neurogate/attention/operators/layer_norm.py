"""Layer normalisation of the last axis."""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention import gpu
from neurogate.attention.arrays import Array, answers, fits, namespace, shaped
from neurogate.attention.options import FROM_0, number
from neurogate.attention.pieces import mean_of_products, rows_of, share_out

__all__ = ["Cache", "backward", "forward"]


_SHAPES = "x : (..., d); weight : (d,), optional; bias : (d,), optional"


class Cache(NamedTuple):
    """What the backward needs."""

    unit: Array
    inverse_sd: Array
    weight: Array | None
    biased: bool


def forward(
    x: Array, weight: Array | None = None, bias: Array | None = None, *, eps: float = 1e-5,
    added: Array | None = None,
) -> tuple[Array, Cache]:  # fmt: skip
    r"""Give the last axis mean 0 and variance 1, then weight and shift it.

    .. math:: y = w \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + b

    Parameters
    ----------
    x : (..., d)
        Input; the variance divides by d.
    weight, bias : (d,), optional
        1 and 0 if left out.
    eps : float
        What keeps a constant input from division by 0.
    added : (..., d), optional
        Is added to the input first, as a residual is; each of the two then has the gradient of their sum.

    Returns
    -------
    y : (..., d)
        Output.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit, or an option is not allowed.

    References
    ----------
    Ba, Kiros & Hinton 2016, arXiv:1607.06450.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.array([[1.0, 3.0]]), eps=0.0)[0].tolist()
    [[-1.0, 1.0]]
    """
    xp = namespace("weight", "bias", "added", x=x, weight=weight, bias=bias, added=added)
    shaped(_SHAPES, x=x, weight=weight, bias=bias)
    fits(added is None or added.shape == x.shape, "what is added must be shaped as x", x=x, added=added)
    fits(x.shape[-1] > 0, "of no numbers there is no mean", x=x)
    number("eps", eps, FROM_0)
    if rows := gpu.kernels(xp, "rows"):
        y, unit, inverse_sd = rows.norm(x, weight, bias, eps=eps, centred=True, added=added)
        return y, Cache(unit, inverse_sd, weight, bias is not None)

    def work(x: Array, unit: Array, inverse_sd: Array, y: Array) -> None:
        xp.subtract(x, x.mean(axis=-1, keepdims=True), out=unit)
        inverse_sd[...] = 1 / xp.sqrt(mean_of_products(unit, unit) + eps)
        unit *= inverse_sd
        xp.multiply(unit, 1 if weight is None else weight, out=y)
        if bias is not None:
            y += bias

    x = x if added is None else x + added
    unit, inverse_sd, y = (xp.empty_like(each, order="C") for each in (x, x[..., :1], x))
    share_out(work, *rows_of(x, unit, inverse_sd, y))
    return y, Cache(unit, inverse_sd, weight, bias is not None)


def backward(dy: Array, cache: Cache) -> tuple[Array, Array | None, Array | None]:
    r"""Return the gradients.

    With :math:`\hat x` the input of mean 0 and variance 1 and :math:`g = w \bar y`,

    .. math:: \bar x = \sigma^{-1} (g - \langle g \rangle - \hat x \langle g \hat x \rangle)

    Parameters
    ----------
    dy : (..., d)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dx, dweight, dbias
        Gradients; None for what was left out.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.array([[1.0, 3.0]]), np.ones(2))
    >>> backward(np.array([[1.0, 1.0]]), cache)[1].round(3).tolist()
    [-1.0, 1.0]
    """
    unit, inverse_sd, weight, biased = cache
    dy, xp = answers(dy, unit.shape, cache), namespace(dy=dy)

    def work(dy: Array, unit: Array, inverse_sd: Array, dx: Array) -> None:
        g = dy if weight is None else dy * weight
        xp.subtract(g, g.mean(axis=-1, keepdims=True), out=dx)
        dx -= unit * mean_of_products(g, unit)
        dx *= inverse_sd

    if rows := gpu.kernels(xp, "rows"):
        dx = rows.norm_backward(dy, unit, inverse_sd, weight, centred=True)
    else:
        dx = xp.empty_like(unit)
        share_out(work, *rows_of(dy, unit, inverse_sd, dx))
    d = dy.shape[-1]
    dweight = None if weight is None else (dy * unit).reshape(-1, d).sum(axis=0)
    return dx, dweight, dy.reshape(-1, d).sum(axis=0) if biased else None
