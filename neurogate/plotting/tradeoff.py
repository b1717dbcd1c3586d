"""Two things that cannot both be small: a curve of settings for each family, with intervals over seeds.

Here lives the panel. Which settings a family has is the caller's affair; the intervals are those of
`neurogate.analysis.intervals`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from neurogate.analysis.intervals import mean_interval
from neurogate.plotting.style import BLACK, GREY, RIVALS, drawing

__all__ = ["tradeoff"]

_MARKERS = "osD^vPX*<>"
_DASHES: tuple[Any, ...] = ("-", *RIVALS)
_WITHIN = "#D55E00"


def tradeoff(
    curves: Mapping[str, Sequence[tuple[ArrayLike, ArrayLike]]],
    xlabel: str,
    ylabel: str,
    *,
    targets: tuple[float, float] | None = None,
    emphasised: Collection[str] = (),
    ringed: Mapping[str, int] | None = None,
    ax: Axes | None = None,
) -> list[Line2D]:
    """Draw what each setting of each family costs in one measure, against what it costs in another.

    Parameters
    ----------
    curves : mapping of str to sequence of (values, values)
        For each family its settings in order; for each setting both measures over seeds, (seeds,) each.
    xlabel, ylabel : str
        What they are, with their units; both are costs, and the axes begin at 0.
    targets : (float, float), optional
        What each should be at most; the corner within both is tinted.
    emphasised : collection of str
        Families drawn in black; the others are grey.
    ringed : mapping of str to int, optional
        Which setting of a family has a ring around it, such as the one that ships, counted from 0.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.lines.Line2D
        The means, a line for each family.

    Examples
    --------
    >>> slow_and_fast = [([0.04, 0.06], [140.0, 160.0]), ([0.10, 0.12], [40.0, 60.0])]
    >>> (line,) = tradeoff({"counts": slow_and_fast}, "error", "trials")
    >>> line.get_xydata().round(2).tolist()
    [[0.05, 150.0], [0.11, 50.0]]
    """
    with drawing(ax, 88.0, 80.0) as axes:
        if targets is not None:
            _corner(axes, *targets)
        drawn = []
        for i, (name, points) in enumerate(curves.items()):
            dark = name in emphasised
            look = {
                "color": BLACK if dark else GREY, "marker": _MARKERS[i % len(_MARKERS)], "label": name,
                "linestyle": _DASHES[i % len(_DASHES)], "zorder": 4 if dark else 3,
            }  # fmt: skip
            drawn.append(_curve(axes, points, look))
            if ringed and name in ringed:
                _ring(axes, drawn[-1], ringed[name])
        axes.set(xlabel=xlabel, ylabel=ylabel, xlim=(0.0, None), ylim=(0.0, None))
    return drawn


def _curve(axes: Axes, points: Sequence[tuple[ArrayLike, ArrayLike]], look: Mapping[str, Any]) -> Line2D:
    (x, dx), (y, dy) = (_means([point[i] for point in points]) for i in (0, 1))
    bars = {"color": look["color"], "linewidth": 0.5, "alpha": 0.6, "zorder": 2}
    axes.hlines(y, x - dx, x + dx, **bars)
    axes.vlines(x, y - dy, y + dy, **bars)
    return axes.plot(x, y, markersize=3.2, markeredgecolor="white", markeredgewidth=0.4, **look)[0]


def _ring(axes: Axes, line: Line2D, place: int) -> None:
    x, y = np.asarray(line.get_xydata())[place]
    look: dict[str, Any] = {"marker": "o", "markersize": 8.0, "markerfacecolor": "none", "linestyle": ""}
    axes.plot(x, y, color=line.get_color(), markeredgewidth=0.9, zorder=line.get_zorder() + 1, **look)


def _means(values: Sequence[ArrayLike]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean of each over seeds, and the half width of its interval, 0 for a single seed."""
    found = [mean_interval(one) for one in values]
    return np.array([one.mean for one in found]), np.nan_to_num([one.half_width for one in found])


def _corner(axes: Axes, x: float, y: float) -> None:
    look: dict[str, Any] = {"color": _WITHIN, "linewidth": 0.6, "linestyle": (0, (3, 2)), "zorder": 1}
    axes.axvline(x, **look)
    axes.axhline(y, **look)
    axes.fill_between([0.0, x], 0.0, y, color=_WITHIN, alpha=0.08, linewidth=0, zorder=0)
