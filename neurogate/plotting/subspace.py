"""Angles between the readouts of *what* and *when*, beside what chance would give.

Here live the two panels and their figure. The angles come from `neurogate.analysis.subspaces`, the nulls from
`neurogate.analysis.nulls`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from neurogate.analysis.nulls import isotropic_angles, summary
from neurogate.analysis.subspaces import angle_between
from neurogate.plotting.picture import remark
from neurogate.plotting.result import NOT_RECORDED, Arrays, rules_of, training
from neurogate.plotting.style import STYLE, WIDTH_MM, display_name, drawing, figure, rule_line

__all__ = ["angle_course", "angles", "isotropic_null", "subspace", "subspace_figure"]

_DRAWS = 1000
_NULL = "#CC79A7"
_SHOWN = 60
_ROOM_DEG = 12.0
_NOTES = 100
_WEIGHTS = ("when_weights", "what_weights")
_NULLS = {
    "mean": "when_what_angle_null_deg",
    "p5": "when_what_angle_null_p5_deg",
    "p": "when_what_angle_null_p",
}

_Angles = tuple[dict[str, NDArray[np.float64]], dict[str, float], dict[str, dict[str, float]]]


def subspace_figure(arrays: Arrays, metrics: Mapping[str, Mapping[str, Any]]) -> tuple[Figure, _Angles]:
    """Compose the figure of the angles, and if weights were recorded their course.

    Parameters
    ----------
    arrays : mapping of str to array
        Of a run of the what-when task. The angles are those at the end of the first block judged.
    metrics : mapping of str to mapping
        Of each rule; they hold the null of random sums of the traces.

    Returns
    -------
    figure : matplotlib.figure.Figure
    angles : tuple
        What it shows: the first three arguments of `subspace`.

    Raises
    ------
    RequestError
        If arrays are missing.

    Examples
    --------
    >>> stored = {"rule_names": np.array(["force"]), "block_start": np.array([0, 2]),
    ...     "force.when_weights": np.eye(3)[:1], "force.what_weights": np.ones((1, 1, 4))}
    >>> _, (observed, _, _) = subspace_figure(stored, {})
    >>> observed["force"].round(1).tolist()
    [54.7]
    """
    rules = rules_of(arrays, _WEIGHTS, "subspace")
    observed = {rule: angles(*(arrays[f"{rule}.{key}"] for key in _WEIGHTS)) for rule in rules}
    when, what = (arrays[f"{rules[0]}.{key}"] for key in _WEIGHTS)
    isotropic = isotropic_null(when.shape[-1], what.shape[-2])
    traces = {rule: null for rule in rules if (null := _trace_null(metrics.get(rule, {})))}
    recorded = _recorded(arrays, rules)
    made = figure(WIDTH_MM if recorded else 110.0, 75.0)
    with mpl.rc_context(STYLE):
        panels = made.subplots(1, 2 if recorded else 1, squeeze=False, sharey=True)[0]
        if recorded:
            trial = _noted(arrays) + 1
            angle_course(trial, recorded, isotropic, ax=panels[1])
        remark(made, "" if recorded else NOT_RECORDED.format("weights"))
        subspace(observed, isotropic, traces, ax=panels[0])
    return made, (observed, isotropic, traces)


def _trace_null(metrics: Mapping[str, Any]) -> dict[str, float] | None:
    known = {name: float(metrics[key]) for name, key in _NULLS.items() if metrics.get(key) is not None}
    return known if len(known) == len(_NULLS) else None


def _noted(arrays: Arrays) -> NDArray[np.int64]:
    """Return the training trials whose angles are drawn; an angle takes time."""
    return np.unique(np.linspace(0, int(arrays["block_start"][-1]) - 1, _NOTES).astype(np.int64))


def _recorded(arrays: Arrays, rules: list[str]) -> dict[str, NDArray[np.float64]]:
    """Return the course of the angle of each rule, or nothing if not all weights were recorded."""
    course = {}
    for rule in rules:
        when, what = (training(arrays, rule, key) for key in _WEIGHTS)
        if when is None or what is None or when.shape[-1] < arrays[f"{rule}.when_weights"].shape[-1]:
            return {}
        some = _noted(arrays)
        course[rule] = angles(when[:, some], what[:, some])
    return course


def angles(when_weights: ArrayLike, what_weights: ArrayLike) -> NDArray[np.float64]:
    """Return the angle between *when* and the span of *what*, for every note of the weights.

    Parameters
    ----------
    when_weights : (..., N)
    what_weights : (..., K, N) or (..., K, N + 1)
        The weight of the constant, if it is there, does not count.

    Returns
    -------
    (...) float64
        Degrees, from 0 to 90; NaN where a readout has learned nothing.

    Examples
    --------
    >>> angles([[1.0, 0.0]], [[[1.0, 1.0, 5.0]]]).round(6).tolist()
    [45.0]
    """
    when, what = np.asarray(when_weights), np.asarray(what_weights)
    k, n = what.shape[-2], when.shape[-1]
    pairs = zip(when.reshape(-1, n), what.reshape(-1, k, what.shape[-1])[..., :n], strict=True)
    return np.array([angle_between(u, v) for u, v in pairs]).reshape(when.shape[:-1])


def isotropic_null(n: int, outcomes: int) -> dict[str, float]:
    """Return the mean and the 5th and 95th percentiles of the angle between random directions.

    Parameters
    ----------
    n : int
        Neurons.
    outcomes : int
        Dimensions of *what*.

    Returns
    -------
    dict
        ``mean``, ``p5`` and ``p95`` in degrees; always the same for the same numbers.

    Examples
    --------
    >>> 87 < isotropic_null(1000, 2)["mean"] < 88.5
    True
    """
    return summary(isotropic_angles(np.random.default_rng(0), n, 1, min(outcomes, n), _DRAWS))


def subspace(
    observed: Mapping[str, ArrayLike],
    isotropic: Mapping[str, float],
    traces: Mapping[str, Mapping[str, float]],
    *,
    ax: Axes | None = None,
) -> list[Line2D]:
    """Draw the angle of every replica and rule beside its two nulls.

    Parameters
    ----------
    observed : mapping of str to (B,)
        Angles of each rule in degrees, the headline rule first.
    isotropic : mapping
        ``mean``, ``p5`` and ``p95`` of angles between random directions.
    traces : mapping of str to mapping
        For each rule whose null of random sums of the traces is known: ``mean``, ``p5``, and ``p``, how
        often that null is at least as large as what was observed.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.lines.Line2D
        The replicas of each rule.

    Examples
    --------
    >>> dots = subspace({"force": [88.0, 86.0]}, {"mean": 88.0, "p5": 85.0, "p95": 89.9}, {})
    >>> dots[0].get_ydata().tolist()
    [88.0, 86.0]
    """
    drawn: list[Line2D] = []
    with drawing(ax, 70.0, 60.0) as axes:
        low, high = isotropic["p5"], isotropic["p95"]
        axes.axhspan(low, high, color="0.88", linewidth=0, zorder=0, label="random directions, 5 to 95 %")
        for place, (name, values) in enumerate(observed.items()):
            found = np.asarray(values, dtype=float)
            spread = np.linspace(-0.12, 0.12, len(found)) if len(found) > 1 else np.zeros(1)
            drawn += axes.plot(
                place - 0.1 + spread, found, marker="o", linestyle="", markersize=4,
                color=rule_line(place)["color"], markeredgecolor="white", markeredgewidth=0.5, zorder=3,
            )  # fmt: skip
            _traces(axes, place + 0.28, traces.get(name))
        axes.set_xticks(range(len(observed)), [_name(name, traces) for name in observed])
        axes.set(xlim=(-0.6, len(observed) - 0.4), ylabel="angle between when and what (°)")
        _limits(axes, [*map(np.asarray, observed.values())], [low, *(n["p5"] for n in traces.values())])
        axes.legend(loc="lower left", handlelength=1.4, borderpad=0.1)
    return drawn


def _traces(axes: Axes, place: float, null: Mapping[str, float] | None) -> None:
    if null is None:
        return
    label = "random sums of the traces, mean and 5th\npercentile; p: how many are at least as large"
    known = axes.get_legend_handles_labels()[1]
    axes.plot(
        [place, place], [null["p5"], null["mean"]], color=_NULL, linewidth=1.4, marker="_", markersize=7,
        markeredgewidth=1.4, label=None if label in known else label,
    )  # fmt: skip


def _name(name: str, traces: Mapping[str, Mapping[str, float]]) -> str:
    null = traces.get(name)
    return display_name(name) + (f"\np = {null['p']:.2g}" if null else "")


def _limits(axes: Axes, observed: list[NDArray[Any]], nulls: list[float]) -> None:
    lowest = min([*(float(np.nanmin(v)) for v in observed if np.isfinite(v).any()), *nulls])
    axes.set_ylim(max(min(lowest - _ROOM_DEG, 90.0 - _SHOWN / 2), -2.0), 91.5)


def angle_course(
    trial: ArrayLike,
    angle: Mapping[str, ArrayLike],
    isotropic: Mapping[str, float],
    *,
    ax: Axes | None = None,
) -> list[Line2D]:
    """Draw how the angle of every rule went while it learned: the mean over replicas.

    Parameters
    ----------
    trial : (P,)
        Training trials done.
    angle : mapping of str to (B, P)
        Degrees, the headline rule first.
    isotropic : mapping
        ``p5`` and ``p95`` of angles between random directions.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.lines.Line2D

    Examples
    --------
    >>> (line,) = angle_course([1, 2], {"force": [[80.0, 70.0]]}, {"p5": 85.0, "p95": 89.9})
    >>> line.get_ydata().tolist()
    [80.0, 70.0]
    """
    lines: list[Line2D] = []
    with drawing(ax, 88.0, 60.0) as axes:
        axes.axhspan(isotropic["p5"], isotropic["p95"], color="0.88", linewidth=0, zorder=0)
        for rule, (name, values) in enumerate(angle.items()):
            mean = np.asarray(values, dtype=float).mean(axis=0)
            lines += axes.plot(trial, mean, label=display_name(name), **rule_line(rule))
        axes.set(xlabel="training trials", ylabel="angle (°)")
        axes.legend(loc="lower right", handlelength=2.2)
    return lines
