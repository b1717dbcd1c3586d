"""Normalisation of the last axis by its root mean square."""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention import gpu
from neurogate.attention.arrays import Array, answers, fits, namespace, shaped
from neurogate.attention.options import FROM_0, number
from neurogate.attention.pieces import mean_of_products, rows_of, share_out

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs."""

    unit: Array
    inverse_rms: Array
    weight: Array | None


def forward(x: Array, weight: Array | None = None, *, eps: float = 1e-5) -> tuple[Array, Cache]:
    r"""Divide by the root mean square of the last axis, then weight.

    .. math:: y = w x / \sqrt{\langle x^2 \rangle + \epsilon}

    Parameters
    ----------
    x : (..., d)
        Input.
    weight : (d,), optional
        1 if left out.
    eps : float
        What keeps an input of zeros from division by 0.

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
    Zhang & Sennrich 2019, arXiv:1910.07467.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.array([[3.0, 3.0]]), eps=0.0)[0].tolist()
    [[1.0, 1.0]]
    """
    xp = namespace("weight", x=x, weight=weight)
    shaped("x : (..., d); weight : (d,), optional", x=x, weight=weight)
    fits(x.shape[-1] > 0, "of no numbers there is no mean", x=x)
    number("eps", eps, FROM_0)
    if rows := gpu.kernels(xp, "rows"):
        y, unit, inverse_rms = rows.norm(x, weight, None, eps=eps, centred=False)
        return y, Cache(unit, inverse_rms, weight)

    def work(x: Array, unit: Array, inverse_rms: Array, y: Array) -> None:
        inverse_rms[...] = 1 / xp.sqrt(mean_of_products(x, x) + eps)
        xp.multiply(x, inverse_rms, out=unit)
        if weight is not None:
            xp.multiply(unit, weight, out=y)

    unit, inverse_rms = (xp.empty_like(each, order="C") for each in (x, x[..., :1]))
    y = unit if weight is None else xp.empty_like(unit)
    share_out(work, *rows_of(x, unit, inverse_rms, y))
    return y, Cache(unit, inverse_rms, weight)


def backward(dy: Array, cache: Cache) -> tuple[Array, Array | None]:
    r"""Return the gradients.

    With :math:`\hat x` the input divided by its root mean square :math:`r` and :math:`g = w \bar y`,

    .. math:: \bar x = r^{-1} (g - \hat x \langle g \hat x \rangle)

    Parameters
    ----------
    dy : (..., d)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dx, dweight
        Gradients; dweight is None if there was no weight.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.array([[3.0, 3.0]]), np.ones(2))
    >>> backward(np.ones((1, 2)), cache)[1].round(3).tolist()
    [1.0, 1.0]
    """
    unit, inverse_rms, weight = cache
    dy, xp = answers(dy, unit.shape, cache), namespace(dy=dy)

    def work(dy: Array, unit: Array, inverse_rms: Array, dx: Array) -> None:
        g = dy if weight is None else dy * weight
        xp.subtract(g, unit * mean_of_products(g, unit), out=dx)
        dx *= inverse_rms

    if rows := gpu.kernels(xp, "rows"):
        dx = rows.norm_backward(dy, unit, inverse_rms, weight, centred=False)
    else:
        dx = xp.empty_like(unit)
        share_out(work, *rows_of(dy, unit, inverse_rms, dx))
    dweight = None if weight is None else (dy * unit).reshape(-1, dy.shape[-1]).sum(axis=0)
    return dx, dweight
