"""Spike rasters.

Here lives the picture of which neuron spiked when. Statistics of spikes live in
:mod:`neurogate.analysis.spikes`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.patheffects import withStroke
from numpy.typing import ArrayLike

from neurogate.plotting.style import BLACK, NEURON_TYPES, drawing

__all__ = ["raster"]


def raster(
    time_ms: ArrayLike,
    neuron: ArrayLike,
    neuron_type: ArrayLike,
    window_ms: tuple[float, float],
    *,
    marks: Mapping[str, float] | None = None,
    ax: Axes | None = None,
) -> list[PathCollection]:
    """Draw the spikes of one trial, neurons sorted by type.

    The dots are rasterised, so that a vector file stays small with a hundred thousand spikes.

    Parameters
    ----------
    time_ms, neuron : (S,)
        Spike times (ms, relative to the cue) and neuron indices.
    neuron_type : (N,)
        0 excitatory, 1 inhibitory.
    window_ms : (float, float)
        Limits of the time axis.
    marks : mapping of str to float, optional
        Moments to mark: what is written above the line, and its time in ms.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.collections.PathCollection
        The dots of each type.

    Examples
    --------
    >>> dots = raster([5.0, 9.0, 12.0], [0, 2, 1], [0, 0, 1], (-10.0, 20.0), marks={"cue": 0.0})
    >>> [len(of_type.get_offsets()) for of_type in dots]
    [2, 1]
    """
    times, neurons, types = np.asarray(time_ms), np.asarray(neuron), np.asarray(neuron_type)
    row = np.empty(types.size, dtype=np.int64)
    row[np.argsort(types, kind="stable")] = np.arange(types.size)
    with drawing(ax, 88.0, 60.0) as axes:
        drawn = []
        for code, (name, colour) in enumerate(NEURON_TYPES):
            of_type = types[neurons] == code
            drawn.append(
                axes.scatter(
                    times[of_type], row[neurons[of_type]], s=0.7, c=colour, linewidths=0, rasterized=True
                )
            )
            if (types == code).any():
                middle = float(row[types == code].mean())
                axes.text(
                    1.01, middle, name, color=colour, rotation=270, va="center", fontsize=6.5,
                    transform=axes.get_yaxis_transform(),
                )  # fmt: skip
        axes.set(xlim=window_ms, ylim=(-0.5, types.size - 0.5))
        _mark(axes, marks or {})
        axes.set(xlabel="time from cue (ms)", ylabel="neuron (index, sorted by type)")
    return drawn


def _mark(axes: Axes, marks: Mapping[str, float]) -> None:
    """Draw lines with a white halo; names stay inside the axes and lean away from a near neighbour."""
    halo = [withStroke(linewidth=2.4, foreground="white")]
    low, high = axes.get_xlim()
    moments = [*sorted(marks.values()), np.inf]
    for place, (name, moment) in enumerate(sorted(marks.items(), key=lambda mark: mark[1])):
        axes.axvline(moment, color=BLACK, linewidth=1.0, linestyle=(0, (3, 2)) if place else "-").set(
            path_effects=halo
        )
        crowded = moments[place + 1] - moment < 0.25 * (high - low)
        side = "right" if crowded or moment > low + 0.7 * (high - low) else "left"
        axes.text(moment, 1.01, name, ha=side, va="bottom", transform=axes.get_xaxis_transform())
