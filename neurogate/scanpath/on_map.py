"""Scanpaths beside a map: how high it is where eyes rested, and how like it the map of where they rested is.

What each measure is said by its function; here stand the options that it is asked with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from neurogate.scanpath.comparison import metrics_named
from neurogate.scanpath.formats.viewing import Viewing
from neurogate.scanpath.metrics.auc import auc_judd, auc_uniform
from neurogate.scanpath.metrics.fixation_map import fixation_map
from neurogate.scanpath.metrics.information_gain import information_gain
from neurogate.scanpath.metrics.map_likeness import correlation, kl_divergence, similarity
from neurogate.scanpath.metrics.map_metric import MapMetric
from neurogate.scanpath.metrics.nss import nss
from neurogate.scanpath.metrics.priority import cells, checked_map

__all__ = ["MAP_METRICS", "compare_with_map"]

SPREAD = 1 / 32
"""Of a fixation, in longer sides of the map: a degree, where a picture is 32 wide."""
MAP_METRICS: Mapping[str, tuple[MapMetric, str]] = {
    "nss": (nss, "mean over fixations of how far the map is above its mean, in standard deviations"),
    "auc_judd": (
        auc_judd,
        "area under the ROC curve, thresholds at the fixations; .5 is chance, ties lower it",
    ),
    "auc_uniform": (auc_uniform, "share of cells that are lower than where the eye rests; .5 is chance"),
    "information_gain": (information_gain, "bits a fixation gains over a flat map"),
    "correlation": (correlation, "with the map of fixations (Gaussian, 1/32 of the longer side); 1 is alike"),
    "similarity": (similarity, "overlap with that map; 1 is alike"),
    "kl_divergence": (kl_divergence, "nats lost when the map stands for that one; 0 is alike"),
}
"""Measures of a map and scanpaths, and what each is in a line."""


def compare_with_map(
    viewings: Sequence[Viewing], priority: ArrayLike, names: Sequence[str] = ("all",), *, called: str = "map"
) -> list[dict[str, Any]]:
    """Measure every scanpath by one map, which is stretched over its picture.

    Parameters
    ----------
    viewings : sequence of Viewing
        Fixations outside their picture are left out.
    priority : (H, W)
        The map.
    names : sequence of str
        Of `MAP_METRICS`.
    called : str
        The name of the map.

    Returns
    -------
    list of dict
        A row for each scanpath: image, a (viewer), b (the map), and the measures, NaN if without meaning.

    Raises
    ------
    RequestError
        If there is no such measure, or the map is none.

    Examples
    --------
    >>> from neurogate.scanpath.path import scanpath
    >>> one = [Viewing(scanpath([70, 75], [50, 55], size=(80, 60)))]
    >>> compare_with_map(one, [[0, 0], [0, 4]], ["auc_uniform"])
    [{'image': '', 'a': '', 'b': 'map', 'auc_uniform': 0.875}]
    """
    chosen, plane = metrics_named(names, MAP_METRICS), checked_map(priority)
    shape = plane.shape[0], plane.shape[1]
    sizes = [(each.path.width_px, each.path.height_px) for each in viewings]
    places = [cells(each.path, shape, size, "drop") for each, size in zip(viewings, sizes, strict=True)]
    columns = {name: _measured(MAP_METRICS[name][0], plane, places) for name in chosen if viewings}
    return [
        {
            "image": each.image, "a": each.viewer, "b": called,
            **{name: float(column[number]) for name, column in columns.items()},
        }
        for number, each in enumerate(viewings)
    ]  # fmt: skip


def _measured(metric: MapMetric, plane: np.ndarray[Any, Any], places: Sequence[Any]) -> Any:
    """Return the measure of each, NaN of what fixates nothing on the map."""
    found, seen = np.full(len(places), np.nan), [number for number, own in enumerate(places) if len(own)]
    others: list[Any] = [places[number] for number in seen]
    if metric.against == "maps":
        spread = SPREAD * max(plane.shape)
        others = [fixation_map(own, (plane.shape[0], plane.shape[1]), spread) for own in others]
    options: dict[str, Any] = {"baseline": np.ones(plane.shape)} if metric is information_gain else {}
    if others:
        found[seen] = metric.pairwise([plane], others, **options)[0]
    return found
