"""What the readouts say over time.

Here lives the picture of the *when* readout of every cue. Peaks are found in
:mod:`neurogate.analysis.predictions`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.markers import CARETUP
from numpy.typing import ArrayLike, NDArray

from neurogate.plotting.style import BLACK, cue_colour, display_name, drawing, rule_line

__all__ = ["row_step", "when_readout"]

_KEY_COLUMNS = 3


def when_readout(
    time_ms: ArrayLike,
    when: Mapping[str, ArrayLike],
    latency_ms: ArrayLike,
    cue_names: Sequence[str],
    *,
    step: float | None = None,
    key: bool = True,
    ax: Axes | None = None,
) -> list[Line2D]:
    """Draw the *when* readout of every cue, one above the other, with the true latency marked.

    The first rule is drawn in the colour of the cue, with the range over replicas as a band; its rivals
    are grey and dashed.

    Parameters
    ----------
    time_ms : (T,)
        Bin times relative to the cue.
    when : mapping of str to (B, C, T)
        Readouts of each rule, averaged over trials; the headline rule first.
    latency_ms : (C,)
        True latencies.
    cue_names : sequence of str
        Names of the cues.
    step : float, optional
        Distance between two cues in the unit of the readout; by default what the tallest peak needs.
    key : bool
        Whether to say above the rows what the lines and markers mean.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.lines.Line2D
        Lines by rule, then cue (mean over replicas).

    Examples
    --------
    >>> lines = when_readout([0.0, 5.0, 10.0], {"three_factor": [[[0.0, 1.0, 0.0]]]}, [5.0], ["A"])
    >>> lines[0].get_ydata().tolist()
    [0.0, 1.0, 0.0]
    """
    times, truth = np.asarray(time_ms), np.asarray(latency_ms)
    readouts = {name: np.asarray(values) for name, values in when.items()}
    means = [values.mean(axis=0) for values in readouts.values()]
    step = step or row_step(readouts)
    base = -step * np.arange(truth.size)
    with drawing(ax, 70.0, 62.0) as axes:
        for row, name in enumerate(cue_names):
            _row(axes, times, base[row], float(truth[row]), f"cue {name}", cue_colour(row))
        lines = [
            axes.plot(times, base[row] + mean[row], **_line(rule, row))[0]
            for rule, mean in enumerate(means)
            for row in range(truth.size)
        ]
        _band(axes, times, next(iter(readouts.values())), base)
        axes.set(
            xlim=(times[0], times[-1]),
            ylim=(base[-1] - 0.35 * step, (0.95 + 0.28 * _key_rows(readouts)) * step),
        )
        axes.set(xlabel="time from cue (ms)", yticks=[])
        axes.spines["left"].set_visible(False)
        axes.patch.set_visible(False)
        _scale(axes, step)
        if key:
            _key(axes, list(readouts))
    return lines


def row_step(when: Mapping[str, NDArray[Any]]) -> float:
    """Return the distance between cues that keeps every readout clear of the one above.

    Parameters
    ----------
    when : mapping of str to (B, C, T)
        Readouts that are drawn at one scale, arbitrary unit.

    Returns
    -------
    float
        Distance in the unit of the readouts.

    Examples
    --------
    >>> row_step({"three_factor": np.array([[[0.0, 1.0]]])})
    1.2
    """
    return 1.2 * max(float(np.nanmax(values.mean(axis=0), initial=1e-9)) for values in when.values())


def _line(rule: int, row: int) -> dict[str, Any]:
    line = rule_line(rule)
    return {**line, "color": cue_colour(row)} if rule == 0 else line


def _row(axes: Axes, times: NDArray[Any], base: float, latency: float, name: str, colour: str) -> None:
    axes.plot([times[0], times[-1]], [base, base], color="0.85", linewidth=0.5, zorder=1)
    axes.plot(latency, base, marker=CARETUP, color=colour, markeredgewidth=0, zorder=4)
    axes.text(times[0], base, f"{name} ", color=colour, ha="right", va="center")


def _band(axes: Axes, times: NDArray[Any], values: NDArray[Any], base: NDArray[Any]) -> None:
    if len(values) > 1:
        for row, level in enumerate(base):
            low, high = level + values[:, row].min(axis=0), level + values[:, row].max(axis=0)
            axes.fill_between(times, low, high, color=cue_colour(row), alpha=0.25, linewidth=0)


def _key_rows(rules: Collection[str]) -> int:
    return math.ceil((len(rules) + 1) / _KEY_COLUMNS)


def _key(axes: Axes, rules: list[str]) -> None:
    handles = [Line2D([], [], label=display_name(name), **rule_line(rule)) for rule, name in enumerate(rules)]
    latency = Line2D([], [], marker="^", color=BLACK, linestyle="", markeredgewidth=0, label="true latency")
    legend = axes.legend(
        handles=[*handles, latency], loc="upper left", bbox_to_anchor=(-0.1, 1.02), ncols=_KEY_COLUMNS,
        handlelength=1.4, handletextpad=0.3, columnspacing=0.8, borderpad=0,
    )  # fmt: skip
    legend.set_in_layout(False)  # long names reach into the next panel, where this room is empty


def _scale(axes: Axes, step: float) -> None:
    """Draw a scale bar, because rows that are stacked share no axis."""
    length = max((size for size in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0) if size < step), default=0.1)
    axes.plot([0.99, 0.99], [0.0, length], color=BLACK, transform=axes.get_yaxis_transform(), linewidth=1.2)
    axes.text(
        0.975, length / 2, f"{length:g} (a.u.)", ha="right", va="center", transform=axes.get_yaxis_transform()
    )
