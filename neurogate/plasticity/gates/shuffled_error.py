"""A control for the gate that the error opens: as open as it would be, but at the wrong times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt

from ...units import Domain, Positive, settings
from ..window import check_window, inside
from .context import GateContext

__all__ = ["ShuffledErrorGate"]

Array = npt.NDArray[Any]
Memory = Mapping[str, Array]
_Time = Annotated[float, Domain(unit="ms")]
_KEY = 107
_CLASSES = 64


@settings
class ShuffledErrorGate:
    r"""Opens as far as an error gate would have in the trial before, at random.

    In each bin the opening is drawn from those that

    .. math:: g = \min(1, |\delta| / \theta)

    had in the bins of the last trial, within a window: on average it is as open as the rule's own errors
    of *when* ask for, a trial late, and knows nothing of when they came. So where there is an error its
    steps are smaller than those of the error's gate; hold it with larger rates beside that, too. Openings
    are kept as a histogram of 64 classes, of which each has its mean. In the first trial it is open. What
    is drawn is a function of the replica's seed and the trial's number alone. Its window shall be that of
    the gates beside it. Where other outcomes compete for replays of *what*, these count by its opening,
    as by any gate's.

    Parameters
    ----------
    saturation : float
        Error :math:`\theta` at which the gate is fully open.
    start_ms, stop_ms : float
        The window, relative to the cue, whose bounds are outside; what lies beyond is not counted.

    Examples
    --------
    >>> gate, times = ShuffledErrorGate(saturation=2.0), np.array([5.0, 10.0, 15.0])
    >>> memory = gate.observe(gate.start(1), times, np.ones((1, 3)), np.zeros((1, 3)))
    >>> memory = gate.remember(memory, times, number=0)
    >>> context = GateContext(times, np.zeros(1), np.zeros(1), number=1, openings=memory["openings"])
    >>> gate.course(context).tolist()
    [[0.5, 0.5, 0.5]]
    """

    kind: ClassVar[str] = "shuffled_error"
    saturation: Positive = 1.0
    start_ms: _Time = 0.0
    stop_ms: _Time = 1650.0

    def __attrs_post_init__(self) -> None:
        check_window(self.start_ms, self.stop_ms)

    def course(self, context: GateContext) -> Array:
        """Return the gate, (B, T)."""
        course = np.ones((len(context.outcome_ms), len(context.time_ms)))
        if context.openings is None:
            return course
        for row, (counts, sums), seed in zip(course, context.openings, context.seed, strict=True):
            rng = np.random.default_rng(np.random.SeedSequence(int(seed), spawn_key=(_KEY, context.number)))
            below = np.cumsum(counts)
            drawn = rng.integers(int(below[-1]), size=len(context.trial_ms))[context.bins]
            here = np.searchsorted(below, drawn, side="right")
            row[:] = sums[here] / counts[here]
        return course

    def start(self, batch: int) -> Memory:
        """Return the memory before learning.

        ``openings`` (B, 2, 64) is how often the gate would have been as open in the last trial, and the sum
        of these openings; ``opened`` is the same of the trial so far.
        """
        new = np.zeros((batch, 2, _CLASSES))
        return {"openings": new + (np.arange(_CLASSES) == _CLASSES - 1), "opened": new}

    def observe(self, memory: Memory, time_ms: Array, target: Array, read: Array) -> Memory:
        """Return the memory after a stretch of a trial.

        Parameters
        ----------
        memory : mapping
        time_ms : (T,) array
        target, read : (B, T) arrays
            The target and what was read out.
        """
        counted = inside(time_ms, self.start_ms, self.stop_ms)
        error = np.nan_to_num(np.abs(target - read)[:, counted], nan=np.inf)  # who diverged is told of later
        opening = np.minimum(1.0, error / self.saturation)
        place = np.minimum((opening * _CLASSES).astype(np.int64), _CLASSES - 1)
        opened = memory["opened"].copy()
        # Bin after bin, so that a trial in pieces gives the bits of the whole.
        for (counts, sums), where, how in zip(opened, place, opening, strict=True):
            np.add.at(counts, where, 1.0)
            np.add.at(sums, where, how)
        return {**memory, "opened": opened}

    def remember(self, memory: Memory, trial_ms: Array, number: int) -> Memory:
        """Return the memory after a trial; one without a bin in the window leaves it as it was.

        Parameters
        ----------
        memory : mapping
        trial_ms : (T,) array
            Times of all bins of the trial.
        number : int
            Trials before it.
        """
        opened = memory["opened"]
        openings = opened if opened[:, 0].any() else memory["openings"]
        return {**memory, "openings": openings, "opened": np.zeros_like(opened)}
