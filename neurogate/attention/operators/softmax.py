"""The softmax of the last axis, and masks that hide some of it."""

from __future__ import annotations

import math

import numpy as np

from neurogate.attention import gpu
from neurogate.attention.arrays import Array, Namespace, answers, fits, flags, namespace, shaped
from neurogate.attention.options import FINITE, number
from neurogate.attention.pieces import rows_of, share_out, stacked

__all__ = ["backward", "forward", "log_sum"]


def forward(
    scores: Array, mask: Array | None = None, *, scale: float = 1.0, bias: Array | None = None,
    overwrite: bool = False,
) -> tuple[Array, Array]:  # fmt: skip
    r"""Turn the last axis into weights that sum to 1.

    .. math:: p_i = e^{s_i} / \sum_j e^{s_j}, \quad s = \beta x + b

    Parameters
    ----------
    scores : (..., S)
        x; an infinite negative one is hidden.
    mask : (..., S) bool, optional
        True where a score counts; it broadcasts. A row in which none counts has weights 0.
    scale : float
        :math:`\beta`, above 0.
    bias : (..., S), optional
        b; it broadcasts.
    overwrite : bool
        Whether the weights may take the place of the scores, which saves a copy.

    Returns
    -------
    weights : (..., S)
        From 0 to 1.
    cache : array
        For `backward`: the weights.

    Raises
    ------
    RequestError
        If the mask or the bias does not broadcast to the scores.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.zeros((1, 4)), np.array([True, True, False, False]))[0].tolist()
    [[0.5, 0.5, 0.0, 0.0]]
    """
    xp = namespace("bias", scores=scores, bias=bias)
    number("scale", scale, FINITE)
    shaped("scores : (..., S)", scores=scores)
    if mask is not None:
        what = "the mask must be of true and false, and broadcast to the scores"
        flags("mask", scores.shape, what, mask=mask, scores=scores)
    if bias is not None:
        pairs = zip(reversed(bias.shape), reversed(scores.shape), strict=False)
        good = bias.ndim <= scores.ndim and all(a in (1, n) for a, n in pairs)
        fits(good, "the bias must broadcast to the scores", bias=bias, scores=scores)
    if rows := gpu.kernels(xp, "rows"):
        weights = rows.softmax(scores, mask, scale=scale, bias=bias)
        return weights, weights
    room = overwrite and scores.flags.c_contiguous and (xp is not np or scores.flags.writeable)
    weights = scores if room else scores.copy()
    beside = {name: each for name, each in (("mask", mask), ("bias", bias)) if each is not None}

    def normalised(x: Array, *parts: Array) -> None:
        _normalise(xp, x, scale, **dict(zip(beside, parts, strict=True)))

    if weights.size:
        share_out(normalised, *stacked(weights, *beside.values()))
    return weights, weights


def backward(dy: Array, cache: Array, *, scale: float = 1.0) -> Array:
    r"""Return the gradient with respect to the scores.

    .. math:: \bar x = \beta p (\bar p - \langle p, \bar p \rangle)

    Parameters
    ----------
    dy : (..., S)
        Gradient with respect to the weights.
    cache : array
        Of `forward`.
    scale : float
        :math:`\beta`, as in `forward`.

    Returns
    -------
    (..., S)
        Gradient; 0 where a score was hidden.

    Examples
    --------
    >>> import numpy as np
    >>> backward(np.ones((1, 2)), np.array([[0.25, 0.75]])).tolist()
    [[0.0, 0.0]]
    """
    xp = namespace(dy=dy, cache=cache)
    dy = answers(dy, cache.shape, cache)
    number("scale", scale, FINITE)
    if rows := gpu.kernels(xp, "rows"):
        return rows.softmax_backward(dy, cache, scale=scale)
    ds = xp.empty_like(dy, order="C")

    def slopes(ds: Array, dy: Array, p: Array) -> None:
        xp.subtract(dy, xp.einsum("...s,...s->...", dy, p)[..., None], out=ds)
        ds *= p
        if scale != 1:
            ds *= scale

    share_out(slopes, *rows_of(ds, dy, cache))
    return ds


def log_sum(scores: Array) -> Array:
    r"""Return the logarithm of what a softmax divides by: less a score, it is how surprising that is.

    .. math:: \log \sum_i e^{x_i} = \max_j x_j + \log \sum_i e^{x_i - \max_j x_j}

    Parameters
    ----------
    scores : (..., S)
        Scores, of which the largest is finite; there is one at least.

    Returns
    -------
    (..., 1)
        The logarithm.

    Raises
    ------
    RequestError
        If there is no score.

    Examples
    --------
    >>> import numpy as np
    >>> log_sum(np.array([[1e4, 1e4], [0.0, -np.inf]])).round(3).tolist()
    [[10000.693], [0.0]]
    """
    xp = namespace(scores=scores)
    fits(scores.ndim > 0 < scores.shape[-1], "there must be a score along the last axis", scores=scores)
    top = scores.max(axis=-1, keepdims=True)
    return top + xp.log(xp.exp(scores - top).sum(axis=-1, keepdims=True))


def _normalise(
    xp: Namespace, x: Array, scale: float, mask: Array | None = None, bias: Array | None = None
) -> None:
    """Put the weights in place of the scores."""
    if scale != 1:
        x *= scale
    if bias is not None:
        x += bias
    if mask is not None:
        xp.copyto(x, -math.inf, where=~mask)
    top = x.max(axis=-1, keepdims=True)
    xp.maximum(top, np.finfo(top.dtype).min, out=top)  # where all is hidden, it is not infinite
    x -= top
    xp.exp(x, out=x)
    total = x.sum(axis=-1, keepdims=True)
    xp.maximum(total, 1, out=total)  # where something is shown, the largest alone is 1
    x /= total
