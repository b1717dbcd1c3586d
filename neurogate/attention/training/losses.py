"""Losses: each returns its value, and its gradient with respect to the prediction, in its number type."""

from __future__ import annotations

import numpy as np

from neurogate.attention.arrays import Array, Namespace, fits, namespace, shaped, together
from neurogate.attention.operators import softmax
from neurogate.attention.operators.pointwise import sigmoid, softplus
from neurogate.attention.options import ABOVE_0, FROM_0, number

__all__ = [
    "IGNORED", "binary_cross_entropy", "cross_entropy", "dice", "huber", "mean_absolute_error",
    "mean_squared_error",
]  # fmt: skip

IGNORED = -100
"""The label of what does not count."""


def cross_entropy(logits: Array, labels: Array, weight: Array | None = None) -> tuple[float, Array]:
    r"""Return the mean cross-entropy of labels.

    .. math:: L = \frac{-\sum_i w_{y_i} \log p_{i, y_i}}{\sum_i w_{y_i}}, \quad p = \mathrm{softmax}(z)

    Parameters
    ----------
    logits : (..., C)
        :math:`z`; one of minus infinity rules its class out, and costs infinity where it is the label's.
    labels : (...) int
        From 0 to C - 1, or `IGNORED`.
    weight : (C,), optional
        Of each class; 1 if left out.

    Returns
    -------
    loss : float
        0 if nothing counts.
    gradient : (..., C)
        With respect to the logits; 0 where a label is ignored.

    Raises
    ------
    RequestError
        If shapes do not fit, a label is no class, or the largest logit of a row that counts is infinite: then
        there are no probabilities.

    Examples
    --------
    >>> loss, gradient = cross_entropy(np.zeros((1, 2)), np.array([1]))
    >>> round(loss, 4), gradient.tolist()
    (0.6931, [[0.5, -0.5]])
    """
    xp = namespace("weight", logits=logits, weight=weight)
    shaped("logits : (..., C)", logits=logits)
    together(logits=logits, labels=labels)
    fits(labels.dtype.kind in "biu", f"labels must be whole numbers, not {labels.dtype}", labels=labels)
    classes = logits.shape[-1]
    fits(labels.shape == logits.shape[:-1], "there must be a label for each row of logits",
         logits=logits, labels=labels)  # fmt: skip
    counts = labels != IGNORED
    known = xp.where(counts, labels, 0)
    legal = not labels.size or bool((known >= 0).all() and (known < classes).all())
    fits(legal, f"labels must be from 0 to {classes - 1}, or {IGNORED} to be ignored", labels=labels)
    share = counts.astype(logits.dtype) if weight is None else xp.where(counts, weight[known], 0)
    share = (share / max(float(share.sum()), np.finfo(logits.dtype).tiny)).astype(logits.dtype)[..., None]
    z = xp.where(counts[..., None], logits, 0)
    top = z.max(axis=-1, keepdims=True)
    fits(not bool(xp.isinf(top).any()), "the largest of a row of logits must be finite", logits=logits)
    surprise = top + xp.log(xp.exp(z - top).sum(axis=-1, keepdims=True))
    surprise = surprise - xp.take_along_axis(z, known[..., None], axis=-1)
    chosen = xp.arange(classes) == known[..., None]
    loss = float((share * xp.where(share != 0, surprise, 0)).sum())
    return loss, share * (softmax.forward(z)[0] - chosen)


def binary_cross_entropy(logits: Array, targets: Array) -> tuple[float, Array]:
    r"""Return the mean cross-entropy of yes and no.

    .. math:: L = \langle \log(1 + e^z) - t z \rangle

    Parameters
    ----------
    logits : array
        :math:`z`.
    targets : array
        :math:`t`, from 0 to 1.

    Returns
    -------
    loss : float
        Mean over all numbers.
    gradient : array
        With respect to the logits.

    Raises
    ------
    RequestError
        If shapes differ.

    Examples
    --------
    >>> loss, gradient = binary_cross_entropy(np.zeros(1), np.ones(1))
    >>> round(loss, 4), gradient.tolist()
    (0.6931, [-0.5])
    """
    _, targets = _alike(logits=logits, targets=targets)
    loss = (softplus.value(logits) - targets * logits).sum() / max(1, logits.size)
    return float(loss), (sigmoid.value(logits) - targets) / max(1, logits.size)


def mean_squared_error(prediction: Array, targets: Array) -> tuple[float, Array]:
    r"""Return the mean squared error.

    .. math:: L = \langle (y - t)^2 \rangle

    Parameters
    ----------
    prediction : array
        :math:`y`.
    targets : array
        :math:`t`, of the same shape.

    Returns
    -------
    loss : float
        Mean over all numbers.
    gradient : array
        With respect to the prediction.

    Raises
    ------
    RequestError
        If shapes differ.

    Examples
    --------
    >>> loss, gradient = mean_squared_error(np.array([3.0, 1.0]), np.array([1.0, 1.0]))
    >>> loss, gradient.tolist()
    (2.0, [2.0, 0.0])
    """
    _, targets = _alike(prediction=prediction, targets=targets)
    off = prediction - targets
    return float((off * off).sum() / max(1, off.size)), off * (2 / max(1, off.size))


