"""How exactly *when* tells the time: bias and spread of predicted times against the latency.

Here lives the panel pair. The peaks come from `neurogate.analysis.predictions`, their arrays are described
in `neurogate.tasks.evaluation`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from neurogate.analysis.intervals import mean_interval
from neurogate.plotting.result import Arrays, require, rules_of
from neurogate.plotting.style import GREY, STYLE, WIDTH_MM, display_name, drawing, figure, rule_line
from neurogate.tasks.spread import known_means, spread

__all__ = ["against_latency", "biases", "spreads", "timing_figure"]

_MARKERS = "os^Dv"
_Numbers = NDArray[np.float64]
_SHIFT_MS = 12.0
_MOST_ACROSS = 6


def timing_figure(arrays: Arrays, rules: Sequence[str] | None = None) -> Figure:
    """Compose the figure: bias and spread of predicted times against the latency.

    Parameters
    ----------
    arrays : mapping of str to array
        Of a run of the what-when task; seeds are replicas.
    rules : sequence of str, optional
        Which rules, the headline rule first; all by default.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    RequestError
        If arrays are missing.

    Examples
    --------
    >>> stored = {"rule_names": np.array(["force"]), "latency_ms": np.array([[300.0, 600.0]]),
    ...     "force.single_peak_ms": np.array([[[[290.0, 300.0], [600.0, 620.0]]]])}
    >>> len(timing_figure(stored).axes)
    2
    """
    made = figure(WIDTH_MM, 68.0)
    bias, deviation = biases(arrays, rules), spreads(arrays, rules)
    latencies = np.unique(arrays["latency_ms"])
    with mpl.rc_context(STYLE):
        left, right = made.subplots(1, 2)
        against_latency(latencies, bias, "predicted time − latency (ms)", zero=True, ax=left)
        against_latency(latencies, deviation, "sd of single probes (ms)", ax=right)
        right.set_ylim(bottom=0.0)
        for axes in (left, right):
            axes.get_legend().remove()
        made.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=_MOST_ACROSS)
    return made


def against_latency(
    latency_ms: ArrayLike,
    values: Mapping[str, ArrayLike],
    ylabel: str,
    *,
    zero: bool = False,
    ax: Axes | None = None,
) -> list[ErrorbarContainer]:
    """Draw a measure of each rule over the latency: mean over seeds and its 95 % interval.

    Parameters
    ----------
    latency_ms : (L,)
        Latencies, ascending.
    values : mapping of str to (seeds, L)
        Of each rule, the headline rule first; NaN where nothing was predicted.
    ylabel : str
        What is measured, with its unit.
    zero : bool
        Whether a thin line marks zero.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.container.ErrorbarContainer
        One for each rule.

    Examples
    --------
    >>> bars = against_latency([300.0, 600.0], {"force": [[5.0, 10.0], [7.0, 12.0]]}, "bias (ms)")
    >>> bars[0].lines[0].get_ydata().tolist()
    [6.0, 11.0]
    """
    times = np.asarray(latency_ms, float)
    drawn = []
    with drawing(ax, 70.0, 50.0) as axes:
        if zero:
            axes.axhline(0.0, color=GREY, linewidth=0.5, zorder=1)
        for index, (name, data) in enumerate(values.items()):
            mean, half_width = _over_seeds(np.asarray(data, float))
            shifted = times + _SHIFT_MS * (index - (len(values) - 1) / 2)
            line = rule_line(index)
            marker = _MARKERS[index % len(_MARKERS)]
            look: dict[str, Any] = {"elinewidth": 0.8, "markersize": 3.0, "label": display_name(name), **line}
            drawn.append(axes.errorbar(shifted, mean, half_width, marker=marker, **look))
        axes.set(xlabel="latency (ms)", ylabel=ylabel, xticks=times)
        axes.legend(loc="best")
    return drawn


def _over_seeds(data: _Numbers) -> tuple[_Numbers, _Numbers]:
    """Return mean and half width of each column over the seeds that have a number there."""
    found = [mean_interval(column[np.isfinite(column)]) if np.isfinite(column).any() else (np.nan, np.nan)
             for column in data.T]  # fmt: skip
    mean, half_width = np.array(found, dtype=float).T
    return mean, np.nan_to_num(half_width)


def biases(arrays: Arrays, rules: Sequence[str] | None = None) -> dict[str, _Numbers]:
    """Return how much too late each rule predicts, for every latency, at the end of blocks.

    Parameters
    ----------
    arrays : mapping of str to array
        Of a run of the what-when task.
    rules : sequence of str, optional
        All by default.

    Returns
    -------
    mapping of str to (B, L) array
        For the latencies in ascending order, means over the blocks and cues that have them.
    """
    return _by_latency(arrays, rules, lambda peaks_ms, due_ms: known_means(peaks_ms - due_ms[..., None]))


def spreads(
    arrays: Arrays, rules: Sequence[str] | None = None, measure: Callable[[_Numbers], _Numbers] = spread
) -> dict[str, _Numbers]:
    """Return the spread over single probes of each rule's predicted time, likewise.

    Parameters
    ----------
    arrays : mapping of str to array
        Of a run of the what-when task.
    rules : sequence of str, optional
        All by default.
    measure : callable
        What is taken over the last axis: the standard deviation, or
        `neurogate.tasks.spread.quartile_spread`, which lapses leave alone.

    Returns
    -------
    mapping of str to (B, L) array
    """
    return _by_latency(arrays, rules, lambda peaks_ms, due_ms: measure(peaks_ms))


def _by_latency(
    arrays: Arrays, rules: Sequence[str] | None, measure: Callable[[_Numbers, _Numbers], _Numbers]
) -> dict[str, _Numbers]:
    named = rules_of(arrays, ["single_peak_ms"], "timing") if rules is None else list(rules)
    require(arrays, ["latency_ms"], "timing")
    due_ms = arrays["latency_ms"]
    latencies = np.unique(due_ms)
    found = {}
    for rule in named:
        measured = measure(arrays[f"{rule}.single_peak_ms"], due_ms[None])
        columns = [known_means(measured[:, due_ms == latency]) for latency in latencies]
        found[rule] = np.stack(columns, axis=-1)
    return found
