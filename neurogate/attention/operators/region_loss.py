"""The error of an image inside a region alone."""

from __future__ import annotations

from typing import Literal, NamedTuple

from neurogate.attention import loss_gradient
from neurogate.attention.arrays import Array, fits, namespace
from neurogate.attention.options import whole_number

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs."""

    off: Array
    region: Array
    size: Array
    power: int


def forward(
    prediction: Array, target: Array, region: Array, *, power: Literal[1, 2] = 1
) -> tuple[Array, Cache]:
    r"""Return the mean error inside a region.

    .. math:: L = \frac{\sum_i m_i |y_i - t_i|^p}{\max(1, \sum_i m_i)}

    Parameters
    ----------
    prediction, target : (B, C, n...)
        :math:`y` and :math:`t`. The answer has the number type of :math:`y`.
    region : (B, 1, n...) or (B, C, n...)
        :math:`m`: 1 inside, 0 outside. A region that is empty gives 0.
    power : {1, 2}
        :math:`p`.

    Returns
    -------
    loss : ()
        :math:`L`.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    References
    ----------
    Lee & Choi 2022, arXiv:2210.07489, as their abstract describes it: their training code is not public.

    Examples
    --------
    >>> import numpy as np
    >>> region = np.array([[[1.0, 1.0, 0.0]]])
    >>> forward(np.array([[[3.0, 1.0, 9.0]]]), np.ones((1, 1, 3)), region)[0].item()
    1.0
    """
    xp = namespace(prediction=prediction, target=target, region=region)
    whole_number("power", power, 1, 2)
    same = prediction.shape == target.shape
    broad = prediction.ndim == region.ndim >= 2 and region.shape in (
        prediction.shape, (len(prediction), 1, *prediction.shape[2:])
    )  # fmt: skip
    fits(same and broad, "prediction and target must have one shape, and region the same or one channel",
         prediction=prediction, target=target, region=region)  # fmt: skip
    dtype = prediction.dtype
    off = prediction - target.astype(dtype)
    inside = xp.broadcast_to(region.astype(dtype), prediction.shape)
    size = xp.maximum(inside.sum(), 1)
    return (inside * xp.abs(off) ** power).sum() / size, Cache(off, inside, size, power)


def backward(dloss: float | Array, cache: Cache) -> Array:
    r"""Return the gradient with respect to the prediction; 0 outside the region.

    Parameters
    ----------
    dloss : float
        Gradient with respect to `loss`; 1 for the loss itself.
    cache : Cache
        Of `forward`.

    Returns
    -------
    (B, C, n...)
        Gradient.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.array([[[3.0, 9.0]]]), np.ones((1, 1, 2)), np.array([[[1.0, 0.0]]]))
    >>> backward(1.0, cache).tolist()
    [[[1.0, 0.0]]]
    """
    dloss = loss_gradient.number(dloss, cache)
    off, inside, size, power = cache
    slope = namespace(off=off).sign(off) if power == 1 else 2 * off
    return (inside * slope * (dloss / size)).astype(off.dtype)
