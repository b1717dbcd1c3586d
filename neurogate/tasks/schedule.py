"""What happens in each trial of a what-when task, drawn once from the seeds of the replicas.

Each random thing has a seed sequence of its own, so that asking for one more changes no other draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from .what_when import WhatWhen

__all__ = ["Schedule", "generator", "shuffled_groups"]

Array = npt.NDArray[Any]
_TRIALS, _JITTER = 100, 120


@attrs.frozen(eq=False)
class Schedule:
    """What happens in each trial of each replica.

    Parameters
    ----------
    block : (n,) int array
    cue : (B, n) int array
    outcome : (B, n) int array
        -1 for an omission.
    latency_ms : (B, n) array
        When the outcome comes, or would have come.
    replay : (B, n, S) array
        Numbers in [0, 1) that place the replayed moments.
    """

    block: Array
    cue: Array
    outcome: Array
    latency_ms: Array
    replay: Array

    @classmethod
    def draw(cls, task: WhatWhen, seeds: Sequence[int], step_ms: float = 1.0) -> Schedule:
        """Draw the settling, habituation and training trials.

        Parameters
        ----------
        task : WhatWhen
        seeds : sequence of int
            One per replica.
        step_ms : float
            Jittered outcomes come at whole multiples of it.

        Examples
        --------
        >>> schedule = Schedule.draw(WhatWhen(), (1, 2))
        >>> schedule.cue.shape, sorted(schedule.cue[0, :4].tolist())
        ((2, 824), [0, 1, 2, 3])
        """
        before = task.settling + task.habituation
        counts = [before + task.blocks[0].trials, *(block.trials for block in task.blocks[1:])]
        block = np.repeat(np.arange(len(task.blocks)), counts)
        trial = np.maximum(np.arange(len(block)) - before, 0)
        columns = [_draw(task, block, trial, seed, step_ms) for seed in seeds]
        return cls(block, *(np.stack(part) for part in zip(*columns, strict=True)))


def generator(seed: int, *purpose: int) -> np.random.Generator:
    """Return a generator for one purpose; those of different purposes know nothing of each other.

    Examples
    --------
    >>> generator(1, 100).random() == generator(1, 100).random() != generator(1, 103).random()
    True
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=purpose))


def _draw(
    task: WhatWhen, block: Array, trial: Array, seed: int, step_ms: float
) -> tuple[Array, Array, Array, Array]:
    """Draw one replica: cues in shuffled groups that hold each cue once, outcomes by their probability."""
    rng = generator(seed, _TRIALS)
    n = len(block)
    cue = shuffled_groups(rng, task.cues, n)
    bounds = np.cumsum(task.probability_at(trial, block, cue), axis=1)
    outcome = (rng.random(n)[:, None] >= bounds).sum(axis=1)
    outcome = np.where(outcome == len(task.outcomes), -1, outcome)
    return cue, outcome, _times(task, block, cue, seed, step_ms), rng.random((n, task.replays))


def _times(task: WhatWhen, block: Array, cue: Array, seed: int, step_ms: float) -> Array:
    """Return when outcomes come, block by block, each with a generator of its own."""
    latency_ms = task.latency_ms()[block, cue]
    for k, jitter in enumerate(b.jitter for b in task.blocks):
        if jitter is not None:
            here = block == k
            rng = generator(seed, _JITTER, k)
            latency_ms[here] = jitter.times(rng, latency_ms[here], task.outcome_window_ms, step_ms)
    return latency_ms


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
