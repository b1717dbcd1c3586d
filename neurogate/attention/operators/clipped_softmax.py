"""The softmax of the last axis, stretched and clipped, so that a weight can be 0 or 1 exactly."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neurogate.attention.arrays import Array, answers
from neurogate.attention.fused import on_gpu
from neurogate.attention.operators import softmax
from neurogate.attention.options import number
from neurogate.attention.pieces import rows_of, share_out
from neurogate.units import Domain

__all__ = ["Cache", "backward", "forward"]

_LOW, _HIGH = Domain(high=0), Domain(1)


class Cache(NamedTuple):
    """What the backward needs; `softmax` are the weights before they were stretched."""

    softmax: Array
    low: float
    high: float
    scale: float


def forward(
    scores: Array, mask: Array | None = None, *, low: float = 0.0, high: float = 1.0, scale: float = 1.0,
    bias: Array | None = None, overwrite: bool = False,
) -> tuple[Array, Cache]:  # fmt: skip
    r"""Turn the last axis into weights from 0 to 1 that reach both ends.

    .. math:: c_i = \mathrm{clip}((\zeta - \gamma) p_i + \gamma, 0, 1), \quad p = \mathrm{softmax}(s)

    The weights of a row need not sum to 1. With the limits 0 and 1 this is the softmax.

    Parameters
    ----------
    scores : (..., S)
        Scores; an infinite negative one is hidden.
    mask : (..., S) bool, optional
        True where a score counts; it broadcasts.
    low, high : float
        :math:`\gamma`, at most 0, and :math:`\zeta`, at least 1.
    scale, bias
        As in `softmax.forward`.
    overwrite : bool
        Whether what is computed may take the place of the scores, which saves a copy.

    Returns
    -------
    weights : (..., S)
        From 0 to 1; 0 where a score is hidden.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If a limit lies between 0 and 1, or the mask does not broadcast to the scores.

    References
    ----------
    Bondarenko, Nagel & Blankevoort 2023, arXiv:2306.12929; their code calls :math:`\zeta` eta.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.log([[0.01, 0.99]]), low=-0.1, high=1.1)[0].tolist()
    [[0.0, 1.0]]
    """
    number("low", low, _LOW)
    number("high", high, _HIGH)
    p, _ = softmax.forward(scores, mask, scale=scale, bias=bias, overwrite=overwrite)
    weights = p if (low, high) == (0, 1) else _clipped(p, high - low, low)
    return weights, Cache(p, low, high, scale)


def backward(dy: Array, cache: Cache) -> Array:
    r"""Return the gradient with respect to the scores.

    .. math:: \bar p = (\zeta - \gamma) \bar c \, [0 \le (\zeta - \gamma) p + \gamma \le 1]

    and then that of the softmax.

    Parameters
    ----------
    dy : (..., S)
        Gradient with respect to the weights.
    cache : Cache
        Of `forward`.

    Returns
    -------
    (..., S)
        Gradient.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.log([[0.01, 0.99]]), low=-0.1, high=1.1)
    >>> abs(backward(np.array([[1.0, 2.0]]), cache)).tolist()
    [[0.0, 0.0]]
    """
    p, low, high, scale = cache
    dy = answers(dy, p.shape, cache)
    if (low, high) != (0, 1):
        dy = _inside(dy, p, high - low, low)
    return softmax.backward(dy, p, scale=scale)


@on_gpu(lambda xp, p, slope, low: xp.minimum(xp.maximum(slope * p + low, 0), 1))
def _clipped(p: Array, slope: float, low: float) -> Array:
    y = np.empty(p.shape, p.dtype)

    def clip(y: Array, p: Array) -> None:
        np.multiply(p, slope, out=y)
        y += low
        y.clip(0, 1, out=y)

    share_out(clip, *rows_of(y, p))
    return y


@on_gpu(lambda xp, dy, p, slope, low: _is_inside(slope * p + low).astype(dy.dtype) * slope * dy)
def _inside(dy: Array, p: Array, slope: float, low: float) -> Array:
    """Return the gradient before the clip."""
    dp = np.empty(dy.shape, dy.dtype)

    def unclip(dp: Array, dy: Array, p: Array) -> None:
        np.multiply(dy, slope, out=dp)
        dp *= _is_inside(slope * p + low)

    share_out(unclip, *rows_of(dp, dy, p))
    return dp


def _is_inside(raw: Array) -> Array:
    return (raw >= 0) & (raw <= 1)
