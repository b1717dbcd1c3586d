"""How fast measures of gaze are: many pairs at once, beside public packages that are installed."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..scanpath.metrics.fixation_map import fixation_map
from ..scanpath.metrics.map_metric import MapMetric
from ..scanpath.metrics.metric import Metric
from .scanpath_cases import CASES, ELSEWHERE, SHAPE, SIZE, Case, Peer
from .turns import limited, median_seconds

__all__ = ["LENGTHS", "rows"]

Values = NDArray[np.float64]
Row = dict[str, Any]
LENGTHS = (10, 50, 200)
PATHS, PEER_PAIRS = 10, 3
VIEWERS, SIGMA = 15, 25.0
SLOPE = np.linspace(0, 1e-9, SHAPE[0] * SHAPE[1]).reshape(SHAPE)
_FAR = 1e-9
BATCHED, SINGLY = ", all in one call", ", one a call"


def rows(repeat: int, tell: Callable[[str], object]) -> Iterator[Row]:
    """Measure each metric on random fixations of each length, in turn with its peers; the median counts.

    Paths are compared with paths. Maps of 800 x 600 px, as fixations make them, are compared with fixations,
    or with such maps; we make 100 pairs of ten paths or maps, a peer three, of which none shares a map with
    another; where a peer can take all in one call it has a row for that too, and we one for the peer's three
    pairs, each in a call of its own. The last row is of all of this, one metric after the other, for 15
    viewers of a picture with about nine fixations each: their 105 pairs, in both orders and each with itself,
    and their maps of 800 x 600 px made on the way. Measures of the next fixation, which want maps of their
    own for each, are in no row.

    Parameters
    ----------
    repeat : int
        Runs of each, after one that does not count.
    tell : callable
        Is told what is measured.

    Yields
    ------
    dict
        metric, length, seconds (for a pair, all pairs taken in one call, on one thread; in the last row, for
        everything), peer, peer_seconds (for a pair) and ratio (how many times faster we are). A peer that is
        not installed has None for both; one that says "other run" is of `ELSEWHERE`.

    Raises
    ------
    RuntimeError
        If a peer's number is not ours.
    """
    with limited(1):
        for case in CASES:
            tell(f"scanpath {case.name}: {', '.join(map(str, LENGTHS))} fixations")
            for length in LENGTHS:
                yield from _case(case, length, repeat)
        tell(f"scanpath: every metric above, {VIEWERS} viewers of a picture")
        yield _everything(repeat)


def _paths(lengths: Sequence[int], seed: int) -> list[Values]:
    rng = np.random.default_rng(seed)
    return [
        np.column_stack([rng.random((length, 2)) * SIZE, rng.gamma(2, 0.12, length) + 0.05])
        for length in lengths
    ]


def _seen(paths: list[Values]) -> tuple[list[Any], list[Values]]:
    """Return the pixels fixated, and the maps that they make."""
    looked = [np.floor(path[:, :2]).astype(np.intp) for path in paths]
    return looked, [fixation_map(own, SHAPE, SIGMA) for own in looked]


def _sides(
    measure: Metric | MapMetric, paths: list[Values], looked: list[Any], maps: list[Values]
) -> tuple[Any, Any]:
    """Return what a metric compares with what."""
    if isinstance(measure, MapMetric):
        return maps, looked if measure.against == "fixations" else maps
    return paths, paths


def _case(case: Case, length: int, repeat: int) -> Iterator[Row]:
    paths = _paths([length] * PATHS, seed=length)
    looked, maps = _seen(paths)
    maps = [own + SLOPE for own in maps] if case.untied else maps
    first, second = _sides(case.metric, paths, looked, maps)
    places = range(PEER_PAIRS), range(1, 1 + PEER_PAIRS)
    pairs = [(first[i], second[j]) for i, j in zip(*places, strict=True)]
    peers = {name: (ask, _installed(name)) for name, ask in case.peers.items()}
    contenders = {
        name: functools.partial(_ask, ask, module, pairs) for name, (ask, module) in peers.items() if module
    }
    ours = functools.partial(case.metric.pairwise, first, second, **case.options)
    batches = {
        f"{name}{BATCHED}": functools.partial(ask, module, first, second)
        for name, ask in case.batched.items()
        if (module := _installed(name))
    }
    singles = {f"ours{SINGLY}": functools.partial(_singly, case, pairs)} if case.peers and batches else {}
    every = ours()
    wanted = every[places]
    for name, ask in contenders.items():
        _agree(f"{case.name}: {name}", np.array(ask(), dtype=np.float64), wanted)
    for name, whole in batches.items():
        _agree(f"{case.name}: {name}", np.array(whole(), dtype=np.float64), every)
    spent = median_seconds({"ours": ours, **contenders, **batches, **singles}, repeat)
    made = len(first) * len(second)
    each = spent.pop("ours") / made
    theirs: dict[str | None, float | None] = {}
    for name in peers:
        theirs[name.split(".")[0]] = spent[name] / len(pairs) if name in spent else None
    for name in case.batched:
        alone = spent.get(f"{name}{BATCHED}")
        theirs[f"{name.split('.')[0]}{BATCHED}"] = None if alone is None else alone / made
    if (case.name, length) in ELSEWHERE:
        who, there = ELSEWHERE[case.name, length]
        theirs[f"{who}, other run"] = there
    for peer, seconds in (theirs or {None: None}).items():
        yield _row(case.name, length, each, peer, seconds)
    for name in singles:
        peer = next(iter(peers)).split(".")[0]
        yield _row(case.name + SINGLY, length, spent[name] / len(pairs), peer, theirs[peer])


def _singly(case: Case, pairs: list[tuple[Any, Any]]) -> list[Any]:
    return [case.metric(one, other, **case.options) for one, other in pairs]


def _everything(repeat: int) -> Row:
    lengths = np.random.default_rng(1).integers(6, 13, VIEWERS)
    once = functools.partial(_all_of, _paths(lengths.tolist(), seed=1))
    seconds = median_seconds({"ours": once}, repeat)["ours"]
    return _row(f"every metric above, {VIEWERS} viewers", round(lengths.mean()), seconds, None, None)


def _all_of(paths: list[Values]) -> None:
    """Compare viewers in every way; their maps are made once."""
    looked, maps = _seen(paths)
    for case in CASES:
        first, second = _sides(case.metric, paths, looked, maps)
        case.metric.pairwise(first, second, **case.options)


def _row(metric: str, length: int, seconds: float, peer: str | None, peer_seconds: float | None) -> Row:
    ratio = None if peer_seconds is None else peer_seconds / seconds
    return {
        "metric": metric, "length": length, "seconds": seconds, "peer": peer, "peer_seconds": peer_seconds,
        "ratio": ratio,
    }  # fmt: skip


def _installed(module: str) -> Any:
    """Return a module, or None if it, or what it needs, is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


def _ask(ask: Peer, module: Any, pairs: list[tuple[Values, Values]]) -> list[Any]:
    return [ask(module, a, b) for a, b in pairs]


def _agree(who: str, found: Values, wanted: Values) -> None:
    far = np.abs(found - wanted).max()
    if not far <= _FAR * max(1.0, np.abs(wanted).max()):
        raise RuntimeError(f"{who} differs by {far:.2g}; it is not the same measure.")
