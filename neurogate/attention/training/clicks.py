"""A user who corrects a segmentation by clicks, simulated, and how few of them it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.ndimage import distance_transform_edt
from scipy.spatial import KDTree

from neurogate.attention.arrays import Array, fits, together
from neurogate.attention.layers.click_attention import Clicks
from neurogate.attention.options import FROM_0, FROM_0_TO_1, number, whole_number
from neurogate.errors import RequestError
from neurogate.units import Domain

__all__ = ["Click", "Session", "clicks_to", "iou", "iou_at_clicks", "next_clicks", "simulate"]

AT_LEAST_1 = Domain(1)


class Click(NamedTuple):
    """One click.

    Attributes
    ----------
    point : int
        Which point, or which place of an image, row after row.
    label : int
        What it truly is: 0 is the background.
    depth : float
        How far the border of the error is.
    """

    point: int
    label: int
    depth: float


class Session(NamedTuple):
    """What a simulated user did, and what came of it.

    Attributes
    ----------
    clicks : Clicks
        All of them.
    counts : tuple of float
        Clicks so far over the number of objects, each time the scene was segmented.
    overlaps : tuple of float
        The mean `iou` of objects then.
    """

    clicks: Clicks
    counts: tuple[float, ...]
    overlaps: tuple[float, ...]


def next_clicks(
    predicted: Array, truth: Array, coordinates: Array | None = None, *, most: int | None = 1
) -> list[Click]:
    r"""Return where a user clicks next: in the middle of the largest error.

    .. math::
        R_{ab} = \{i : y_i = a, \hat y_i = b\}, \; a \neq b, \quad
        d_i = \min_{j \notin R_{ab}} \| x_i - x_j \| \;\text{for}\; i \in R_{ab}

    A region is all points that are mistaken alike. It is as large as its deepest point is deep, and the click
    is on that point, the first of equals; if it falls into parts, the click is thus in the widest.

    Parameters
    ----------
    predicted, truth : (P,) or (n...) int
        :math:`\hat y` and y of points, or of the places of an image or a volume.
    coordinates : (P, s), optional
        x. Without them, labels are an image, whose edges are borders too. A region that is all of a scene is
        clicked next to its mean.
    most : int, optional
        How many regions are clicked, the largest first: one each if None. The authors click all at the start,
        one in each round of an evaluation, and as many as there are objects in training.

    Returns
    -------
    list of Click
        The deepest first; empty if nothing is wrong.

    Raises
    ------
    RequestError
        If shapes do not fit, or labels are not whole numbers.

    References
    ----------
    AGILE3D: attention guided interactive multi-object 3D segmentation (2023), arXiv:2306.00977.

    Examples
    --------
    >>> truth = np.array([0, 1, 1, 1, 0, 1])
    >>> [(click.point, click.label) for click in next_clicks(np.zeros(6, int), truth)]
    [(2, 1)]
    """
    predicted, truth = _labels(predicted=predicted, truth=truth)
    if coordinates is not None:
        (coordinates,) = _on_cpu(coordinates=coordinates)
        fits(coordinates.ndim == 2 and coordinates.shape[:1] == truth.shape,
             "each label needs coordinates", truth=truth, coordinates=coordinates)  # fmt: skip
    most = truth.size if most is None else whole_number("most", most, of="clicks")
    found = []
    for a, b in np.unique(np.stack([truth, predicted], axis=-1)[truth != predicted], axis=0):
        region = (truth == a) & (predicted == b)
        depth = _depth_of_image(region) if coordinates is None else _depth_of_points(region, coordinates)
        point = int(depth.argmax())
        found.append(Click(point, int(a), float(depth.flat[point])))
    return sorted(found, key=lambda click: -click.depth)[:most]


def iou(predicted: Array, truth: Array) -> Array:
    r"""Return how well each object was found: the share of what it and its segment have in common.

    .. math:: \frac{|\hat S_o \cap S_o|}{|\hat S_o \cup S_o|}

    Parameters
    ----------
    predicted, truth : (...) int
        Labels; 0 is the background.

    Returns
    -------
    (O,)
        Of each object that there truly is, in the order of labels; the authors take the mean.

    Raises
    ------
    RequestError
        If shapes differ, or labels are not whole numbers.

    Examples
    --------
    >>> iou(np.array([1, 1, 0, 2]), np.array([1, 1, 1, 2])).round(3).tolist()
    [0.667, 1.0]
    """
    predicted, truth = _labels(predicted=predicted, truth=truth)
    pairs = [(predicted == label, truth == label) for label in np.unique(truth[truth != 0])]
    return np.array([(ours & theirs).sum() / (ours | theirs).sum() for ours, theirs in pairs])


def simulate(
    segment: Callable[[Clicks], Array], truth: Array, coordinates: Array | None = None, *, most: int = 20
) -> Session:
    """Let a user click until all is right, or there were so many clicks for each object.

    The first clicks are on all objects, the deepest first, each of the others where `next_clicks` says. What
    was clicked is known, whatever the segmentation says of it.

    Parameters
    ----------
    segment : callable
        Given `Clicks`, it returns labels shaped as the truth; layers take the same clicks.
    truth, coordinates
        As of `next_clicks`; objects count from 1 without a gap.
    most : int
        Clicks for each object.

    Raises
    ------
    RequestError
        If shapes do not fit, or an object is nowhere.

    References
    ----------
    AGILE3D: attention guided interactive multi-object 3D segmentation (2023), arXiv:2306.00977.

    Examples
    --------
    >>> session = simulate(lambda clicks: np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]))
    >>> session.clicks.points.tolist(), session.overlaps
    ([2, 1], (0.6666666666666666, 1.0))
    """
    (truth,) = _labels(truth=truth)
    objects = int(truth.max(initial=0))
    fits(objects > 0 and np.array_equal(np.unique(truth[truth != 0]), np.arange(1, objects + 1)),
         "objects must count from 1 without a gap", truth=truth)  # fmt: skip
    limit = objects * whole_number("most", most, of="clicks")
    made: list[Click] = []
    counts, overlaps = [], []
    new = next_clicks(np.zeros_like(truth), truth, coordinates, most=None)
    while new and len(made) + len(new) <= limit:
        made += new
        clicks = _clicks(made)
        predicted = _labels(predicted=segment(clicks), truth=truth)[0].copy()
        predicted.flat[clicks.points] = clicks.objects
        counts.append(len(made) / objects)
        overlaps.append(float(iou(predicted, truth).mean()))
        new = next_clicks(predicted, truth, coordinates)
    return Session(_clicks(made), tuple(counts), tuple(overlaps))


def iou_at_clicks(sessions: Sequence[Session], clicks: float) -> float:
    """Return the mean overlap after some clicks for each object (IoU@k).

    Parameters
    ----------
    sessions : sequence of Session
        Of scenes; one that ended before keeps its last overlap.
    clicks : float
        k, at least 1.

    Raises
    ------
    RequestError
        If there are no sessions, or fewer clicks than 1.

    Examples
    --------
    >>> sessions = [simulate(lambda clicks: np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]))]
    >>> round(iou_at_clicks(sessions, 1), 3), iou_at_clicks(sessions, 2)
    (0.667, 1.0)
    """
    number("clicks", clicks, AT_LEAST_1)
    return _mean([s.overlaps[np.searchsorted(s.counts, clicks, "right") - 1] for s in sessions])


def clicks_to(sessions: Sequence[Session], target: float = 0.85, *, most: float = 20) -> float:
    """Return how many clicks for each object it takes on average to reach an overlap (NoC@85).

    Parameters
    ----------
    sessions : sequence of Session
        Of scenes.
    target : float
        The overlap.
    most : float
        What counts for a scene that never reached it.

    Raises
    ------
    RequestError
        If there are no sessions, or an option is not allowed.

    Examples
    --------
    >>> clicks_to([simulate(lambda clicks: np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]))])
    2.0
    """
    number("target", target, FROM_0_TO_1)
    number("most", most, FROM_0)
    rounds = [zip(each.counts, each.overlaps, strict=True) for each in sessions]
    return _mean([next((n for n, found in each if found >= target), most) for each in rounds])


def _labels(**labels: Array) -> list[np.ndarray]:
    """Return labels on the CPU; complain unless they are whole numbers in one shape."""
    found = _on_cpu(**labels)
    for name, array in labels.items():
        fits(array.dtype.kind in "biu", f"{name} must be whole numbers, not {array.dtype}", **labels)
    same = len({array.shape for array in found}) == 1 and found[0].ndim > 0
    fits(same, f"{' and '.join(labels)} must be of one shape, with an axis", **labels)
    return [array.astype(np.int64) for array in found]


def _on_cpu(**arrays: Array) -> list[np.ndarray]:
    xp = together(**arrays)
    return [array if xp is np else array.get() for array in arrays.values()]


def _depth_of_image(region: np.ndarray) -> Array:
    """Return how far each place of a region is from what is beyond it, and 0 elsewhere."""
    depth: Array = distance_transform_edt(np.pad(region, 1))
    return depth[(slice(1, -1),) * region.ndim]


def _depth_of_points(region: np.ndarray, x: np.ndarray) -> Array:
    depth = np.full(len(region), -1.0)
    if region.all():
        from_mean = np.linalg.norm(x - x.mean(axis=0), axis=1)
        return from_mean.max() - from_mean
    depth[region] = KDTree(x[~region]).query(x[region])[0]
    return depth


def _clicks(made: list[Click]) -> Clicks:
    points, labels = (np.array([click[i] for click in made], np.int64) for i in range(2))
    return Clicks(points, labels, np.arange(len(made)))


def _mean(numbers: list[float]) -> float:
    if not numbers:
        raise RequestError("There are no sessions. Simulate at least one.")
    return sum(numbers) / len(numbers)
