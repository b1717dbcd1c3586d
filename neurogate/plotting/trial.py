"""What a trial of the what-when task is like, and what its blocks ask.

Here live two panels: the course of one trial, and the outcomes of every cue in a block. The task itself is
said in `neurogate.tasks.what_when`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from neurogate.plotting.style import BLACK, GREY, cue_colour, display_name, drawing
from neurogate.tasks.what_when import WhatWhen

__all__ = ["block_chart", "outcome_key", "trial_timeline"]

_HATCHES = ("", "//////", "......", "xxxxxx", "------")
_ROW, _HEIGHT = 1.0, 0.62
_BAR = 0.055
_BACK = "0.9"


def trial_timeline(task: WhatWhen, cue: int, *, gate: Any = None, ax: Axes | None = None) -> list[Line2D]:
    """Draw one trial: inputs, what *when* is taught, and what is replayed for *what*.

    Parameters
    ----------
    task : WhatWhen
    cue : int
        Number of the cue; its latency is that of the first block.
    gate : (time_ms, opening), optional
        What the gates of a rule allow over the trial, two arrays of the same length.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.lines.Line2D
        From top to bottom: the cue, an outcome that comes, one that is omitted, what *when* is taught, and
        the gate if there is one.

    Examples
    --------
    >>> [float(line.get_xdata()[0]) for line in trial_timeline(WhatWhen(), 2)]
    [-400.0, -400.0, -400.0, -400.0]
    """
    line, due_ms, colour = task.timeline, task.blocks[0].latency_ms[cue], cue_colour(cue)
    time_ms = np.arange(-line.interval_ms, line.trial_ms - line.interval_ms + 1.0)
    inputs = {
        f"cue {cue + 1}": (_cue(task, time_ms), colour, "-"),
        "outcome comes": (_pulse(time_ms, due_ms, line.outcome_ms), BLACK, "-"),
        "outcome omitted": (np.zeros(len(time_ms)), GREY, (0, (4, 1.6))),
        "taught to when": (_bump(task, time_ms, due_ms), colour, "-"),
    }
    rows = {**inputs, **({"gate allows": (np.interp(time_ms, *gate), BLACK, "-")} if gate else {})}
    drawn: list[Line2D] = []
    with drawing(ax, 88.0, 62.0) as axes:
        for row, (name, (values, shade, dashes)) in enumerate(rows.items()):
            base = -_ROW * row
            axes.fill_between(time_ms, base, base + _HEIGHT * values, color=shade, alpha=0.15, linewidth=0)
            drawn += axes.plot(time_ms, base + _HEIGHT * values, color=shade, linestyle=dashes)
            axes.text(time_ms[0], base, f"{name} ", ha="right", va="bottom", color=shade)
        _frame(axes, task, due_ms, -_ROW * len(rows))
    return drawn


def block_chart(task: WhatWhen, block: int, *, ax: Axes | None = None) -> list[BarContainer]:
    """Draw what each cue announces in a block: a bar where its outcomes are due, divided by probability.

    Parameters
    ----------
    task : WhatWhen
    block : int
        Its number.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.container.BarContainer
        Of each outcome and of nothing, cue by cue.

    Examples
    --------
    >>> bars = block_chart(WhatWhen(), 0)
    >>> [round(float(bar[0].get_height()), 3) for bar in bars[:3]]
    [0.9, 0.0, 0.1]
    """
    asked, length = task.blocks[block], task.timeline.cue_ms
    odds = task.probability()[block]
    places = _apart(np.array(asked.latency_ms), _BAR * length)
    drawn: list[BarContainer] = []
    with drawing(ax, 60.0, 45.0) as axes:
        for cue, (place, row) in enumerate(zip(places, odds, strict=True)):
            for k, p in enumerate([*row, 1.0 - row.sum()]):
                look = _look(k, len(row), cue_colour(cue))
                drawn.append(axes.bar(place, p, _BAR * length, sum(row[:k]), linewidth=0.6, **look))
            axes.text(place, 1.03, str(cue + 1), ha="center", color=cue_colour(cue), fontweight="bold")
        axes.set(xlim=(0.0, length), ylim=(0.0, 1.16), yticks=[0, 0.5, 1])
        axes.set(xticks=sorted(set(asked.latency_ms)), xlabel="outcome due (ms after the cue)")
        jitter = ", jittered" if asked.jitter else ", drifting" if asked.probability_to else ""
        axes.set_title(f"block {display_name(asked.name)}, {asked.trials} trials{jitter}")
    return drawn


def outcome_key(task: WhatWhen) -> list[Patch]:
    """Return what the parts of the bars mean, for a legend.

    Examples
    --------
    >>> [patch.get_label() for patch in outcome_key(WhatWhen())]
    ['X', 'Y', 'nothing']
    """
    names = [*task.outcomes, "nothing"]
    return [Patch(label=name, **_look(k, len(task.outcomes), GREY)) for k, name in enumerate(names)]


def _look(outcome: int, outcomes: int, colour: str) -> dict[str, Any]:
    if outcome == outcomes:
        return {"facecolor": "white", "edgecolor": colour, "linestyle": ":"}
    hatch = _HATCHES[outcome % len(_HATCHES)]
    return {"facecolor": "white" if hatch else colour, "edgecolor": colour, "hatch": hatch}


def _apart(latency_ms: NDArray[Any], width: float) -> NDArray[np.float64]:
    """Return where bars stand, so that those of one latency stand beside each other."""
    place = latency_ms.astype(float)
    for latency in np.unique(latency_ms):
        same = np.flatnonzero(latency_ms == latency)
        place[same] += width * (np.arange(len(same)) - (len(same) - 1) / 2)
    return place


def _pulse(time_ms: NDArray[Any], start_ms: float, length_ms: float) -> NDArray[np.float64]:
    return ((time_ms >= start_ms) & (time_ms < start_ms + length_ms)).astype(float)


def _cue(task: WhatWhen, time_ms: NDArray[Any]) -> NDArray[np.float64]:
    line = task.timeline
    onset = _pulse(time_ms, 0.0, line.onset_ms)
    held = _pulse(time_ms, line.onset_ms, line.cue_ms - line.onset_ms)
    largest = max(abs(line.onset_amplitude), abs(line.cue_amplitude)) or 1.0
    return (line.onset_amplitude * onset + line.cue_amplitude * held) / largest


def _bump(task: WhatWhen, time_ms: NDArray[Any], due_ms: float) -> NDArray[np.float64]:
    sd_ms = float(task.target_sd(np.asarray(due_ms)))
    bump: NDArray[np.float64] = np.exp(-0.5 * ((task.foretold_ms(time_ms) - due_ms) / sd_ms) ** 2)
    return bump


def _frame(axes: Axes, task: WhatWhen, due_ms: float, lowest: float) -> None:
    """Mark the cue, the time at which the outcome is due, and what is replayed for *what* before it."""
    line = task.timeline
    low, high = -line.interval_ms, line.trial_ms - line.interval_ms
    first = max(task.replay_from_ms, due_ms - (task.replay_within_ms or np.inf))
    axes.axvspan(0.0, line.cue_ms, color="0.97", linewidth=0, zorder=0)
    axes.axvline(due_ms, color=BLACK, linewidth=0.6, linestyle=(0, (3, 2)), zorder=1)
    axes.plot([first, due_ms], [lowest + 0.72] * 2, color=BLACK, linewidth=3.0, solid_capstyle="butt")
    axes.text(low, lowest + 0.72, "replayed for what ", ha="right", va="center")
    if task.lead_ms:
        axes.text(due_ms + 12.0, -3 * _ROW + 0.3, f"{task.lead_ms:g} ms ahead", va="center")
    axes.text(due_ms, 1.0, f"due at {due_ms:g} ms", ha="center", va="bottom")
    axes.set(xlim=(low, high), ylim=(lowest + 0.45, 1.0), yticks=[], xlabel="time from cue (ms)")
    axes.set_xticks([0.0, due_ms, line.cue_ms])
    axes.spines["left"].set_visible(False)
