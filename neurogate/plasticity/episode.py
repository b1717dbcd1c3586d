"""What a learning rule sees of one trial, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import attrs
import numpy as np
import numpy.typing as npt

__all__ = ["Call", "Episode", "Readouts", "Rule", "RuleState"]

Array = npt.NDArray[Any]
RuleState = Mapping[str, Array]
"""Weights ``when`` (B, 1, N) and ``what`` (B, K, N + 1), and whatever else a rule keeps."""

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

    def replayed(self) -> tuple[Array, Array]:
        """Return the replayed tonic traces (B, S, N + 1) and their targets (B, S, K)."""
        samples = np.take_along_axis(self.tonic, self.replay[..., None], axis=1)
        targets = np.repeat(self.outcome[:, None], self.replay.shape[1], axis=1)
        return samples, targets


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
