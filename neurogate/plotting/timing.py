"""How exactly *when* tells the time: error, bias and spread of predicted times against the latency.

Here live the three panels. Errors of opposite sign cancel in a bias, not in the error, which is that of the
metrics. The peaks come from `neurogate.analysis.predictions`, their arrays are described
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
from matplotlib.markers import CARETDOWN
from matplotlib.ticker import LogLocator, NullFormatter
from numpy.typing import ArrayLike, NDArray

from neurogate.analysis.intervals import mean_interval
from neurogate.plotting.result import Arrays, judged_blocks, require, rules_of
from neurogate.plotting.style import GREY, HANDLE, STYLE, WIDTH_MM, display_name, drawing, figure, rule_line
from neurogate.tasks.scores import SETTLED_TRIALS
from neurogate.tasks.spread import known_means, spread

__all__ = ["against_latency", "biases", "errors", "logarithmic", "spreads", "timing_figure"]

_MARKERS = "os^Dv"
_Numbers = NDArray[np.float64]
_SHIFT_MS = 12.0
_MOST_ACROSS = 6
_WIDE, _ROOM = 10.0, 0.5


def timing_figure(arrays: Arrays, rules: Sequence[str] | None = None) -> Figure:
    """Compose the figure: absolute error, bias and spread of predicted times against the latency.

    The axis of errors is logarithmic where one is over ten times another.

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
    ...     "probe_trial": np.array([10]), "block_start": np.array([0, 10]),
    ...     "force.timing_error_ms": np.array([[[5.0, 10.0]]]),
    ...     "force.single_peak_ms": np.array([[[[290.0, 300.0], [600.0, 620.0]]]])}
    >>> len(timing_figure(stored).axes)
    3
    """
    made = figure(WIDTH_MM, 68.0)
    bias, deviation, error = biases(arrays, rules), spreads(arrays, rules), errors(arrays, rules)
    latencies = np.unique(arrays["latency_ms"])
    with mpl.rc_context(STYLE):
        left, middle, right = made.subplots(1, 3)
        bars = against_latency(latencies, error, "timing error: |predicted time − latency| (ms)", ax=left)
        against_latency(latencies, bias, "bias: predicted time − latency (ms)", zero=True, ax=middle)
        against_latency(latencies, deviation, "sd of single probes (ms)", ax=right)
        means = np.concatenate([known_means(values.T) for values in error.values()])
        if 0 < _WIDE * np.nanmin(means, initial=np.inf) < np.nanmax(means, initial=0.0):
            logarithmic(left, bars)
        else:
            left.set_ylim(bottom=0.0)
        right.set_ylim(bottom=0.0)
        for axes in (left, middle, right):
            axes.get_legend().remove()
        keys = left.get_legend_handles_labels()
        made.legend(*keys, loc="outside upper center", ncols=_MOST_ACROSS, handlelength=HANDLE)
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


def logarithmic(axes: Axes, drawn: Sequence[ErrorbarContainer]) -> None:
    """Make the y axis logarithmic; an arrowhead stands on it where an interval goes on below.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    drawn : sequence of matplotlib.container.ErrorbarContainer
        What `against_latency` drew there.

    Examples
    --------
    >>> with drawing(None) as ax:
    ...     logarithmic(ax, against_latency([300.0], {"force": [[5.0], [7.0]]}, "error (ms)", ax=ax))
    >>> ax.get_yscale(), float(ax.get_ylim()[0]), float(ax.lines[-1].get_ydata()[0])
    ('log', 3.0, 3.0)
    """
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    means = np.concatenate([np.asarray(bars.lines[0].get_ydata(), float) for bars in drawn])
    if not (means > 0).any():
        return
    bottom = _ROOM * float(means[means > 0].min())
    axes.set_ylim(bottom=bottom)
    for bars in drawn:
        ends = [bar[0] for bar in bars.lines[2][0].get_segments() if len(bar)]
        below = [time_ms for time_ms, low in ends if low < bottom]
        look: dict[str, Any] = {"color": bars.lines[0].get_color(), "linestyle": "", "clip_on": False}
        look |= {"marker": CARETDOWN, "markersize": 4.5, "markeredgewidth": 0}
        if below:  # without a clip the layout would count a line of no points as one at 0
            axes.plot(below, np.full(len(below), bottom), **look)


def _over_seeds(data: _Numbers) -> tuple[_Numbers, _Numbers]:
    """Return mean and half width of each column over the seeds that have a number there."""
    found = [mean_interval(column[np.isfinite(column)]) if np.isfinite(column).any() else (np.nan, np.nan)
             for column in data.T]  # fmt: skip
    mean, half_width = np.array(found, dtype=float).T
    return mean, np.nan_to_num(half_width)


def errors(arrays: Arrays, rules: Sequence[str] | None = None) -> dict[str, _Numbers]:
    """Return the absolute timing error of each rule for every latency, in the last trials of blocks.

    Parameters
    ----------
    arrays : mapping of str to array
        Of a run of the what-when task.
    rules : sequence of str, optional
        All by default.

    Returns
    -------
    mapping of str to (B, L) array
        For the latencies in ascending order, means over the blocks and cues that have them. A prediction that
        was missed counts, as in the metric ``timing_error_ms``, and the same trials do.
    """
    named = rules_of(arrays, ["timing_error_ms"], "timing") if rules is None else list(rules)
    require(arrays, ["latency_ms", "probe_trial", "block_start"], "timing")
    trial, starts, block = arrays["probe_trial"], arrays["block_start"], judged_blocks(arrays)
    settled = trial > np.maximum(starts[block], starts[block + 1] - SETTLED_TRIALS)
    at = [settled & (block == one) for one in range(len(arrays["latency_ms"]))]
    found = {}
    for rule in named:
        error = np.moveaxis(arrays[f"{rule}.timing_error_ms"], 1, -1)
        found[rule] = _columns(np.stack([known_means(error[..., one]) for one in at], axis=1), arrays)
    return found


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
    due_ms = arrays["latency_ms"][None]
    return {rule: _columns(measure(arrays[f"{rule}.single_peak_ms"], due_ms), arrays) for rule in named}


def _columns(measured: _Numbers, arrays: Arrays) -> _Numbers:
    """Return the means of (B, blocks, C) over the blocks and cues that have each latency, (B, L)."""
    due_ms = arrays["latency_ms"]
    return np.stack([known_means(measured[:, due_ms == one]) for one in np.unique(due_ms)], axis=-1)
