"""How widely something is spread in each of many conditions: five quantiles in a row for each.

Here live the panel and the figure that puts several quantities side by side. Which quantiles are meant, and
of what, is the caller's affair.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from neurogate.plotting.style import BLACK, GREY, STYLE, WIDTH_MM, display_name, drawing, figure

__all__ = ["ranges", "ranges_figure"]

_ROW_MM, _FRAME_MM = 5.0, 14.0


def ranges(
    quantiles: Mapping[str, ArrayLike], xlabel: str, *, reference: str | None = None, ax: Axes | None = None
) -> list[Line2D]:
    """Draw a line from the first quantile to the last, a thick one between the inner two, and the middle.

    Parameters
    ----------
    quantiles : mapping of str to (5,)
        Of each condition, rising, from top to bottom.
    xlabel : str
        What they are quantiles of, with its unit.
    reference : str, optional
        The condition that the others are to be compared with: it is black, and its inner quantiles and its
        middle are marked in all rows.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.lines.Line2D
        The middle of each condition.

    Examples
    --------
    >>> people = [0.07, 0.14, 0.19, 0.26, 0.43]
    >>> (middle,) = ranges({"people": people}, "duration (s)")
    >>> float(middle.get_xdata()[0])
    0.19
    """
    with drawing(ax, 88.0, _FRAME_MM + _ROW_MM * len(quantiles)) as axes:
        if reference is not None:
            _, low, middle, high, _ = np.asarray(quantiles[reference], float)
            axes.axvspan(low, high, color=GREY, alpha=0.15, linewidth=0, zorder=0)
            axes.axvline(middle, color=GREY, linewidth=0.6, linestyle=(0, (3, 2)), zorder=1)
        drawn = []
        for row, (name, values) in enumerate(quantiles.items()):
            first, low, middle, high, last = np.asarray(values, float)
            colour = BLACK if name == reference else GREY
            axes.hlines(row, first, last, color=colour, linewidth=0.7, zorder=2)
            axes.hlines(row, low, high, color=colour, linewidth=2.4, zorder=3)
            look: dict[str, Any] = {
                "color": colour,
                "markersize": 4.0,
                "markeredgecolor": "white",
                "zorder": 4,
            }
            drawn += axes.plot(middle, row, "o", **look)
        axes.set(xlabel=xlabel, ylim=(len(quantiles) - 0.4, -0.6), xlim=(0.0, None))
        axes.set_yticks(range(len(quantiles)), [display_name(name) for name in quantiles])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
    return drawn


def ranges_figure(
    quantities: Mapping[str, Mapping[str, ArrayLike]], *, reference: str | None = None
) -> Figure:
    """Compose a figure of several quantities of the same conditions, one beside the other.

    Parameters
    ----------
    quantities : mapping of str to mapping of str to (5,)
        By what they are quantiles of, with its unit; of each condition as in `ranges`, in the same order.
    reference : str, optional
        As in `ranges`.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> both = {"people": [1, 2, 3, 4, 5], "model": [2, 3, 4, 5, 6]}
    >>> len(ranges_figure({"duration (s)": both, "amplitude (px)": both}, reference="people").axes)
    2
    """
    rows = max(len(quantiles) for quantiles in quantities.values())
    made = figure(WIDTH_MM, _FRAME_MM + _ROW_MM * rows)
    with mpl.rc_context(STYLE):
        panels = made.subplots(1, len(quantities), sharey=True, squeeze=False)[0]
        for axes, (words, quantiles) in zip(panels, quantities.items(), strict=True):
            ranges(quantiles, words, reference=reference, ax=axes)
    return made
