"""A number over two settings: the mean over runs in every cell, and the cells that have none.

Here lives the panel; its figure is put together in `neurogate.plotting.sweep`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm, Normalize
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from neurogate.errors import RequestError
from neurogate.plotting.columns import Row, brief, column, groups, heading, lost, text
from neurogate.plotting.scale import Scale, spread
from neurogate.plotting.style import BLACK, SEQUENTIAL, drawing

__all__ = ["heatmap", "norm_of"]

_MOST, _MANY = 60, 600
_TICKS = 15
_FONT, _SMALLEST = 6.0, 3.5  # points
_GLYPH, _LINE = 0.65, 1.3  # of the size of the font
_DARK = 0.5


def heatmap(
    rows: Sequence[Row], x: str, y: str, value: str, *, norm: Normalize | None = None, ax: Axes | None = None
) -> QuadMesh:
    """Draw a column of numbers as colour over two columns of settings.

    Settings stand side by side in order, whatever the distance between them. Where cells are large
    enough each holds its number, as large as all have room for, and how many of its runs have one if not
    all do. A cell without any number is hatched, and says why where there is room.

    Parameters
    ----------
    rows : sequence of mapping
        See `neurogate.plotting.columns`.
    x, y : str
        Columns of settings, across and upwards.
    value : str
        Column of numbers.
    norm : matplotlib.colors.Normalize, optional
        From numbers to colours, if several panels share it; see `norm_of`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.collections.QuadMesh

    Raises
    ------
    RequestError
        If there is no such column, no run has a number in `value`, or a column has more than 60 values.

    Examples
    --------
    >>> rows = [{"n": 10, "gain": g, "error": 2 * g} for g in (1.0, 2.0)]
    >>> heatmap(rows, "n", "gain", "error").get_array().tolist()
    [[2.0], [4.0]]
    """
    across, upwards = (_scale(rows, name) for name in (x, y))
    norm = norm or norm_of(rows, [x, y], value)
    mean = np.full((len(upwards.known), len(across.known)), np.nan)
    runs = np.zeros(mean.shape, dtype=int)
    for group in groups(rows, [y, x], value):
        cell = _cell(group.key, upwards, across)
        mean[cell], runs[cell] = group.mean, group.runs
    with drawing(ax, 100.0, 75.0) as axes:
        mesh = axes.pcolormesh(mean, cmap=SEQUENTIAL, norm=norm, edgecolor="white", linewidth=0.4)
        mesh.set_rasterized(mean.size > _MANY)
        reasons: dict[tuple[int, int], dict[str, int]] = {}
        for one in lost(rows, [y, x], value):
            if None not in one.key:
                reasons.setdefault(_cell(one.key, upwards, across), {})[one.why] = one.runs
        _write(axes, mesh, mean, runs, reasons)
        for scale, set_ticks, set_label in (
            (across, axes.set_xticks, axes.set_xlabel),
            (upwards, axes.set_yticks, axes.set_ylabel),
        ):
            places = _places(len(scale.known))
            set_ticks([i + 0.5 for i in places], [text(scale.known[i]) for i in places])
            set_label(heading(scale.name))
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
    return mesh


def norm_of(rows: Sequence[Row], keys: Sequence[str], value: str) -> Normalize:
    """Return how mean numbers become colours; by their logarithms if they span two decades.

    Parameters
    ----------
    rows : sequence of mapping
    keys : sequence of str
        Columns; means are taken over runs that agree in them.
    value : str
        Column of numbers.

    Raises
    ------
    RequestError
        If there is no such column, or no run has a number in it.

    Examples
    --------
    >>> norm = norm_of([{"gain": 1, "error": 1.0}, {"gain": 2, "error": 3.0}], ["gain"], "error")
    >>> norm.vmin, norm.vmax
    (1.0, 3.0)
    """
    column(rows, value)
    means = [group.mean for group in groups(rows, keys, value)]
    if not means:
        raise RequestError(f"No run has a number in {value}, so there is nothing to draw.")
    return (LogNorm if spread(means) == "log" else Normalize)(min(means), max(means))


def _scale(rows: Sequence[Row], name: str) -> Scale:
    scale = Scale.of(name, column(rows, name))
    if len(scale.known) > _MOST:
        raise RequestError(
            f"{name} has {len(scale.known)} values; a heatmap has room for {_MOST}. Draw lines or parallel."
        )
    return scale


def _cell(key: tuple[Any, ...], upwards: Scale, across: Scale) -> tuple[int, int]:
    row, place = (
        [scale.place(known) for known in scale.known].index(scale.place(value))
        for scale, value in zip((upwards, across), key, strict=True)
    )
    return row, place


def _places(count: int) -> list[int]:
    """Return which of so many cells are named: all if they are few."""
    return list(range(0, count, -(-count // _TICKS)))


def _write(
    axes: Axes,
    mesh: QuadMesh,
    mean: NDArray[np.float64],
    runs: NDArray[np.int64],
    reasons: dict[tuple[int, int], dict[str, int]],
) -> None:
    numbers: dict[tuple[int, int], str] = {}
    missing: dict[tuple[int, int], str] = {}
    for cell, number in np.ndenumerate(mean):
        why = reasons.get(cell, {})
        lost_runs = sum(why.values())
        part = f"\n{runs[cell]} of {runs[cell] + lost_runs}" if lost_runs else ""
        if np.isnan(number):
            missing[cell] = "\n".join(why) or "not asked"
            _hatch(axes, *cell)
        else:
            numbers[cell] = f"{brief(number)}{part}"
    for notes, box in ((numbers, None), (missing, {"facecolor": "white", "edgecolor": "none", "pad": 0.8})):
        size = _fitting(axes, mean.shape, notes.values())
        for (row, place), note in notes.items() if size >= _SMALLEST else ():
            dark = box is None and float(np.asarray(mesh.norm(mean[row, place]))) < _DARK
            axes.text(
                place + 0.5, row + 0.5, note, ha="center", va="center", fontsize=size, bbox=box,
                color="white" if dark else BLACK,
            )  # fmt: skip


def _fitting(axes: Axes, shape: tuple[int, ...], notes: Collection[str]) -> float:
    """Return the size of the font, in points, with which every note stays within its cell."""
    lines = [note.split("\n") for note in notes]
    wide = _GLYPH * max((len(line) for note in lines for line in note), default=1)
    high = _LINE * max(map(len, lines), default=1)
    rows, columns = shape
    points = 72.0 / axes.figure.dpi
    return min(_FONT, axes.bbox.width * points / columns / wide, axes.bbox.height * points / rows / high)


def _hatch(axes: Axes, row: int, place: int) -> None:
    with mpl.rc_context({"hatch.linewidth": 0.4}):
        axes.add_patch(
            Rectangle((place, row), 1, 1, facecolor="0.95", edgecolor="0.7", hatch="////", linewidth=0)
        )
