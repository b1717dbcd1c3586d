"""What gates may know of a trial."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

__all__ = ["GateContext"]

Array = npt.NDArray[Any]


def _whole(context: GateContext) -> Array:
    return context.time_ms


def _own(context: GateContext) -> Array:
    return context.outcome_ms


@attrs.frozen(eq=False)
class GateContext:
    """What gates may know of a trial, or of a stretch of one.

    Parameters
    ----------
    time_ms : (T,) array
        Time relative to the cue.
    outcome_ms : (B,) array
        Time of the outcome relative to the cue, NaN for an omission.
    surprise : (B,) array
        Running mean of the absolute error of *what*, one value per replica.
    others_ms : (B, E) array, optional
        Times of outcomes that are not the trial's own, NaN where a replica has fewer.
    trial_ms : array
        Time of every bin of the trial; that of this stretch if it is left out.
    due_ms : (B,) array
        When the outcome comes or, in an omission, would have come; `outcome_ms` by default.
    bins : (T,) int array
        Which bins of the trial these are.
    number : int
        Trials learned from before this one.
    seed : (B,) int array
        Seed of each replica, for gates that draw.
    attention : (B, 3, W) array, optional
        What `LearnedGate` has learned.
    openings : (B, 2, 64) array, optional
        What `ShuffledErrorGate` has kept.

    Examples
    --------
    >>> context = GateContext(np.array([-5.0, 0.0, 5.0]), np.array([300.0, np.nan]), np.zeros(2))
    >>> context.bins.tolist(), context.seed.tolist()
    ([0, 1, 2], [0, 0])
    """

    time_ms: Array
    outcome_ms: Array
    surprise: Array
    others_ms: Array | None = None
    trial_ms: Array = attrs.field(default=attrs.Factory(_whole, takes_self=True))
    due_ms: Array = attrs.field(default=attrs.Factory(_own, takes_self=True))
    bins: Array = attrs.field(
        default=attrs.Factory(lambda self: np.arange(len(self.time_ms)), takes_self=True)
    )
    number: int = 0
    seed: Array = attrs.field(
        default=attrs.Factory(lambda self: np.zeros(len(self.outcome_ms), np.int64), takes_self=True)
    )
    attention: Array | None = None
    openings: Array | None = None

    def whole(self) -> GateContext:
        """Return the context of the whole trial of which this is a stretch."""
        return attrs.evolve(self, time_ms=self.trial_ms, bins=np.arange(len(self.trial_ms)))
