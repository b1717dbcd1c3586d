"""What gates cost that open more units than earlier tasks have taken."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

from neurogate.attention import loss_gradient
from neurogate.attention.arrays import Array, fits, namespace
from neurogate.attention.options import FROM_0, number
from neurogate.errors import RequestError

__all__ = ["Cache", "backward", "cumulative", "forward"]


class Cache(NamedTuple):
    """What the backward needs."""

    free: list[Array]
    share: float | Array


def forward(
    gates: Sequence[Array], taken: Sequence[Array] | None = None, *, weight: float = 0.05
) -> tuple[Array, Cache]:
    r"""Return the share of free units that the gates open.

    .. math:: L = \lambda \frac{\sum_l \sum_i G_{li} (1 - M_{li})}{\sum_l \sum_i (1 - M_{li})}

    Parameters
    ----------
    gates : sequence of (...)
        :math:`G_l`, of each gated place.
    taken : sequence of (...), optional
        :math:`M_l`, the units of earlier tasks as `cumulative` tells them; none in the first task.
    weight : float
        :math:`\lambda`.

    Returns
    -------
    loss : ()
        0 where nothing is free.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit, or an option is not allowed.

    References
    ----------
    Serra et al. 2018, arXiv:1801.01423.

    Examples
    --------
    >>> import numpy as np
    >>> forward([np.array([1.0, 0.5])], [np.array([1.0, 0.0])], weight=1.0)[0].item()
    0.5
    """
    xp = namespace(**_numbered("gates", gates))
    masks = [each * 0 for each in gates] if taken is None else taken
    namespace(**_numbered("taken", masks, len(gates)))
    free = []
    for gate, mask in zip(gates, masks, strict=True):
        fits(gate.shape == mask.shape, "gates and taken must have the same shapes", gates=gate, taken=mask)
        free.append(1 - mask)
    room = sum(each.sum() for each in free)
    share = number("weight", weight, FROM_0) / xp.where(room > 0, room, 1).astype(gates[0].dtype)
    loss = share * sum((gate * each).sum() for gate, each in zip(gates, free, strict=True))
    return loss, Cache(free, share)


def backward(dloss: float | Array, cache: Cache) -> list[Array]:
    r"""Return the gradients with respect to the gates.

    .. math:: \bar G_{li} = \bar L \lambda (1 - M_{li}) / \sum (1 - M)

    Parameters
    ----------
    dloss : float
        Gradient with respect to `loss`; 1 for the loss itself.
    cache : Cache
        Of `forward`.

    Returns
    -------
    list of (...)
        One for each gated place.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward([np.array([1.0, 0.5])], [np.array([1.0, 0.0])], weight=1.0)
    >>> backward(1.0, cache)[0].tolist()
    [0.0, 1.0]
    """
    dloss = loss_gradient.number(dloss, cache)
    return [dloss * cache.share * each for each in cache.free]


def cumulative(gates: Sequence[Array]) -> Array:
    r"""Return which units any finished task uses.

    .. math:: M = \max_t G_t

    Parameters
    ----------
    gates : sequence of (...)
        The gates of one place, of each finished task.

    Examples
    --------
    >>> import numpy as np
    >>> cumulative([np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])]).tolist()
    [0.0, 1.0, 1.0]
    """
    xp = namespace(**_numbered("gates", gates))
    return functools.reduce(xp.maximum, gates)


def _numbered(name: str, arrays: Sequence[Array], count: int | None = None) -> dict[str, Array]:
    """Return arrays by the names that complaints give them; complain if they are too few or too many."""
    given = list(arrays) if isinstance(arrays, list | tuple) else []
    if not given or count not in (None, len(given)):
        told = f"{type(arrays).__name__} of {len(given)}" if given else repr(arrays)
        raise RequestError(f"{name} is {told}. Give a list of {count or 'some'} arrays.")
    return {f"{name} {place}": each for place, each in enumerate(given)}
