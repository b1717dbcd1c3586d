"""How a rule's step is applied: *when* bin by bin, *what* at the replayed moments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .episode import Call, Episode, Readouts, RuleState
from .gates import ErrorGate, Gate, GateContext, LearnedGate, ShuffledErrorGate, ShuffledGate

__all__ = [
    "Learner",
    "by_error",
    "check_gates",
    "gate_context",
    "learn_what",
    "learn_when",
]

Array = npt.NDArray[Any]

Learner = Callable[[Array, Array, Array, Array, float | Array, float], tuple[Array, Array, Array]]
"""From weights (B, K, N), samples (B, S, N), targets (B, S, K), the course of the gate (B, S), a rate, one or
one per replica, and the error at which an error gate saturates, to new weights, readouts before each update
and gates (B, S, K)."""


def gate_context(state: RuleState, episode: Episode) -> GateContext:
    """Return what gates may know of an episode, and of the rule's state if it keeps that.

    Parameters
    ----------
    state : RuleState
    episode : Episode
    """
    return GateContext(
        episode.time_ms,
        episode.outcome_ms,
        state.get("surprise", np.zeros(len(episode.outcome_ms))),
        episode.others_ms,
        trial_ms=episode.trial_ms,
        due_ms=episode.due_ms,
        bins=episode.bins,
        number=episode.number,
        seed=episode.seed,
        attention=state.get("attention"),
        openings=state.get("openings"),
    )


def by_error(call: Call) -> Learner:
    """Return the delta rule, `neurogate.backends.numpy_reference.learning.normalised_delta`.

    Parameters
    ----------
    call : Call
    """

    def learn(
        weights: Array, samples: Array, targets: Array, course: Array, eta: float | Array, saturation: float
    ) -> tuple[Array, Array, Array]:
        rate = np.broadcast_to(eta, len(samples)).astype(samples.dtype)
        learned: tuple[Array, Array, Array] = call("normalised_delta")(
            weights, samples, targets, course, rate, saturation
        )
        return learned

    return learn


def learn_when(
    learner: Learner, state: RuleState, episode: Episode, course: Array, saturation: float, eta: float
) -> tuple[RuleState, Readouts]:
    """Let *when* learn from a stretch of a trial, bin by bin.

    Parameters
    ----------
    learner : Learner
    state : RuleState
    episode : Episode
    course : (B, T) array
        The part of the gate that does not depend on the error.
    saturation : float
        Error at which the error gate is fully open, 0 for none.
    eta : float
        Learning rate.
    """
    dtype = episode.phasic.dtype
    targets = episode.target[..., None].astype(dtype)
    weights, outputs, gates = learner(
        state["when"], episode.phasic, targets, course.astype(dtype), eta, saturation
    )
    return {**state, "when": weights}, Readouts(outputs[..., 0], gates[..., 0])


def learn_what(
    learner: Learner,
    state: RuleState,
    episode: Episode,
    eta: float | Array,
    counts: Array | None = None,
    saturation: float = 0.0,
) -> tuple[RuleState, Array]:
    """Let *what* learn at the replayed moments; also return the mean absolute error (B,).

    Parameters
    ----------
    learner : Learner
    state : RuleState
    episode : Episode
    eta : float or (B,) array
        Learning rate.
    counts : (B, S) array, optional
        How much each replayed moment counts; all of them fully by default.
    saturation : float
        Error at which an error gate is fully open, 0 for none.
    """
    samples, targets = episode.replayed()
    dtype = samples.dtype
    course = np.ones(samples.shape[:2], dtype) if counts is None else counts.astype(dtype)
    weights, outputs, _ = learner(state["what"], samples, targets.astype(dtype), course, eta, saturation)
    return {**state, "what": weights}, np.abs(targets - outputs).mean(axis=(1, 2))


def check_gates(name: str, gates: Sequence[Gate], without: tuple[type, ...] = ()) -> None:
    """Refuse gates that a rule cannot have, or can have only once.

    Parameters
    ----------
    name : str
        Of the setting.
    gates : sequence of Gate
    without : tuple of type
        Gates that need what the rule does not keep.

    Raises
    ------
    ValueError
        If there is one of these, or a second of those.
    """
    for sort in without:
        if any(isinstance(gate, sort) for gate in gates):
            kind = sort.kind  # type: ignore[attr-defined]
            raise ValueError(f'{name} holds a {kind} gate; it must hold none, or use kind = "three_factor".')
    for once in (ErrorGate, LearnedGate, ShuffledGate, ShuffledErrorGate):
        count = sum(isinstance(gate, once) for gate in gates)
        if count > 1:
            raise ValueError(f"{name} holds {count} {once.kind} gates; it must hold at most one.")
    if {ErrorGate, ShuffledErrorGate} <= set(map(type, gates)):
        raise ValueError(f"{name} holds an error and a shuffled_error gate; the latter stands in its place.")
