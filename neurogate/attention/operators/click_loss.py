"""How far the labels of points are from what they should be: by point, and by object."""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention import loss_gradient
from neurogate.attention.arrays import Array, fits, namespace, together
from neurogate.attention.operators import softmax
from neurogate.attention.options import ABOVE_0, FROM_0, number

__all__ = ["Cache", "backward", "forward", "importance"]


class Cache(NamedTuple):
    """What the backward needs; `entropy` and `dice` are the parts of the loss, (B, levels)."""

    entropy: Array
    dice: Array
    chosen: Array
    share: Array
    weights: Array
    overlap: Array
    size: Array
    factor: float


def importance(
    coordinates: Array, points: Array, *, near: float = 2.0, far: float = 0.8, reach: float = 0.3
) -> Array:
    r"""Say how much each point counts: more, the nearer it is to a click.

    .. math:: \omega_i = \omega_f + (\omega_n - \omega_f) \max(0, 1 - d_i / r), \quad
        d_i = \min_q \| x_i - x_{c_q} \|

    Parameters
    ----------
    coordinates : (..., P, s)
        x.
    points : (..., Q) int
        Which were clicked, c.
    near, far : float
        :math:`\omega_n` on a click and :math:`\omega_f` away from all.
    reach : float
        r, in the unit of the coordinates; the authors' are metres.

    Returns
    -------
    (..., P)
        :math:`\omega`.

    Raises
    ------
    RequestError
        If shapes do not fit, nothing was clicked, or a click is beside the points.

    References
    ----------
    AGILE3D: attention guided interactive multi-object 3D segmentation (2023), arXiv:2306.00977.

    Examples
    --------
    >>> import numpy as np
    >>> importance(np.array([[0.0], [0.1], [0.2], [5.0]]), np.array([0]), reach=0.2).round(3).tolist()
    [2.0, 1.4, 0.8, 0.8]
    """
    xp = namespace(coordinates=coordinates)
    together(coordinates=coordinates, points=points)
    number("near", near, FROM_0)
    number("far", far, FROM_0)
    number("reach", reach, ABOVE_0)
    scenes = coordinates.shape[:-2], points.shape[:-1]
    good = coordinates.ndim >= 2 and points.ndim >= 1 <= points.size and points.dtype.kind in "iu"
    good = good and (() in scenes or scenes[0] == scenes[1])
    fits(good and bool(((points >= 0) & (points < coordinates.shape[-2])).all()),
         "coordinates must be (..., points, axes), and points say which of them were clicked",
         coordinates=coordinates, points=points)  # fmt: skip
    shape = max(scenes, key=len)
    x = xp.broadcast_to(coordinates, (*shape, *coordinates.shape[-2:]))
    clicked = xp.take_along_axis(x, xp.broadcast_to(points, (*shape, points.shape[-1]))[..., None], axis=-2)
    away = xp.sqrt(((x[..., :, None, :] - clicked[..., None, :, :]) ** 2).sum(axis=-1).min(axis=-1))
    return (far + (near - far) * xp.maximum(0, 1 - away / reach)).astype(coordinates.dtype, copy=False)


def forward(
    logits: Array, labels: Array, importance: Array | None = None, *, factor: float = 2.0
) -> tuple[Array, Cache]:
    r"""Sum a weighted cross-entropy and a Dice loss over the levels of click attention.

    .. math::
        L = \frac{1}{B} \sum_{b l} \Big( - \sum_i \omega_i \log p_{i, y_i} + \frac{\lambda}{1 + O} \sum_o
        \Big( 1 - \frac{2 \sum_i p_{io} t_{io} + 1}{\sum_i p_{io} + \sum_i t_{io} + 1} \Big) \Big)

    with :math:`p` the softmax over objects, :math:`t_{io} = 1[y_i = o]`, and :math:`\omega` that sum to 1.

    Parameters
    ----------
    logits : (B, levels, P, 1 + O)
        After each level.
    labels : (B, P) int
        :math:`y`, 0 for the background.
    importance : (B, P), optional
        :math:`\omega` but for their sum; `importance` gives more of it to points near clicks. All equal if
        left out. A scene where it is 0 everywhere has no entropy.
    factor : float
        :math:`\lambda`.

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
    AGILE3D: attention guided interactive multi-object 3D segmentation (2023), arXiv:2306.00977.

    Examples
    --------
    >>> import numpy as np
    >>> loss, cache = forward(np.zeros((1, 1, 4, 2)), np.array([[0, 0, 1, 1]]))
    >>> cache.entropy.round(3).tolist(), cache.dice.tolist()
    ([[0.693]], [[0.4]])
    """
    xp = namespace("importance", logits=logits, importance=importance)
    number("factor", factor, FROM_0)
    together(logits=logits, labels=labels)
    fits(labels.dtype.kind in "biu", f"labels must be whole numbers, not {labels.dtype}", labels=labels)
    fits(logits.ndim == 4 and labels.shape == (len(logits), logits.shape[2]) and logits.size > 0,
         "logits must be (batch, levels, points, objects) and labels (batch, points)",
         logits=logits, labels=labels)  # fmt: skip
    omega = xp.ones(labels.shape, logits.dtype) if importance is None else importance
    fits(omega.shape == labels.shape, "importance needs one number for each point",
         importance=omega, labels=labels)  # fmt: skip
    total = omega.sum(axis=1, keepdims=True)
    share = (omega / xp.where(total != 0, total, 1)).astype(logits.dtype)[:, None, :, None]
    chosen = (labels[..., None] == xp.arange(logits.shape[-1])).astype(logits.dtype)[:, None]
    weights, _ = softmax.forward(logits)
    surprise = softmax.log_sum(logits) - logits
    weighed = share * chosen
    entropy = (weighed * xp.where(weighed != 0, surprise, 0)).sum(axis=(2, 3))
    overlap = 2 * (weights * chosen).sum(axis=2, keepdims=True) + 1
    size = weights.sum(axis=2, keepdims=True) + chosen.sum(axis=2, keepdims=True) + 1
    dice = 1 - (overlap / size).mean(axis=(2, 3))
    loss = (entropy + factor * dice).sum() / len(logits)
    return loss, Cache(entropy, dice, chosen, share, weights, overlap, size, factor)


def backward(dloss: float | Array, cache: Cache) -> Array:
    r"""Return the gradient with respect to the logits.

    With the overlap :math:`a_o = 2 \sum_i p_{io} t_{io} + 1` and the size :math:`n_o` below it,

    .. math::
        \bar p_{io} = -\frac{\lambda}{1 + O} \frac{2 t_{io} - a_o / n_o}{n_o}

        \bar z_i = \frac{\bar L}{B} \big( \omega_i (p_i - t_i) +
        p_i (\bar p_i - \langle p_i, \bar p_i \rangle) \big)

    Parameters
    ----------
    dloss : float
        Gradient with respect to `loss`; 1 for the loss itself.
    cache : Cache
        Of `forward`.

    Returns
    -------
    (B, levels, P, 1 + O)
        Gradient.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.zeros((1, 1, 2, 2)), np.array([[0, 1]]), factor=0.0)
    >>> backward(1.0, cache)[0, 0].tolist()
    [[-0.25, 0.25], [0.25, -0.25]]
    """
    dloss = loss_gradient.number(dloss, cache)
    _, _, chosen, share, weights, overlap, size, factor = cache
    dweights = (overlap / size - 2 * chosen) / size * (factor / weights.shape[-1])
    dlogits = share * (weights - chosen) + softmax.backward(dweights, weights)
    return dlogits * (dloss / len(weights))
