"""From what happens in a trial to what the network is given and what rules are told.

Here live the input channels, the target of *when*, and the moments that are replayed for *what*. What
happens is drawn in `neurogate.tasks.schedule` and `neurogate.tasks.bystanders`; trials are lived through in
`neurogate.tasks.trial`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from ..plasticity.episode import Episode
from .bystanders import Bystanders
from .clock import Clock
from .schedule import Schedule, generator, shuffled_groups
from .what_when import WhatWhen

__all__ = ["Teaching"]

Array = npt.NDArray[Any]
_PROBES = 101
_NOTHING = np.zeros((0, 0, 0))


@attrs.frozen(eq=False)
class Teaching:
    """All trials of a task, as inputs and episodes.

    Parameters
    ----------
    task : WhatWhen
    clock : Clock
    schedule : Schedule
        Of settling, habituation and training.
    probe_cues : (B, probes) int array
    bystanders, probe_bystanders : Bystanders
        What else happens in these trials.
    seeds : tuple of int
        One per replica.

    Examples
    --------
    >>> from neurogate.network.features import Features
    >>> task = WhatWhen()
    >>> teaching = Teaching.of(task, Clock.of(1.0, Features(), task.timeline), (1, 2), per_cue=8)
    >>> teaching.inputs(0).shape, teaching.episode(24).target.shape, teaching.probe_cues.shape
    ((2, 2200, 6), (2, 440), (2, 32))
    """

    task: WhatWhen
    clock: Clock
    schedule: Schedule
    probe_cues: Array
    bystanders: Bystanders
    probe_bystanders: Bystanders
    seeds: tuple[int, ...]

    @classmethod
    def of(cls, task: WhatWhen, clock: Clock, seeds: Sequence[int], per_cue: int) -> Teaching:
        """Draw all trials.

        Parameters
        ----------
        task : WhatWhen
        clock : Clock
        seeds : sequence of int
            One per replica.
        per_cue : int
            Probes of each cue.
        """
        schedule = Schedule.draw(task, seeds, clock.dt_ms)
        probe_cues = np.stack(
            [shuffled_groups(generator(seed, _PROBES), task.cues, task.cues * per_cue) for seed in seeds]
        )
        trials, probes = len(schedule.block), probe_cues.shape[1]
        return cls(
            task,
            clock,
            schedule,
            probe_cues,
            Bystanders.draw(task, seeds, trials, clock.dt_ms),
            Bystanders.draw(task, seeds, probes, clock.dt_ms, probes=True),
            tuple(seeds),
        )

    def inputs(self, trial: int) -> Array:
        """Return what the network is given in a trial, (B, steps, channels)."""
        drawn = self.schedule
        outcome, latency_ms = drawn.outcome[:, trial], drawn.latency_ms[:, trial]
        return self._inputs(drawn.cue[:, trial], outcome, latency_ms, self.bystanders, trial)

    def probe_inputs(self, probe: int) -> Array:
        """Return what the network is given in a probe: no outcome, all else as in training."""
        cue = self.probe_cues[:, probe]
        never = np.full(len(cue), -1)
        return self._inputs(cue, never, np.zeros(len(cue)), self.probe_bystanders, probe)

    def episode(self, trial: int) -> Episode:
        """Return what rules will see of a trial, but for the traces."""
        task, latency_ms = self.task, self.schedule.latency_ms[:, trial]
        outcome = self.schedule.outcome[:, trial]
        replay = self._moments(trial, self._last_ms(outcome >= 0, latency_ms)[:, None])
        own = self._episode(trial - task.settling - task.habituation, outcome, latency_ms, replay)
        if task.distraction is None or not task.distraction.teaches:
            return own
        return self._shared(trial, own, latency_ms)

    def probe_episode(self) -> Episode:
        """Return what rules will see of a probe, but for the traces: nothing teaches."""
        batch = len(self.probe_cues)
        nothing = np.zeros((batch, 0), np.int64)
        return self._episode(self.task.trials, np.full(batch, -1), np.zeros(batch), nothing)

    def sampled_bins(self, trial: int, count: int) -> Array:
        """Return a few random bins of the cue, whose traces stand for all that *when* learns from."""
        where, on = self.schedule.replay[:, trial, :count], self.clock.cue_bins
        chosen: Array = on[(where * len(on)).astype(np.int64)]
        return chosen

    def _episode(self, number: int, outcome: Array, latency_ms: Array, replay: Array) -> Episode:
        came = outcome >= 0
        return Episode(
            number=number,
            block_starts=number in self.task.starts[1:-1],
            bins=self.clock.bins,
            time_ms=self.clock.time_ms,
            phasic=_NOTHING,
            tonic=_NOTHING,
            target=self._bumps(latency_ms[:, None])[:, 0] * came[:, None],
            outcome=self._one_hot(outcome),
            outcome_ms=np.where(came, latency_ms, np.nan),
            replay=replay,
            due_ms=latency_ms,
            seed=np.array(self.seeds),
        )

    def _one_hot(self, outcome: Array) -> Array:
        hot: Array = np.eye(len(self.task.outcomes) + 1)[outcome][..., :-1]
        return hot

    def _bumps(self, events_ms: Array) -> Array:
        """Return the bumps around events (B, E) that *when* is taught, (B, E, T), 0 where there is none."""
        there = np.isfinite(events_ms)
        known_ms = np.where(there, events_ms, 0.0)[..., None]
        distance = (self.task.foretold_ms(self.clock.time_ms) - known_ms) / self.task.target_sd(known_ms)
        bumps: Array = np.exp(-0.5 * distance**2) * there[..., None]
        return bumps

    def _last_ms(self, came: Array, latency_ms: Array) -> Array:
        """Return until when the trial's own moments are replayed, (B,)."""
        known = came | (self.task.replay_within_ms is not None)
        return np.where(known, latency_ms, self.task.replay_to_ms)

    def _moments(self, trial: int, until_ms: Array) -> Array:
        """Return the bins to replay, (B, S): before `until_ms`, after `replay_from_ms` if that is earlier."""
        within_ms = self.task.replay_within_ms or np.inf
        from_ms = np.maximum(self.task.replay_from_ms, until_ms - within_ms)
        first = np.where(until_ms > from_ms, np.searchsorted(self.clock.time_ms, from_ms), 0)
        span = np.maximum(np.searchsorted(self.clock.time_ms, until_ms) - first, 1)
        chosen: Array = first + (self.schedule.replay[:, trial] * span).astype(np.int64)
        return chosen

    def _shared(self, trial: int, own: Episode, latency_ms: Array) -> Episode:
        """Return the trial with other outcomes in it, among which its replays are shared out too."""
        there = np.isfinite(self.bystanders.outcome_ms[:, trial])
        order = np.argsort(~there, axis=1, kind="stable")  # those that came are first
        others_ms, others = (
            np.take_along_axis(values[:, trial], order, axis=1)
            for values in (self.bystanders.outcome_ms, self.bystanders.outcome)
        )
        ends_ms = self._last_ms(np.isfinite(own.outcome_ms), latency_ms)
        due_ms, until_ms = (np.column_stack([first, others_ms]) for first in (latency_ms, ends_ms))
        outcome = np.concatenate([own.outcome[:, None], self._one_hot(others)], axis=1)
        share = self.bystanders.share[:, trial]
        which = (share * (1 + there.sum(axis=1, keepdims=True))).astype(np.int64)
        return attrs.evolve(
            own,
            target=np.maximum(own.target, self._bumps(others_ms).max(axis=1, initial=0)),
            replay=self._moments(trial, np.take_along_axis(until_ms, which, axis=1)),
            others_ms=others_ms,
            replay_ms=np.take_along_axis(due_ms, which, axis=1),
            replay_outcome=np.take_along_axis(outcome, which[..., None], axis=1),
        )

    def _inputs(self, cue: Array, outcome: Array, latency_ms: Array, beside: Bystanders, trial: int) -> Array:
        task, timeline, dt_ms = self.task, self.task.timeline, self.clock.dt_ms
        outcomes = len(task.outcomes)
        x = timeline.inputs(dt_ms, cue, task.cues, outcome, outcomes, latency_ms)
        asked = task.distraction
        if asked is None:
            return x
        x = np.pad(x, ((0, 0), (0, 0), (0, asked.channels)))
        first = task.cues + outcomes
        if few := asked.distractors:
            times_ms, kinds = beside.distractor_ms[:, trial], beside.distractor[:, trial]
            timeline.add(x, dt_ms, first + kinds, times_ms, few.duration_ms, few.amplitude)
            first += few.kinds
        others_ms, others = beside.outcome_ms[:, trial], beside.outcome[:, trial]
        channels = task.cues + others
        timeline.add(x, dt_ms, channels, others_ms, timeline.outcome_ms, timeline.outcome_amplitude)
        if other := asked.other_cues:
            shown, length_ms = beside.cue[:, trial, None], other.length_ms(timeline)
            start_ms = np.where(shown >= 0, other.start_ms, np.nan)
            onset_ms = min(timeline.onset_ms, length_ms)
            for duration_ms, height in (
                (length_ms, timeline.cue_amplitude), (onset_ms, timeline.onset_amplitude)
            ):  # fmt: skip
                timeline.add(x, dt_ms, first + shown, start_ms, duration_ms, other.salience * height)
        return x
