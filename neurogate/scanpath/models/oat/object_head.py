"""Object attention: each step of a search scores the objects of the scene, and the end of the search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array
from neurogate.attention.blocks import weighted
from neurogate.attention.blocks.multi_head import joined, split
from neurogate.attention.layer import Parameters
from neurogate.attention.operators import linear

__all__ = ["Cache", "backward", "forward", "initial"]


class Cache(NamedTuple):
    """What the backward needs; `scores` (B, H, T, N + 1) are those of each head."""

    scores: Array
    mix: Array
    pair: tuple[Array, Array]
    maps: tuple[weighted.Cache, weighted.Cache]
    constant: bool


def initial(rng: np.random.Generator, width: int, heads: int = 2) -> Parameters:
    """Draw the maps `encoded` and `decoded`, and how heads are mixed.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    width : int
        D; each head is as wide.
    heads : int
        H.

    Examples
    --------
    >>> initial(np.random.default_rng(0), 4)["encoded.weight"].shape
    (8, 4)
    """
    drawn = {"mix": draw.xavier_uniform(rng, (1, heads))[0]}
    for name in ("encoded", "decoded"):
        each = [draw.xavier_uniform(rng, (width, width)) for _ in range(heads)]
        drawn |= {f"{name}.weight": np.concatenate(each), f"{name}.bias": np.zeros(heads * width)}
    return drawn


def forward(
    encoded: Array, decoded: Array, parameters: Mapping[str, Array], *, constant: bool = True
) -> tuple[Array, Cache]:
    r"""Score each object at each step; the last token is that of the target, whose score is the end's.

    .. math:: s_{t n} = \sum_h a_h \frac{(W_{dh} d_t) \cdot (W_{eh} e_n)}{\sqrt D}

    Parameters
    ----------
    encoded : (B, N + 1, D)
        :math:`e`, objects and the target.
    decoded : (B, T, D)
        :math:`d`, steps.
    parameters : mapping
        `encoded`, `decoded` and `mix`, :math:`a`. A bias of the mix would change no probability.
    constant : bool
        Whether the end scores 0, in place of what the target's token does.

    Returns
    -------
    scores : (B, T, N + 1)
        As many as there are objects, and the end.
    cache : Cache
        For `backward`.

    References
    ----------
    Fang, Yu, Zhang, van der Lans & Shi 2024, arXiv:2407.13335.

    Examples
    --------
    >>> p, x = initial(np.random.default_rng(0), 4), np.random.default_rng(1).standard_normal((1, 6, 4))
    >>> scores, _ = forward(x, x[:, :2], p)
    >>> scores.shape, scores[..., -1].tolist()
    ((1, 2, 6), [[0.0, 0.0]])
    """
    heads = len(parameters["mix"])
    e, encoding = weighted.forward(linear, encoded, parameters, "encoded")
    d, decoding = weighted.forward(linear, decoded, parameters, "decoded")
    e, d = split(e, heads), split(d, heads)
    scores = d @ e.swapaxes(-1, -2) * d.shape[-1] ** -0.5
    if constant:
        scores[..., -1] = 0
    mix = parameters["mix"][:, None, None]
    return (mix * scores).sum(axis=1), Cache(scores, mix, (e, d), (encoding, decoding), constant)


def backward(dy: Array, cache: Cache) -> tuple[Array, Array, Parameters]:
    """Return the gradients.

    Parameters
    ----------
    dy : (B, T, N + 1)
        Gradient with respect to the scores.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dencoded, ddecoded : arrays
        Gradients.
    gradients : dict
        Of the parameters.

    Examples
    --------
    >>> p, x = initial(np.random.default_rng(0), 4), np.ones((1, 6, 4))
    >>> scores, cache = forward(x, x[:, :2], p)
    >>> [array.shape for array in backward(scores, cache)[:2]]
    [(1, 6, 4), (1, 2, 4)]
    """
    e, d = cache.pair
    dmix = (dy[:, None] * cache.scores).sum(axis=(0, 2, 3))
    dscores = cache.mix * dy[:, None] * d.shape[-1] ** -0.5
    if cache.constant:
        dscores[..., -1] = 0
    dencoded, gradients = weighted.backward(joined(dscores.swapaxes(-1, -2) @ d), cache.maps[0])
    ddecoded, found = weighted.backward(joined(dscores @ e), cache.maps[1])
    return dencoded, ddecoded, {"mix": dmix} | gradients | found
