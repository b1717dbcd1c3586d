"""How the subspaces of the readouts turn while they learn, and at each switch.

Here lives the figure. The courses are computed in `neurogate.tasks.subspaces`.
"""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neurogate.plotting.learning import learning_curve
from neurogate.plotting.result import Arrays, of_rules, require, rules_of
from neurogate.plotting.style import GREY, HANDLE, STYLE, WIDTH_MM, display_name, figure

__all__ = ["COURSES", "turning_figure"]

COURSES = {
    "angle_deg": "when to what (°)",
    "when_overlap": "when: overlap with\nfirst block's end",
    "what_overlap": "what: overlap with\nfirst block's end",
}
"""What is followed over the trials, and how it is called."""

_NULL = "null.own_traces_deg"
_ROOM, _LEAST_ROOM_DEG = 0.04, 0.5
_MOST_ACROSS = 6


def turning_figure(arrays: Arrays, rules: Sequence[str] | None = None) -> Figure:
    """Compose the figure: the angle between the readouts, and how far each has gone since the first block.

    A switch of times alone should turn *when* and leave *what* where it is; one of odds the other way round.

    Parameters
    ----------
    arrays : mapping of str to array
        Of a run of the what-when task; seeds are replicas.
    rules : sequence of str, optional
        Which rules, the headline rule first; all by default.

    Returns
    -------
    matplotlib.figure.Figure
        Lines are means over seeds, bands their range; behind the angle nine of ten random sums of the traces,
        above it a line at 90°. Angles begin where the smallest is.

    Raises
    ------
    RequestError
        If arrays are missing.

    Examples
    --------
    >>> stored = {"rule_names": np.array(["force"]), "probe_trial": np.array([10, 20])}
    >>> stored |= {"block_start": np.array([0, 20]), "block_names": np.array(["A"])}
    >>> stored |= {f"force.{name}": np.ones((1, 2)) for name in COURSES} | {_NULL: np.ones((1, 9))}
    >>> len(turning_figure(stored).axes)
    3
    """
    require(arrays, ["probe_trial", "block_start", "block_names", _NULL], "turning")
    named = rules_of(arrays, COURSES, "turning") if rules is None else list(rules)
    trial, starts = arrays["probe_trial"], arrays["block_start"]
    names = [display_name(str(name)) for name in arrays["block_names"]]
    made = figure(WIDTH_MM, 120.0)
    with mpl.rc_context(STYLE):
        panels = made.subplots(3, 1, sharex=True)
        for axes, (key, ylabel) in zip(panels, COURSES.items(), strict=True):
            curves = of_rules(arrays, named, key)
            at = {"block_start": starts, "block_names": names, "named": False, "ax": axes}
            learning_curve(trial, curves, ylabel, **at)
            names = []
        _right_angle(panels[0], arrays, named)
        keys = panels[0].get_legend_handles_labels()
        made.legend(*keys, loc="outside upper center", ncols=_MOST_ACROSS, handlelength=HANDLE)
        for axes in panels[:-1]:
            axes.label_outer()
        made.align_ylabels(panels)
    return made


def _right_angle(axes: Axes, arrays: Arrays, rules: Sequence[str]) -> None:
    """Draw the null and a line at 90°, and end the axis a little beyond all angles."""
    null = arrays[_NULL][np.isfinite(arrays[_NULL])]
    shown = [90.0]
    if null.size:
        low, high = np.percentile(null, [5, 95])
        axes.axhspan(low, high, color="0.9", linewidth=0, zorder=0)
        shown.append(low)
    axes.axhline(90.0, color=GREY, linewidth=0.5, zorder=1)
    angles = np.concatenate([arrays[f"{rule}.angle_deg"].ravel() for rule in rules])
    lowest = min([*shown, *angles[np.isfinite(angles)]])
    room = _ROOM * (90.0 - lowest) + _LEAST_ROOM_DEG
    axes.set_ylim(lowest - room, 90.0 + room)
