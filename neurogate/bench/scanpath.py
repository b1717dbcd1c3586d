"""How fast measures of two scanpaths are: many pairs at once, beside public packages that are installed."""

from __future__ import annotations

import functools
import importlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..scanpath.metrics.clouds import eyenalysis, hausdorff, mannan
from ..scanpath.metrics.grouping import Grouping
from ..scanpath.metrics.metric import Metric
from ..scanpath.metrics.multimatch import multimatch
from ..scanpath.metrics.revisits import cross_recurrence
from ..scanpath.metrics.sequence import sequence_score
from ..scanpath.metrics.strings import levenshtein, scanmatch
from ..scanpath.metrics.symbols import cells
from ..scanpath.metrics.warping import dtw, frechet
from ..scanpath.metrics.windows import scaled_tde, string_tde, tde
from .turns import median_seconds

__all__ = ["CASES", "LENGTHS", "Case", "rows"]

Values = NDArray[np.float64]
Peer = Callable[[Any, Values, Values], Any]
SIZE = (800.0, 600.0)
LENGTHS = (10, 50, 200)
PATHS, PEER_PAIRS = 10, 3
_GROUPING = Grouping(direction_deg=45, duration_s=0.3, amplitude_px=100)
_CENTRES = [[x, y] for x in range(100, 800, 200) for y in range(100, 600, 200)]
_FAR = 1e-9


@attrs.frozen
class Case:
    """A measure with its options, and who else has it.

    Parameters
    ----------
    name : str
    metric : Metric
    options : mapping
        Of the metric.
    peers : mapping of str to callable
        Modules that may be installed, and how to ask them: takes the module and two arrays (L, 3).
    """

    name: str
    metric: Metric
    options: Mapping[str, Any]
    peers: Mapping[str, Peer]


def _multimatch(module: Any, a: Values, b: Values, **options: Any) -> Any:
    columns = [(name, np.float64) for name in ("start_x", "start_y", "duration")]
    tables = (np.array([*map(tuple, path)], dtype=columns).view(np.recarray) for path in (a, b))
    return module.docomparison(*tables, list(SIZE), **options)


def _strings(module: Any, a: Values, b: Values) -> Any:
    return module.distance(*(cells(path, SIZE, (8, 6)).tolist() for path in (a, b)))


def _hausdorff(module: Any, a: Values, b: Values) -> Any:
    one, other = a[:, :2], b[:, :2]
    return max(module.directed_hausdorff(one, other)[0], module.directed_hausdorff(other, one)[0])


_SCREEN = {"size": SIZE}
_GROUPED: dict[str, Any] = {"grouping": True, "TDir": 45, "TDur": 0.3, "TAmp": 100}
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
    Case("levenshtein", levenshtein, _SCREEN, {"rapidfuzz.distance.Levenshtein": _strings}),
    Case("sequence_score", sequence_score, {"centres": _CENTRES}, {}),
    Case("tde, 3", tde, {"k": 3}, {}),
    Case("scaled_tde", scaled_tde, _SCREEN, {}),
    Case("string_tde, 3", string_tde, {**_SCREEN, "k": 3, "grid": (4, 4)}, {}),
    Case("cross_recurrence", cross_recurrence, {"radius": 60.0}, {}),
)  # fmt: skip
"""What is measured; more peers of a measure make more rows."""


def rows(repeat: int, tell: Callable[[str], object]) -> Iterator[dict[str, Any]]:
    """Measure each metric on random scanpaths of each length, in turn with its peers; the median counts.

    Parameters
    ----------
    repeat : int
        Runs of each, after one that does not count.
    tell : callable
        Is told what is measured.

    Yields
    ------
    dict
        metric, length, seconds (for a pair, all pairs of some paths taken in one call, on one thread), peer,
        peer_seconds (for a pair) and ratio (how many times faster we are). Where no peer is installed it is
        None.

    Raises
    ------
    RuntimeError
        If a peer's number is not ours.
    """
    for case in CASES:
        tell(f"scanpath {case.name}: {', '.join(map(str, LENGTHS))} fixations")
        for length in LENGTHS:
            yield from _case(case, _paths(length), repeat)


def _paths(length: int) -> list[Values]:
    rng = np.random.default_rng(length)
    places = rng.random((PATHS, length, 2)) * SIZE
    durations_s = rng.gamma(2, 0.12, (PATHS, length, 1)) + 0.05
    return list(np.concatenate([places, durations_s], axis=2))


def _case(case: Case, paths: list[Values], repeat: int) -> Iterator[dict[str, Any]]:
    pairs = [(paths[0], path) for path in paths[1 : 1 + PEER_PAIRS]]
    peers = {name: (ask, _installed(name)) for name, ask in case.peers.items()}
    contenders = {
        name: functools.partial(_ask, ask, module, pairs) for name, (ask, module) in peers.items() if module
    }
    ours = functools.partial(case.metric.pairwise, paths, **case.options)
    wanted = ours()[0, 1 : 1 + PEER_PAIRS]
    for name, ask in contenders.items():
        _agree(f"{case.name}: {name}", np.array(ask(), dtype=np.float64), wanted)
    seconds = median_seconds({"ours": ours, **contenders}, repeat)
    each = seconds["ours"] / PATHS**2
    shared = {"metric": case.name, "length": len(paths[0]), "seconds": each}
    if not contenders:
        yield {**shared, "peer": None, "peer_seconds": None, "ratio": None}
    for name in contenders:
        theirs = seconds[name] / len(pairs)
        yield {
            **shared,
            "peer": name.split(".")[0],
            "peer_seconds": theirs,
            "ratio": theirs / each,
        }


def _installed(module: str) -> Any:
    package = importlib.util.find_spec(module.split(".")[0])
    return importlib.import_module(module) if package else None


def _ask(ask: Peer, module: Any, pairs: list[tuple[Values, Values]]) -> list[Any]:
    return [ask(module, a, b) for a, b in pairs]


def _agree(who: str, found: Values, wanted: Values) -> None:
    far = np.abs(found - wanted).max()
    if not far <= _FAR * max(1.0, np.abs(wanted).max()):
        raise RuntimeError(f"{who} differs by {far:.2g}; it is not the same measure.")
