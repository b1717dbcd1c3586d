"""The what-when task: cues that announce which outcome comes, when, and how probably."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..errors import RequestError
from ..units import Count, Domain, Fraction, Milliseconds, NonNegative, settings
from .distraction import Distraction
from .jitter import Jitter
from .timeline import Timeline

__all__ = ["Block", "WhatWhen"]

Array = npt.NDArray[Any]
_Odds = tuple[tuple[Fraction, ...], ...]


@settings
class Block:
    """A stretch of trials in which each cue keeps its meaning, or changes it slowly.

    Parameters
    ----------
    name : str
        How the block is called in results.
    trials : int
        Number of trials, over all cues.
    latency_ms : tuple of float
        Time from cue to outcome, one per cue.
    probability : tuple of tuple of float
        For each cue, the probability of each outcome; what is left to 1 is omission.
    probability_to : tuple of tuple of float, optional
        Where the probabilities have drifted to, in equal steps, in the last trial of the block.
    jitter : Jitter, optional
        How far single outcomes come from their latency.

    Examples
    --------
    >>> Block(name="A", trials=10, latency_ms=(300.0,), probability=((0.9, 0.0),)).cues
    1
    """

    name: str
    trials: Count
    latency_ms: tuple[Milliseconds, ...]
    probability: _Odds
    probability_to: _Odds | None = None
    jitter: Jitter | None = None

    def problems(self) -> Iterator[str]:
        """Say what does not fit together; a task asks for it, so that all its mistakes are heard at once."""
        if not self.latency_ms:
            yield "latency_ms is empty; it must hold one latency per cue."
        for key, rows in self.odds().items():
            if len(rows) != len(self.latency_ms):
                yield (
                    f"{key} holds {len(rows)} rows; it must hold one per cue, "
                    f"{len(self.latency_ms)} as in latency_ms."
                )
            for cue, row in enumerate(rows):
                if sum(row) > 1 + 1e-9:
                    yield (
                        f"{key}[{cue}] sums to {sum(row):g}; the outcomes of a cue must sum to at most 1 "
                        "(the rest is omission)."
                    )
        if self.jitter:
            yield from (f"jitter.{problem}" for problem in self.jitter.problems())

    def odds(self) -> dict[str, _Odds]:
        """Return the probabilities that the block begins with, and those that it ends with if it drifts."""
        drifted = {} if self.probability_to is None else {"probability_to": self.probability_to}
        return {"probability": self.probability, **drifted}

    @property
    def cues(self) -> int:
        """Number of cues."""
        return len(self.latency_ms)


_PROBABILITY_A = ((0.9, 0.0), (0.1, 0.8), (0.5, 0.3), (0.2, 0.6))
_PROBABILITY_C = ((0.2, 0.7), (0.7, 0.2), (0.1, 0.7), (0.6, 0.2))
_EARLY, _SWAPPED = (300.0, 600.0, 900.0, 1200.0), (600.0, 300.0, 1200.0, 900.0)
_BLOCKS = (
    Block(name="A", trials=320, latency_ms=_EARLY, probability=_PROBABILITY_A),
    Block(name="B", trials=240, latency_ms=_SWAPPED, probability=_PROBABILITY_A),
    Block(name="C", trials=240, latency_ms=_SWAPPED, probability=_PROBABILITY_C),
)


@settings
class WhatWhen:
    """Cues, outcomes and blocks.

    Parameters
    ----------
    outcomes : tuple of str
        Names of the outcomes.
    blocks : tuple of Block
    timeline : Timeline
    target_sd_ms : float
        Width (sd) of the bump around the outcome that *when* is taught.
    target_weber : float, optional
        How much wider the bump of a later outcome is, as a share of its latency L: its sd is
        sqrt(target_sd_ms^2 + (target_weber L)^2). The tolerance of the clock is then that of Weber's law.
    lead_ms : float, optional
        How far *when* runs ahead: its bump lies this long before the outcome, and a peak foretells an outcome
        that much later. With twice the bump's sd or so, all of what is learned happens before the outcome; a
        bump around the outcome is learned in part from what the outcome does to the network, which is not
        there when it is omitted, and peaks too early then. Let `Probes.window_ms` begin later by as much.
    replays : int
        Moments of a trial that are replayed for *what*.
    replay_from_ms, replay_to_ms : float
        Replayed moments lie between these times after the cue, and before the outcome if it comes.
    replay_within_ms : float, optional
        Replayed moments lie within this time before the outcome came or, if it was omitted, was due. Else
        late moments are replayed more often without an outcome than with one, and *what* falls after it.
    settling, habituation : int
        Trials like those of the first block, without learning, before training: first those that let
        the network settle, then those from which the mean and spread of each trace are taken.
    distraction : Distraction, optional
        What happens beside the cue and its outcome.

    Examples
    --------
    >>> WhatWhen().cues, WhatWhen().trials
    (4, 800)
    """

    part: ClassVar[str] = "trial"
    outcomes: tuple[str, ...] = ("X", "Y")
    blocks: tuple[Block, ...] = _BLOCKS
    timeline: Timeline = Timeline()
    target_sd_ms: Milliseconds = 40.0
    target_weber: NonNegative | None = None
    lead_ms: NonNegative | None = None
    replays: Count = 8
    replay_from_ms: Milliseconds = 100.0
    replay_to_ms: Milliseconds = 1200.0
    replay_within_ms: Milliseconds | None = None
    settling: Annotated[int, Domain(0)] = 4
    habituation: Count = 20
    distraction: Distraction | None = None

    def __attrs_post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise RequestError(problems)

    def _problems(self) -> Iterator[str]:
        if not self.outcomes or not self.blocks:
            yield "outcomes and blocks must each hold at least one entry."
            return
        for i, block in enumerate(self.blocks):
            yield from (f"blocks[{i}].{problem}" for problem in self._misfits(block))
            if block.cues != self.cues:
                yield f"blocks[{i}] has {block.cues} cues; it must have as many as blocks[0], {self.cues}."
        if not self.replay_from_ms < self.replay_to_ms <= self.timeline.cue_ms:
            yield (
                f"replay_to_ms is {self.replay_to_ms:g}; it must be above replay_from_ms, "
                f"{self.replay_from_ms:g} ms, and at most the length of the cue, "
                f"{self.timeline.cue_ms:g} ms."
            )
        if self.lead_ms is not None and self.lead_ms > self.replay_from_ms:
            yield (
                f"lead_ms is {self.lead_ms:g}; it must be at most replay_from_ms, "
                f"{self.replay_from_ms:g} ms, or the bump of an early outcome lies before the cue."
            )
        names = [block.name for block in self.blocks]
        if len(set(names)) < len(names):
            yield f"blocks are called {', '.join(names)}; each needs a name of its own."
        if self.distraction:
            found = self.distraction.problems(self.timeline, len(self.outcomes))
            yield from (f"distraction.{problem}" for problem in found)

    def _misfits(self, block: Block) -> Iterator[str]:
        """Say what of a block does not fit together or into the task."""
        yield from block.problems()
        for key, rows in block.odds().items():
            for cue, row in enumerate(rows):
                if len(row) != len(self.outcomes):
                    yield (
                        f"{key}[{cue}] has {len(row)} entries; "
                        f"it must have one per outcome, {len(self.outcomes)}."
                    )
        low, high = self.outcome_window_ms
        allowed = (
            f"it must be above replay_from_ms, {low:g} ms, and leave the outcome inside the cue, "
            f"at most {high:g} ms."
        )
        for cue, latency in enumerate(block.latency_ms):
            if not low < latency <= high:
                yield f"latency_ms[{cue}] is {latency:g}; {allowed}"
            elif block.jitter and (fact := block.jitter.outside(latency, low, high)):
                yield f"{fact}; {allowed}"

    @property
    def cues(self) -> int:
        """Number of cues C."""
        return self.blocks[0].cues

    @property
    def trials(self) -> int:
        """Number of training trials."""
        return sum(block.trials for block in self.blocks)

    @property
    def starts(self) -> list[int]:
        """First trial of each block, and the number of trials."""
        return [0, *np.cumsum([block.trials for block in self.blocks]).tolist()]

    @property
    def channels(self) -> int:
        """Number of input channels: one per cue, one per outcome, then those of distractions."""
        distracting = self.distraction.channels if self.distraction else 0
        return self.cues + len(self.outcomes) + distracting

    @property
    def outcome_window_ms(self) -> tuple[float, float]:
        """Outcomes come after the first of these times and not after the second."""
        return self.replay_from_ms, self.timeline.cue_ms - self.timeline.outcome_ms

    def foretold_ms(self, time_ms: Array) -> Array:
        """Return the times, (T,), of which *when* tells at other times: later by the lead.

        Examples
        --------
        >>> WhatWhen(lead_ms=80.0).foretold_ms(np.array([220.0])).tolist()
        [300.0]
        """
        return time_ms + (self.lead_ms or 0.0)

    def times(self) -> dict[str, float]:
        """Return every time that has to be a whole number of steps, by its key."""
        times = {f"timeline.{key}": value for key, value in self.timeline.times().items()}
        for i, block in enumerate(self.blocks):
            times |= {f"blocks[{i}].latency_ms[{c}]": value for c, value in enumerate(block.latency_ms)}
        distracting = self.distraction.times() if self.distraction else {}
        return times | {f"distraction.{key}": value for key, value in distracting.items()}

    def latency_ms(self) -> Array:
        """Return the latencies without jitter, (blocks, C)."""
        return np.array([block.latency_ms for block in self.blocks])

    def probability(self) -> Array:
        """Return the outcome probabilities at the end of each block, (blocks, C, K)."""
        return np.array([[*block.odds().values()][-1] for block in self.blocks])

    def probability_at(self, trial: Array, block: Array, cue: Any = slice(None)) -> Array:
        """Return the outcome probabilities in single trials.

        Parameters
        ----------
        trial : (n,) int array
            Numbers of training trials.
        block : (n,) int array
            The blocks that they belong to.
        cue : (n,) int array, optional
            Cues; all by default.

        Returns
        -------
        (n, K) array, or (n, C, K) for all cues

        Examples
        --------
        >>> drifting = Block(name="A", trials=5, latency_ms=(300.0,), probability=((0.8,),),
        ...                  probability_to=((0.2,),))
        >>> task = WhatWhen(outcomes=("X",), blocks=(drifting,))
        >>> task.probability_at(np.arange(5), np.zeros(5, int), np.zeros(5, int))[:, 0].round(2).tolist()
        [0.8, 0.65, 0.5, 0.35, 0.2]
        """
        steps = np.array([max(b.trials - 1, 1) for b in self.blocks])
        drifts = np.array([b.probability_to is not None for b in self.blocks])
        done = drifts[block] * (trial - np.array(self.starts)[block]) / steps[block]
        first = np.array([b.probability for b in self.blocks])[block, cue]
        share = done.reshape(-1, *[1] * (first.ndim - 1))
        mixed: Array = (1 - share) * first + share * self.probability()[block, cue]
        return mixed

    def target_sd(self, latency_ms: Array) -> Array:
        """Return the width of the bump around outcomes at these latencies, in ms."""
        if self.target_weber is None:
            return np.full(np.shape(latency_ms), self.target_sd_ms)
        return np.hypot(self.target_sd_ms, self.target_weber * latency_ms)
