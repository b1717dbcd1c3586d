"""The what-when task: cues that announce which outcome comes, when, and how probably."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar

import attrs
import numpy as np
import numpy.typing as npt

from ..errors import RequestError
from ..units import Count, Domain, Fraction, Milliseconds, settings
from .timeline import Timeline

__all__ = ["Block", "Schedule", "WhatWhen"]

Array = npt.NDArray[Any]


@settings
class Block:
    """A stretch of trials in which each cue keeps its meaning.

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

    Examples
    --------
    >>> Block(name="A", trials=10, latency_ms=(300.0,), probability=((0.9, 0.0),)).cues
    1
    """

    name: str
    trials: Count
    latency_ms: tuple[Milliseconds, ...]
    probability: tuple[tuple[Fraction, ...], ...]

    def problems(self) -> Iterator[str]:
        """Say what does not fit together; a task asks for it, so that all its mistakes are heard at once."""
        if not self.latency_ms:
            yield "latency_ms is empty; it must hold one latency per cue."
        if len(self.probability) != len(self.latency_ms):
            yield (
                f"probability holds {len(self.probability)} rows; it must hold one per cue, "
                f"{len(self.latency_ms)} as in latency_ms."
            )
        for cue, row in enumerate(self.probability):
            if sum(row) > 1 + 1e-9:
                yield (
                    f"probability[{cue}] sums to {sum(row):g}; the outcomes of a cue must sum to at most 1 "
                    "(the rest is omission)."
                )

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
    replays : int
        Moments of a trial that are replayed for *what*.
    replay_from_ms, replay_to_ms : float
        Replayed moments lie between these times after the cue, and before the outcome if it comes.
    settling, habituation : int
        Trials like those of the first block, without learning, before training: first those that let
        the network settle, then those from which the mean and spread of each trace are taken.

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
    replays: Count = 8
    replay_from_ms: Milliseconds = 100.0
    replay_to_ms: Milliseconds = 1200.0
    settling: Annotated[int, Domain(0)] = 4
    habituation: Count = 20

    def __attrs_post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise RequestError(problems)

    def _problems(self) -> list[str]:
        if not self.outcomes or not self.blocks:
            return ["outcomes and blocks must each hold at least one entry."]
        problems = []
        for i, block in enumerate(self.blocks):
            problems += [f"blocks[{i}].{problem}" for problem in block.problems()]
            if block.cues != self.cues:
                problems.append(
                    f"blocks[{i}] has {block.cues} cues; it must have as many as blocks[0], {self.cues}."
                )
            wrong = [c for c, row in enumerate(block.probability) if len(row) != len(self.outcomes)]
            problems += [
                f"blocks[{i}].probability[{c}] has {len(block.probability[c])} entries; "
                f"it must have one per outcome, {len(self.outcomes)}."
                for c in wrong
            ]
            problems += [
                f"blocks[{i}].latency_ms[{c}] is {latency:g}; it must be above replay_from_ms, "
                f"{self.replay_from_ms:g} ms, and leave the outcome inside the cue, at most "
                f"{self.timeline.cue_ms - self.timeline.outcome_ms:g} ms."
                for c, latency in enumerate(block.latency_ms)
                if not self.replay_from_ms < latency <= self.timeline.cue_ms - self.timeline.outcome_ms
            ]
        if not self.replay_from_ms < self.replay_to_ms <= self.timeline.cue_ms:
            problems.append(
                f"replay_to_ms is {self.replay_to_ms:g}; it must be above replay_from_ms, "
                f"{self.replay_from_ms:g} ms, and at most the length of the cue, "
                f"{self.timeline.cue_ms:g} ms."
            )
        names = [block.name for block in self.blocks]
        if len(set(names)) < len(names):
            problems.append(f"blocks are called {', '.join(names)}; each needs a name of its own.")
        return problems

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

    def latency_ms(self) -> Array:
        """Return the latencies, (blocks, C)."""
        return np.array([block.latency_ms for block in self.blocks])

    def probability(self) -> Array:
        """Return the outcome probabilities, (blocks, C, K)."""
        return np.array([block.probability for block in self.blocks])


@attrs.frozen(eq=False)
class Schedule:
    """What happens in each trial of each replica, drawn once from the replicas' seeds.

    Parameters
    ----------
    block : (n,) int array
    cue : (B, n) int array
    outcome : (B, n) int array
        -1 for an omission.
    latency_ms : (B, n) array
    replay : (B, n, S) array
        Numbers in [0, 1) that place the replayed moments.
    """

    block: Array
    cue: Array
    outcome: Array
    latency_ms: Array
    replay: Array

    @classmethod
    def draw(cls, task: WhatWhen, seeds: Sequence[int]) -> Schedule:
        """Draw the settling, habituation and training trials.

        Examples
        --------
        >>> schedule = Schedule.draw(WhatWhen(), (1, 2))
        >>> schedule.cue.shape, sorted(schedule.cue[0, :4].tolist())
        ((2, 824), [0, 1, 2, 3])
        """
        before = task.settling + task.habituation
        counts = [before + task.blocks[0].trials, *(block.trials for block in task.blocks[1:])]
        block = np.repeat(np.arange(len(task.blocks)), counts)
        columns = [_draw(task, block, seed) for seed in seeds]
        cue, outcome, replay = (np.stack(part) for part in zip(*columns, strict=True))
        return cls(block, cue, outcome, task.latency_ms()[block, cue], replay)


def _draw(task: WhatWhen, block: Array, seed: int) -> tuple[Array, Array, Array]:
    """Draw one replica: cues in shuffled groups that hold each cue once, outcomes by their probability."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(100,)))
    n = len(block)
    cue = shuffled_groups(rng, task.cues, n)
    bounds = np.cumsum(task.probability()[block, cue], axis=1)
    outcome = (rng.random(n)[:, None] >= bounds).sum(axis=1)
    outcome = np.where(outcome == len(task.outcomes), -1, outcome)
    return cue, outcome, rng.random((n, task.replays))


def shuffled_groups(rng: np.random.Generator, cues: int, n: int) -> Array:
    """Return `n` cues in groups that hold each cue once, in random order.

    Parameters
    ----------
    rng : numpy.random.Generator
    cues, n : int

    Examples
    --------
    >>> sorted(shuffled_groups(np.random.default_rng(0), 3, 6)[:3].tolist())
    [0, 1, 2]
    """
    groups = [rng.permutation(cues) for _ in range(-(-n // cues))]
    return np.concatenate(groups)[:n]
