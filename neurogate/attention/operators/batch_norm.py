"""Batch normalisation, with running statistics that are a value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from neurogate.attention.arrays import Array, answers, fits, namespace
from neurogate.attention.options import FROM_0, FROM_0_TO_1, number, record, whole_numbers

__all__ = ["Cache", "Running", "backward", "forward"]


class Running(NamedTuple):
    """Mean and variance of each channel, as evaluation uses them."""

    mean: Array
    variance: Array


class Cache(NamedTuple):
    """What the backward needs; `running` are the running statistics after this batch, `bias` is its shape."""

    unit: Array
    inverse_sd: Array
    weight: Array | None
    bias: tuple[int, ...] | None
    axes: tuple[int, ...]
    running: Running | None
    training: bool


def forward(
    x: Array, weight: Array | None = None, bias: Array | None = None, running: Running | None = None, *,
    axes: Sequence[int] | None = None, training: bool = True, momentum: float = 0.1, eps: float = 1e-5,
) -> tuple[Array, Cache]:  # fmt: skip
    r"""Give each channel mean 0 and variance 1 over the batch, then weight and shift it.

    .. math:: y = w \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + b

    In training, mean and variance (divided by the count n) are those of the batch, and the running ones move:
    :math:`\mu_r \leftarrow (1 - m) \mu_r + m \mu`, likewise the variance, divided by n - 1. In evaluation the
    running ones are used.

    Parameters
    ----------
    x : (B, C, ...)
        Input.
    weight, bias : (C,), optional
        1 and 0 if left out. If several axes are channels, one number for each: in a row, or shaped as they.
    running : Running, optional
        Mean and variance before this batch; evaluation needs them.
    axes : sequence of int, optional
        Over which statistics are taken; the others are channels. All but the second if left out.
    training : bool
        Whether statistics are those of the batch.
    momentum : float
        :math:`m`, the weight of this batch.
    eps : float
        What keeps a constant channel from division by 0.

    Returns
    -------
    y : (B, C, ...)
        Output.
    cache : Cache
        For `backward`; ``cache.running`` is what to give the next time.

    Raises
    ------
    RequestError
        If shapes do not fit, an option is not allowed, or evaluation lacks running statistics.

    References
    ----------
    Ioffe & Szegedy 2015, arXiv:1502.03167.

    Examples
    --------
    >>> import numpy as np
    >>> y, cache = forward(np.array([[1.0], [3.0]]), running=Running(np.zeros(1), np.ones(1)), eps=0.0)
    >>> y.tolist(), cache.running.mean.tolist()
    ([[-1.0], [1.0]], [0.2])
    """
    running = None if running is None else record("running", running, Running)
    mean, variance = running or Running(None, None)
    number("momentum", momentum, FROM_0_TO_1)
    number("eps", eps, FROM_0)
    given = {"weight": weight, "bias": bias, "mean": mean, "variance": variance}
    xp = namespace(*given, x=x, **given)
    fits(x.ndim >= 2, "x must be (batch, channels, ...)", x=x)
    axes = (0, *range(2, x.ndim)) if axes is None else whole_numbers("axes", axes, -x.ndim, x.ndim - 1)
    over = tuple(sorted({a % x.ndim for a in axes}))
    channels = tuple(1 if a in over else n for a, n in enumerate(x.shape))
    shapes = (math.prod(channels),), tuple(n for a, n in enumerate(x.shape) if a not in over)
    for name, each in given.items():
        fits(each is None or each.shape in shapes, f"{name} needs one number for each channel", x=x,
             **{name: each})  # fmt: skip
    fits(training or running is not None, "evaluation needs running statistics", x=x)
    training = training and x.size > 0  # of nothing there are no statistics
    if training:
        mu = x.mean(axis=over, keepdims=True)
        unit = x - mu
        var = (unit * unit).mean(axis=over, keepdims=True)
        running = running and _moved(running, mu, var, x.size // max(mu.size, 1), momentum)
    else:
        unit = x if mean is None else x - mean.reshape(channels).astype(x.dtype)
        var = xp.ones(channels, x.dtype) if mean is None else variance.reshape(channels).astype(x.dtype)
    inverse_sd = 1 / xp.sqrt(var + eps)
    unit = unit * inverse_sd
    y = unit if weight is None else unit * weight.reshape(channels)
    y = y if bias is None else y + bias.reshape(channels)
    return y, Cache(unit, inverse_sd, weight, None if bias is None else bias.shape, over, running, training)


def backward(dy: Array, cache: Cache) -> tuple[Array, Array | None, Array | None]:
    r"""Return the gradients.

    With :math:`\hat x` the input of mean 0 and variance 1 and :math:`g = w \bar y`,

    .. math:: \bar x = \sigma^{-1} (g - \langle g \rangle - \hat x \langle g \hat x \rangle)

    in training, and :math:`\sigma^{-1} g` in evaluation.

    Parameters
    ----------
    dy : (B, C, ...)
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
    >>> _, cache = forward(np.array([[1.0], [3.0]]), np.ones(1))
    >>> backward(np.ones((2, 1)), cache)[0].tolist()
    [[0.0], [0.0]]
    """
    unit, inverse_sd, weight, bias, over, _, training = cache
    dy = answers(dy, unit.shape, cache)
    g = dy if weight is None else dy * weight.reshape(inverse_sd.shape)
    if training:
        g = g - g.mean(axis=over, keepdims=True) - unit * (g * unit).mean(axis=over, keepdims=True)
    dweight = None if weight is None else (dy * unit).sum(axis=over).reshape(weight.shape)
    dbias = None if bias is None else dy.sum(axis=over).reshape(bias)
    return g * inverse_sd, dweight, dbias


def _moved(running: Running, mu: Array, var: Array, count: int, momentum: float) -> Running:
    unbiased = var * (count / max(count - 1, 1))
    return Running(*(
        (1 - momentum) * old + momentum * new.reshape(old.shape)
        for old, new in zip(running, (mu, unbiased), strict=True)
    ))  # fmt: skip
