"""What a perfect learner would read out: when outcomes are due, and how the odds stand in a trial.

Here lives the truth that predictions are held against, and which block a judgement belongs to.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .schedule import generator
from .what_when import Block, WhatWhen

__all__ = ["block_of", "due_ms", "expected_when", "last_judgements", "true_probability"]

Array = npt.NDArray[Any]
_DRAWS = 2**18
_STEP_MS = 1.0
_FLAT = 0.98


def due_ms(task: WhatWhen) -> Array:
    """Return when outcomes are due after each cue, (blocks, C), against which predictions are held.

    Without jitter that is the latency. With jitter it is where outcomes are most frequent, at the resolution
    of the bump that *when* is taught: the middle of the times at which their smoothed density is within 2 %
    of its greatest value, at a step of 1 ms.

    Parameters
    ----------
    task : WhatWhen

    Examples
    --------
    >>> due_ms(WhatWhen())[0].tolist()
    [300.0, 600.0, 900.0, 1200.0]
    """
    due, time_ms = task.latency_ms(), np.arange(0.0, task.timeline.cue_ms, _STEP_MS)
    for k, block in enumerate(task.blocks):
        if block.jitter is not None:
            density = _smoothed(task, block, time_ms)
            high = density >= _FLAT * density.max(axis=-1, keepdims=True)
            due[k] = (high * time_ms).sum(axis=-1) / high.sum(axis=-1)
    return due


def expected_when(task: WhatWhen, time_ms: Array) -> Array:
    """Return the mean of what *when* is taught at the end of each block, (blocks, C, T).

    Its height is the probability of any outcome, its shape the density of their times, smoothed by the bump.
    Outcomes that are not the trial's own are left out.

    Parameters
    ----------
    task : WhatWhen
    time_ms : (T,) array
        Relative to the cue.

    Examples
    --------
    >>> expected_when(WhatWhen(), np.array([300.0, 600.0]))[0, 0].round(2).tolist()
    [0.9, 0.0]
    """
    any_outcome = task.probability().sum(axis=-1)
    bumps = np.stack([_smoothed(task, block, time_ms) for block in task.blocks])
    expected: Array = any_outcome[..., None] * bumps
    return expected


def true_probability(task: WhatWhen, trials: Array) -> Array:
    """Return the outcome probabilities in the last of so many training trials, (P, C, K).

    Parameters
    ----------
    task : WhatWhen
    trials : (P,) int array
        Numbers of trials done, from 1.

    Examples
    --------
    >>> true_probability(WhatWhen(), np.array([320, 321]))[:, 0].tolist()
    [[0.9, 0.0], [0.9, 0.0]]
    """
    return task.probability_at(np.asarray(trials) - 1, block_of(task, trials))


def block_of(task: WhatWhen, trials: Array) -> Array:
    """Return the block of the last of so many training trials, (P,).

    Examples
    --------
    >>> block_of(WhatWhen(), np.array([1, 320, 321, 800])).tolist()
    [0, 0, 1, 2]
    """
    return np.searchsorted(task.starts[1:], trials)


def last_judgements(task: WhatWhen, trials: Array) -> Array:
    """Return the index of the last judgement of each block, -1 where there is none, (blocks,).

    Parameters
    ----------
    task : WhatWhen
    trials : (P,) int array
        Trials done at each judgement.

    Examples
    --------
    >>> last_judgements(WhatWhen(), np.array([160, 320, 800])).tolist()
    [1, -1, 2]
    """
    block = block_of(task, trials)
    return np.array([np.flatnonzero(block == k).max(initial=-1) for k in range(len(task.blocks))])


def _smoothed(task: WhatWhen, block: Block, time_ms: Array) -> Array:
    """Return the mean bump around the outcomes of each cue, (C, T)."""
    latency_ms = np.array(block.latency_ms)
    if block.jitter is None:
        return _bump(task, time_ms, latency_ms[:, None])
    grid_ms = np.arange(0.0, task.timeline.cue_ms + _STEP_MS, _STEP_MS)
    edges, bumps = np.append(grid_ms, np.inf) - _STEP_MS / 2, _bump(task, time_ms, grid_ms[:, None])
    means = []
    for latency in latency_ms:
        rng, repeated = generator(0), np.full(_DRAWS, latency)
        drawn_ms = block.jitter.times(rng, repeated, task.outcome_window_ms, _STEP_MS)
        means.append(np.histogram(drawn_ms, edges)[0] / _DRAWS @ bumps)
    return np.stack(means)


def _bump(task: WhatWhen, time_ms: Array, latency_ms: Array) -> Array:
    bump: Array = np.exp(-0.5 * ((time_ms - latency_ms) / task.target_sd(latency_ms)) ** 2)
    return bump
