"""From queries to objects: the best query of each speaks for it, and looks at its points alone."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from neurogate.attention.arrays import Array, Namespace, answers, fits, namespace, shaped, together
from neurogate.attention.fused import fused
from neurogate.attention.options import record

__all__ = ["Cache", "Plan", "allowed", "backward", "forward", "plan"]


class Plan(NamedTuple):
    """Which queries each object has.

    Attributes
    ----------
    order : (Q,) int
        The queries, those of an object beside each other.
    bounds : list of int
        Where each object begins in that order, and where the last ends.
    place : (Q,) int
        Where each query stands in it.
    """

    order: Array
    bounds: list[int]
    place: Array


class Cache(NamedTuple):
    """What the backward needs: the scores of each object, and which of them all belongs to a query."""

    groups: list[Array]
    place: Array


def plan(owner: Array) -> Plan:
    """Sort queries by objects, once for all that is to be asked of them.

    Parameters
    ----------
    owner : (Q,) int
        Which object a query stands for, from 0, the background; each up to the last needs one.

    Raises
    ------
    RequestError
        If an object has no query.

    Examples
    --------
    >>> import numpy as np
    >>> plan(np.array([0, 1, 0])).order.tolist()
    [0, 2, 1]
    """
    xp = together(owner=owner)
    fits(owner.ndim == 1 and len(owner) > 0, "each query needs one owner", owner=owner)
    owners = owner if xp is np else owner.get()  # once, for a GPU is slow to say how many there are of each
    places = [np.nonzero(owners == each)[0] for each in range(int(owners.max()) + 1)]
    good = owners.min() >= 0 and all(len(each) for each in places)
    fits(good, "the background and each object up to the last need a query", owner=owner)
    order, bounds = np.concatenate(places), list(itertools.accumulate(map(len, places), initial=0))
    return Plan(xp.asarray(order), bounds, xp.asarray(np.argsort(order)))


def forward(scores: Array, owners: Plan) -> tuple[Array, Cache]:
    r"""Take the largest score of the queries of each object.

    .. math:: y_o = \max_{q:\, \text{owner}(q) = o} s_q

    Parameters
    ----------
    scores : (..., Q)
        Of each query.
    owners : Plan
        Of `plan`.

    Returns
    -------
    y : (..., 1 + O)
        Scores of the background and O objects.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.array([[1.0, 3.0, 2.0]]), plan(np.array([0, 1, 1])))[0].tolist()
    [[1.0, 3.0]]
    """
    xp = namespace(scores=scores)
    owners = record("owners", owners, Plan)
    together(scores=scores, owner=owners.order)
    fits(scores.ndim > 0 and scores.shape[-1:] == owners.order.shape, "each query needs one owner",
         scores=scores, owner=owners.order)  # fmt: skip
    ordered = scores[..., owners.order]
    groups = [ordered[..., a:b] for a, b in itertools.pairwise(owners.bounds)]
    y = xp.stack([group.max(axis=-1) for group in groups], axis=-1)
    return y, Cache(groups, owners.place)


def backward(dy: Array, cache: Cache) -> Array:
    """Return the gradient with respect to the scores: it goes to the best query, the first of equals.

    Parameters
    ----------
    dy : (..., 1 + O)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.array([[1.0, 3.0, 2.0]]), plan(np.array([0, 1, 1])))
    >>> backward(np.array([[1.0, 5.0]]), cache).tolist()
    [[1.0, 5.0, 0.0]]
    """
    xp = namespace(dy=dy)
    dy = answers(dy, (*cache.groups[0].shape[:-1], len(cache.groups)), cache)
    parts = []
    for i, group in enumerate(cache.groups):
        best = group.argmax(axis=-1)
        parts.append(_at(dy[..., i, None], best[..., None], xp.arange(group.shape[-1])))
    return xp.concatenate(parts, axis=-1)[..., cache.place]


@fused
def _at(xp: Namespace, dy: Array, best: Array, place: Array) -> Array:
    return dy * (best == place)


def allowed(logits: Array, owner: Array) -> Array:
    """Let each query look at the points that are labelled as its object now.

    Parameters
    ----------
    logits : (..., P, 1 + O)
        Of the background and the objects at each point; the largest is the label.
    owner : (Q,) int
        Which object a query stands for.

    Returns
    -------
    (..., Q, P) bool
        True where a query may look. One whose object is nowhere may look everywhere.

    Examples
    --------
    >>> import numpy as np
    >>> allowed(np.array([[5.0, 1.0], [4.0, 2.0]]), np.array([0, 1])).tolist()
    [[True, True], [True, True]]
    """
    together(logits=logits, owner=owner)
    shaped("logits : (..., P, 1 + O); owner : (Q,)", logits=logits, owner=owner)
    fits(logits.shape[-1] > 0, "there must be a logit of the background at least", logits=logits)
    seen = logits.argmax(axis=-1)[..., None, :] == owner[:, None]
    return seen | ~seen.any(axis=-1, keepdims=True)
