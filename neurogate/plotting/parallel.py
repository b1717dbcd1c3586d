"""A number over many settings: one line for each of their combinations, from axis to axis.

Here lives the panel; its figure is put together in `neurogate.plotting.sweep`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D

from neurogate.plotting.columns import Row, brief, column, groups, heading, lost, text
from neurogate.plotting.heatmap import norm_of
from neurogate.plotting.scale import Scale
from neurogate.plotting.style import BLACK, LOST, LOST_OTHER, SEQUENTIAL, drawing

__all__ = ["parallel"]

_MANY = 200
_LIGHTEST = 0.88


def parallel(
    rows: Sequence[Row],
    settings: Sequence[str],
    value: str,
    *,
    norm: Normalize | None = None,
    ax: Axes | None = None,
) -> list[Line2D]:
    """Draw a line through each combination of settings to the mean number that its runs reached.

    Lines are coloured by that number. Combinations without any number are dotted and end above the last
    axis at a mark that says why.

    Parameters
    ----------
    rows : sequence of mapping
        See `neurogate.plotting.columns`.
    settings : sequence of str
        Columns of settings, from left to right.
    value : str
        Column of numbers, the last axis.
    norm : matplotlib.colors.Normalize, optional
        From numbers to colours, if several panels share it.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.lines.Line2D
        The lines that have a number, the lowest number first.

    Raises
    ------
    RequestError
        If there is no such column, or no run has a number in `value`.

    Examples
    --------
    >>> rows = [{"n": n, "gain": 1.0, "error": 2.0 * n} for n in (20, 10)]
    >>> [line.get_ydata().tolist() for line in parallel(rows, ["n", "gain"], "error")]
    [[0.0, 0.5, 0.0], [1.0, 0.5, 1.0]]
    """
    norm = norm or norm_of(rows, settings, value)
    scales = [Scale.of(name, column(rows, name)) for name in settings]
    found = sorted(groups(rows, settings, value), key=lambda group: group.mean)
    measured = Scale(value, (norm.vmin, norm.vmax), "linear")
    whole = [group for group in found if None not in group.key]
    drawn: list[Line2D] = []
    with drawing(ax, 180.0, 75.0) as axes:
        thin = 1.2 if len(whole) < 50 else 0.6
        for group in reversed(whole):
            heights = [scale.fraction(v) for scale, v in zip(scales, group.key, strict=True)]
            shade = float(norm(group.mean))
            look: dict[str, Any] = {"color": mpl.colormaps[SEQUENTIAL](_LIGHTEST * shade), "linewidth": thin}
            look |= {"zorder": 3 - shade, "rasterized": len(whole) > _MANY}
            drawn += axes.plot([*heights, shade], **look)
        keys = _lost(axes, scales, rows, settings, value)
        for place, scale in enumerate(scales):
            _axis(axes, place, scale)
        _measured(axes, len(scales), measured, norm)
        names = [heading(name).replace(".", ".\n") for name in (*settings, value)]
        axes.set_xticks(range(len(names)), names)
        axes.set(xlim=(-0.15, len(scales) + 0.2), ylim=(-0.05, 1.05), yticks=[])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        if keys:
            axes.legend(handles=keys, loc="lower right", bbox_to_anchor=(1.0, 1.08), ncols=3)
    return drawn[::-1]


def _axis(axes: Axes, place: int, scale: Scale) -> None:
    axes.axvline(place, color=BLACK, linewidth=0.8, zorder=4)
    for value in scale.known if scale.kind == "named" else scale.ticks():
        _tick(axes, place, scale.fraction(value), text(value))


def _measured(axes: Axes, place: int, scale: Scale, norm: Normalize) -> None:
    axes.axvline(place, color=BLACK, linewidth=0.8, zorder=4)
    for height in np.linspace(0.0, 1.0, 5):
        _tick(axes, place, float(height), brief(float(norm.inverse(height))))


def _tick(axes: Axes, place: int, height: float, label: str) -> None:
    box: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.8}
    axes.plot([place - 0.02, place], [height, height], color=BLACK, linewidth=0.8, zorder=4)
    axes.text(place + 0.02, height, label, va="center", fontsize=6.5, bbox=box, zorder=5)


def _lost(
    axes: Axes, scales: Sequence[Scale], rows: Sequence[Row], settings: Sequence[str], value: str
) -> list[Line2D]:
    """Draw combinations of which no run has a number; return what the legend says of lost runs."""
    reached = {str(group.key) for group in groups(rows, settings, value)}
    totals: dict[str, int] = {}
    for one in lost(rows, settings, value):
        totals[one.why] = totals.get(one.why, 0) + one.runs
        if None in one.key or str(one.key) in reached:
            continue
        heights = [scale.fraction(v) for scale, v in zip(scales, one.key, strict=True)]
        axes.plot([*heights, 1.06], color="0.6", linewidth=0.7, linestyle=(0, (1, 1.5)), clip_on=False)
        axes.plot([len(scales)], [1.06], **_mark(one.why))
    return [Line2D([], [], label=f"{why} ({total})", **_mark(why)) for why, total in totals.items()]


def _mark(why: str) -> dict[str, Any]:
    marker, fill = LOST.get(why, LOST_OTHER)
    look: dict[str, Any] = {"marker": marker, "markerfacecolor": fill, "markeredgecolor": BLACK}
    return look | {"markeredgewidth": 0.5, "markersize": 4.5, "linestyle": "", "clip_on": False}
