"""Measures of gaze that `neurogate bench scanpath` runs, and the public packages that have them too."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..scanpath.metrics.auc import auc_judd, auc_shuffled, auc_uniform
from ..scanpath.metrics.borji import auc_borji
from ..scanpath.metrics.clouds import eyenalysis, hausdorff, mannan
from ..scanpath.metrics.grouping import Grouping
from ..scanpath.metrics.information_gain import information_gain
from ..scanpath.metrics.map_likeness import correlation, kl_divergence, similarity
from ..scanpath.metrics.map_metric import MapMetric
from ..scanpath.metrics.metric import Metric, both
from ..scanpath.metrics.multimatch import multimatch
from ..scanpath.metrics.nss import nss
from ..scanpath.metrics.revisits import cross_recurrence
from ..scanpath.metrics.sequence import semantic_score, sequence_score
from ..scanpath.metrics.strings import levenshtein, scanmatch
from ..scanpath.metrics.symbols import cells
from ..scanpath.metrics.warping import dtw, frechet
from ..scanpath.metrics.windows import scaled_tde, string_tde, tde

__all__ = ["CASES", "ELSEWHERE", "SHAPE", "SIZE", "Batch", "Case", "Peer"]

Values = NDArray[np.float64]
Peer = Callable[[Any, Any, Any], Any]
Batch = Callable[[Any, Any, Any], Any]
SIZE = (800.0, 600.0)
SHAPE = (600, 800)
_GROUPING = Grouping(direction_deg=45, duration_s=0.3, amplitude_px=100)
_CENTRES = [[x, y] for x in range(100, 800, 200) for y in range(100, 600, 200)]
ELSEWHERE: dict[tuple[str, int], tuple[str, float]] = {
    ("scanmatch", 10): ("FixaTons", 8.2095e-3), ("scanmatch", 50): ("FixaTons", 15.431e-3),
    ("scanmatch", 200): ("FixaTons", 70.442e-3), ("scanmatch, 50 ms", 10): ("FixaTons", 16.002e-3),
    ("scanmatch, 50 ms", 50): ("FixaTons", 204.36e-3), ("scanmatch, 50 ms", 200): ("FixaTons", 2.2364),
    ("tde, 3", 10): ("FixaTons", 0.22397e-3), ("tde, 3", 50): ("FixaTons", 17.097e-3),
    ("tde, 3", 200): ("FixaTons", 238.68e-3), ("string_tde, 3", 10): ("FixaTons", 0.73513e-3),
    ("string_tde, 3", 50): ("FixaTons", 72.994e-3), ("string_tde, 3", 200): ("FixaTons", 897.66e-3),
}  # fmt: skip
"""Seconds for a pair that others took in another run, on a machine with 2 cores, Python 3.11 and NumPy 2.4.

FixaTons 1.0.0 cannot be installed: its source of ScanMatch and of time-delay embedding ran once, by itself.
"""


@attrs.frozen
class Case:
    """A measure with its options, and who else has it.

    Parameters
    ----------
    name : str
    metric : Metric or MapMetric
    options : mapping
        Of the metric.
    peers : mapping of str to callable
        Modules that may be installed, and how to ask them: takes the module and the two that are compared.
    batched : mapping of str to callable
        How to ask them for all pairs in one call: takes the module and both lists, and returns a table.
    untied : bool
        Whether maps get a slight slope, so that no two cells are equal: others count ties otherwise.
    """

    name: str
    metric: Metric | MapMetric
    options: Mapping[str, Any]
    peers: Mapping[str, Peer]
    batched: Mapping[str, Batch] = {}
    untied: bool = False


def _multimatch(module: Any, a: Values, b: Values, **options: Any) -> Any:
    columns = [(name, np.float64) for name in ("start_x", "start_y", "duration")]
    tables = (np.array([*map(tuple, path)], dtype=columns).view(np.recarray) for path in (a, b))
    return module.docomparison(*tables, list(SIZE), **options)


def _strings(module: Any, first: Sequence[Values], second: Sequence[Values]) -> Any:
    """Ask for all pairs; as with us, a path is made symbols once."""
    one, other = both(lambda paths: [cells(path, SIZE, (8, 6)).tolist() for path in paths], first, second)
    return [[module.distance(a, b) for b in other] for a in one]


def _hausdorff(module: Any, a: Values, b: Values) -> Any:
    one, other = a[:, :2], b[:, :2]
    return max(module.directed_hausdorff(one, other)[0], module.directed_hausdorff(other, one)[0])


def _roc(module: Any, s: Values, own: Values, others: Values | None = None) -> Any:
    negatives = s.ravel() if others is None else s[others[:, 1], others[:, 0]]
    return module.general_rocs_per_positive(s[own[:, 1], own[:, 0]], negatives).mean()


def _judd(module: Any, s: Values, own: Values) -> Any:
    """Ask with the cells that were not fixated as negatives; where cells tie this is another measure."""
    fixated = np.zeros(s.shape, bool)
    fixated[own[:, 1], own[:, 0]] = True
    return module.general_roc(s[fixated], s[~fixated], judd=1)[0]


def _rocs(module: Any, maps: Sequence[Values], looked: Sequence[Any], others: Values | None = None) -> Any:
    """Ask for all viewers of a map at once, who have as many fixations."""
    column, row = np.concatenate(looked).T
    negatives = (s.ravel() if others is None else s[others[:, 1], others[:, 0]] for s in maps)
    areas = [
        module.general_rocs_per_positive(s[row, column], own) for s, own in zip(maps, negatives, strict=True)
    ]
    return np.reshape(areas, (len(maps), len(looked), -1)).mean(axis=2)


def _divergence(module: Any, s: Values, q: Values) -> Any:
    """Ask for MIT_KLDiv with the epsilon of the benchmark's own code, which pysaliency rounds."""
    epsilon = float(np.finfo(np.float64).eps)
    return module.image_based_kl_divergence(
        s, q, minimum_value=0, log_regularization=epsilon, quotient_regularization=epsilon
    )


