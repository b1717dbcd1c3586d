"""When learning was allowed: gates over a trial, and over training.

Here live the panels and their figure. What a gate does is said in `neurogate.plasticity.gates`; who
draws a run computes its `GateCourse` from the run's own gates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError
from neurogate.plotting.picture import remark
from neurogate.plotting.result import NOT_RECORDED, Arrays, require, training
from neurogate.plotting.style import (
    BLACK,
    GREY,
    SEQUENTIAL,
    STYLE,
    WIDTH_MM,
    cue_colour,
    display_name,
    drawing,
    figure,
)  # fmt: skip

__all__ = ["GateCourse", "block_opening", "gate_figure", "training_course", "trial_course"]


_ROW_MM = 48.0


class GateCourse(NamedTuple):
    """What the gates of a rule do over a trial.

    Parameters
    ----------
    time_ms : (T,) array
        Time relative to the cue.
    low, high : (C + 1, T) array
        Product of the gates in trials of each cue whose outcome comes, and last in an omission:
        without any surprise, and with all of it. The error gate is left out.
    cue_time_ms : (T',) array
        Times at which `opening` is known.
    opening : (blocks, T') array or None
        Mean opening over cues and replicas, error gate included, for the readout at the end of each
        block (NaN where it was not judged); None if there is no error gate.
    """

    time_ms: NDArray[Any]
    low: NDArray[Any]
    high: NDArray[Any]
    cue_time_ms: NDArray[Any]
    opening: NDArray[Any] | None


def gate_figure(arrays: Arrays, courses: Mapping[str, GateCourse]) -> Figure:
    """Compose the figure of the gates: of each rule, over a trial and, if it was recorded, over training.

    Parameters
    ----------
    arrays : mapping of str to array
        Of a run of the what-when task.
    courses : mapping of str to GateCourse
        Of the rules that have gates.

    Raises
    ------
    RequestError
        If no rule has gates, or arrays are missing.

    Examples
    --------
    >>> gate_figure({}, {})
    Traceback (most recent call last):
        ...
    neurogate.errors.RequestError: No rule of this run has gates, so there are none to draw; choose ...
    """
    if not courses:
        raise RequestError("No rule of this run has gates, so there are none to draw; choose another kind.")
    require(arrays, ["block_start", "block_names", "cue_names"], "gates")
    gates = {rule: training(arrays, rule, "gate") for rule in courses}
    recorded = all(gate is not None for gate in gates.values())
    rows = [1 + (course.opening is not None) + (gates[rule] is not None) for rule, course in courses.items()]
    made = figure(WIDTH_MM, _ROW_MM * sum(rows))
    with mpl.rc_context(STYLE):
        parts = made.subfigures(len(courses), 1, squeeze=False, height_ratios=rows).flat
        for part, (rule, course) in zip(parts, courses.items(), strict=True):
            _rule(part, arrays, rule, course, gates[rule])
        remark(made, "" if recorded else NOT_RECORDED.format("gate"))
    return made


def _rule(part: SubFigure, arrays: Arrays, rule: str, course: GateCourse, gate: NDArray[Any] | None) -> None:
    cues, blocks = ([str(name) for name in arrays[key]] for key in ("cue_names", "block_names"))
    rows = 1 + (course.opening is not None) + (gate is not None)
    panels = iter(part.subplots(rows, 1, squeeze=False)[:, 0])
    title = f"{display_name(rule)}: what the gates allow, whatever the error"
    title += "; bands: down to what they allow without surprise" if (course.low < course.high).any() else ""
    trial_course(course, cues, ax=(axes := next(panels)))
    axes.set_title(title, loc="left")
    if course.opening is not None:
        block_opening(course, blocks, ax=(axes := next(panels)))
        axes.set_title("how far they open, error gate included, for the readout in the probes", loc="left")
    if gate is not None:
        step, (first, *_, last) = float(np.diff(course.time_ms[:2])[0]), course.time_ms.tolist()
        starts = arrays["block_start"][1:-1].tolist()
        image = training_course(gate, (first - step, last), starts=starts, ax=(axes := next(panels)))
        axes.set_title("how far they opened in training", loc="left")
        part.colorbar(image, cax=axes.inset_axes((1.01, 0.0, 0.015, 1.0)), label="opening", ticks=[0, 0.5, 1])


def trial_course(course: GateCourse, cue_names: Sequence[str], *, ax: Axes | None = None) -> list[Line2D]:
    """Draw what the gates allow over a trial, whatever the error.

    Where surprise matters, the line is the gate with full surprise and its band reaches down to none.
    Cues that are gated alike share one line.

    Parameters
    ----------
    course : GateCourse
    cue_names : sequence of str
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.lines.Line2D

    Examples
    --------
    >>> open_ = np.ones((2, 3))
    >>> course = GateCourse(np.arange(3.0), open_, open_, np.arange(3.0), None)
    >>> [line.get_label() for line in trial_course(course, ["A"])]
    ['every trial']
    """
    kinds = [(f"cue {name}", cue_colour(i), "-") for i, name in enumerate(cue_names)]
    kinds.append(("omission", GREY, (0, (4, 1.6))))  # type: ignore[arg-type]
    if (course.high == course.high[0]).all() and (course.low == course.low[0]).all():
        kinds = [("every trial", BLACK, "-")]
    lines: list[Line2D] = []
    with drawing(ax, 88.0, 40.0) as axes:
        for (name, colour, dashes), low, high in zip(kinds, course.low, course.high, strict=False):
            lines += axes.plot(course.time_ms, high, color=colour, linestyle=dashes, label=name)
            if (low < high).any():
                axes.fill_between(course.time_ms, low, high, color=colour, alpha=0.15, linewidth=0)
        _frame(axes, course.time_ms)
    return lines


def block_opening(course: GateCourse, block_names: Sequence[str], *, ax: Axes | None = None) -> list[Line2D]:
    """Draw how far the gates, the error gate among them, open for the readout at the end of each block.

    Parameters
    ----------
    course : GateCourse
        With an `opening`.
    block_names : sequence of str
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.lines.Line2D
        One for each block that was judged.

    Examples
    --------
    >>> open_ = np.ones((2, 3))
    >>> course = GateCourse(np.arange(3.0), open_, open_, np.arange(3.0), np.full((1, 3), 0.2))
    >>> [line.get_label() for line in block_opening(course, ["A"])]
    ['end of block A']
    """
    opening = np.empty((0, 0)) if course.opening is None else course.opening
    judged = [block for block in range(len(opening)) if np.isfinite(opening[block]).all()]
    shades = mpl.colormaps[SEQUENTIAL](np.linspace(0.0, 0.65, max(len(judged), 2)))
    lines: list[Line2D] = []
    with drawing(ax, 88.0, 40.0) as axes:
        for shade, block in zip(shades, judged, strict=False):
            label = f"end of block {display_name(block_names[block])}"
            dashes: Any = ("-", (0, (4, 1.6)), (0, (1, 1.2)))[len(lines) % 3]
            lines += axes.plot(course.cue_time_ms, opening[block], color=shade, linestyle=dashes, label=label)
        _frame(axes, course.time_ms)
    return lines


def training_course(
    gate: ArrayLike, window_ms: tuple[float, float], *, starts: Sequence[float] = (), ax: Axes | None = None
) -> AxesImage:
    """Draw how far a gate opened over every training trial: the mean over replicas.

    Parameters
    ----------
    gate : (B, trials, samples)
        As recorded.
    window_ms : (float, float)
        First and last moment of a trial, relative to the cue.
    starts : sequence of float
        Trials at which blocks begin, which are marked.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.image.AxesImage

    Examples
    --------
    >>> training_course(np.ones((1, 4, 3)), (-400.0, 1800.0)).get_array().shape
    (4, 3)
    """
    mean = np.asarray(gate, dtype=float).mean(axis=0)
    with drawing(ax, 88.0, 60.0) as axes:
        image = axes.imshow(
            mean, aspect="auto", origin="lower", extent=(*window_ms, 0.0, len(mean)), vmin=0.0, vmax=1.0,
            cmap=SEQUENTIAL,
        )  # fmt: skip
        for start in starts:
            axes.axhline(start, color="white", linewidth=0.8, linestyle=(0, (3, 2)))
        axes.set(xlabel="time from cue (ms)", ylabel="training trials")
    return image


def _frame(axes: Axes, time_ms: NDArray[Any]) -> None:
    axes.axvline(0.0, color="0.8", linewidth=0.6, zorder=0)
    axes.set(xlim=(time_ms[0], time_ms[-1]), ylim=(-0.03, 1.3), yticks=[0, 0.5, 1])
    axes.set(xlabel="time from cue (ms)", ylabel="opening")
    axes.legend(loc="upper right", ncols=6, handlelength=1.8, borderpad=0.1)
