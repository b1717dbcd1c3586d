"""Scanpaths drawn on the picture that was looked at, and on the map of what seemed worth looking at.

Here live the figure and its panels. Where eyes rest is a disc whose area goes with the duration.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from numpy.typing import ArrayLike

from neurogate.plotting.picture import Picture, remark, settled
from neurogate.plotting.style import BLACK, CUES, SEQUENTIAL, STYLE, WIDTH_MM, figure
from neurogate.scanpath.path import Scanpath
from neurogate.scanpath.vision.pictures import as_picture

__all__ = ["overlay", "scanpath_figure"]

_AREA_PT2 = 400.0
"""Of a fixation of a second."""
_LEGEND_S = (0.1, 0.2, 0.4)
_NUMBERED, _OTHERS = CUES[1], "white"
_TITLE_MM, _LEGEND_MM = 6.0, 10.0
_TALLEST = 1.6
_WIDEST_PX = 1200
_COVERED = 0.02
"""Of the diagonal: discs so near cover each other."""
_DIGIT_EM, _COMMA_EM = 0.7, 0.4
"""Widths of bold letters: numbers are to be no wider than their disc."""
_LEAST_PT, _MOST_PT, _IN_LINE = 3.0, 6.0, 3


def overlay(ax: Axes, path: Scanpath, *, numbered: bool = True, colour: str = _NUMBERED) -> PathCollection:
    """Draw a scanpath: a disc for each fixation, its area in proportion to the duration, and saccades.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        With the picture's pixels as units.
    path : Scanpath
    numbered : bool
        Whether fixations have their numbers, from 1; else all is faint and behind what is numbered.
    colour : str
        Of all.

    Returns
    -------
    matplotlib.collections.PathCollection
        The discs.

    Examples
    --------
    >>> from neurogate.plotting.style import drawing
    >>> from neurogate.scanpath.path import scanpath
    >>> with drawing(None) as ax:
    ...     discs = overlay(ax, scanpath([1, 2], [3, 4], [0.1, 0.2], size=(8, 6)))
    >>> discs.get_sizes().tolist(), [text.get_text() for text in ax.texts]
    ([40.0, 80.0], ['1', '2'])
    """
    halo = [patheffects.withStroke(linewidth=2.2, foreground=BLACK, alpha=0.7)] if numbered else []
    ax.plot(
        path.x_px, path.y_px, color=colour, linewidth=1.1 if numbered else 0.4,
        alpha=0.95 if numbered else 0.35, path_effects=halo, zorder=4 if numbered else 2,
    )  # fmt: skip
    discs = ax.scatter(
        path.x_px, path.y_px, s=_AREA_PT2 * path.duration_s, color=colour, edgecolor=BLACK,
        linewidth=0.6 if numbered else 0.3, alpha=0.9 if numbered else 0.2, zorder=5 if numbered else 3,
    )  # fmt: skip
    for (x, y), numbers in _groups(path) if numbered else ():
        lines = [",".join(map(str, numbers[at : at + _IN_LINE])) for at in range(0, len(numbers), _IN_LINE)]
        across = max(_DIGIT_EM * len(line) - (_DIGIT_EM - _COMMA_EM) * line.count(",") for line in lines)
        inside = np.sqrt(_AREA_PT2 * path.duration_s[numbers[-1] - 1])
        ax.annotate(
            "\n".join(lines), (x, y), ha="center", va="center", linespacing=1.0, fontweight="bold",
            fontsize=np.clip(inside / across, _LEAST_PT, _MOST_PT), color=BLACK, zorder=6,
            annotation_clip=True,
        )  # fmt: skip
    return discs


def _groups(path: Scanpath) -> list[tuple[tuple[float, float], list[int]]]:
    """Return places and numbers of fixations; those that cover each other stand at the place of the last."""
    groups: list[tuple[tuple[float, float], list[int]]] = []
    for number, place in enumerate(zip(path.x_px.tolist(), path.y_px.tolist(), strict=True), 1):
        near = [g for g in groups if np.hypot(*np.subtract(g[0], place)) < _COVERED * path.diagonal_px]
        if near:
            groups.remove(near[0])
        groups.append((place, [*(near[0][1] if near else ()), number]))
    return groups


def scanpath_figure(
    image: ArrayLike, paths: Sequence[Scanpath], priority: ArrayLike | None = None, *, name: str = "",
    model: str = "",
) -> Picture:  # fmt: skip
    """Draw scanpaths on their picture, the first with numbers; beside it, on the map of priority.

    Parameters
    ----------
    image : (H, W) or (H, W, C)
        The picture, of their size or reduced.
    paths : sequence of Scanpath
        On it.
    priority : (h, w), optional
        The map from which they were made.
    name, model : str
        Of the picture, and of what made the paths.

    Returns
    -------
    Picture

    Examples
    --------
    >>> from neurogate.scanpath.path import scanpath
    >>> shown = scanpath_figure(np.zeros((6, 8)), [scanpath([1, 2], [3, 4], [0.1, 0.2], size=(8, 6))])
    >>> shown.title, len(shown.figure.axes)
    ('Scanpath', 1)
    """
    picture = as_picture(image)
    height, width = (paths[0].height_px, paths[0].width_px) if paths else picture.shape[:2]
    step = max(1, max(picture.shape) // _WIDEST_PX)
    columns = 1 if priority is None else 2
    panel_mm = WIDTH_MM / 2 * min(_TALLEST, max(0.35, height / width))
    with mpl.rc_context(STYLE):
        made = figure(WIDTH_MM / 2 * columns, panel_mm + _TITLE_MM + _LEGEND_MM)
        panels = made.subplots(1, columns, squeeze=False)[0]
        shown: list[Any] = [(picture[::step, ::step], None, "first path" if len(paths) > 1 else "path")]
        if priority is not None:
            shown.append((np.asarray(priority, float), SEQUENTIAL, "priority, all paths"))
        for ax, (plane, colours, title) in zip(panels, shown, strict=True):
            ax.imshow(plane, cmap=colours, extent=(0, width, height, 0), interpolation="nearest", zorder=1)
            ax.set(xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[])
            ax.set_title(title, loc="left")
            ax.spines[:].set_visible(False)
            for place, path in enumerate(paths):
                first = place == 0 and colours is None
                overlay(ax, path, numbered=first, colour=_NUMBERED if first else _OTHERS)
        _legend(panels[0])
        remark(made, " ".join(word for word in (name, f"looked at by {model}" if model else "") if word))
        settled(made)
    title = "Scanpaths" if len(paths) > 1 else "Scanpath"
    return Picture(made, f"{title}{f' on {name}' if name else ''}", _words(paths, model))


def _legend(ax: Axes) -> None:
    handles = [
        ax.scatter([], [], s=_AREA_PT2 * seconds, color=_NUMBERED, edgecolor=BLACK, linewidth=0.6)
        for seconds in _LEGEND_S
    ]
    ax.legend(
        handles, [f"{1000 * seconds:.0f} ms" for seconds in _LEGEND_S], ncols=len(handles), loc="upper left",
        bbox_to_anchor=(0, -0.01), borderaxespad=0.4, handletextpad=0.6, columnspacing=1.2,
    )  # fmt: skip


def _words(paths: Sequence[Scanpath], model: str) -> str:
    if not paths:
        return "No scanpath."
    first, by = paths[0], f" by {model}" if model else ""
    places = "; ".join(
        f"{number} at {x:.0f}, {y:.0f} px for {1000 * seconds:.0f} ms"
        for number, (x, y, seconds) in enumerate(
            zip(first.x_px, first.y_px, first.duration_s, strict=True), 1
        )
    )
    return f"{len(paths)} scanpath{'s' if len(paths) > 1 else ''}{by}. Fixations of the first: {places}."
