"""The figure of a sweep: a number over what was swept, with intervals, and with the runs that are lost.

Here live the choice of the kind and the composition; the panels live in `neurogate.plotting.lines`,
`neurogate.plotting.heatmap` and `neurogate.plotting.parallel`, what rows are in `neurogate.plotting.columns`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from neurogate.errors import RequestError
from neurogate.plotting.columns import Group, Row, brief, column, groups, heading, lost, name
from neurogate.plotting.describe import enumerate_
from neurogate.plotting.heatmap import heatmap, norm_of
from neurogate.plotting.lines import lines
from neurogate.plotting.parallel import parallel
from neurogate.plotting.picture import Picture, remark, settled
from neurogate.plotting.style import SEQUENTIAL, STYLE, WIDTH_MM, figure

__all__ = ["KINDS", "chosen", "sweep"]

KINDS = ("lines", "heatmap", "parallel")
"""Kinds of picture of a sweep: for one setting, for two, for more."""

_SEED = "run.seed"
_FACETS = 8


def sweep(
    rows: Sequence[Row],
    x: Sequence[str],
    y: str,
    *,
    hue: str | None = None,
    kind: str | None = None,
    axes: Sequence[str] = (),
) -> Picture:
    """Draw a column of numbers over columns of settings.

    Parameters
    ----------
    rows : sequence of mapping
        One for each run and rule; see `neurogate.plotting.columns`.
    x : sequence of str
        Columns of settings.
    y : str
        Column of numbers.
    hue : str, optional
        Column that tells lines apart or, in the other kinds, panels.
    kind : str, optional
        One of `KINDS`; by default that for as many settings as `x` names.
    axes : sequence of str
        All settings that differ between runs; those neither in `x` nor in `hue` are averaged over, and
        the figure says so.

    Returns
    -------
    Picture
        Its figure is 180 mm wide, and pyplot does not know of it.

    Raises
    ------
    RequestError
        If there is no such column, `x` does not suit the kind, or there is nothing to draw.

    Examples
    --------
    >>> rows = [{"gain": g, "run.seed": s, "error": g + s} for g in (1.0, 2.0) for s in (0, 1)]
    >>> picture = sweep(rows, ["gain"], "error", axes=["gain", "run.seed"])
    >>> picture.title
    'error against gain'
    """
    kind = kind or KINDS[min(len(x), len(KINDS)) - 1]
    _check(kind, x, hue, axes)
    keys = [*([hue] if hue else []), *x]
    _check_known(rows, [*keys, y])
    found = groups(rows, keys, y)
    if not found:
        raise RequestError(f"No run has a number in {y}, so there is nothing to draw.")
    averaged = [axis for axis in axes if axis not in keys]
    with mpl.rc_context(STYLE):
        made = _MAKERS[kind](rows, x, y, hue)
        remark(made, _remark(kind, found, averaged))
    by = f" by {hue}" if hue else ""
    title = f"{heading(y)} against {enumerate_([heading(one) for one in x])}{by}"
    return Picture(settled(made), title, _describe(rows, found, keys, y))


def chosen(rows: Sequence[Row], axes: Sequence[str], kind: str | None = None) -> tuple[list[str], str | None]:
    """Return the settings and the hue that are drawn if none are asked for.

    Parameters
    ----------
    rows : sequence of mapping
    axes : sequence of str
        Settings that differ between runs.
    kind : str, optional
        One of `KINDS`.

    Returns
    -------
    x : list of str
        As many of the settings as the kind takes, without the seed; ``rule`` if there is none.
    hue : str or None
        ``rule`` if there are several.

    Examples
    --------
    >>> chosen([{"rule": "force"}, {"rule": "three_factor"}], ["reservoir.gain", "run.seed"])
    (['reservoir.gain'], 'rule')
    """
    settings = [axis for axis in axes if axis != _SEED]
    most = {"lines": 1, "heatmap": 2}.get(kind or "", len(settings))
    rules = {row.get("rule") for row in rows} - {None}
    if not settings:
        return ["rule"], None
    return settings[:most], "rule" if len(rules) > 1 else None


def _check(kind: str, x: Sequence[str], hue: str | None, axes: Sequence[str]) -> None:
    if kind not in KINDS:
        raise RequestError(f"A sweep has no picture of the kind {kind}; it has {', '.join(KINDS)}.")
    wrong = {"lines": len(x) != 1, "heatmap": len(x) != 2, "parallel": not x}[kind]
    if wrong or len(set(x)) < len(x):
        need = {"lines": "exactly one x", "heatmap": "exactly two", "parallel": "at least one"}[kind]
        known = f" of {enumerate_(list(axes))}" if axes else ""
        raise RequestError(f"x is {enumerate_(list(x)) or 'empty'}; {kind} takes {need}{known}, each once.")
    if hue in x:
        raise RequestError(f"hue is {hue}, which x names too; choose another column or leave hue out.")


def _check_known(rows: Sequence[Row], names: Sequence[str]) -> None:
    """Name all columns that do not exist at once."""
    problems: list[str] = []
    for one in names:
        try:
            column(rows, one)
        except RequestError as error:
            problems += error.problems
    if problems:
        raise RequestError(problems)


def _lines(rows: Sequence[Row], x: Sequence[str], y: str, hue: str | None) -> Figure:
    made = figure(WIDTH_MM, 85.0)
    lines(rows, x[0], y, hue=hue, ax=made.subplots())
    return made


def _heatmap(rows: Sequence[Row], x: Sequence[str], y: str, hue: str | None) -> Figure:
    facets = _facets(rows, y, hue)
    wide = min(len(facets), 3)
    high = -(-len(facets) // wide)
    made = figure(WIDTH_MM if wide > 1 else 120.0, 65.0 * high + 10.0 if wide > 1 else 85.0)
    panels = made.subplots(high, wide, squeeze=False).ravel()
    norm = norm_of(rows, [*([hue] if hue else []), *x], y)
    for axes, (title, shown) in zip(panels, facets.items(), strict=False):
        heatmap(shown, x[0], x[1], y, norm=norm, ax=axes)
        axes.set_title(title)
        axes.label_outer()
    for axes in panels[len(facets) :]:
        axes.set_axis_off()
    made.colorbar(ScalarMappable(norm, SEQUENTIAL), ax=list(panels), label=heading(y), shrink=0.8, aspect=30)
    return made


def _parallel(rows: Sequence[Row], x: Sequence[str], y: str, hue: str | None) -> Figure:
    facets = _facets(rows, y, hue)
    made = figure(WIDTH_MM, 75.0 * len(facets) + 5.0)
    norm = norm_of(rows, [*([hue] if hue else []), *x], y)
    panels: list[Axes] = list(made.subplots(len(facets), 1, squeeze=False).ravel())
    for axes, (title, shown) in zip(panels, facets.items(), strict=True):
        parallel(shown, x, y, norm=norm, ax=axes)
        axes.set_title(title, loc="left", pad=14.0)
    return made


_Maker = Callable[[Sequence[Row], Sequence[str], str, str | None], Figure]
_MAKERS: Mapping[str, _Maker] = {"lines": _lines, "heatmap": _heatmap, "parallel": _parallel}


def _facets(rows: Sequence[Row], y: str, hue: str | None) -> dict[str, list[Row]]:
    """Return the rows of each panel; a run that is lost to all values of the hue is lost in each panel."""
    if hue is None:
        return {"": list(rows)}
    values = {name(hue, group.key[0]): group.key[0] for group in groups(rows, [hue], y)}
    if len(values) > _FACETS:
        raise RequestError(f"{hue} has {len(values)} values; there is room for {_FACETS} panels. Draw lines.")
    return {
        f"{'' if hue == 'rule' else f'{hue} = '}{title}": [
            row for row in rows if row.get(hue) in (value, None)
        ]
        for title, value in values.items()
    }


def _remark(kind: str, found: Sequence[Group], averaged: Sequence[str]) -> str:
    most, least = max(group.runs for group in found), min(group.runs for group in found)
    if most == 1:
        return "one run each, so no intervals" if kind == "lines" else ""
    count = f"{least}" if least == most else f"{least} to {most}"
    what = {"lines": "mean and 95 % interval", "heatmap": "mean"}.get(kind, "lines: mean")
    return f"{what} over {count} runs that differ in {enumerate_(list(averaged)) or 'nothing that is named'}"


def _describe(rows: Sequence[Row], found: Sequence[Group], keys: Sequence[str], y: str) -> str:
    """Say where the number is least and greatest, and which runs have none."""
    ends = []
    ordered = sorted(found, key=lambda group: group.mean)
    for word, group in (("least", ordered[0]), ("greatest", ordered[-1])):
        place = ", ".join(f"{key} {name(key, value)}" for key, value in zip(keys, group.key, strict=True))
        half = f" ± {brief(group.half_width)}" if np.isfinite(group.half_width) else ""
        ends.append(f"{word} {brief(group.mean)}{half} ({place})")
    totals = {one.why: one.runs for one in lost(rows, [], y)}
    gone = enumerate_([f"{count} {why}" for why, count in totals.items()])
    without = f" Runs without a number: {gone}." if totals else ""
    return f"Mean {heading(y)}, {enumerate_(ends)}.{without}"
