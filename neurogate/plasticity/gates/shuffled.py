"""A control for gates: as open as they are, but at the wrong times."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ...units import settings
from .context import GateContext

__all__ = ["ShuffledGate"]

Array = npt.NDArray[Any]
_KEY = 103


@settings
class ShuffledGate:
    """Puts the bins of the other gates' product in random order, anew in every trial.

    In every trial each opening occurs as often as without it, so the mean opening stays and only its timing
    is lost. The order is a function of the replica's seed and the trial's number alone. It is the course of
    the gates over the whole trial that is shuffled; what an `ErrorGate` adds inside the rule is not.

    Examples
    --------
    >>> context = GateContext(np.arange(4.0), np.zeros(1), np.zeros(1), number=3)
    >>> ShuffledGate().shuffled(np.array([[0.0, 0.25, 0.5, 1.0]]), context).tolist()
    [[0.5, 1.0, 0.25, 0.0]]
    """

    kind: ClassVar[str] = "shuffled"

    def course(self, context: GateContext) -> Array:
        """Return ones: the other gates are shuffled once they are multiplied."""
        return np.ones((len(context.outcome_ms), len(context.time_ms)))

    def shuffled(self, course: Array, context: GateContext) -> Array:
        """Return the stretch (B, T) of a shuffled trial.

        Parameters
        ----------
        course : (B, T') array
            Over the whole trial.
        context : GateContext
            Of the stretch.
        """
        orders = np.stack([_order(int(seed), context.number, course.shape[1]) for seed in context.seed])
        return np.take_along_axis(course, orders[:, context.bins], axis=1)


def _order(seed: int, trial: int, bins: int) -> Array:
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_KEY, trial)))
    return rng.permutation(bins)
