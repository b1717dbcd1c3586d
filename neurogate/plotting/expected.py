"""What is read over time beside what might be read: means over seeds over an expected course.

Here lives the panel. What is expected is the caller's affair; of *when*, `neurogate.tasks.truth` says it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from neurogate.analysis.intervals import mean_interval
from neurogate.plotting.style import BLACK, CUES, display_name, drawing, rule_line

__all__ = ["beside_expected"]


def beside_expected(
    time_ms: ArrayLike,
    read: Mapping[str, ArrayLike],
    expected: Mapping[str, ArrayLike],
    *,
    colour: str = CUES[0],
    ax: Axes | None = None,
) -> list[Line2D]:
    """Draw readouts over time, and the courses that they may follow.

    Parameters
    ----------
    time_ms : (T,) array
    read : mapping of str to (B, T) array
        Of each rule, the headline rule first, which has an interval over seeds.
    expected : mapping of str to (T,) array
        Courses in the unit of the readout: the first is tinted, the others are dotted lines.
    colour : str
        Of these courses; that of a cue.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.lines.Line2D
        The means of the rules.

    Examples
    --------
    >>> read = {"three_factor": [[0.0, 0.4, 0.0], [0.0, 0.6, 0.2]]}
    >>> (line,) = beside_expected([0.0, 5.0, 10.0], read, {"density": [0.0, 0.9, 0.0]})
    >>> line.get_ydata().tolist()
    [0.0, 0.5, 0.1]
    """
    times, lines = np.asarray(time_ms, dtype=float), list[Line2D]()
    with drawing(ax, 60.0, 40.0) as axes:
        for index, (name, course) in enumerate(expected.items()):
            if index == 0:
                axes.fill_between(times, 0.0, course, color=colour, alpha=0.25, linewidth=0, label=name)
            else:
                axes.plot(times, course, color=colour, linewidth=0.8, linestyle=(0, (1, 1.2)), label=name)
        for index, (name, values) in enumerate(read.items()):
            mean, half_width = mean_interval(values)
            lines += axes.plot(times, mean, label=display_name(name), **rule_line(index))
            if index == 0 and np.isfinite(half_width).all():
                low, high = mean - half_width, mean + half_width
                axes.fill_between(times, low, high, color=BLACK, alpha=0.18, linewidth=0)
        axes.set(xlim=(times.min(), times.max()), xlabel="time after the cue (ms)", ylabel="when")
    return lines