def mean_absolute_error(prediction: Array, targets: Array) -> tuple[float, Array]:
    r"""Return the mean absolute error.

    .. math:: L = \langle |y - t| \rangle

    Parameters
    ----------
    prediction, targets : array
        :math:`y` and :math:`t`, of the same shape.

    Returns
    -------
    loss : float
        Mean over all numbers.
    gradient : array
        With respect to the prediction; 0 where there is no error.

    Raises
    ------
    RequestError
        If shapes differ.

    Examples
    --------
    >>> loss, gradient = mean_absolute_error(np.array([3.0, 1.0]), np.array([1.0, 1.0]))
    >>> loss, gradient.tolist()
    (1.0, [0.5, 0.0])
    """
    xp, targets = _alike(prediction=prediction, targets=targets)
    off, count = prediction - targets, max(1, prediction.size)
    return float(xp.abs(off).sum() / count), xp.sign(off) / count


def huber(
    prediction: Array, targets: Array, delta: float = 1.0, *, weight: Array | None = None
) -> tuple[float, Array]:
    r"""Return the mean of an error that is squared where small, and absolute where large.

    .. math::
        L = \langle w \, h(y - t) \rangle, \quad
        h(e) = \delta (|e| - \delta / 2) \text{ if } |e| > \delta, \text{ else } e^2 / 2

    With a :math:`\delta` of 1 it is the smooth L1 error.

    Parameters
    ----------
    prediction, targets : array
        :math:`y` and :math:`t`, of the same shape.
    delta : float
        :math:`\delta`.
    weight : array, optional
        :math:`w`, of the shape of both; 1 if left out. The mean is not divided by it: the authors of the
        gates of features weigh large lesions so that a batch with them counts more.

    Returns
    -------
    loss : float
        Mean over all numbers.
    gradient : array
        With respect to the prediction.

    Raises
    ------
    RequestError
        If shapes differ, or delta is not above 0.

    References
    ----------
    Huber 1964, Annals of Mathematical Statistics 35, 73-101. Smooth L1: Girshick 2015, arXiv:1504.08083.
    Weighted: Roffo et al. 2024, arXiv:2407.04400.

    Examples
    --------
    >>> loss, gradient = huber(np.array([4.0, 1.5]), np.array([1.0, 1.0]))
    >>> loss, gradient.tolist()
    (1.3125, [0.5, 0.25])
    """
    xp, targets = _alike(prediction=prediction, targets=targets)
    off = prediction - targets
    delta = number("delta", delta, ABOVE_0)
    inner = xp.clip(off, -delta, delta)
    share = inner / max(1, prediction.size)
    if weight is not None:
        _alike(weight=weight, targets=targets)
        share = share * weight.astype(prediction.dtype, copy=False)
    return float((share * (off - 0.5 * inner)).sum()), share


def dice(probabilities: Array, targets: Array, *, smooth: float = 1.0) -> tuple[float, Array]:
    r"""Return one minus the mean Dice overlap of classes, over the whole batch.

    .. math:: L = 1 - \frac{1}{C} \sum_c \frac{2 \sum p_c t_c + s}{\sum p_c^2 + \sum t_c^2 + s}

    Parameters
    ----------
    probabilities : (B, C, ...)
        :math:`p`, from 0 to 1. Leave the background out if it shall not count.
    targets : (B, C, ...)
        :math:`t`, 0 or 1.
    smooth : float
        :math:`s`; a class that is nowhere, and nowhere predicted, overlaps fully.

    Returns
    -------
    loss : float
        From 0 to 1.
    gradient : (B, C, ...)
        With respect to the probabilities.

    Raises
    ------
    RequestError
        If shapes differ.

    References
    ----------
    Milletari, Navab & Ahmadi 2016, V-Net, arXiv:1606.04797.

    Examples
    --------
    >>> dice(np.ones((1, 1, 4)), np.ones((1, 1, 4)))[0]
    0.0
    """
    _, targets = _alike(probabilities=probabilities, targets=targets)
    fits(probabilities.ndim >= 2, "give (batch, classes, ...)", probabilities=probabilities)
    smooth = number("smooth", smooth, FROM_0)
    others = (0, *range(2, probabilities.ndim))
    shared = 2 * (probabilities * targets).sum(axis=others, keepdims=True) + smooth
    size = (probabilities**2).sum(axis=others, keepdims=True) + (targets**2).sum(axis=others, keepdims=True)
    size = size + smooth
    gradient = 2 * (probabilities * (shared / size) - targets) / size / probabilities.shape[1]
    return float(1 - (shared / size).mean()), gradient


def _alike(**arrays: Array) -> tuple[Namespace, Array]:
    """Return the library, and the second of two arrays of one shape in the number type of the first."""
    xp = namespace(**arrays)
    first, second = arrays.values()
    fits(first.shape == second.shape, f"{' and '.join(arrays)} must have the same shape", **arrays)
    return xp, second.astype(first.dtype, copy=False)
