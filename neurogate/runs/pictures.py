"""Pictures of what is stored: of one run, and of many.

Here lives the way from run folders to what `neurogate.plotting` draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from neurogate import config
from neurogate.errors import RequestError
from neurogate.runs.gating import gate_courses

if TYPE_CHECKING:
    from neurogate.plotting.kinds import Shown
    from neurogate.plotting.picture import Picture
    from neurogate.runs.collection import Collection
    from neurogate.runs.store import Run

__all__ = ["first_metric", "metrics_of", "of_collection", "rows_of", "shown", "shown_together"]

_FIRST = (
    "timing_error_ms", "probability_mae", "when_what_angle_deg", "rmse_training", "rmse_free_best_lag",
    "weight_norm",
)  # fmt: skip


def shown(run: Run) -> Shown:
    """Read what the pictures of a run draw, for `neurogate.plotting.kinds.picture`.

    Parameters
    ----------
    run : Run

    Raises
    ------
    RequestError
        If it has no arrays, as a run that diverged has none.
    """
    from neurogate.plotting.kinds import Shown

    arrays = run.arrays()
    if not arrays:
        raise RequestError(f"{run.path} has the outcome {run.outcome} and nothing to draw; see its log.txt.")
    asked = config.load(run.path / "config.toml")
    return Shown(arrays, run.metrics, gate_courses(asked, arrays), _scheme(asked))


def shown_together(collection: Collection) -> Shown:
    """Read what the pictures of a run draw from all runs of a sweep that differ only in their seeds.

    Parameters
    ----------
    collection : Collection

    Raises
    ------
    RequestError
        If they differ in more, or none has arrays.
    """
    from neurogate.plotting.kinds import Shown
    from neurogate.runs.pooled import pooled

    arrays = pooled(collection)
    first = next(row["folder"] for row in collection.rows if row["outcome"] == "done")
    asked = config.load(collection.out / first / "config.toml")
    return Shown(arrays, _means(collection), gate_courses(asked, arrays), _scheme(asked))


def _scheme(asked: config.AnySimulation) -> config.Simulation | None:
    """Return what a scheme can be drawn of; a taught signal has none."""
    return asked if isinstance(asked, config.Simulation) else None


def _means(collection: Collection) -> dict[str, dict[str, float]]:
    """Return each metric of each rule, averaged over the runs that have it."""
    table = collection.table()
    found: dict[str, dict[str, float]] = {}
    for rule in dict.fromkeys(row["rule"] for row in collection.rows if row["rule"]):
        rows = [row for row in collection.rows if row["rule"] == rule]
        known = {key: [row[key] for row in rows if row.get(key) is not None] for key in table.metrics}
        found[rule] = {key: fmean(values) for key, values in known.items() if values}
    return found


def rows_of(collection: Collection) -> list[dict[str, Any]]:
    """Return the rows of a collection, and one for each run that is missing.

    Parameters
    ----------
    collection : Collection

    Examples
    --------
    >>> from pathlib import Path
    >>> from neurogate.runs.collection import Collection
    >>> lost = {"hash": "01", "folder": "a-01", "changes": {"reservoir.gain": 0.5}}
    >>> rows_of(Collection(Path("runs"), ("reservoir.gain",), (), (lost,)))
    [{'reservoir.gain': 0.5, 'outcome': 'missing', 'folder': 'a-01', 'hash': '01'}]
    """
    missing = (
        {**run["changes"], "outcome": "missing", "folder": run["folder"], "hash": run["hash"]}
        for run in collection.missing
    )
    return [*collection.rows, *missing]


def metrics_of(collection: Collection) -> list[str]:
    """Return the metrics of a collection, those that matter most first.

    Parameters
    ----------
    collection : Collection

    Examples
    --------
    >>> from pathlib import Path
    >>> from neurogate.runs.collection import Collection
    >>> metrics_of(Collection(Path("runs"), (), ({"probability_r": 0.5, "timing_error_ms": 20.0},)))
    ['timing_error_ms', 'probability_r']
    """
    known = collection.table().metrics
    first = [name for name in _FIRST if name in known]
    return [*first, *(name for name in known if name not in first)]


def first_metric(collection: Collection) -> str:
    """Return the metric that matters most.

    Raises
    ------
    RequestError
        If no run measured anything.
    """
    if metrics := metrics_of(collection):
        return metrics[0]
    lost = sorted({row["outcome"] for row in rows_of(collection)})
    raise RequestError(f"No run of this sweep measured anything; they are {' and '.join(lost)}.")


def of_collection(
    collection: Collection,
    y: str,
    x: Sequence[str] = (),
    *,
    hue: str | None = None,
    kind: str | None = None,
) -> Picture:
    """Draw a metric of many runs over what differs between them.

    Parameters
    ----------
    collection : Collection
    y : str
        A metric.
    x : sequence of str
        Settings; by default all that differ and are not the hue, the seed left out.
    hue : str, optional
        What tells lines or panels apart; by default the rules, if `x` is left to its default or names
        none. ``"none"`` for nothing.
    kind : str, optional
        lines, heatmap or parallel; by default what the number of settings asks for.

    Raises
    ------
    RequestError
        If a column does not exist, or the picture cannot be drawn.
    """
    from neurogate.plotting.sweep import chosen, sweep

    rows = rows_of(collection)
    settings, rule = chosen(rows, [axis for axis in collection.axes if axis != hue], kind)
    x = list(x) or settings
    by = {None: rule if rule not in x else None, "none": None}.get(hue, hue)
    return sweep(rows, x, y, hue=by, kind=kind, axes=collection.axes)
