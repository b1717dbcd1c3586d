"""How fast rules adapt to a switch: their errors after it, and the trials until they are small again.

Here live the panel of the errors and the figure, with two rows for each block: one for *when*, one for
*what*. The criterion is that of `neurogate.analysis.predictions.trials_to_criterion`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from neurogate.analysis.intervals import mean_interval
from neurogate.analysis.predictions import trials_to_criterion
from neurogate.errors import RequestError
from neurogate.plotting.forest import forest
from neurogate.plotting.result import Arrays, judged_blocks, require, rules_of
from neurogate.plotting.style import (
    BLACK,
    GREY,
    HANDLE,
    RIVALS,
    STYLE,
    WIDTH_MM,
    display_name,
    drawing,
    figure,
    rule_line,
)

__all__ = ["CRITERIA", "adaptation_curve", "adaptation_figure", "trials_needed"]

CRITERIA = {
    "timing_error_ms": (50.0, "trials until timing error < 50 ms"),
    "probability_error": (0.1, "trials until probability error < 0.1"),
}
"""Of each error: below what it must stay at three successive judgements, and how that is called."""

_LABELS = {"timing_error_ms": "timing error (ms)", "probability_error": "probability error"}
_COMPARED = len(RIVALS)
_BEFORE = 30
_ROOM = 0.05
_ROW_MM, _LEAST_MM, _FRAME_MM, _KEY_MM = 3.2, 22.0, 12.0, 3.2


def trials_needed(arrays: Arrays, rule: str, error: str, block: int) -> NDArray[np.float64]:
    """Return how many trials of a block a rule needed to bring an error below its criterion for good.

    Parameters
    ----------
    arrays : mapping of str to array
        Of a run of the what-when task.
    rule, error : str
        As in ``RULE.timing_error_ms``; one of `CRITERIA`.
    block : int
        Number of the block.

    Returns
    -------
    (B,) array
        Infinity where the block ended before.

    Examples
    --------
    >>> stored = {"block_start": np.array([0, 40]), "probe_trial": np.array([10, 20, 30, 40]),
    ...     "force.timing_error_ms": np.array([[[90.0], [20.0], [20.0], [20.0]]])}
    >>> trials_needed(stored, "force", "timing_error_ms", 0).tolist()
    [20.0]
    """
    inside = judged_blocks(arrays) == block
    trial = arrays["probe_trial"][inside] - arrays["block_start"][block]
    mean = arrays[f"{rule}.{error}"][:, inside].mean(axis=-1)
    return np.asarray(trials_to_criterion(trial, mean, CRITERIA[error][0]), dtype=float)


def adaptation_figure(
    arrays: Arrays, rules: Sequence[str] | None = None, blocks: Sequence[int] | None = None
) -> Figure:
    """Compose the figure: errors of all rules from the switch on, and trials to each criterion.

    Parameters
    ----------
    arrays : mapping of str to array
        Of a run of the what-when task; seeds are replicas.
    rules : sequence of str, optional
        Which rules, the headline rule first; all by default. Each panel of curves holds it and up to five
        of the others.
    blocks : sequence of int, optional
        Which blocks; by default all that were judged.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    RequestError
        If arrays are missing, or a block was not judged.

    Examples
    --------
    >>> stored = {"rule_names": np.array(["force"]), "block_start": np.array([0, 20]),
    ...     "block_names": np.array(["A"]), "probe_trial": np.array([10, 20])}
    >>> stored |= {f"force.{name}": np.zeros((1, 2, 1)) for name in CRITERIA}
    >>> len(adaptation_figure(stored).axes)
    4
    """
    require(arrays, ["probe_trial", "block_start", "block_names"], "adaptation")
    named = rules_of(arrays, CRITERIA, "adaptation") if rules is None else list(rules)
    judged = np.unique(judged_blocks(arrays)).tolist()
    shown = judged if blocks is None else list(blocks)
    if lost := set(shown) - set(judged):
        raise RequestError(f"Block {min(lost)} was not judged; those judged are {judged}, counted from 0.")
    height_mm = 2 * (_FRAME_MM + max(_LEAST_MM, _ROW_MM * len(named)))
    height_mm += _KEY_MM * min(len(named), 1 + _COMPARED)
    made = figure(WIDTH_MM, height_mm * len(shown))
    with mpl.rc_context(STYLE):
        for part, block in zip(made.subfigures(len(shown), 1, squeeze=False).flat, shown, strict=True):
            _block(part, arrays, named, block)
    return made


def adaptation_curve(
    trial: ArrayLike,
    error: Mapping[str, ArrayLike],
    ylabel: str,
    *,
    criterion: float | None = None,
    ax: Axes | None = None,
) -> list[Line2D]:
    """Draw an error over the trials since a switch: means over seeds, with an interval of the first rule.

    Parameters
    ----------
    trial : (P,)
        Trials since the switch, negative before it.
    error : mapping of str to (B, P)
        Of each rule, the headline rule first.
    ylabel : str
        What the error is, with its unit.
    criterion : float, optional
        Below what it counts as small; a dotted line.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.lines.Line2D
        The mean of each rule.

    Examples
    --------
    >>> (line,) = adaptation_curve([-10, 0, 10], {"force": [[9.0, 9.0, 1.0], [7.0, 9.0, 3.0]]}, "error (ms)")
    >>> line.get_ydata().tolist()
    [8.0, 9.0, 2.0]
    """
    trials, lines = np.asarray(trial), list[Line2D]()
    with drawing(ax, 60.0, 45.0) as axes:
        for index, (name, values) in enumerate(error.items()):
            mean, half_width = mean_interval(values)
            lines += axes.plot(trials, mean, label=display_name(name), **rule_line(index))
            if index == 0 and np.isfinite(half_width).all():
                low, high = mean - half_width, mean + half_width
                axes.fill_between(trials, low, high, color=BLACK, alpha=0.18, linewidth=0)
        if criterion is not None:
            axes.axhline(criterion, color=GREY, linewidth=0.5, linestyle=(0, (1, 2)), zorder=1)
        if trials.min(initial=0) < 0:
            axes.axvline(0.0, color=BLACK, linewidth=0.6, linestyle=(0, (3, 2)), zorder=1)
        axes.set(xlim=(trials.min(), trials.max() + 1e-9), xlabel="trials since the switch", ylabel=ylabel)
        axes.set_ylim(bottom=0.0)
    return lines


def _block(part: SubFigure, arrays: Arrays, rules: list[str], block: int) -> None:
    first, *rivals = rules
    count = max(-(-len(rivals) // _COMPARED), 1)
    groups = [list(map(str, group)) for group in np.array_split(np.array(rivals, dtype=str), count)]
    panels = part.subplots(2, count + 1, squeeze=False, width_ratios=[1.0] * count + [1.0 + 0.1 * count])
    for row, error in zip(panels, CRITERIA, strict=True):
        highest = CRITERIA[error][0]
        for axes, group in zip(row, groups, strict=False):
            lines = _curves(axes, arrays, [first, *group], error, block)
            highest = max(highest, *(float(np.nanmax(line.get_ydata())) for line in lines))
            if axes is not row[0]:
                axes.sharey(row[0])
                axes.tick_params(labelleft=False)
                axes.set_ylabel("")
        row[0].set_ylim(0.0, 1.15 * highest)  # of few seeds the interval alone would fill the panel
        _needed(row[-1], arrays, rules, error, block)
    for axes in panels[0, :-1]:
        axes.set_xlabel("")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), borderpad=0.0, handlelength=HANDLE)
    part.suptitle(_happened(arrays, block), x=0.01, ha="left", fontsize=7, fontweight="bold")


def _curves(axes: Axes, arrays: Arrays, rules: list[str], error: str, block: int) -> list[Line2D]:
    start, stop = arrays["block_start"][block : block + 2]
    trial = arrays["probe_trial"]
    inside = (trial >= start - (_BEFORE if block else 0)) & (trial <= stop)
    errors = {rule: arrays[f"{rule}.{error}"][:, inside].mean(axis=-1) for rule in rules}
    criterion = CRITERIA[error][0]
    lines = adaptation_curve(trial[inside] - start, errors, _LABELS[error], criterion=criterion, ax=axes)
    if not block:
        axes.set_xlabel("trials")
    return lines


def _needed(axes: Axes, arrays: Arrays, rules: list[str], error: str, block: int) -> None:
    length = float(np.diff(arrays["block_start"])[block])
    needed = {rule: np.minimum(trials_needed(arrays, rule, error, block), length) for rule in rules}
    forest(needed, CRITERIA[error][1].replace("until ", "until\n"), limit=length, ax=axes)
    if axes.get_xscale() == "linear":
        axes.set_xlim(0.0, (1.0 + _ROOM) * length)
    else:
        low = axes.get_xlim()[0]
        axes.set_xlim(low, length * (length / low) ** _ROOM)


def _happened(arrays: Arrays, block: int) -> str:
    """Say what is new in a block, as far as the arrays tell."""
    name = f"block {display_name(str(arrays['block_names'][block]))}"
    new = []
    for key, words in {"latency_ms": "latencies", "true_probability": "probabilities"}.items():
        before, after = arrays[key][block - 1 : block + 1] if block and key in arrays else (0, 0)
        if not np.array_equal(before, after):
            swapped = words == "probabilities" and np.array_equal(np.sort(before), np.sort(after))
            new.append("identities" if swapped else words)
    return f"{name}: {' and '.join(new)} switch" if new else name
