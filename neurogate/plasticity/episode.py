"""What a learning rule sees of one trial, and what it leaves behind.

A trial has one outcome of its own, which its cue announces, or omits. Where tasks distract, other outcomes
come too. They teach like the trial's own: `Episode.target` holds a bump around each, and the moments that
are replayed are shared out among all. A rule without gates learns from everything; a rule with gates learns
from what its gates let pass, *when* in the bins where they are open, and *what* from the outcomes that came
while they were.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import attrs
import numpy as np
import numpy.typing as npt

__all__ = ["Call", "Episode", "Readouts", "Rule", "RuleState", "read_by"]

Array = npt.NDArray[Any]
RuleState = Mapping[str, Array]
"""Weights ``when`` (B, 1, N) and ``what`` (B, K, N + 1), and whatever else a rule keeps.

*When* reads the phasic traces, *what* the tonic ones and the constant, or, if it has only N weights, the
phasic ones too; see `read_by`."""

Call = Callable[[str], Callable[..., Any]]
"""Looks a backend function up by name, see `neurogate.network.reservoir.Reservoir.call`."""


@attrs.frozen(eq=False)
class Episode:
    """One trial, or a stretch of one, of every replica.

    Parameters
    ----------
    number : int
        Trials learned from before this one.
    block_starts : bool
        Whether this is the first trial of a block after the first.
    bins : (T,) int array
        Bin numbers within the trial.
    time_ms : (T,) array
        Time of each bin relative to the cue.
    phasic : (B, T, N) array
    tonic : (B, T, N + 1) array
    target : (B, T) array
        What *when* should read.
    outcome : (B, K) array
        One-hot outcome, zeros for an omission.
    outcome_ms : (B,) array
        Time of the outcome relative to the cue, NaN for an omission.
    replay : (B, S) int array
        Bins of the trial that are replayed at its end.
    others_ms : (B, E) array or None
        Times, relative to the cue, of outcomes that are not the trial's own, NaN where a replica has fewer;
        None in tasks that have none.
    replay_ms : (B, S) array or None
        When the outcome came, or was due, that each replayed moment is paired with; None if that is always
        the trial's own.
    replay_outcome : (B, S, K) array or None
        That outcome, one-hot; None if it is always the trial's own.
    due_ms : (B,) array
        When the trial's own outcome comes or, in an omission, would have come; `outcome_ms` by default.
    seed : (B,) int array
        Seed of each replica, for rules and gates that draw; 0 by default.
    trial_ms : array
        Time of every bin of the trial; `time_ms` by default, and then the same for its stretches.
    """

    number: int
    block_starts: bool
    bins: Array
    time_ms: Array
    phasic: Array
    tonic: Array
    target: Array
    outcome: Array
    outcome_ms: Array
    replay: Array
    others_ms: Array | None = None
    replay_ms: Array | None = None
    replay_outcome: Array | None = None
    due_ms: Array = attrs.field(default=attrs.Factory(lambda self: self.outcome_ms, takes_self=True))
    seed: Array = attrs.field(
        default=attrs.Factory(lambda self: np.zeros(len(self.outcome_ms), np.int64), takes_self=True)
    )
    trial_ms: Array = attrs.field(default=attrs.Factory(lambda self: self.time_ms, takes_self=True))

    @property
    def bin_ms(self) -> float:
        """Length of a bin."""
        return float(self.trial_ms[1] - self.trial_ms[0])

    @property
    def empty(self) -> Array:
        """Whether nothing came in the trial, neither its own outcome nor another, (B,)."""
        own = np.isnan(self.outcome_ms)
        return own if self.others_ms is None else own & np.isnan(self.others_ms).all(axis=1)

    def replayed(self) -> tuple[Array, Array]:
        """Return the replayed tonic traces (B, S, N + 1) and their targets (B, S, K)."""
        samples = self.at_replay(self.tonic)
        own = np.repeat(self.outcome[:, None], self.replay.shape[1], axis=1)
        return samples, own if self.replay_outcome is None else self.replay_outcome

    def at_replay(self, traces: Array) -> Array:
        """Return traces (B, T, N) of the whole trial at the replayed moments, (B, S, N)."""
        replayed: Array = traces[np.arange(len(traces))[:, None], self.replay]
        return replayed

    def let_pass(self, course: Array) -> Array | None:
        """Return how open a gate was when the outcome of each replayed moment came or was due.

        Parameters
        ----------
        course : (B, T) array
            The gate over the whole trial.

        Returns
        -------
        (B, S) array or None
            None where a trial has no outcome but its own, so that there is nothing to choose from.
        """
        return None if self.replay_ms is None else self._at(course, self.replay_ms)

    def modulated(self, course: Array) -> Array:
        """Return how open a gate was at each replayed moment, times that when its outcome came or was due.

        Parameters
        ----------
        course : (B, T) array
            The gate over the whole trial.

        Returns
        -------
        (B, S) array
        """
        due_ms = self.due_ms[:, None] if self.replay_ms is None else self.replay_ms
        moments: Array = np.take_along_axis(course, self.replay, axis=1) * self._at(course, due_ms)
        return moments

    def _at(self, course: Array, time_ms: Array) -> Array:
        """Return a course over the whole trial at some times (B, S), (B, S); 1 where there is no time."""
        known_ms = np.nan_to_num(time_ms, nan=self.time_ms[0])
        at = np.clip(np.searchsorted(self.time_ms, known_ms), 0, len(self.time_ms) - 1)
        return np.where(np.isnan(time_ms), 1.0, np.take_along_axis(course, at, axis=1))


def read_by(weights: Array, phasic: Array, tonic: Array) -> Array:
    """Return the traces that weights read: as many as there are.

    Parameters
    ----------
    weights : (..., N) or (..., N + 1) array
    phasic : (..., N) array
    tonic : (..., N + 1) array

    Examples
    --------
    >>> read_by(np.zeros((1, 2, 5)), np.zeros((1, 9, 4)), np.ones((1, 9, 5))).all()
    np.True_
    """
    return tonic if weights.shape[-1] == tonic.shape[-1] else phasic


class Readouts(NamedTuple):
    """What a rule read out, bin by bin, before each update: *when* and the gate, (B, T) each."""

    when: Array
    gate: Array


@attrs.frozen
class Rule:
    """Base of the learning rules; a subclass says how *when* and *what* change.

    Examples
    --------
    >>> Rule().start((1, 5, 2), np.dtype("float64"))["what"].shape
    (1, 2, 6)
    """

    def start(self, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> RuleState:
        """Return the state before learning, for (B, N, K) replicas, neurons and outcomes."""
        batch, n, outcomes = shape
        return {"when": np.zeros((batch, 1, n), dtype), "what": np.zeros((batch, outcomes, n + 1), dtype)}

    def online(self, call: Call, state: RuleState, episode: Episode) -> tuple[RuleState, Readouts]:
        """Learn *when* from a stretch of a trial."""
        raise NotImplementedError

    def offline(self, call: Call, state: RuleState, episode: Episode) -> RuleState:
        """Learn *what* at the end of a trial."""
        raise NotImplementedError
