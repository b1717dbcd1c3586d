"""How fast rules adapt to a switch: trials until the errors of each rule are small again.

Here lives the figure, with a row for each rule and a panel for each block and measure. The criterion is that
of `neurogate.analysis.predictions.trials_to_criterion`.
"""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from neurogate.analysis.predictions import trials_to_criterion
from neurogate.plotting.forest import forest
from neurogate.plotting.result import Arrays, judged_blocks, require, rules_of
from neurogate.plotting.style import STYLE, WIDTH_MM, display_name, figure

__all__ = ["CRITERIA", "adaptation_figure", "trials_needed"]

CRITERIA = {
    "timing_error_ms": (50.0, "trials until timing error < 50 ms"),
    "probability_error": (0.1, "trials until probability error < 0.1"),
}
"""Of each error: below what it must stay at three successive judgements, and how that is called."""

_ROW_MM = 4.2


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


def adaptation_figure(arrays: Arrays, rules: Sequence[str] | None = None) -> Figure:
    """Compose the figure: trials to each criterion, in every block that was judged.

    Parameters
    ----------
    arrays : mapping of str to array
        Of a run of the what-when task; seeds are replicas.
    rules : sequence of str, optional
        Which rules, from top to bottom; all by default.

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
    ...     "block_names": np.array(["A"]), "probe_trial": np.array([10, 20])}
    >>> stored |= {f"force.{name}": np.zeros((1, 2, 1)) for name in CRITERIA}
    >>> len(adaptation_figure(stored).axes)
    2
    """
    require(arrays, ["probe_trial", "block_start", "block_names"], "adaptation")
    named = rules_of(arrays, CRITERIA, "adaptation") if rules is None else list(rules)
    blocks = np.unique(judged_blocks(arrays)).tolist()
    made = figure(WIDTH_MM, 2 * (16.0 + _ROW_MM * len(named)))
    with mpl.rc_context(STYLE):
        panels = made.subplots(2, len(blocks), squeeze=False, sharey=True)
        for row, (error, (_, words)) in zip(panels, CRITERIA.items(), strict=True):
            for axes, block in zip(row, blocks, strict=True):
                length = float(np.diff(arrays["block_start"])[block])
                needed = {rule: trials_needed(arrays, rule, error, block) for rule in named}
                capped = {rule: np.minimum(values, length) for rule, values in needed.items()}
                forest(capped, words, limit=length, ax=axes)
                axes.set_xlim(0.0, 1.04 * length)
        for axes, block in zip(panels[0], blocks, strict=True):
            axes.set_title(f"block {display_name(str(arrays['block_names'][block]))}")
    return made
