"""Two sets of scanpaths side by side: every pair on the same picture, by every measure that needs no more.

What each measure is said by its function; here stand the options that it is asked with.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import attrs
import numpy as np

from neurogate.errors import RequestError
from neurogate.scanpath.formats.viewing import Viewing
from neurogate.scanpath.metrics.clouds import eyenalysis, hausdorff, mannan
from neurogate.scanpath.metrics.grouping import Grouping
from neurogate.scanpath.metrics.metric import Metric
from neurogate.scanpath.metrics.multimatch import multimatch
from neurogate.scanpath.metrics.revisits import cross_recurrence
from neurogate.scanpath.metrics.sequence import sequence_score
from neurogate.scanpath.metrics.strings import levenshtein, scanmatch
from neurogate.scanpath.metrics.symbols import clusters
from neurogate.scanpath.metrics.warping import dtw, frechet
from neurogate.scanpath.metrics.windows import scaled_tde, string_tde, tde
from neurogate.scanpath.path import Scanpath, of_one_size

__all__ = ["METRICS", "Asked", "compare", "metrics_named"]

Size: TypeAlias = tuple[float, float]
Row: TypeAlias = dict[str, Any]
Options: TypeAlias = Callable[[Size, Sequence[Scanpath]], Mapping[str, Any]]
NEAR = 0.05
"""Parts of the diagonal within which fixations are at one place."""


def _none(size: Size, paths: Sequence[Scanpath]) -> dict[str, Any]:
    return {}


def _size(size: Size, paths: Sequence[Scanpath]) -> dict[str, Any]:
    return {"size": size}


def _near(size: Size) -> float:
    return NEAR * float(np.hypot(*size))


def _clustered(size: Size, paths: Sequence[Scanpath]) -> dict[str, Any]:
    rows = np.concatenate([np.asarray(path) for path in paths])
    return {"centres": clusters(rows, _near(size)) if len(rows) else np.zeros((1, 2))}


@attrs.frozen(eq=False)
class Asked:
    """A measure, and how it is asked.

    Parameters
    ----------
    metric : Metric
    options : callable
        Returns its options, of the size of the picture and all scanpaths on it.
    summary : str
        What it is, and with which options, in a line.
    """

    metric: Metric
    options: Options
    summary: str


METRICS: Mapping[str, Asked] = {
    "multimatch": Asked(multimatch, _size, "saccades aligned, in five respects; 1 is alike"),
    "multimatch_grouped": Asked(
        multimatch,
        lambda size, paths: {"size": size, "grouping": Grouping(45.0, 0.3, 0.1 * float(np.hypot(*size)))},
        "the same after short saccades (a tenth of the diagonal) and small turns (45 degrees) are merged",
    ),
    "scanmatch": Asked(scanmatch, _size, "strings of cells, 8 x 6, aligned; 1 is alike"),
    "scanmatch_timed": Asked(
        scanmatch, lambda size, paths: {"size": size, "bin_s": 0.05}, "the same, cells repeated every 50 ms"
    ),
    "levenshtein": Asked(
        levenshtein, lambda size, paths: {"size": size, "normalised": True},
        "1 - edits between strings of cells, 8 x 6, over the longer's length; 1 is alike",
    ),
    "sequence_score": Asked(
        sequence_score, _clustered, "strings of clusters of all fixations on the picture, aligned; 1 is alike"
    ),
    "dtw": Asked(dtw, _none, "dynamic time warping, sum of distances, px; 0 is alike"),
    "frechet": Asked(frechet, _none, "discrete Frechet distance, px; 0 is alike"),
    "hausdorff": Asked(hausdorff, _none, "Hausdorff distance, px; 0 is alike"),
    "eyenalysis": Asked(eyenalysis, _none, "mean distance to the other's nearest fixation, px; 0 is alike"),
    "mannan": Asked(mannan, _size, "Mannan's index against random scanpaths; 100 is alike, 0 chance"),
    "tde": Asked(
        tde, lambda size, paths: {"k": 3}, "time-delay embedding, windows of 3, B against A, px; 0 is alike"
    ),
    "scaled_tde": Asked(scaled_tde, _size, "the same over all windows, scaled; 1 is alike"),
    "string_tde": Asked(
        string_tde, lambda size, paths: {"size": size, "k": 3, "grid": (4, 4)},
        "edits between windows of 3 on 4 x 4 cells, B against A; 0 is alike",
    ),
    "recurrence": Asked(
        cross_recurrence, lambda size, paths: {"radius": _near(size)},
        "REC, DET, LAM and CORM in percent; near is a twentieth of the diagonal",
    ),
}  # fmt: skip
"""Measures of two scanpaths that need nothing but gaze and the size of the picture."""


def metrics_named(names: Sequence[str], known: Iterable[str] = METRICS) -> list[str]:
    """Return names of measures, all of them for ``all``.

    Parameters
    ----------
    names : sequence of str
        Those wanted.
    known : iterable of str
        Those there are.

    Raises
    ------
    RequestError
        If there is no such measure.

    Examples
    --------
    >>> metrics_named(["dtw", "frechet"])
    ['dtw', 'frechet']
    """
    there = list(known)
    unknown = [name for name in names if name not in there and name != "all"]
    if unknown or not names:
        said = f"There is no metric {', '.join(unknown)}" if unknown else "No metric is named"
        near = [meant for name in unknown for meant in difflib.get_close_matches(name, there, n=1)]
        hint = f" Did you mean {' and '.join(near)}?" if near else ""
        raise RequestError(f"{said}. There are all, {', '.join(there)}.{hint}")
    return there if "all" in names else list(dict.fromkeys(names))


def compare(
    first: Sequence[Viewing], second: Sequence[Viewing], names: Sequence[str] = ("all",),
    complaints: list[str] | None = None, *, once: bool = False,
) -> list[Row]:  # fmt: skip
    """Compare every scanpath of one set with every one of another that is of the same picture.

    Parameters
    ----------
    first, second : sequence of Viewing
        A scanpath without the name of a picture is of any picture.
    names : sequence of str
        Of `METRICS`.
    complaints : list of str, optional
        Takes a sentence for each pair that cannot be compared, which is then left out; without it the first
        one is an error.
    once : bool
        Whether both are the same set, and each pair is wanted once, the earlier scanpath first, and none with
        itself.

    Returns
    -------
    list of dict
        A row for each pair: image, a and b (viewers), and the measures; of one that is several numbers, each
        with its name behind. NaN where one has no meaning, as with too few fixations.

    Raises
    ------
    RequestError
        If there is no such measure, or no pair is of the same picture.

    Examples
    --------
    >>> from neurogate.scanpath.path import scanpath
    >>> one = [Viewing(scanpath([1, 2], [3, 4], size=(80, 60)))]
    >>> compare(one, one, ["dtw", "hausdorff"])
    [{'image': '', 'a': '', 'b': '', 'dtw': 0.0, 'hausdorff': 0.0}]
    """
    asked = {name: METRICS[name] for name in metrics_named(names)}
    pairs = [
        (a, b)
        for place, a in enumerate(first)
        for b in (second[place + 1 :] if once else second)
        if a.image == b.image or not (a.image and b.image)
    ]
    if not pairs:
        images = [
            ", ".join(sorted({each.image for each in side})[:3]) or "nothing" for side in (first, second)
        ]
        raise RequestError(f"No two scanpaths are of one picture: {images[0]} beside {images[1]}.")
    measured = functools.partial(_measured, _Options(asked, (*first, *second)))
    rows = []
    for a, b in pairs:
        image = a.image or b.image
        try:
            rows.append(
                {"image": image, "a": a.viewer, "b": b.viewer, **dict(measured(image, a.path, b.path))}
            )
        except RequestError as error:
            if complaints is None:
                raise
            complaints.append(f"{image} {a.viewer or 'A'} beside {b.viewer or 'B'}: {error}".strip())
    return rows


class _Options:
    """The options of measures, made once for each picture and size."""

    def __init__(self, asked: Mapping[str, Asked], viewings: Sequence[Viewing]) -> None:
        self.asked, self._made = asked, dict[tuple[str, Size], dict[str, Mapping[str, Any]]]()
        self._paths: dict[str, list[Scanpath]] = {}
        for viewing in viewings:
            self._paths.setdefault(viewing.image, []).append(viewing.path)

    def of(self, image: str, size: Size) -> Mapping[str, Mapping[str, Any]]:
        if (image, size) not in self._made:
            paths = [*self._paths.get(image, ()), *(self._paths.get("", ()) if image else ())]
            self._made[image, size] = {name: each.options(size, paths) for name, each in self.asked.items()}
        return self._made[image, size]


def _measured(options: _Options, image: str, a: Scanpath, b: Scanpath) -> Iterator[tuple[str, float]]:
    of_one_size(a, b)
    for name, own in options.of(image, (a.width_px, a.height_px)).items():
        metric = options.asked[name].metric
        found = metric.pairwise([a], [b], **own)[0, 0]
        labels = [f"{name}_{value}" for value in metric.values] or [name]
        yield from zip(labels, map(float, np.atleast_1d(found)), strict=True)
