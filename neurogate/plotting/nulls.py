"""Angles and alignment of *what* and *when* against all nulls, in the spaces of weights and of activity.

Here live the panel and its figure. The nulls are drawn in `neurogate.tasks.subspaces`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from neurogate.plotting.forest import forest
from neurogate.plotting.picture import remark
from neurogate.plotting.result import Arrays, judged_blocks, require, rules_of
from neurogate.plotting.style import STYLE, WIDTH_MM, drawing, figure

__all__ = ["NULLS", "beside_nulls", "null_figure"]

NULLS = {
    "null.isotropic_deg": "random directions",
    "null.leading_deg": "random, in leading components",
    "null.own_traces_deg": "random sums of own traces",
    "null.covariance_deg": "random, with the traces' covariance",
}
"""Arrays with the angles that chance gives, from weak to strong, and what they are called."""

_OF_ACTIVITY = {
    "activity.angle_deg_isotropic": "random directions",
    "activity.angle_deg_shuffled": "cues and times shuffled",
    "activity.angle_deg_null": "random, with its covariance",
}
ALIGNED = {"when_in_what": "when in what", "what_in_when": "what in when"}
_BAR = "#CC79A7"
_NOTE = (
    "Large dots and lines: mean over seeds, 95 % interval. Bars: nine of ten draws of a null. "
    "Weights as at the end of the first block."
)


def null_figure(
    arrays: Arrays,
    rules: Sequence[str] | None = None,
    others: Mapping[str, ArrayLike] | None = None,
    activity: Mapping[str, ArrayLike] | None = None,
) -> Figure:
    """Compose the figure: angles of weights, angles of activity, alignment of activity, each with its nulls.

    Parameters
    ----------
    arrays : mapping of str to array
        Of a run of the what-when task; seeds are replicas.
    rules : sequence of str, optional
        Which rules, from top to bottom; all by default.
    others : mapping of str to (seeds,) array, optional
        Angles of the same rules elsewhere: after training on shuffled labels, with other filters.
    activity : mapping of str to (seeds,) array, optional
        Angles of the activity elsewhere: before training.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    RequestError
        If arrays are missing.

    Examples
    --------
    >>> stored = {"rule_names": np.array(["force"]), "force.angle_deg": np.array([[88.0]])}
    >>> stored |= {"probe_trial": np.array([10]), "block_start": np.array([0, 10])}
    >>> stored |= {name: np.array([[85.0, 89.0]]) for name in NULLS}
    >>> for name in ("angle_deg", *ALIGNED):
    ...     stored |= {f"activity.{name}": np.ones(1), f"activity.{name}_null": np.ones((1, 2))}
    >>> len(null_figure(stored).axes)
    3
    """
    needed = [f"activity.{name}" for name in ("angle_deg", *ALIGNED)]
    require(arrays, [*NULLS, *needed, *(f"{name}_null" for name in needed)], "nulls")
    require(arrays, ["probe_trial", "block_start"], "nulls")
    named = rules_of(arrays, ["angle_deg"], "nulls") if rules is None else list(rules)
    learned = {rule: _first_block_angle(arrays, rule) for rule in named} | dict(others or {})
    chance = {name: arrays[key] for key, name in NULLS.items()}
    aligned = {name: arrays[f"activity.{key}"] for key, name in ALIGNED.items()}
    matched = {f"{name}, null": arrays[f"activity.{key}_null"] for key, name in ALIGNED.items()}
    made = figure(WIDTH_MM, max(70.0, 24.0 + 5.0 * (len(learned) + len(chance))))
    with mpl.rc_context(STYLE):
        panels = made.subplot_mosaic([["weights", "angle"], ["weights", "aligned"]], height_ratios=(1, 1))
        beside_nulls(learned, chance, "angle between the weights of when and what (°)", ax=panels["weights"])
        angle = {"what and when": arrays["activity.angle_deg"], **(activity or {})}
        chance = {name: arrays[key] for key, name in _OF_ACTIVITY.items() if key in arrays}
        beside_nulls(angle, chance, "angle in activity (°)", ax=panels["angle"])
        panels["angle"].set(xscale="linear", xlim=(0.0, 92.0))  # an angle has no decades
        beside_nulls(aligned, matched, "alignment of activity (0 to 1)", ax=panels["aligned"])
        if panels["aligned"].get_xscale() == "linear":
            panels["aligned"].set_xlim(-0.02, 1.02)
        remark(made, _NOTE)
    return made


def _first_block_angle(arrays: Arrays, rule: str) -> NDArray[np.float64]:
    """Return the angle between the readouts at the end of the first block that was judged, (B,)."""
    block = judged_blocks(arrays)
    angle: NDArray[np.float64] = arrays[f"{rule}.angle_deg"][:, np.flatnonzero(block == block[0])[-1]]
    return angle


def beside_nulls(
    values: Mapping[str, ArrayLike],
    nulls: Mapping[str, ArrayLike],
    xlabel: str,
    *,
    ax: Axes | None = None,
) -> list[Line2D]:
    """Draw values of all seeds, and below them nulls: the mean for each seed, and the spread of the draws.

    Parameters
    ----------
    values : mapping of str to (seeds,)
        What was observed, from top to bottom.
    nulls : mapping of str to (seeds, draws)
        What chance gives; NaN where it has no meaning.
    xlabel : str
        What the values are, with their unit.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    list of matplotlib.lines.Line2D
        The mean of each row.

    Examples
    --------
    >>> means = beside_nulls({"force": [88.0, 86.0]}, {"random": [[80.0, 90.0], [82.0, 88.0]]}, "angle (°)")
    >>> [float(mean.get_xdata()[0]) for mean in means]
    [87.0, 85.0]
    """
    drawn = {name: np.asarray(draws, dtype=float) for name, draws in nulls.items()}
    rows = {**values, **{name: draws.mean(axis=-1) for name, draws in drawn.items()}}
    with drawing(ax, 88.0, 14.0 + 5.0 * len(rows)) as axes:
        means = forest(rows, xlabel, emphasised=list(values), ax=axes)
        for row, draws in enumerate(drawn.values(), start=len(values)):
            known = draws[np.isfinite(draws)]
            if known.size:
                low, high = np.percentile(known, [5, 95])
                axes.hlines(row, low, high, color=_BAR, alpha=0.3, linewidth=7.0, zorder=0)
    return means
