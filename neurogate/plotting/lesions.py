"""Lesions of the gate in one phase: when it is closed, and what that costs.

Here live the panel of gates and the figure that puts it beside the errors. What a lesion is is said in
`neurogate.plasticity.gates.lesion`.
"""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from neurogate.plotting.forest import forest
from neurogate.plotting.style import BLACK, GREY, STYLE, WIDTH_MM, display_name, drawing, figure
from neurogate.tasks.spread import known_mean

__all__ = ["gate_rows", "lesion_figure"]

_ROW_MM, _FRAME_MM = 7.0, 14.0
_HEIGHT = 0.6


def lesion_figure(
    measures: Mapping[str, Mapping[str, ArrayLike]],
    gates: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    limits: Mapping[str, float] | None = None,
    due_ms: float | None = None,
) -> Figure:
    """Compose the figure: the gate of every condition over a trial, and each measure beside it.

    Parameters
    ----------
    measures : mapping of str to mapping of str to (seeds,)
        By what is measured, with its unit; of each condition, the whole one first.
    gates : mapping of str to (time_ms, opening)
        Of the same conditions in the same order, (T,) each.
    limits : mapping of str to float, optional
        Of measures that end somewhere, such as trials at the length of a block: values there are triangles,
        as in `neurogate.plotting.forest.forest`.
    due_ms : float, optional
        When the outcome comes in that trial; a dashed line.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> gates = {"whole": ([0.0, 1.0], [1.0, 1.0]), "lesion_cue": ([0.0, 1.0], [0.0, 1.0])}
    >>> len(lesion_figure({"error (ms)": {"whole": [1.0, 2.0], "lesion_cue": [3.0, 5.0]}}, gates).axes)
    2
    """
    made = figure(WIDTH_MM, _FRAME_MM + _ROW_MM * len(gates))
    with mpl.rc_context(STYLE):
        panels = made.subplots(1, 1 + len(measures), sharey=True, squeeze=False)[0]
        for axes, (words, values) in zip(panels[1:], measures.items(), strict=True):
            whole = known_mean(np.asarray(next(iter(values.values())), float))
            forest(values, words, reference=whole, limit=(limits or {}).get(words), ax=axes)
        gate_rows(gates, due_ms=due_ms, ax=panels[0])
    return made


def gate_rows(
    gates: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    due_ms: float | None = None,
    ax: Axes | None = None,
) -> list[PolyCollection]:
    """Draw how far the gate of each condition opens over a trial, in a row of its own.

    Parameters
    ----------
    gates : mapping of str to (time_ms, opening)
        Of each condition, from top to bottom; openings from 0 to 1.
    due_ms : float, optional
        When the outcome comes; a dashed line.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.collections.PolyCollection

    Examples
    --------
    >>> len(gate_rows({"whole": ([0.0, 1.0], [1.0, 1.0])}))
    1
    """
    drawn: list[PolyCollection] = []
    with drawing(ax, 88.0, _FRAME_MM + _ROW_MM * len(gates)) as axes:
        for row, (time_ms, opening) in enumerate(gates.values()):
            times, base = np.asarray(time_ms, float), row + _HEIGHT / 2
            colour = GREY if row else BLACK
            top = base - _HEIGHT * np.asarray(opening, float)
            drawn.append(axes.fill_between(times, base, top, step="mid", color=colour, linewidth=0))
            axes.plot(times[[0, -1]], [base, base], color=colour, linewidth=0.5)
        if due_ms is not None:
            axes.axvline(due_ms, color=BLACK, linewidth=0.6, linestyle=(0, (3, 2)))
            axes.text(due_ms, -0.62, "outcome", ha="center", va="bottom")
        axes.set(xlim=(times[0], times[-1]), ylim=(len(gates) - 0.4, -0.6), xlabel="time from cue (ms)")
        axes.set_yticks(range(len(gates)), [display_name(name) for name in gates])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
    return drawn
