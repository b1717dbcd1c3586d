"""When distractions happen: drawn once, trial by trial, from the seeds of the replicas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import attrs
import numpy as np
import numpy.typing as npt

from .distraction import Distraction, OtherCues, Where, window_ms
from .schedule import generator
from .timeline import Timeline
from .what_when import WhatWhen

__all__ = ["Bystanders"]

Array = npt.NDArray[Any]
_DISTRACTORS, _STRAY, _OTHER, _SHARES = 110, 111, 112, 113


@attrs.frozen(eq=False)
class Bystanders:
    """What happens beside the cue that counts and its outcome, in each trial of each replica.

    Parameters
    ----------
    distractor_ms : (B, n, D) array
        When distractors begin, relative to the cue, NaN where a trial has fewer.
    distractor : (B, n, D) int array
        Their kinds.
    cue : (B, n) int array
        Which of the other cues is shown, -1 for none.
    outcome_ms : (B, n, E) array
        When outcomes come that are not the trial's own, NaN where a trial has fewer.
    outcome : (B, n, E) int array
        Which.
    share : (B, n, S) array
        Numbers in [0, 1) that share out the replayed moments among the outcomes of a trial.
    """

    distractor_ms: Array
    distractor: Array
    cue: Array
    outcome_ms: Array
    outcome: Array
    share: Array

    @classmethod
    def draw(
        cls, task: WhatWhen, seeds: Sequence[int], trials: int, step_ms: float = 1.0, *, probes: bool = False
    ) -> Bystanders:
        """Draw what happens in some trials; in probes nothing is an outcome.

        Parameters
        ----------
        task : WhatWhen
            Whose `distraction` says what there is; without it nothing happens.
        seeds : sequence of int
            One per replica.
        trials : int
        step_ms : float
            Random events begin at whole multiples of it.
        probes : bool
            Whether the trials are probes.

        Examples
        --------
        >>> from neurogate.tasks.distraction import Distraction, StrayOutcomes
        >>> task = WhatWhen(distraction=Distraction(stray_outcomes=StrayOutcomes(rate_hz=1.0)))
        >>> drawn = Bystanders.draw(task, (1, 2), 100)
        >>> bool(1.5 < np.isfinite(drawn.outcome_ms).sum(axis=2).mean() < 2.6), drawn.distractor_ms.shape
        (True, (2, 100, 0))
        """
        columns = [_draw(task, seed, trials, step_ms, probes) for seed in seeds]
        return cls(*(_stacked(parts) for parts in zip(*columns, strict=True)))


class _Events(NamedTuple):
    """Random events of one replica: times (n, E), NaN where there are fewer, and kinds (n, E)."""

    time_ms: Array
    kind: Array


def _draw(task: WhatWhen, seed: int, n: int, step_ms: float, probes: bool) -> list[Array]:
    """Draw the fields of one replica."""
    asked, timeline, outcomes = task.distraction or Distraction(), task.timeline, len(task.outcomes)
    salient = stray = own = _Events(np.zeros((n, 0)), np.zeros((n, 0), np.int64))
    cue = np.full(n, -1)
    if few := asked.distractors:
        key = (seed, _DISTRACTORS, int(probes))
        salient = _events(key, n, few.rate_hz, few.where, few.kinds, timeline, step_ms)
    if (few_outcomes := asked.stray_outcomes) and not probes:
        rate_hz, where = few_outcomes.rate_hz, few_outcomes.where
        stray = _events((seed, _STRAY), n, rate_hz, where, outcomes, timeline, step_ms)
    if asked.other_cues:
        cue, own = _stream(asked.other_cues, (seed, _OTHER, int(probes)), n, outcomes)
    if probes:
        own = _Events(own.time_ms[:, :0], own.kind[:, :0])
    times_ms, kinds = (np.concatenate(parts, axis=1) for parts in zip(stray, own, strict=True))
    share = generator(seed, _SHARES, int(probes)).random((n, task.replays))
    return [salient.time_ms, salient.kind, cue, times_ms, kinds, share]


def _events(
    key: tuple[int, ...], n: int, rate_hz: float, where: Where, kinds: int, timeline: Timeline, step_ms: float
) -> _Events:
    """Draw Poisson events: how many, when and which, each from a generator of its own."""
    low, high = window_ms(where, timeline)
    count = generator(*key, 0).poisson(rate_hz * (high - low) / 1000, n)
    there = np.arange(count.max(initial=0)) < count[:, None]
    time_ms, kind = np.full(there.shape, np.nan), np.zeros(there.shape, np.int64)
    places = generator(*key, 1).random(there.sum())
    time_ms[there] = low + step_ms * np.floor(places * round((high - low) / step_ms))
    kind[there] = kinds * generator(*key, 2).random(there.sum())
    return _Events(time_ms, kind)


def _stream(other: OtherCues, key: tuple[int, ...], n: int, outcomes: int) -> tuple[Array, _Events]:
    """Draw which of the other cues is shown in each trial, -1 for none, and the outcome that follows it."""
    which = (other.count * generator(*key, 0).random(n)).astype(np.int64)
    shown = generator(*key, 1).random(n) < other.presence
    if not other.predicts:
        return np.where(shown, which, -1), _Events(np.zeros((n, 0)), np.zeros((n, 0), np.int64))
    bounds = np.cumsum(np.array(other.probability)[which], axis=1)
    outcome = (generator(*key, 2).random(n)[:, None] >= bounds).sum(axis=1)
    due_ms = other.start_ms + np.array(other.latency_ms)[which]
    time_ms = np.where(shown & (outcome < outcomes), due_ms, np.nan)
    return np.where(shown, which, -1), _Events(time_ms[:, None], outcome[:, None] % outcomes)


def _stacked(parts: Sequence[Array]) -> Array:
    """Put replicas together; those with fewer events get none in the rest of the columns."""
    width = max(part.shape[-1] for part in parts)
    empty = np.nan if parts[0].dtype.kind == "f" else 0
    padded = [
        np.pad(p, [(0, 0)] * (p.ndim - 1) + [(0, width - p.shape[-1])], constant_values=empty) for p in parts
    ]
    return np.stack(padded)
