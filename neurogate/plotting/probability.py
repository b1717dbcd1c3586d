"""Learned against true probability.

The probabilities are read out in :mod:`neurogate.analysis.predictions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from neurogate.analysis.predictions import correlation
from neurogate.plotting.style import BLACK, GREY, cue_colour, display_name, drawing

__all__ = ["probability"]

_RIVAL_MARKERS, _GLYPHS = "sDv", "□◇▽"


def probability(
    truth: ArrayLike, learned: Mapping[str, ArrayLike], *, ax: Axes | None = None
) -> list[Line2D]:
    """Draw learned against true probability of every cue and outcome, with the line of identity.

    The first rule has discs in the colour of the cue; its rivals have open grey markers. With several
    replicas a marker is the mean and its bar the range. Pearson's r is the mean over replicas.

    Parameters
    ----------
    truth : (C, K)
        True probabilities.
    learned : mapping of str to (B, C, K)
        Learned probabilities of each rule, the headline rule first.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.lines.Line2D
        Markers by rule, then cue.

    Examples
    --------
    >>> discs = probability([[0.9, 0.1]], {"three_factor": [[[0.8, 0.2]]]})
    >>> discs[0].get_ydata().tolist()
    [0.8, 0.2]
    """
    true = np.asarray(truth)
    with drawing(ax, 60.0, 60.0) as axes:
        axes.plot([0, 1], [0, 1], color="0.75", linewidth=0.6, zorder=1)
        drawn: list[Line2D] = []
        top = 1.13 + 0.13 * len(learned)
        for rule, (name, values) in enumerate(learned.items()):
            drawn += _markers(axes, true, np.asarray(values), rule)
            r = float(np.mean([correlation(true, replica) for replica in np.asarray(values)]))
            glyph = _GLYPHS[(rule - 1) % len(_GLYPHS)] if rule else "●"
            value = f"{r:.2f}".replace("-", "−")
            text = f"{glyph} {display_name(name)}, r = {value}"
            axes.text(-0.02, top - 0.13 * rule, text, color=GREY if rule else BLACK, va="center")
        axes.set(xlim=(-0.08, 1.08), ylim=(-0.15, top + 0.1), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
        axes.set(xlabel="true probability", ylabel="learned probability", aspect="equal")
    return drawn


def _markers(axes: Axes, true: NDArray[Any], values: NDArray[Any], rule: int) -> list[Line2D]:
    mean, low, high = values.mean(axis=0), values.min(axis=0), values.max(axis=0)
    drawn: list[Line2D] = []
    for cue in range(len(true)):
        colour = GREY if rule else cue_colour(cue)
        look: dict[str, Any] = {"linestyle": "", "markersize": 3.8, "markeredgecolor": "white", "zorder": 3}
        if rule:
            look |= {"markerfacecolor": "none", "markeredgecolor": GREY, "markeredgewidth": 0.7, "zorder": 2}
        marker = _RIVAL_MARKERS[(rule - 1) % len(_RIVAL_MARKERS)] if rule else "o"
        drawn += axes.plot(true[cue], mean[cue], marker=marker, color=colour, **look)
        if len(values) > 1:
            axes.vlines(true[cue], low[cue], high[cue], color=colour, linewidth=0.7, zorder=1.5)
    return drawn
