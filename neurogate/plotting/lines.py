"""A number against a setting: its mean over runs, a 95 % interval, and the runs that have none.

Here lives the panel; its figure is put together in `neurogate.plotting.sweep`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from neurogate.errors import RequestError
from neurogate.plotting.columns import Group, Lost, Row, column, groups, heading, is_number, lost, name
from neurogate.plotting.scale import Scale, spread
from neurogate.plotting.style import BLACK, CUES, LOST, LOST_OTHER, SEQUENTIAL, drawing, rule_line

__all__ = ["lines"]

_MARKERS = "osD^vPX*"
_DASHES: tuple[Any, ...] = ("-", (0, (4, 1.6)), (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)))
_SCATTERED, _MANY = 20, 1000
_KEYS = 8


def lines(
    rows: Sequence[Row], x: str, y: str, *, hue: str | None = None, ax: Axes | None = None
) -> list[Line2D]:
    """Draw a column of numbers against a column of settings.

    A line joins the means over the runs that agree in `x` and `hue`; its band is their 95 % interval.
    Where `x` holds no numbers there are bars instead, and nothing is joined; nor is it where each of many
    settings has a single run.
    Runs without a number stand above the axes, at their setting, with a mark that says why and their
    number if they are several. An axis is logarithmic if its settings are spaced so.

    Parameters
    ----------
    rows : sequence of mapping
        See `neurogate.plotting.columns`.
    x, y : str
        Columns.
    hue : str, optional
        Column that tells lines apart; rules look as in all figures, numbers run from dark to light.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.lines.Line2D
        The means, one line for each value of `hue`.

    Raises
    ------
    RequestError
        If there is no such column, or no run has a number in `y`.

    Examples
    --------
    >>> rows = [{"gain": 1.0, "error": 3.0}, {"gain": 1.0, "error": 5.0}, {"gain": 2.0, "error": 6.0}]
    >>> (line,) = lines(rows, "gain", "error")
    >>> line.get_xydata().tolist()
    [[1.0, 4.0], [2.0, 6.0]]
    """
    column(rows, y)
    scale, hues = Scale.of(x, column(rows, x)), _hues(rows, hue, y)
    found = [group for group in groups(rows, [hue or "", x], y) if group.key[1] is not None]
    if not found:
        raise RequestError(f"No run has a number in {y} and a value in {x}, so there is nothing to draw.")
    looks = _looks(hues)
    drawn: list[Line2D] = []
    with drawing(ax, 120.0, 75.0) as axes:
        for look, value, aside in zip(looks, hues.known or (None,), _asides(scale, len(looks)), strict=True):
            chosen = [g for g in found if not hues.known or hues.place(g.key[0]) == hues.place(value)]
            drawn.append(_line(axes, scale, chosen, look | {"label": name(hue, value)}, aside))
        scale.apply(axes)
        axes.set_ylabel(heading(y))
        if scale.kind == "named":
            axes.set_xlim(-0.5, len(scale.known) - 0.5)
        axes.set_yscale(spread([group.mean for group in found]))
        marks = _lost(axes, scale, lost(rows, [x], y))
        _legend(axes, drawn if hue else [], marks, heading(hue) if hue else "")
    return drawn


def _hues(rows: Sequence[Row], hue: str | None, y: str) -> Scale:
    """Return the values that lines are told apart by; those without any number have no line."""
    values = column(rows, hue) if hue else [None] * len(rows)
    return Scale.of(hue or "", (v for v, row in zip(values, rows, strict=True) if is_number(row.get(y))))


def _looks(hues: Scale) -> list[dict[str, Any]]:
    """Return how the line of each value looks; marker and dashes differ too, for eyes that see no colour."""
    count = max(len(hues.known), 1)
    if hues.name == "rule" or not hues.known:
        return [{**rule_line(i), "marker": _MARKERS[i % len(_MARKERS)]} for i in range(count)]
    if hues.kind == "named":
        colours: list[Any] = [CUES[i % len(CUES)] for i in range(count)]
    else:
        colours = [mpl.colormaps[SEQUENTIAL](0.75 * hues.fraction(value)) for value in hues.known]
    if count > len(_MARKERS):
        return [{"color": colour, "marker": "."} for colour in colours]
    return [
        {"color": colour, "marker": _MARKERS[i], "linestyle": _DASHES[i % len(_DASHES)]}
        for i, colour in enumerate(colours)
    ]


def _asides(scale: Scale, count: int) -> list[float]:
    """Return how far each line stands aside, so that bars at one place do not cover each other."""
    return np.linspace(-0.2, 0.2, count + 2)[1:-1].tolist() if scale.kind == "named" else [0.0] * count


def _line(axes: Axes, scale: Scale, found: Sequence[Group], look: dict[str, Any], aside: float) -> Line2D:
    ordered = sorted(found, key=lambda group: scale.place(group.key[1]))
    place = np.array([scale.place(group.key[1]) + aside for group in ordered])
    mean, half = (np.array([getattr(group, name) for group in ordered]) for name in ("mean", "half_width"))
    if scale.kind == "named" or (len(ordered) > _SCATTERED and all(group.runs == 1 for group in ordered)):
        look = look | {"linestyle": ""}
    (line,) = axes.plot(place, mean, markeredgecolor="white", markeredgewidth=0.4, **look)
    line.set_rasterized(len(place) > _MANY)
    known = np.isfinite(half)
    if scale.kind == "named" or known.sum() == 1:
        axes.errorbar(place[known], mean[known], half[known], color=look["color"], linestyle="", capsize=2)
    elif known.any():
        low, high = mean - half, mean + half
        axes.fill_between(place, low, high, where=known, color=look["color"], alpha=0.16, linewidth=0)
    return line


def _lost(axes: Axes, scale: Scale, found: Sequence[Lost]) -> list[Line2D]:
    """Mark lost runs above the axes, a row for each reason; return what the legend says of them."""
    keys: list[Line2D] = []
    for row, why in enumerate(sorted({one.why for one in found})):
        marker, fill = LOST.get(why, LOST_OTHER)
        look: dict[str, Any] = {"marker": marker, "markerfacecolor": fill, "markeredgecolor": BLACK}
        look |= {"markeredgewidth": 0.5, "markersize": 4.5, "linestyle": "", "clip_on": False}
        height, total = 1.04 + 0.075 * row, 0
        for one in found:
            if one.why == why:
                total += one.runs
                _mark(axes, scale, one, height, look)
        keys += [Line2D([], [], label=f"{why} ({total})", **look)]
    return keys


def _mark(axes: Axes, scale: Scale, one: Lost, height: float, look: dict[str, Any]) -> None:
    (value,) = one.key
    if value is not None:
        place = scale.place(value)
        axes.plot([place], [height], transform=axes.get_xaxis_transform(), **look)
        if one.runs > 1:
            axes.annotate(
                str(one.runs), (place, height), xycoords=axes.get_xaxis_transform(), xytext=(3.5, 0),
                textcoords="offset points", va="center", fontsize=6, annotation_clip=False,
            )  # fmt: skip


def _legend(axes: Axes, drawn: Sequence[Line2D], marks: Sequence[Line2D], title: str) -> None:
    """Name lines and marks beside the axes; of many numbers only some, since they run in order."""
    some = sorted({round(i) for i in np.linspace(0, len(drawn) - 1, min(len(drawn), _KEYS))})
    handles = [*(drawn[i] for i in some), *marks]
    if handles:
        axes.legend(
            handles=handles, title=title or None, loc="upper left", bbox_to_anchor=(1.01, 1.0),
            handlelength=2.4, alignment="left", title_fontsize=6.5,
        )  # fmt: skip