# pysaliency takes the area with np.trapz, which newer NumPy has no more.
_JUDD: dict[str, Peer] = {"pysaliency.roc": _judd} if hasattr(np, "trapz") else {}
_SCREEN = {"size": SIZE}
_GROUPED: dict[str, Any] = {"grouping": True, "TDir": 45, "TDur": 0.3, "TAmp": 100}
_LABELS = np.add.outer(np.arange(SHAPE[0]) // 100 * 8, np.arange(SHAPE[1]) // 100)
_SHUFFLED: dict[str, Any] = {"others": np.random.default_rng(0).integers(0, SHAPE[::-1], (10_000, 2))}
CASES = (
    Case("multimatch", multimatch, _SCREEN, {"multimatch_gaze": _multimatch}),
    Case(
        "multimatch, grouped", multimatch, {**_SCREEN, "grouping": _GROUPING, "compat": "multimatch_gaze"},
        {"multimatch_gaze": functools.partial(_multimatch, **_GROUPED)},
    ),
    Case("dtw", dtw, {}, {"similaritymeasures": lambda m, a, b: m.dtw(a[:, :2], b[:, :2])[0]}),
    Case(
        "dtw, root of squares", dtw, {"variant": "root_of_squares"},
        {
            "tslearn.metrics": lambda m, a, b: m.dtw(a[:, :2], b[:, :2]),
            "dtaidistance.dtw_ndim": lambda m, a, b: m.distance_fast(a[:, :2].copy(), b[:, :2].copy()),
        },
    ),
    Case("frechet", frechet, {}, {"similaritymeasures": lambda m, a, b: m.frechet_dist(a[:, :2], b[:, :2])}),
    Case("hausdorff", hausdorff, {}, {"scipy.spatial.distance": _hausdorff}),
    Case("eyenalysis", eyenalysis, {}, {}),
    Case("mannan", mannan, _SCREEN, {}),
    Case("scanmatch", scanmatch, _SCREEN, {}),
    Case("scanmatch, 50 ms", scanmatch, {**_SCREEN, "bin_s": 0.05}, {}),
    Case("levenshtein", levenshtein, _SCREEN, {}, {"rapidfuzz.distance.Levenshtein": _strings}),
    Case("sequence_score", sequence_score, {"centres": _CENTRES}, {}),
    Case("tde, 3", tde, {"k": 3}, {}),
    Case("scaled_tde", scaled_tde, _SCREEN, {}),
    Case("string_tde, 3", string_tde, {**_SCREEN, "k": 3, "grid": (4, 4)}, {}),
    Case("cross_recurrence", cross_recurrence, {"radius": 60.0}, {}),
    Case("semantic_score", semantic_score, {"labels": _LABELS}, {}),
    Case("nss", nss, {}, {"pysaliency.metrics": lambda m, s, own: m.NSS(s, *own.T).mean()}),
    Case("auc_uniform", auc_uniform, {}, {"pysaliency.roc": _roc}, {"pysaliency.roc": _rocs}),
    Case("auc_judd", auc_judd, {}, _JUDD, untied=True),
    Case(
        "auc_shuffled", auc_shuffled, _SHUFFLED,
        {"pysaliency.roc": functools.partial(_roc, **_SHUFFLED)},
        {"pysaliency.roc": functools.partial(_rocs, **_SHUFFLED)},
    ),
    Case("auc_borji", auc_borji, {"seed": 1}, {}),
    Case("information_gain", information_gain, {"baseline": np.ones(SHAPE)}, {}),
    Case("kl_divergence", kl_divergence, {}, {"pysaliency.metrics": _divergence}),
    Case("correlation", correlation, {}, {"pysaliency.metrics": lambda m, s, q: m.CC(s, q)}),
    Case("similarity", similarity, {}, {"pysaliency.metrics": lambda m, s, q: m.SIM(s, q)}),
)  # fmt: skip
"""What is measured; more peers of a measure make more rows."""
