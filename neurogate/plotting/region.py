"""Where in a plane of two settings a number is small enough: a heatmap with the border of that region.

Here lives the panel. What a cell shows is said in `neurogate.plotting.heatmap`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.colors import Normalize
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError
from neurogate.plotting.columns import Row, column
from neurogate.plotting.heatmap import heatmap
from neurogate.plotting.scale import Scale
from neurogate.plotting.style import drawing

__all__ = ["borders", "region"]

_INSIDE = "#D55E00"
_DASHES: tuple[Any, ...] = ("-", (0, (2.0, 1.2)), (0, (0.8, 0.8)))
_CORNER = (0.16, 0.80)


def region(
    rows: Sequence[Row],
    x: str,
    y: str,
    value: str,
    bounds: Sequence[float],
    *,
    shipped: Mapping[str, Any] | None = None,
    norm: Normalize | None = None,
    ax: Axes | None = None,
) -> QuadMesh:
    """Draw a column of numbers over two columns of settings, and where its mean is within bounds.

    Parameters
    ----------
    rows : sequence of mapping
        See `neurogate.plotting.columns`.
    x, y : str
        Columns of settings, across and upwards.
    value : str
        Column of numbers; small is good.
    bounds : sequence of float
        Around the cells whose mean is at most a bound there is a border: solid for the first, dashed for the
        second, dotted for the third.
    shipped : mapping of str to value, optional
        The settings of `x` and `y` whose cell gets a star.
    norm : matplotlib.colors.Normalize, optional
        From numbers to colours.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.collections.QuadMesh

    Raises
    ------
    RequestError
        As `heatmap`, and if no run has the shipped settings.

    Examples
    --------
    >>> rows = [{"n": n, "gain": g, "error": n * g} for n in (10, 20) for g in (1.0, 2.0)]
    >>> mesh = region(rows, "n", "gain", "error", [20.0], shipped={"n": 10, "gain": 1.0})
    >>> (border,) = [one for one in mesh.axes.collections if one is not mesh]
    >>> len(border.get_segments())
    8
    """
    with drawing(ax, 100.0, 75.0) as axes:
        mesh = heatmap(rows, x, y, value, norm=norm, ax=axes)
        mean: Any = np.ma.filled(mesh.get_array(), np.nan)  # type: ignore[arg-type]
        for bound, dashes in zip(bounds, _DASHES, strict=False):
            look = {"color": _INSIDE, "linestyle": dashes, "linewidth": 1.4, "clip_on": False}
            axes.add_collection(LineCollection(borders(mean <= bound), **look), autolim=False)
        if shipped is not None:
            across, upwards = (_place(rows, name, shipped[name]) for name in (x, y))
            axes.plot(across + _CORNER[0], upwards + _CORNER[1], "*", color="white", markersize=6.0,
                      markeredgecolor=_INSIDE, markeredgewidth=0.6)  # fmt: skip
    return mesh


def borders(inside: ArrayLike) -> list[list[tuple[float, float]]]:
    """Return the sides of cells that lie between what is inside a region and what is not.

    Parameters
    ----------
    inside : (R, C) bool
        Cell (r, c) reaches from c to c + 1 across, and from r to r + 1 upwards.

    Returns
    -------
    list of [(x, y), (x, y)]

    Examples
    --------
    >>> borders([[True]])
    [[(0, 0), (1, 0)], [(0, 1), (1, 1)], [(0, 0), (0, 1)], [(1, 0), (1, 1)]]
    """
    padded: NDArray[np.bool_] = np.pad(np.asarray(inside, dtype=bool), 1)
    flat, upright = padded[:, 1:-1], padded[1:-1]
    level = np.argwhere(flat[1:] != flat[:-1]).tolist()
    sides = np.argwhere((upright[:, 1:] != upright[:, :-1]).T).tolist()
    return [[(c, r), (c + 1, r)] for r, c in level] + [[(c, r), (c, r + 1)] for c, r in sides]


def _place(rows: Sequence[Row], name: str, value: Any) -> int:
    scale = Scale.of(name, column(rows, name))
    places = [scale.place(known) for known in scale.known]
    if value not in scale.known:
        raise RequestError(f"No run has {name} = {value}; the star needs a cell to stand in.")
    return places.index(scale.place(value))
