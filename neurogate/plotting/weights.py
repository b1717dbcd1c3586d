"""Readout weights by neuron type: how they are distributed, and how they grew.

Here live the two panels and their figure. The weights are learned in `neurogate.plasticity`.
"""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch
from numpy.typing import ArrayLike, NDArray

from neurogate.plotting.picture import remark
from neurogate.plotting.result import NOT_RECORDED, Arrays, require, rules_of, training
from neurogate.plotting.style import NEURON_TYPES, STYLE, WIDTH_MM, display_name, drawing, figure

__all__ = ["distribution", "norms", "weight_figure"]

_BINS = 27
_SHOWN = 99.5
_POINTS = 400
_READOUTS = ("when", "what")
_DASHES: tuple[Any, ...] = ("-", (0, (4, 1.6)))


def weight_figure(arrays: Arrays) -> Figure:
    """Compose the figure of the weights: a row for each rule, and if they were recorded their course.

    Parameters
    ----------
    arrays : mapping of str to array
        Of a run of the what-when task. The distributions are those at the end of the first block judged.

    Raises
    ------
    RequestError
        If arrays are missing.

    Examples
    --------
    >>> stored = {"rule_names": np.array(["force"]), "neuron_type": np.array([0, 0, 1]),
    ...     "force.when_weights": np.ones((1, 3)), "force.what_weights": np.ones((1, 2, 4)),
    ...     "block_start": np.array([0, 2])}
    >>> len(weight_figure(stored).axes)
    2
    """
    require(arrays, ["neuron_type", "block_start"], "weights")
    rules = rules_of(arrays, [f"{name}_weights" for name in _READOUTS], "weights")
    types = arrays["neuron_type"]
    kept = {(r, name): training(arrays, r, f"{name}_weights") for r in rules for name in _READOUTS}
    recorded = all(values is not None for values in kept.values())
    made = figure(WIDTH_MM, 46.0 * len(rules) + 8.0)
    with mpl.rc_context(STYLE):
        panels = made.subplots(len(rules), 4 if recorded else 2, squeeze=False)
        for rule, row in zip(rules, panels, strict=True):
            row[0].set_title(display_name(rule), loc="left", fontweight="bold")
            for axes, name in zip(row, _READOUTS, strict=False):
                values = arrays[f"{rule}.{name}_weights"][..., : len(types)]
                distribution(values, types, xlabel=f"weight of {name}", ax=axes)
            for axes, name in zip(row[2:], _READOUTS, strict=False):
                _course(axes, kept[rule, name], types, name)
        keys, names = panels[0, 0].get_legend_handles_labels()
        made.legend(keys, names, loc="outside upper right", ncols=2, handlelength=1.8, borderpad=0.1)
        remark(made, "" if recorded else NOT_RECORDED.format("weights"))
    return made


def _course(axes: Axes, kept: NDArray[Any] | None, types: NDArray[Any], name: str) -> None:
    if kept is not None:
        values = kept if kept.ndim == 4 else kept[:, :, None]
        n = min(values.shape[-1], len(types))  # the constant's weight is none of a neuron's
        norms(np.arange(1, values.shape[1] + 1), values[..., :n], types[:n], ax=axes)
        axes.set_ylabel(f"norm of weights of {name}")


def distribution(
    weights: ArrayLike, neuron_type: ArrayLike, *, xlabel: str = "weight", ax: Axes | None = None
) -> list[StepPatch]:
    """Draw how the weights of each neuron type are distributed.

    Parameters
    ----------
    weights : (..., N)
        Weights of any number of readouts and replicas, which are pooled.
    neuron_type : (N,)
        0 excitatory, 1 inhibitory.
    xlabel : str
        What the weights are.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.patches.StepPatch
        One outline for each type that there is. The few weights beyond the outermost bins, a two
        hundredth at most, count with these.

    Examples
    --------
    >>> len(distribution([[-1.0, 1.0, 0.5]], [0, 0, 1]))
    2
    """
    values, types = np.asarray(weights, dtype=float), np.asarray(neuron_type)
    reach = float(np.percentile(np.abs(values), _SHOWN)) or 1.0
    edges = np.linspace(-reach, reach, _BINS + 1)
    drawn: list[StepPatch] = []
    with drawing(ax, 60.0, 45.0) as axes:
        for code, (name, colour) in enumerate(NEURON_TYPES):
            of_type = values[..., types == code].clip(-reach, reach).ravel()
            if of_type.size:
                share = np.full(of_type.size, 100.0 / of_type.size)
                look: dict[str, Any] = {"color": colour, "linestyle": _DASHES[code], "linewidth": 1.0}
                counts, _ = np.histogram(of_type, edges, weights=share)
                drawn.append(axes.stairs(counts, edges, label=name, **look))
        axes.axvline(0.0, color="0.8", linewidth=0.6, zorder=0)
        axes.set(xlim=(-reach, reach), xlabel=xlabel, ylabel="neurons of the type (%)")
        axes.set_ylim(bottom=0.0)
    return drawn


def norms(
    trial: ArrayLike, weights: ArrayLike, neuron_type: ArrayLike, *, ax: Axes | None = None
) -> list[Line2D]:
    """Draw how the norm of the weights from each neuron type went: the mean over replicas.

    Parameters
    ----------
    trial : (P,)
        Training trials done.
    weights : (B, P, K, N)
        Weights after each of them.
    neuron_type : (N,)
        0 excitatory, 1 inhibitory.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.lines.Line2D
        One for each type that there is.

    Examples
    --------
    >>> line, _ = norms([1, 2], [[[[3.0, 4.0, 1.0]], [[6.0, 8.0, 1.0]]]], [0, 0, 1])
    >>> line.get_ydata().tolist()
    [5.0, 10.0]
    """
    trials, values, types = np.asarray(trial), np.asarray(weights), np.asarray(neuron_type)
    some = np.unique(np.linspace(0, len(trials) - 1, _POINTS).astype(int))
    lines: list[Line2D] = []
    with drawing(ax, 60.0, 45.0) as axes:
        for code, (name, colour) in enumerate(NEURON_TYPES):
            if (types == code).any():
                norm = _norm(values[:, some][..., types == code]).mean(axis=0)
                look: dict[str, Any] = {"color": colour, "linestyle": _DASHES[code], "label": name}
                lines += axes.plot(trials[some], norm, **look)
        axes.set(xlabel="training trials", ylabel="norm of weights")
        axes.set_ylim(bottom=0.0)
    return lines


def _norm(weights: NDArray[Any]) -> NDArray[np.float64]:
    """Return the norm over readouts and neurons, (B, P)."""
    norm: NDArray[np.float64] = np.sqrt((weights.astype(np.float64) ** 2).sum(axis=(2, 3)))
    return norm
