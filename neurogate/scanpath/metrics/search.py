"""How a target is searched: the curve of who found it by when, and five numbers of object sequences."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.group_metric import of_groups, unpaired
from neurogate.scanpath.metrics.metric import fixations

__all__ = [
    "Behaviour", "behaviour", "curve_mismatch", "delta", "first_hit", "mean_behaviour", "target_curve",
]  # fmt: skip

Values = NDArray[np.float64]
Box = tuple[float, float, float, float]


class Behaviour(NamedTuple):
    """A search among objects, or the mean of several."""

    correct: float  # 1 if the object fixated last is the target
    length: float  # fixations
    search: float  # share of fixations that come to an object for the first time
    refixation: float  # that stay on the object
    revisit: float  # that come back to one after another


def behaviour(objects: Sequence[int], target: int) -> Behaviour:
    """Return what a sequence of fixated objects is like.

    Parameters
    ----------
    objects : sequence of int
        Fixated objects, in order.
    target : int
        The object that is searched.

    Returns
    -------
    Behaviour
        Its last three numbers add up to 1.

    Raises
    ------
    RequestError
        If nothing is fixated.

    References
    ----------
    Fang et al. 2024, OAT: Object-Level Attention Transformer for Gaze Scanpath Prediction, arXiv:2407.13335.

    Examples
    --------
    >>> behaviour([3, 3, 5, 3, 8], target=8)
    Behaviour(correct=1.0, length=5.0, search=0.6, refixation=0.2, revisit=0.2)
    """
    count = len(objects)
    if not count:
        raise RequestError("A search without a fixation has no behaviour. Leave it out.")
    stays = sum(objects[i] == objects[i - 1] for i in range(1, count))
    first = len(set(objects))
    shares = (first / count, stays / count, (count - first - stays) / count)
    return Behaviour(float(objects[-1] == target), float(count), *shares)


def mean_behaviour(searches: Iterable[Sequence[int]], targets: Iterable[int]) -> Behaviour:
    """Return the mean behaviour of several searches.

    Parameters
    ----------
    searches : iterable of sequences of int
        Fixated objects of each.
    targets : iterable of int
        As many.

    Raises
    ------
    RequestError
        If there are none, not as many targets, or nothing is fixated in one.

    Examples
    --------
    >>> mean_behaviour([[1, 2], [4]], [2, 9]).correct
    0.5
    """
    sequences, wanted = list(searches), list(targets)
    if not sequences or len(sequences) != len(wanted):
        raise RequestError(
            f"There are {len(sequences)} searches and {len(wanted)} targets. Give one for each, at least one."
        )
    each = [behaviour(objects, target) for objects, target in zip(sequences, wanted, strict=True)]
    return _mean(each)


def _mean(groups: Sequence[Behaviour]) -> Behaviour:
    return Behaviour(*np.mean(groups, axis=0).tolist())


@of_groups(_mean)
def delta(model: Behaviour, human: Behaviour) -> float:
    r"""Return how far the behaviour of a model is from that of humans.

    .. math::
        \delta = \frac{1}{5} \sum_k \frac{|m_k - h_k|}{h_k}

    Parameters
    ----------
    model, human : Behaviour
        Means of several searches.

    Returns
    -------
    float
        0 for the same.

    Raises
    ------
    RequestError
        If one of the human numbers is 0: a share of nothing is not defined.

    References
    ----------
    Fang et al. 2024, OAT: Object-Level Attention Transformer for Gaze Scanpath Prediction, arXiv:2407.13335.

    Examples
    --------
    >>> delta(Behaviour(1, 6, 0.6, 0.2, 0.2), Behaviour(1, 5, 0.6, 0.2, 0.2)).__round__(3)
    0.04
    """
    nothing = [name for name, number in zip(human._fields, human, strict=True) if number == 0]
    if nothing:
        raise RequestError(
            f"Of the human searches {' and '.join(nothing)} is 0, so delta is not defined. "
            "Take more searches, or compare the five numbers one by one."
        )
    return sum(abs(m - h) / h for m, h in zip(model, human, strict=True)) / len(human)


def first_hit(path: ArrayLike, box: Box) -> float:
    """Return which fixation is the first on the target.

    Parameters
    ----------
    path : Scanpath or (L, 2)
        Fixations: x, y.
    box : (float, float, float, float)
        The target: left, top, width and height; its right and lower edges are not on it.

    Returns
    -------
    float
        Counted from 0; infinite if none is.

    Raises
    ------
    RequestError
        If a number is missing, or the box has no size.

    Examples
    --------
    >>> first_hit([[40, 30], [12, 12]], (10, 10, 5, 5)), first_hit([[0, 0]], (10, 10, 5, 5))
    (1.0, inf)
    """
    left, top, width, height = box
    if not (width > 0 and height > 0):
        raise RequestError(f"The target is {width:g} x {height:g}. Give a width and a height above 0.")
    x, y = fixations(path).T
    on = (left <= x) & (x < left + width) & (top <= y) & (y < top + height)
    return float(np.argmax(on)) if on.any() else math.inf


@unpaired("A curve is of many searches; compare the curves of two groups by curve_mismatch.")
def target_curve(paths: Iterable[ArrayLike], boxes: Iterable[Box], *, length: int) -> Values:
    """Return which share of searches has fixated its target by each fixation.

    Parameters
    ----------
    paths : iterable of Scanpath or (L, 2)
        Fixations: x, y.
    boxes : iterable of (left, top, width, height)
        The target of each.
    length : int
        Fixations of the curve. A path that ends before keeps what it has.

    Returns
    -------
    (length,)
        Never falling; its mean is the area under it.

    Raises
    ------
    RequestError
        If there are no paths, or not as many boxes.

    References
    ----------
    Yang et al. 2020, arXiv:2005.14310.

    Examples
    --------
    >>> target_curve([[[0, 0], [9, 9]], [[9, 9]]], [(8, 8, 2, 2)] * 2, length=3).tolist()
    [0.5, 1.0, 1.0]
    """
    several, targets = list(paths), list(boxes)
    if not several or len(several) != len(targets):
        raise RequestError(
            f"There are {len(several)} scanpaths and {len(targets)} targets. Give one for each, at least one."
        )
    hits = np.array([first_hit(path, box) for path, box in zip(several, targets, strict=True)])
    return np.asarray((hits[:, None] <= np.arange(length)).mean(axis=0))


def _mean_curve(curves: Sequence[ArrayLike]) -> Values:
    return np.asarray(np.mean(_alike(curves), axis=0))


def _alike(curves: Sequence[ArrayLike]) -> list[Values]:
    found = [np.asarray(curve, np.float64) for curve in curves]
    shapes = sorted({curve.shape for curve in found})
    if len(shapes) > 1 or len(shapes[0]) != 1:
        raise RequestError(
            f"There are curves of shapes {' and '.join(map(str, shapes))}. Give curves of one length, as "
            "target_curve makes them."
        )
    if not shapes[0][0] or not all(np.isfinite(curve).all() for curve in found):
        raise RequestError(
            "A curve is empty, or a number in it is missing. Give curves of at least one fixation, as "
            "target_curve makes them."
        )
    return found


@of_groups(_mean_curve, kind=np.shape)
def curve_mismatch(model: ArrayLike, human: ArrayLike) -> float:
    """Return the sum over fixations of how far the curve of a model is from that of humans.

    Parameters
    ----------
    model, human : (length,)
        Shares of searches that found their target by each fixation, as `target_curve` returns them.

    Returns
    -------
    float
        0 for the same; in units of fixations.

    Raises
    ------
    RequestError
        If the curves are not of one length, are empty, or a number is missing.

    References
    ----------
    Yang et al. 2020, arXiv:2005.14310 (probability mismatch).

    Examples
    --------
    >>> curve_mismatch([0.5, 1.0, 1.0], [0.25, 0.5, 1.0])
    0.75
    """
    one, other = _alike([model, human])
    return float(np.abs(one - other).sum())
