"""How probable outcomes are taken to be, and how large *when* times *what* is, against their probability.

Here lives the panel and its figure. What is read out of a prediction is said in
`neurogate.analysis.predictions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from neurogate.analysis.intervals import mean_interval
from neurogate.analysis.predictions import correlation
from neurogate.plotting.result import Arrays, block_ends, require, rules_of
from neurogate.plotting.style import BLACK, GREY, STYLE, WIDTH_MM, display_name, drawing, figure
from neurogate.tasks.spread import known_mean

__all__ = ["against_probability", "at_block_ends", "calibration_figure", "mean_r"]

_BIN = 0.1
_ACROSS = 5
_WIDEST_MM = 50.0
_OF_RULE = ("probability", "amplitude")
_LABELS = ("learned probability", "when × what, at the peak")

_Numbers = NDArray[np.float64]


def calibration_figure(arrays: Arrays, rules: Sequence[str] | None = None) -> Figure:
    """Compose the figure: a column for each rule, learned probability above, *when* times *what* below.

    Parameters
    ----------
    arrays : mapping of str to array
        Of a run of the what-when task; seeds are replicas. What is drawn was read at the end of blocks.
    rules : sequence of str, optional
        Which rules, from left to right; all by default.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    RequestError
        If arrays are missing.

    Examples
    --------
    >>> stored = {"rule_names": np.array(["force"]), "block_start": np.array([0, 20]),
    ...     "probe_trial": np.array([10, 20]), "true_probability": np.array([[[0.9, 0.1]]]),
    ...     "force.probability": np.ones((1, 2, 1, 2)), "force.amplitude": np.ones((1, 2, 1))}
    >>> len(calibration_figure(stored).axes)
    2
    """
    require(arrays, ["probe_trial", "block_start", "true_probability"], "calibration")
    named = rules_of(arrays, _OF_RULE, "calibration") if rules is None else list(rules)
    across = min(len(named), _ACROSS)
    groups = [named[first : first + across] for first in range(0, len(named), across)]
    side = min(WIDTH_MM / across, _WIDEST_MM)
    made = figure(side * across + 12.0 if side == _WIDEST_MM else WIDTH_MM, 2 * (side + 6.0) * len(groups))
    with mpl.rc_context(STYLE):
        panels = made.subplots(2 * len(groups), across, squeeze=False, sharex=True, sharey="row")
        for number, group in enumerate(groups):
            _group(arrays, group, panels[2 * number : 2 * number + 2])
    return made


def at_block_ends(arrays: Arrays, rule: str) -> tuple[_Numbers, _Numbers, _Numbers]:
    """Return true and learned probability and *when* times *what*, at the end of all blocks judged.

    Parameters
    ----------
    arrays : mapping of str to array
        Of a run of the what-when task.
    rule : str

    Returns
    -------
    truth : (M,) array
        Over blocks, cues and outcomes.
    learned, product : (B, M) array
    """
    blocks, ends = block_ends(arrays)
    truth, learned = arrays["true_probability"][blocks], arrays[f"{rule}.probability"][:, ends]
    product = arrays[f"{rule}.amplitude"][:, ends, :, None] * learned
    return truth.ravel(), learned.reshape(len(learned), -1), product.reshape(len(learned), -1)


def against_probability(
    truth: ArrayLike, values: ArrayLike, *, colour: str = BLACK, ax: Axes | None = None
) -> ErrorbarContainer:
    """Draw values against the true probability: each as a dot, and means of bins of 0.1 over seeds.

    Parameters
    ----------
    truth : (M,)
        True probabilities.
    values : (B, M)
        Of each seed.
    colour : str
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.container.ErrorbarContainer
        The mean of each bin over seeds and its 95 % interval, at the mean of its true probabilities.

    Examples
    --------
    >>> bars = against_probability([0.1, 0.1, 0.8], [[0.0, 0.2, 0.9], [0.2, 0.2, 0.7]])
    >>> bars.lines[0].get_xdata().tolist(), bars.lines[0].get_ydata().round(3).tolist()
    ([0.1, 0.8], [0.15, 0.8])
    """
    true, found = np.asarray(truth, float), np.asarray(values, float)
    bin_of = np.round(true / _BIN)
    bins = [bin_of == one for one in np.unique(bin_of)]
    place = [float(true[inside].mean()) for inside in bins]
    mean, half_width = mean_interval(np.stack([found[:, inside].mean(axis=1) for inside in bins], axis=-1))
    with drawing(ax, 60.0, 60.0) as axes:
        dots = np.broadcast_to(true, found.shape)
        axes.plot(dots.ravel(), found.ravel(), ".", color=GREY, markersize=3.0, alpha=0.5, markeredgewidth=0)
        return axes.errorbar(
            place, mean, np.nan_to_num(half_width), fmt="o", color=colour, markersize=3.2, elinewidth=0.9,
            markeredgecolor="white", markeredgewidth=0.4, zorder=3,
        )  # fmt: skip


def mean_r(truth: ArrayLike, values: ArrayLike) -> float:
    """Return Pearson's r with the true probability, the mean over seeds; NaN if no seed has one.

    Parameters
    ----------
    truth : (M,)
    values : (B, M)

    Examples
    --------
    >>> round(mean_r([0.1, 0.8], [[0.2, 0.6], [0.5, 0.5]]), 9)
    1.0
    """
    return known_mean(np.array([correlation(truth, seed) for seed in np.asarray(values)]))


def _group(arrays: Arrays, rules: Sequence[str], panels: NDArray[Any]) -> None:
    for rule, above, below in zip(rules, *panels, strict=False):
        truth, learned, product = at_block_ends(arrays, rule)
        error = float(np.abs(learned - truth).mean())
        _panel(above, truth, learned, f"mean |p̂ − p| = {error:.2g}\n")
        above.axline((0.0, 0.0), slope=1.0, color="0.75", linewidth=0.6, zorder=1)
        _panel(below, truth, product, "")
        above.set_title(display_name(rule))
        below.set(xlabel="true probability", xlim=(-0.08, 1.08), xticks=[0, 0.5, 1])
    for axes, label in zip(panels[:, 0], _LABELS, strict=True):
        axes.set_ylabel(label)
    for axes in panels[:, len(rules) :].flat:
        axes.set_visible(False)


def _panel(axes: Axes, truth: _Numbers, values: _Numbers, text: str) -> None:
    against_probability(truth, values, ax=axes)
    r = mean_r(truth, values)
    told = f"{text}r = {r:.3f}".replace("-", "−") if np.isfinite(r) else f"{text}no r: it does not vary"
    axes.text(0.98, 0.03, told, ha="right", va="bottom", transform=axes.transAxes)
