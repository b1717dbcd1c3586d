"""Gates that belong to a task: soft while it is learnt, hard ever after."""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention.arrays import Array, Namespace, answers, namespace
from neurogate.attention.fused import fused
from neurogate.attention.operators.pointwise import sigmoid
from neurogate.attention.options import ABOVE_0, number, whole_number

__all__ = ["Cache", "annealed", "backward", "clamped", "compensated", "forward"]

REACH = 50.0  # of the argument of cosh


class Cache(NamedTuple):
    """What the backward needs."""

    stretched: Array
    scale: float
    hard: bool


def forward(embedding: Array, *, scale: float, hard: bool = False) -> tuple[Array, Cache]:
    r"""Open the gates of a task.

    .. math:: G = \sigma(s e) \quad \text{or, hard,} \quad G = 1[\sigma(s e) > 1/2]

    Parameters
    ----------
    embedding : (...)
        :math:`e`.
    scale : float
        :math:`s`; the larger, the more nearly binary.
    hard : bool
        Whether the gates are binary, as those of earlier tasks are.

    Returns
    -------
    gates : (...)
        From 0 to 1.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If the scale is not positive.

    References
    ----------
    Serra et al. 2018, arXiv:1801.01423.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.array([-1.0, 0.0, 1.0]), scale=2.0)[0].round(2).tolist()
    [0.12, 0.5, 0.88]
    >>> forward(np.array([-1.0, 0.0, 1.0]), scale=2.0, hard=True)[0].tolist()
    [0.0, 0.0, 1.0]
    """
    namespace(embedding=embedding)
    number("scale", scale, ABOVE_0)
    gates, stretched = (_hard if hard else _soft)(embedding, scale)
    return gates, Cache(stretched, scale, hard)


def backward(dgates: Array, cache: Cache) -> Array:
    r"""Return the gradient with respect to the embedding.

    .. math:: \bar e = s \bar G \sigma(s e) \sigma(-s e)

    Parameters
    ----------
    dgates : (...)
        Gradient with respect to `gates`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    (...)
        Gradient; 0 for hard gates.

    Examples
    --------
    >>> import numpy as np
    >>> backward(np.ones(1), forward(np.zeros(1), scale=2.0)[1]).tolist()
    [0.5]
    """
    dgates = answers(dgates, cache.stretched.shape, cache, "dgates")
    if cache.hard:
        return dgates * 0
    return dgates * sigmoid.slope(cache.stretched) * cache.scale


def annealed(batch: int, batches: int, *, largest: float = 800.0) -> float:
    r"""Return the scale for one batch of an epoch: from 1 / largest up to largest, in a line.

    .. math:: s = s_{max}^{-1} + (s_{max} - s_{max}^{-1}) \frac{b}{n - 1}

    Parameters
    ----------
    batch : int
        :math:`b`, from 0 to n - 1.
    batches : int
        :math:`n` of the epoch.
    largest : float
        :math:`s_{max}`, which is also used after training.

    Examples
    --------
    >>> [annealed(b, 3, largest=10.0) for b in range(3)]
    [0.1, 5.05, 10.0]
    """
    batches, largest = whole_number("batches", batches), number("largest", largest, ABOVE_0)
    batch = whole_number("batch", batch, 0, batches - 1)
    return 1 / largest + (largest - 1 / largest) * batch / max(batches - 1, 1)


def compensated(gradient: Array, embedding: Array, *, scale: float, largest: float = 800.0) -> Array:
    r"""Undo what the annealed scale does to the gradient of an embedding.

    .. math:: \bar e \frac{s_{max}}{s} \frac{\cosh(s e) + 1}{\cosh(e) + 1}

    Parameters
    ----------
    gradient : (...)
        :math:`\bar e`, as `backward` returns it.
    embedding : (...)
        :math:`e`, which training also keeps `clamped`.
    scale, largest : float
        :math:`s` of this batch, and :math:`s_{max}`. The argument :math:`s e` is cut at 50.

    Returns
    -------
    (...)
        For the optimiser.

    Examples
    --------
    >>> import numpy as np
    >>> compensated(np.ones(1), np.zeros(1), scale=4.0, largest=8.0).tolist()
    [2.0]
    """
    xp = namespace(gradient=gradient, embedding=embedding)
    largest, scale = number("largest", largest, ABOVE_0), number("scale", scale, ABOVE_0)
    grown = xp.cosh(xp.clip(scale * embedding, -REACH, REACH)) + 1
    return gradient * (largest / scale) * grown / (xp.cosh(embedding) + 1)


def clamped(embedding: Array, *, reach: float = 6.0) -> Array:
    r"""Keep an embedding within bounds, as training does after each step of the optimiser.

    .. math:: \min(\max(e, -r), r)

    Parameters
    ----------
    embedding : (...)
        :math:`e`.
    reach : float
        :math:`r`.

    Returns
    -------
    (...)
        To learn on from.

    References
    ----------
    Serra et al. 2018, arXiv:1801.01423.

    Examples
    --------
    >>> import numpy as np
    >>> clamped(np.array([-7.0, 0.5, 8.0])).tolist()
    [-6.0, 0.5, 6.0]
    """
    reach = number("reach", reach, ABOVE_0)
    return namespace(embedding=embedding).clip(embedding, -reach, reach)


@fused
def _hard(xp: Namespace, embedding: Array, scale: float) -> tuple[Array, Array]:
    stretched = scale * embedding
    return (stretched > 0).astype(embedding.dtype), stretched


@fused
def _soft(xp: Namespace, embedding: Array, scale: float) -> tuple[Array, Array]:
    stretched = scale * embedding
    return sigmoid.value(stretched), stretched
