"""The figure of a run in which readouts were taught a signal: what they did, and how the network lived.

Here live the panels of one moment and of the whole course, and their composition. The numbers live in the
arrays of a run (`neurogate.tasks.waveform`); files are written by `neurogate.plotting.overview.save`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter
from numpy.typing import ArrayLike, NDArray

from neurogate.plotting.picture import settled
from neurogate.plotting.result import Arrays
from neurogate.plotting.style import BLACK, GREY, NEURON_TYPES, STYLE, WIDTH_MM, drawing, figure

__all__ = ["PARTS", "course", "follow", "waveform"]

_HEIGHT_MM = 118.0
_DECADES = 1000.0
_TAUGHT = "#F0E6CC"
_TARGET = "#56B4E9"
_Part = Figure | SubFigure
_Courses = Sequence[tuple[str, str, str]]
_COURSES: _Courses = (
    ("error", "error\n(RMSE)", "log"),
    ("rate_hz", "mean rate\n(Hz)", "linear"),
    ("weight_norm", "norm of weights\n(1/kHz)", "linear"),
)


def waveform(arrays: Arrays) -> Figure:
    """Compose the figure of a run in which readouts were taught a signal.

    Panels: signal and readouts of the first replica where teaching begins, where it ends, just after it
    and at the end of the run; spikes around the end of teaching; error, mean rate and norm of the
    weights across the run (mean and range over replicas).

    Parameters
    ----------
    arrays : mapping of str to array
        Arrays of a run, as ``arrays.npz`` holds them.

    Returns
    -------
    matplotlib.figure.Figure
        Figure 180 mm wide, which pyplot does not know of.

    Examples
    --------
    >>> time = np.arange(1.0, 401.0)
    >>> taught = {"sample_ms": time, "readout": np.zeros((1, 400, 1)), "target": np.ones((1, 400, 1)),
    ...     "channel_names": np.array(["x"]), "taught_ms": np.array([100.0, 200.0]),
    ...     "piece_ms": np.array([200.0, 400.0]), "error": np.ones((1, 2)), "rate_hz": np.ones((1, 2)),
    ...     "weight_norm": np.ones((1, 2)), "raster_time_ms": np.zeros(0), "raster_neuron": np.zeros(0)}
    >>> len(waveform(taught).axes)
    8
    """
    with mpl.rc_context(STYLE):
        made = figure(WIDTH_MM, _HEIGHT_MM)
        above, below = made.subfigures(2, 1, squeeze=False, height_ratios=(1.0, 1.25)).flat
        left, right = below.subfigures(1, 2, squeeze=False, width_ratios=(1.0, 1.0)).flat
        panels = [*_moments(above, arrays), _spikes(left, arrays), *_courses(right, arrays)]
        for letter, axes in zip("abcdefgh", panels, strict=True):
            axes.set_title(letter, loc="left", fontweight="bold", fontsize=9)
    return settled(made)


def follow(
    time_s: ArrayLike, readout: ArrayLike, target: ArrayLike, *, ax: Axes | None = None
) -> list[Line2D]:
    """Draw readouts over the signal that they were taught, one channel above the other.

    Parameters
    ----------
    time_s : (S,)
    readout, target : (S, R)
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.lines.Line2D
        The readouts.

    Examples
    --------
    >>> len(follow([0.0, 1.0], [[0.0, 1.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0]]))
    2
    """
    times, z, x = np.asarray(time_s), np.asarray(readout), np.asarray(target)
    offset = _offsets(x)
    with drawing(ax, 60.0, 45.0) as axes:
        axes.plot(times, x + offset, color=_TARGET, linewidth=2.0, alpha=0.75, zorder=2)
        lines: list[Line2D] = axes.plot(times, z + offset, color=BLACK, linewidth=0.8, zorder=3)
        axes.set(xlim=(times[0], times[-1]), xlabel="time (s)")
    return lines


def course(
    time_s: ArrayLike, values: ArrayLike, ylabel: str, *, scale: str = "linear", ax: Axes | None = None
) -> Line2D:
    """Draw a number across the run: the mean over replicas, and their range as a band.

    Parameters
    ----------
    time_s : (L,)
    values : (B, L)
    ylabel : str
        What it is, with its unit.
    scale : str
        linear or log.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.lines.Line2D

    Examples
    --------
    >>> course([1.0, 2.0], [[1.0, 2.0], [3.0, 4.0]], "error").get_ydata().tolist()
    [2.0, 3.0]
    """
    times, all_values = np.asarray(time_s), np.asarray(values)
    with drawing(ax, 88.0, 30.0) as axes:
        (line,) = axes.plot(times, all_values.mean(axis=0), color=BLACK, linewidth=0.9)
        if len(all_values) > 1:
            low, high = all_values.min(axis=0), all_values.max(axis=0)
            axes.fill_between(times, low, high, color=BLACK, alpha=0.18, linewidth=0)
        axes.set_yscale(scale)
        axes.set_ylabel(ylabel)
        if scale == "linear":
            axes.set_ylim(bottom=0.0)
        else:
            low, high = axes.get_ylim()
            subs = (1.0, 3.0) if high < _DECADES * low else (1.0,)
            axes.yaxis.set_major_locator(LogLocator(subs=subs, numticks=9))
            axes.yaxis.set_major_formatter("{x:g}")
            axes.yaxis.set_minor_formatter(NullFormatter())
    return line


def _offsets(target: NDArray[Any]) -> NDArray[Any]:
    """Return how far each channel is lifted: the first one highest, none over another."""
    channels = target.shape[-1]
    span = float(np.ptp(target)) or 1.0
    return 1.25 * span * np.arange(channels)[::-1]


def _moments(part: _Part, arrays: Arrays) -> list[Axes]:
    start, stop = arrays["taught_ms"].tolist()
    end, channels = float(arrays["sample_ms"][-1]), arrays["target"].shape[2]
    width = min(1000.0 if channels <= 2 else 2000.0, stop - start, end - stop)
    moments = {
        "teaching begins": max(start - width / 4, 0.0),
        "end of teaching": stop - width,
        "free, just after": stop,
        "free, at the end": end - width,
    }
    shown = list(part.subplots(1, len(moments), sharey=True))
    for axes, (name, first) in zip(shown, moments.items(), strict=True):
        inside = (arrays["sample_ms"] >= first) & (arrays["sample_ms"] <= first + width)
        time_s = arrays["sample_ms"][inside] / 1000.0
        follow(time_s, arrays["readout"][0, inside], arrays["target"][0, inside], ax=axes)
        _shade(axes, start / 1000.0, stop / 1000.0)
        axes.set_title(name)
    _limits(shown[0], arrays)
    return shown


def _limits(axes: Axes, arrays: Arrays) -> None:
    """Leave room for every channel and name it, or the axis if there is one."""
    target, names = arrays["target"], [str(name) for name in arrays["channel_names"]]
    offset, span = _offsets(target), float(np.ptp(target)) or 1.0
    axes.set_ylim(float(target.min()) - 0.3 * span, float(target.max() + offset[0]) + 0.45 * span)
    if len(names) > 1:
        axes.set_yticks(offset, names)
    axes.set_ylabel("readout" if len(names) == 1 else "readouts")
    keys = [Line2D([], [], color=_TARGET, linewidth=2.0), Line2D([], [], color=BLACK, linewidth=0.8)]
    axes.legend(keys, ["signal", "readout"], loc="upper left", ncols=2, handlelength=1.2, borderpad=0.1)


def _shade(axes: Axes, start: float, stop: float) -> None:
    """Shade the time of teaching, without moving the limits."""
    low, high = axes.get_xlim()
    axes.axvspan(max(start, low), max(min(stop, high), low), color=_TAUGHT, linewidth=0, zorder=0)
    axes.set_xlim(low, high)


def _spikes(part: _Part, arrays: Arrays) -> Axes:
    axes = part.subplots()
    start, stop = (arrays["taught_ms"] / 1000.0).tolist()
    reach = min(0.75, stop - start, float(arrays["sample_ms"][-1]) / 1000.0 - stop)
    times, neurons = arrays["raster_time_ms"] / 1000.0, arrays["raster_neuron"]
    near = np.abs(times - stop) <= reach
    axes.scatter(times[near], neurons[near] + 1, s=1.6, c=NEURON_TYPES[0][1], linewidths=0, rasterized=True)
    axes.set(xlim=(stop - reach, stop + reach), xlabel="time (s)", ylabel="neuron")
    axes.set_ylim(0, float(neurons.max(initial=0)) + 2)
    _shade(axes, start, stop)
    axes.set_title("teaching ends", fontsize=7)
    return axes


def _courses(part: _Part, arrays: Arrays, courses: _Courses = _COURSES) -> list[Axes]:
    shown = list(part.subplots(len(courses), 1, sharex=True, squeeze=False)[:, 0])
    time_s = arrays["piece_ms"] / 1000.0
    start, stop = (arrays["taught_ms"] / 1000.0).tolist()
    for axes, (key, ylabel, scale) in zip(shown, courses, strict=True):
        course(time_s, arrays[key], ylabel, scale=scale, ax=axes)
        axes.set_xlim(0.0, float(time_s[-1]))
        _shade(axes, start, stop)
        axes.label_outer()
    shown[-1].set_xlabel("time (s)")
    part.align_ylabels(shown)
    _name_phases(shown[0], start, stop, float(time_s[-1]))
    return shown


def _name_phases(axes: Axes, start: float, stop: float, end: float) -> None:
    for name, low, high in (("by itself", 0.0, start), ("taught", start, stop), ("free", stop, end)):
        if high - low > (0.12 if low else 0.2) * end:  # a panel's letter stands where the first name would
            axes.text(
                (low + high) / 2, 1.04, name, ha="center", va="bottom", color=GREY,
                transform=axes.get_xaxis_transform(),
            )  # fmt: skip


def _alone(height_mm: float, draw: Callable[[Figure, Arrays], Any]) -> Callable[[Arrays], Figure]:
    """Make one part of the figure a figure of its own."""

    def made(arrays: Arrays) -> Figure:
        whole = figure(WIDTH_MM, height_mm)
        with mpl.rc_context(STYLE):
            draw(whole, arrays)
        return whole

    return made


PARTS: Mapping[str, Callable[[Arrays], Figure]] = {
    "raster": _alone(90.0, _spikes),
    "readout": _alone(60.0, _moments),
    "learning": _alone(70.0, lambda part, arrays: _courses(part, arrays, _COURSES[:1])),
    "weights": _alone(70.0, lambda part, arrays: _courses(part, arrays, _COURSES[2:])),
}
"""The parts that are pictures of their own, by kind."""
