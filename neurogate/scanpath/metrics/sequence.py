"""Sequence scores: how much of two strings of clusters, or of labels, can be aligned."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.alignment import aligned, scores, share
from neurogate.scanpath.metrics.geometry import chosen
from neurogate.scanpath.metrics.metric import Places, fixations, metric
from neurogate.scanpath.metrics.symbols import Symbols, clusters, labelled, nearest, repeated

__all__ = ["agreement", "semantic_score", "sequence_score"]

Values = NDArray[np.float64]


def _sequence_pairs(
    first: list[Values], second: list[Values], places: Places, *, centres: ArrayLike,
    bin_s: float | None = None,
) -> Values:  # fmt: skip
    def symbols(path: Values) -> Symbols:
        return repeated(nearest(path, centres), path, bin_s, "down")

    return scores(first, second, places, symbols, np.eye(len(np.asarray(centres))), 0.0, best=False)


@metric(pairs=_sequence_pairs, timed="bin_s")
def sequence_score(a: Values, b: Values, *, centres: ArrayLike, bin_s: float | None = None) -> float:
    r"""Return the share of two strings of clusters that can be aligned.

    The alignment of Needleman and Wunsch is worth 1 for each match and 0 for all else; it is divided by
    :math:`\max(n, m)`.

    Parameters
    ----------
    a, b : (L, 2 or 3)
        Fixations: x, y, and duration if there are bins of time.
    centres : (K, 2)
        Of the clusters, such as `symbols.clusters` finds; a fixation belongs to the nearest.
    bin_s : float, optional
        The timed variant: repeat each cluster int(duration / bin_s) times.

    Returns
    -------
    float
        0 to 1; NaN if one string is empty.

    Raises
    ------
    RequestError
        If a number is missing, or an option makes no sense.

    References
    ----------
    Borji, Tavakoli, Sihite & Itti 2013, ICCV; Yang et al. 2020, arXiv:2005.14310.

    Examples
    --------
    >>> sequence_score([[1, 1], [9, 9]], [[0, 2], [1, 1], [8, 8], [9, 8]], centres=[[0, 0], [9, 9]])
    0.5
    """
    s, t = (repeated(nearest(path, centres), path, bin_s, "down") for path in (a, b))
    return share(aligned((s[:, None] == t).astype(float), 0.0)[-1, -1], s, t)


def _semantic_pairs(
    first: list[Values], second: list[Values], places: Places, *, labels: NDArray[Any],
    bin_s: float | None = None,
) -> Values:  # fmt: skip
    labels = np.asarray(labels)
    seen = np.unique(np.concatenate([labelled(path, labels) for path in [*first, *second]]))

    def symbols(path: Values) -> Symbols:
        return repeated(np.searchsorted(seen, labelled(path, labels)), path, bin_s, "down")

    return scores(first, second, places, symbols, np.eye(len(seen)), 0.0, best=False)


@metric(pairs=_semantic_pairs, timed="bin_s")
def semantic_score(a: Values, b: Values, *, labels: NDArray[Any], bin_s: float | None = None) -> float:
    """Return the sequence score of what was looked at: labels of a segmentation take the place of clusters.

    Parameters
    ----------
    a, b : (L, 2 or 3)
        Fixations: x, y in pixels of the labels, and duration if there are bins of time.
    labels : (height, width) int
        What is where.
    bin_s : float, optional
        The timed variant: repeat each label int(duration / bin_s) times.

    Returns
    -------
    float
        0 to 1; NaN if one string is empty.

    Raises
    ------
    RequestError
        If a number is missing, or an option makes no sense.

    References
    ----------
    Yang et al. 2022, arXiv:2207.01166.

    Examples
    --------
    >>> semantic_score([[0, 0], [1, 0]], [[1, 0], [0, 0]], labels=np.array([[7, 8]]))
    0.5
    """
    s, t = (repeated(labelled(path, np.asarray(labels)), path, bin_s, "down") for path in (a, b))
    return share(aligned((s[:, None] == t).astype(float), 0.0)[-1, -1], s, t)


def agreement(
    paths: Iterable[ArrayLike], *, bandwidth: float, clustered: Literal["all", "others"],
    bin_s: float | None = None,
) -> Values:  # fmt: skip
    """Return the mean sequence score of each scanpath with all others, on clusters of these scanpaths.

    Parameters
    ----------
    paths : iterable of (L, 2 or 3)
        Of several viewers of one picture. None is ever compared with itself.
    bandwidth : float
        Of `symbols.clusters`.
    clustered : {"all", "others"}
        Whether a viewer's own fixations count when the clusters are found by which the viewer is judged.
    bin_s : float, optional
        The timed variant.

    Returns
    -------
    (n,)

    Raises
    ------
    RequestError
        If there are fewer than two paths, or an option makes no sense.

    Examples
    --------
    >>> agreement([[[1, 1], [9, 9]], [[1, 2], [9, 8]], [[9, 9]]], bandwidth=3, clustered="others").tolist()
    [0.75, 0.75, 0.5]
    """
    columns = 2 if bin_s is None else 3
    several = [fixations(path, columns) for path in paths]
    if chosen(clustered, "all", "others") == "all":
        return sequence_score.leave_one_out(several, centres=_centres(several, bandwidth), bin_s=bin_s)
    if len(several) < 2:
        raise RequestError(f"There are {len(several)} scanpaths. One is left out, so give at least 2.")
    means = []
    for place, path in enumerate(several):
        others = several[:place] + several[place + 1 :]
        found = sequence_score.pairwise([path], others, centres=_centres(others, bandwidth), bin_s=bin_s)
        means.append(found[np.isfinite(found)].mean() if np.isfinite(found).any() else math.nan)
    return np.array(means)


def _centres(paths: Sequence[Values], bandwidth: float) -> Values:
    return clusters(np.concatenate([path[:, :2] for path in paths]), bandwidth)
