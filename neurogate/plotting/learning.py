"""Learning curves across trials.

The errors are measured in frozen probes; see :mod:`neurogate.analysis.predictions`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from neurogate.plotting.style import BLACK, display_name, drawing, label_ends, rule_line

__all__ = ["learning_curve"]

_NAMED = 5
_OTHERS: dict[str, Any] = {"color": "0.82", "linewidth": 0.6, "zorder": 1}


def learning_curve(
    trial: ArrayLike,
    error: Mapping[str, ArrayLike],
    ylabel: str,
    *,
    block_start: ArrayLike = (),
    block_names: Sequence[str] = (),
    named: bool = True,
    ax: Axes | None = None,
) -> list[Line2D]:
    """Draw an error across trials for every rule, with the switches between blocks.

    The first rule is black and solid, its rivals grey and dashed; from the sixth on they are thin and have
    no names. With several replicas a line is the mean, and its band the range.

    Parameters
    ----------
    trial : (P,)
        Training trials done at each probe.
    error : mapping of str to (B, P)
        Error of each rule, the headline rule first.
    ylabel : str
        What the error is, with its unit.
    block_start : (n_blocks + 1,), optional
        Trials at which blocks begin, and the last trial.
    block_names : sequence of str, optional
        What is written above each block.
    named : bool
        Whether names stand beside the ends of lines; without them a legend can be made of their labels.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.lines.Line2D
        One line per rule (mean over replicas).

    Examples
    --------
    >>> lines = learning_curve([0, 10], {"force": [[9.0, 1.0], [7.0, 3.0]]}, "error (ms)")
    >>> lines[0].get_ydata().tolist()
    [8.0, 2.0]
    """
    trials = np.asarray(trial)
    curves = {name: np.asarray(values) for name, values in error.items()}
    with drawing(ax, 88.0, 45.0) as axes:
        lines = []
        for rule, (name, values) in enumerate(curves.items()):
            look = rule_line(rule) if rule < _NAMED else _OTHERS
            label = display_name(name) if rule < _NAMED else _others(curves) if rule == _NAMED else None
            lines += axes.plot(trials, values.mean(axis=0), label=label, **look)
            if len(values) > 1 and rule < _NAMED:
                low, high = values.min(axis=0), values.max(axis=0)
                axes.fill_between(trials, low, high, color=rule_line(rule)["color"], alpha=0.18, linewidth=0)
        starts = np.asarray(block_start, dtype=float).tolist()
        low_trial, high_trial = min([*trials, *starts]), max([*trials, *starts])
        axes.set(xlim=(low_trial, max(high_trial, low_trial + 1)), xlabel="training trials", ylabel=ylabel)
        axes.set_ylim(bottom=0.0)
        _blocks(axes, starts, block_names)
        if named:
            _name_ends(axes, curves)
    return lines


def _others(curves: Mapping[str, NDArray[Any]]) -> str:
    return f"{len(curves) - _NAMED} others"


def _name_ends(axes: Axes, curves: Mapping[str, NDArray[Any]]) -> None:
    last = np.array([values.mean(axis=0)[-1] for values in curves.values()])
    names, heights = [display_name(name) for name in curves][:_NAMED], last[:_NAMED]
    if len(last) > _NAMED:
        names, heights = [*names, _others(curves)], np.append(heights, last[_NAMED:].mean())
    label_ends(axes, names, heights)


def _blocks(axes: Axes, starts: Sequence[float], names: Sequence[str]) -> None:
    for switch in starts[1:-1]:
        axes.axvline(switch, color=BLACK, linewidth=0.6, linestyle=(0, (3, 2)), zorder=1)
    for name, start, stop in zip(names, starts[:-1], starts[1:], strict=False):
        axes.text(
            (start + stop) / 2,
            1.02,
            fill(display_name(name), 10, break_long_words=False),
            ha="center",
            va="bottom",
            transform=axes.get_xaxis_transform(),
        )
