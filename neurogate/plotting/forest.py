"""One number for each of many conditions, with its interval over seeds: ablations, lesions, nulls.

Here live the panel and the figure that puts several measures side by side. Which conditions are compared is
the caller's affair; the interval is that of `neurogate.analysis.intervals`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from neurogate.analysis.intervals import mean_interval
from neurogate.plotting.style import BLACK, GREY, STYLE, WIDTH_MM, display_name, drawing, figure
from neurogate.tasks.spread import known_mean

__all__ = ["forest", "forest_figure"]

_ROW_MM, _FRAME_MM = 5.0, 14.0
_SPREAD = 0.22
_BEYOND = "#D55E00"
_WIDE = 10.0


def forest(
    values: Mapping[str, ArrayLike],
    xlabel: str,
    *,
    emphasised: Collection[str] = (),
    reference: float | None = None,
    limit: float | None = None,
    ax: Axes | None = None,
) -> list[Line2D]:
    """Draw the values of all seeds of each condition, their mean and its 95 % interval.

    Where all values are positive and one mean is over ten times another, the axis is logarithmic.

    Parameters
    ----------
    values : mapping of str to (seeds,)
        Of each condition, from top to bottom; what is not a number is left out.
    xlabel : str
        What the values are, with their unit.
    emphasised : collection of str, optional
        Conditions drawn in black; by default the first.
    reference : float, optional
        Where a thin vertical line is drawn: a target, or the value of a null.
    limit : float, optional
        Values at or above it are drawn on it as triangles: they are only known to be as large.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.lines.Line2D
        The mean of each condition; without any number it has no data.

    Examples
    --------
    >>> means = forest({"whole": [10.0, 14.0], "no_gate": [20.0, 22.0]}, "timing error (ms)")
    >>> [float(mean.get_xdata()[0]) for mean in means]
    [12.0, 21.0]
    """
    names = list(values)
    dark = set(emphasised) or set(names[:1])
    with drawing(ax, 88.0, _FRAME_MM + _ROW_MM * len(names)) as axes:
        if reference is not None:
            axes.axvline(reference, color=GREY, linewidth=0.6, linestyle=(0, (3, 2)), zorder=1)
        drawn = [
            _condition(axes, row, np.asarray(values[name], float), BLACK if name in dark else GREY, limit)
            for row, name in enumerate(names)
        ]
        axes.set(xlabel=xlabel, ylim=(len(names) - 0.4, -0.6))
        axes.set_yticks(range(len(names)), [display_name(name) for name in names])
        axes.tick_params(axis="y", length=0)
        if _is_wide([np.asarray(each, float) for each in values.values()]):
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter("{x:g}")
        else:
            axes.locator_params(axis="x", nbins=6)
        axes.spines["left"].set_visible(False)
    return drawn


def forest_figure(measures: Mapping[str, Mapping[str, ArrayLike]]) -> Figure:
    """Compose a figure of several measures of the same conditions, one beside the other.

    A dashed line in each panel marks the mean of the first condition, which nothing was done to.

    Parameters
    ----------
    measures : mapping of str to mapping of str to (seeds,)
        By what is measured, with its unit; of each condition as in `forest`, in the same order.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> both = {"whole": [10.0, 14.0], "without the gate": [20.0, 22.0]}
    >>> len(forest_figure({"timing error (ms)": both, "probability error": both}).axes)
    2
    """
    rows = max(len(values) for values in measures.values())
    made = figure(WIDTH_MM, _FRAME_MM + _ROW_MM * rows)
    with mpl.rc_context(STYLE):
        panels = made.subplots(1, len(measures), sharey=True, squeeze=False)[0]
        for axes, (words, values) in zip(panels, measures.items(), strict=True):
            whole = known_mean(np.asarray(next(iter(values.values())), float))
            forest(values, words, reference=whole, ax=axes)
    return made


def _is_wide(values: list[NDArray[np.float64]]) -> bool:
    known = [each[np.isfinite(each)] for each in values]
    means = [each.mean() for each in known if len(each)]
    return (
        bool(means) and min(each.min(initial=1.0) for each in known) > 0 and max(means) > _WIDE * min(means)
    )


def _condition(axes: Axes, row: int, values: NDArray[np.float64], colour: str, limit: float | None) -> Line2D:
    known = values[np.isfinite(values)]
    beyond = known >= (np.inf if limit is None else limit)
    places = row + _SPREAD * np.linspace(-1, 1, len(known)) if len(known) > 1 else np.full(len(known), row)
    look: dict[str, Any] = {"linestyle": "", "alpha": 0.45, "markeredgewidth": 0, "zorder": 2}
    axes.plot(known[~beyond], places[~beyond], marker="o", markersize=2.0, color=colour, **look)
    axes.plot(np.full(beyond.sum(), limit), places[beyond], marker=">", markersize=2.4, color=_BEYOND, **look)
    if not len(known):
        axes.text(0.5, row, "no number", transform=axes.get_yaxis_transform(), ha="center", va="center")
        return axes.plot([], [])[0]
    mean, half_width = (float(number) for number in mean_interval(known))
    if np.isfinite(half_width):
        axes.hlines(row, mean - half_width, mean + half_width, color=colour, linewidth=1.1, zorder=3)
    return axes.plot(mean, row, "o", markersize=4.0, color=colour, markeredgecolor="white", zorder=4)[0]
