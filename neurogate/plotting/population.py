"""What a population does while a cue is on: what differs between cues, who peaks when, what time is read.

Here live the three panels. What they show is measured in `neurogate.analysis`: marginals, the order of peaks
and the time read from activity.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from neurogate.analysis.sequences import peak_order
from neurogate.errors import RequestError
from neurogate.plotting.style import BLACK, CUES, GREY, SEQUENTIAL, drawing

__all__ = ["marginal_shares", "peaks_in_order", "time_read"]

_INTERACTION = "#b3b3b3"
_TIME = "time since the cue began (ms)"


def marginal_shares(
    shares: Mapping[str, Mapping[str, float]], *, ax: Axes | None = None
) -> dict[str, BarContainer]:
    """Draw of how much each contrast of conditions is of what differs between them.

    Parameters
    ----------
    shares : mapping of str to mapping of str to float
        For each activity, a bar from top to bottom, the shares of its marginals, which add up to 1; those of
        the first activity are named.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    dict of str to matplotlib.container.BarContainer
        For each marginal its part of every bar. Interactions are grey.

    Examples
    --------
    >>> drawn = marginal_shares({"activity": {"what": 0.5, "when": 0.25, "what x when": 0.25}})
    >>> [float(bar.get_x()) for parts in drawn.values() for bar in parts]
    [0.0, 0.5, 0.75]
    """
    rows, names = list(shares), list(next(iter(shares.values())))
    joint = [name for name in names if " x " in name]
    colours = itertools.cycle(CUES)
    labels = {name: name for name in names} | dict.fromkeys(joint) | dict.fromkeys(joint[:1], "interactions")
    drawn, left = {}, np.zeros(len(rows))
    with drawing(ax, 88.0, 60.0) as axes:
        for name in names:
            widths = np.array([shares[row][name] for row in rows])
            colour = _INTERACTION if name in joint else next(colours)
            look: dict[str, Any] = {"color": colour, "edgecolor": "white", "linewidth": 0.4}
            drawn[name] = axes.barh(rows, widths, 0.7, left, label=labels[name], **look)
            left += widths
        axes.invert_yaxis()
        axes.set(xlim=(0.0, 1.0), xlabel="share of what differs between cues")
        axes.legend(
            loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, handlelength=1.0, columnspacing=1.0
        )
    return drawn


def peaks_in_order(activity: ArrayLike, time_ms: ArrayLike, *, ax: Axes | None = None) -> AxesImage:
    """Draw each neuron's mean activity in one half of the trials, ordered by its peak in the other half.

    Parameters
    ----------
    activity : (S, T, N) array
        Spike counts or rates of trials, time bins and neurons; at least two trials.
    time_ms : (T,) array
        Of the bins, evenly spaced.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.image.AxesImage
        (M, T), each neuron in parts of its largest value; neurons that do not change are left out.

    Raises
    ------
    RequestError
        If there are fewer than two trials, or no neuron changes.

    Examples
    --------
    >>> activity = np.eye(3)[:, [2, 0, 1]] + np.zeros((4, 1, 1))
    >>> peaks_in_order(activity, [100.0, 200.0, 300.0]).get_array().tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    times, shown = np.asarray(time_ms, dtype=np.float64), peak_order(activity).rates
    if not shown.size:
        raise RequestError("No neuron of activity changes in both halves of the trials; nobody has a peak.")
    half = (times[1] - times[0]) / 2
    with drawing(ax, 60.0, 70.0) as axes:
        image = axes.imshow(
            shown / shown.max(axis=1, keepdims=True),
            cmap=SEQUENTIAL, aspect="auto", interpolation="nearest",
            extent=(times[0] - half, times[-1] + half, len(shown), 0.0),
        )  # fmt: skip
        axes.set(xlabel=_TIME, ylabel="neurons, by their peak in other trials")
    return image


def time_read(
    estimates: Mapping[str, ArrayLike], time_ms: ArrayLike, *, ax: Axes | None = None
) -> dict[str, Line2D]:
    """Draw the time that decoders read, against the time that it is.

    Parameters
    ----------
    estimates : mapping of str to (S, T) array
        For each decoder what it reads in each trial (ms); the first is black.
    time_ms : (T,) array
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    dict of str to matplotlib.lines.Line2D
        Medians over trials; bands hold the middle half.

    Examples
    --------
    >>> time_read({"same cue": [[100.0, 210.0], [120.0, 200.0]]}, [100.0, 200.0])["same cue"].get_ydata()
    array([110., 205.])
    """
    times = np.asarray(time_ms, dtype=np.float64)
    drawn = {}
    with drawing(ax, 60.0, 60.0) as axes:
        axes.plot(times, times, color=GREY, linewidth=0.6, linestyle=(0, (3, 2)))
        colours = itertools.cycle((BLACK, *CUES[1:]))
        for (name, found), colour in zip(estimates.items(), colours, strict=False):
            low, middle, high = np.quantile(np.asarray(found, dtype=np.float64), [0.25, 0.5, 0.75], axis=0)
            axes.fill_between(times, low, high, color=colour, alpha=0.2, linewidth=0)
            (drawn[name],) = axes.plot(times, middle, color=colour, label=name)
        axes.set(xlabel=_TIME, ylabel="time read (ms)")
        axes.legend(loc="upper left")
    return drawn
