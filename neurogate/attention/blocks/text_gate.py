"""A gate on places, which sees the mean and the largest of the channels, and a mask of where text is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, fits, namespace
from neurogate.attention.layer import Parameters
from neurogate.attention.operators import channel_summary, convolution
from neurogate.attention.operators.pointwise import sigmoid

__all__ = ["Cache", "backward", "forward", "initial"]


class Cache(NamedTuple):
    """What the backward needs; `stroke` and `surround` are what both sides say, from 0 to 1."""

    attention: Array
    stroke: Array
    surround: Array | None
    summary: channel_summary.Cache
    logits: tuple[Array, ...]
    mixing: tuple[Array, ...]
    sides: dict[str, convolution.Cache]


def initial(rng: np.random.Generator, kernel: int, *, masked: bool = True) -> Parameters:
    """Draw the kernels as PyTorch does; both weights of the mixture are one half.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    kernel : int
        Its size.
    masked : bool
        Whether there is a mask, and so a second side.

    Examples
    --------
    >>> sorted(initial(np.random.default_rng(0), 7))
    ['alpha', 'beta', 'stroke.weight', 'surround.weight']
    """
    drawn = draw.linear(rng, "stroke", 1, 3 if masked else 2, kernel, kernel, bias=False)
    if not masked:
        return drawn
    drawn |= draw.linear(rng, "surround", 1, 3, kernel, kernel, bias=False)
    return drawn | {"alpha": np.full(1, 0.5), "beta": np.full(1, 0.5)}


def forward(x: Array, parameters: Mapping[str, Array], mask: Array | None = None) -> tuple[Array, Cache]:
    r"""Say how much each place matters.

    .. math:: a = \sigma(\alpha\, w_t * D + \beta\, w_s * D), \quad D = [\langle x \rangle_c; \max_c x; m]

    Without a mask, :math:`a = \sigma(w_t * [\langle x \rangle_c; \max_c x])`.

    Parameters
    ----------
    x : (B, C, h, w)
        Features.
    parameters : mapping
        stroke.weight; with a mask also surround.weight, alpha and beta.
    mask : (B, 1, h, w), optional
        m.

    Returns
    -------
    attention : (B, 1, h, w)
        :math:`a`.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit, or a mask is wanting or not wanted.

    References
    ----------
    Lee & Choi 2022, arXiv:2210.07489.

    Examples
    --------
    >>> p = initial(np.random.default_rng(0), 7)
    >>> forward(np.ones((1, 4, 8, 8)), p, np.ones((1, 1, 8, 8)))[0].shape
    (1, 1, 8, 8)
    """
    xp = namespace("mask", x=x, mask=mask)
    masked, size = "surround.weight" in parameters, (len(x), 1, *x.shape[2:])
    good = (mask is not None and mask.shape == size) if masked else mask is None
    fits(good, f"mask must be {size}" if masked else "this gate takes no mask", x=x, mask=mask)
    seen, summary = channel_summary.forward(x)
    seen = seen if mask is None else xp.concatenate([seen, mask], axis=1)
    mixing = (parameters["alpha"], parameters["beta"]) if masked else (xp.ones(1, x.dtype),)
    logits, sides = [], {}
    for side in ("stroke", "surround")[: len(mixing)]:
        weight = parameters[f"{side}.weight"]
        said, sides[side] = convolution.forward(seen, weight, padding=weight.shape[-1] // 2)
        logits.append(said)
    attention = sigmoid.value(sum(weight * said for weight, said in zip(mixing, logits, strict=True)))
    stroke, surround = (*map(sigmoid.value, logits), None)[:2]
    return attention, Cache(attention, stroke, surround, summary, tuple(logits), mixing, sides)


def backward(
    dy: Array, cache: Cache, dstroke: Array | None = None, dsurround: Array | None = None
) -> tuple[Array, Array | None, Parameters]:
    """Return the gradients.

    Parameters
    ----------
    dy : (B, 1, h, w)
        Gradient with respect to the attention.
    cache : Cache
        Of `forward`.
    dstroke, dsurround : (B, 1, h, w), optional
        Gradients with respect to ``cache.stroke`` and ``cache.surround``, of losses that teach them. There
        is a surround only where there is a mask.

    Returns
    -------
    dx : (B, C, h, w)
        Gradient.
    dmask : (B, 1, h, w) or None
        Gradient; None if there was no mask.
    gradients : dict
        Of the parameters.

    Raises
    ------
    RequestError
        If there is a gradient of the surround and no surround.

    Examples
    --------
    >>> x, mask = np.ones((1, 4, 8, 8)), np.ones((1, 1, 8, 8))
    >>> y, cache = forward(x, initial(np.random.default_rng(0), 7), mask)
    >>> dx, dmask, gradients = backward(y, cache)
    >>> dx.shape, dmask.shape
    ((1, 4, 8, 8), (1, 1, 8, 8))
    """
    masked = len(cache.mixing) > 1
    fits(masked or dsurround is None, "without a mask there is no surround, and dsurround must be left out",
         dy=dy, dsurround=dsurround)  # fmt: skip
    dmixed = dy * cache.attention * (1 - cache.attention)
    gradients: Parameters = {}
    if masked:
        for name, said in zip(("alpha", "beta"), cache.logits, strict=True):
            gradients[name] = (dmixed * said).sum().reshape(1)
    dseen: Array = 0
    for (side, kept), weight, shown, dshown in zip(
        cache.sides.items(), cache.mixing, (cache.stroke, cache.surround), (dstroke, dsurround), strict=False
    ):
        dsaid = weight * dmixed
        dsaid = dsaid if dshown is None else dsaid + dshown * shown * (1 - shown)
        dside, gradients[f"{side}.weight"], _ = convolution.backward(dsaid, kept)
        dseen = dseen + dside
    dx = channel_summary.backward(dseen[:, :2], cache.summary)
    return dx, dseen[:, 2:] if masked else None, gradients
