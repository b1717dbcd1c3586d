"""A session: a reservoir lives through the trials of a task while rules learn from it.

First settling and habituation (the mean and spread of each trace are taken), then training, then frozen
omission probes. Rules do not act on the reservoir, so one simulation serves them all and their
comparison is exactly paired; weights are noted every few trials, and afterwards each note is judged on
the same probes. If readouts are fed back, exactly one rule learns, bin by bin, and only its final
weights are judged, since probes belong to the weights that drive them.

A session advances trial by trial; its `state` is plain arrays from which it resumes bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from ..errors import RequestError, RunDiverged
from ..network.features import Features
from ..network.recording import Recording
from ..network.rate_reservoir import AnyReservoir
from ..plasticity.episode import Episode, Rule, RuleState
from .clock import Clock
from .evaluation import Finished, Result, evaluate
from .memory import Memory
from .probes import Probes
from .record import SIMULATED, Record, select
from .trial import Lived, TrialRunner, check_weights
from .what_when import Schedule, WhatWhen, shuffled_groups

__all__ = ["Session"]

Array = npt.NDArray[Any]
_SAMPLED = 2
_NOTHING = np.zeros((0, 0, 0))


class Session:
    """A task, a reservoir and the rules that learn.

    Parameters
    ----------
    reservoir : Reservoir or RateReservoir
        With one input channel per cue and per outcome, in this order.
    features : Features
    task : WhatWhen
    rules : mapping of str to Rule
    probes : Probes
    seeds : sequence of int
        One per replica; they draw the trials.
    record : Record
        What to keep beyond what the results need.

    Raises
    ------
    RequestError
        If a time is not a whole number of steps or bins, or feedback is asked for with several rules.

    Examples
    --------
    >>> from neurogate.network.reservoir import Reservoir, ReservoirSpec
    >>> from neurogate.plasticity.three_factor import ThreeFactor
    >>> from neurogate.tasks.what_when import Block
    >>> task = WhatWhen(settling=0, habituation=1, outcomes=("X",), blocks=(
    ...     Block(name="A", trials=2, latency_ms=(300.0,), probability=((0.8,),)),))
    >>> reservoir = Reservoir.build(ReservoirSpec(n=20), [1], channels=2)
    >>> session = Session(reservoir, Features(), task, {"rule": ThreeFactor()}, Probes(per_cue=1), [1])
    >>> while not session.done:
    ...     session.advance()
    >>> session.total, sorted(session.result().metrics["rule"])[:2]
    (4, ['blocks', 'mean_rate_hz'])
    """

    def __init__(
        self,
        reservoir: AnyReservoir,
        features: Features,
        task: WhatWhen,
        rules: Mapping[str, Rule],
        probes: Probes,
        seeds: Sequence[int],
        record: Record | None = None,
    ) -> None:
        self.reservoir, self.features, self.task = reservoir, features, task
        self.rules, self.probes, self.seeds = dict(rules), probes, tuple(seeds)
        self.record = record or Record()
        self.clock = Clock.of(reservoir.codes.dt_ms, features, task.timeline)
        self.feedback_channels = reservoir.shape[2] - task.cues - len(task.outcomes)
        problems = list(self._problems())
        if problems:
            raise RequestError(problems)
        self.schedule = Schedule.draw(task, self.seeds)
        self.before = task.settling + task.habituation
        self.trained = self.before + task.trials
        self.total = self.trained + probes.per_cue * task.cues
        self.probe_cues = _probe_cues(self.seeds, task.cues, probes.per_cue)
        self.judged = self._judged_trials()
        self.sampled = min(_SAMPLED, task.replays)
        self.trial = TrialRunner(reservoir, features, self.clock, self.rules, self.feedback_channels)
        self.memory = self._fresh_memory()

    def _problems(self) -> Iterator[str]:
        batch, _, channels = self.reservoir.shape
        cues, outcomes = self.task.cues, len(self.task.outcomes)
        if len(self.seeds) != batch:
            yield f"There are {len(self.seeds)} seeds and {batch} replicas; give one seed per replica."
        if self.feedback_channels not in (0, 1 + outcomes):
            yield (
                f"The reservoir has {channels} input channels; it must have {cues + outcomes} (cues and "
                f"outcomes), or {cues + 2 * outcomes + 1} to feed the readouts back."
            )
        if self.feedback_channels and len(self.rules) != 1:
            yield (
                f"Readouts are fed back and {len(self.rules)} rules learn; "
                "with feedback exactly one rule may learn."
            )
        if len(self.clock.bins) % self.clock.bins_in(self.record.every_ms):
            yield (
                f"record.every_ms is {self.record.every_ms:g}; "
                f"it must divide the trial, {self.task.timeline.trial_ms:g} ms."
            )

    @property
    def position(self) -> int:
        """Trials done."""
        return self.memory.position

    @property
    def done(self) -> bool:
        """Whether all trials are done."""
        return self.position == self.total

    @property
    def phase(self) -> str:
        """What the next trial belongs to: habituation, training or probes."""
        if self.position < self.before:
            return "habituation"
        return "training" if self.position < self.trained else "probes"

    def advance(self) -> None:
        """Simulate one trial and learn from it.

        Raises
        ------
        RunDiverged
            If the network or the weights leave the range in which they mean anything; the session is
            then where it was before the trial.
        RequestError
            If no trial is left.
        """
        if self.done:
            raise RequestError(f"The session has done all its {self.total} trials; make another one.")
        step = {"habituation": self._habituate, "training": self._train, "probes": self._probe}
        # Notes and samples are not taken back: the same trial writes them again in the same places.
        before = attrs.evolve(self.memory, rules=dict(self.memory.rules))
        try:
            step[self.phase]()
        except RunDiverged:
            self.memory = before
            raise
        self.memory.position += 1

    def give_up(self, rule: str, replica: int) -> None:
        """Let a rule whose weights diverged in a replica learn no more there; all else goes on."""
        self.trial.lost.setdefault(rule, set()).add(replica)

    def part(self, replicas: Sequence[int], rules: Mapping[str, str] | None = None) -> Session:
        """Return a session of some of the replicas and rules, at its beginning.

        Parameters
        ----------
        replicas : sequence of int
        rules : mapping of str to str, optional
            Which rules, by the names that they get.
        """
        names = rules or {name: name for name in self.rules}
        return Session(
            self.reservoir.part(replicas),
            self.features,
            self.task,
            {name: self.rules[here] for name, here in names.items()},
            self.probes,
            [self.seeds[b] for b in replicas],
            self.record,
        )

    def state(self) -> dict[str, Array]:
        """Return everything that a later session needs to go on from here, as plain arrays."""
        return self.memory.flat()

    def restore(self, state: Mapping[str, Array]) -> None:
        """Go on from where `state` was taken; the same bits follow as without the interruption."""
        self.memory = Memory.unflat(state)

    def result(self) -> Result:
        """Judge every rule on the probes.

        Raises
        ------
        RequestError
            If trials are still to be done.
        """
        if not self.done:
            raise RequestError(
                f"The session has done {self.position} of {self.total} trials; finish it first."
            )
        return evaluate(
            Finished(
                reservoir=self.reservoir,
                task=self.task,
                probes=self.probes,
                clock=self.clock,
                rules=tuple(self.rules),
                seeds=self.seeds,
                judged=self.judged,
                memory=self.memory,
            )
        )

    def _judged_trials(self) -> Array:
        """Return the numbers of training trials after which weights are noted."""
        last = self.task.trials
        if self.feedback_channels:
            return np.array([last])
        regular = range(self.probes.every, last + 1, self.probes.every)
        return np.array(sorted({*regular, *self.task.starts[1:]}))

    def _habituate(self) -> None:
        memory, n = self.memory, self.position
        inputs = self._inputs(
            self.schedule.cue[:, n], self.schedule.outcome[:, n], self.schedule.latency_ms[:, n]
        )
        bin_steps = self.clock.steps_per_bin
        memory.network, records = self.reservoir.run(
            memory.network, inputs, [Recording(variable="trace", stride=bin_steps)]
        )
        if n >= self.task.settling:
            memory.moments = memory.moments.add(records["trace"])

    def _train(self) -> None:
        n, trained = self.position, self.position - self.before
        cue, outcome = self.schedule.cue[:, n], self.schedule.outcome[:, n]
        latency_ms = self.schedule.latency_ms[:, n]
        episode = self._episode(trained, outcome, latency_ms, self._replay_bins(n, outcome, latency_ms))
        keeps = self.record.trials == "all"
        lived = self.trial.run(
            self.memory,
            self._inputs(cue, outcome, latency_ms),
            episode,
            self._wanted() if keeps else {},
            learning=True,
        )
        before = dict(self.memory.rules)
        for name, rule in self.rules.items():
            learned = rule.offline(self.reservoir.call, before[name], lived.episode)
            self.memory.rules[name] = self.trial.without_lost(name, learned)
        check_weights(self.memory)
        self._note_weights(trained + 1)
        self.memory.add_samples(trained, lived.episode, self._sampled_bins(n))
        if keeps:
            self._keep(lived, before)

    def _probe(self) -> None:
        cue = self.probe_cues[:, self.position - self.trained]
        nothing, never = np.full(len(cue), -1), np.zeros(len(cue))
        episode = self._episode(self.task.trials, nothing, never, np.zeros((len(cue), 0), np.int64))
        wanted = self._wanted() | ({"spikes": 1} if "spikes" in self.reservoir.recordable else {})
        inputs = self._inputs(cue, nothing, never)
        lived = self.trial.run(self.memory, inputs, episode, wanted, learning=False)
        spikes, cue_bins = lived.records.get("spikes"), self.clock.cue_bins
        self.memory.add_probe(cue, self.task.cues, lived.episode, spikes, cue_bins)
        self._keep(lived, self.memory.rules)

    def _episode(self, trained: int, outcome: Array, latency_ms: Array, replay: Array) -> Episode:
        """Return what rules will see of a trial, but for the traces."""
        return Episode(
            number=trained,
            block_starts=trained in self.task.starts[1:-1],
            bins=self.clock.bins,
            time_ms=self.clock.time_ms,
            phasic=_NOTHING,
            tonic=_NOTHING,
            target=self._target(outcome, latency_ms),
            outcome=np.eye(len(self.task.outcomes) + 1)[outcome][:, :-1],
            outcome_ms=np.where(outcome >= 0, latency_ms, np.nan),
            replay=replay,
        )

    def _inputs(self, cue: Array, outcome: Array, latency_ms: Array) -> Array:
        task = self.task
        dt_ms = self.reservoir.codes.dt_ms
        x = task.timeline.inputs(dt_ms, cue, task.cues, outcome, len(task.outcomes), latency_ms)
        padded: Array = np.pad(x, ((0, 0), (0, 0), (0, self.feedback_channels)))
        return padded

    def _target(self, outcome: Array, latency_ms: Array) -> Array:
        """Return what *when* is taught: a bump around the outcome, nothing if it is omitted."""
        distance = (self.clock.time_ms[None] - latency_ms[:, None]) / self.task.target_sd_ms
        bump: Array = np.exp(-0.5 * distance**2) * (outcome >= 0)[:, None]
        return bump

    def _replay_bins(self, trial: int, outcome: Array, latency_ms: Array) -> Array:
        """Return the bins to replay: after `replay_from_ms`, before the outcome or `replay_to_ms`."""
        last_ms = np.where(outcome >= 0, latency_ms, self.task.replay_to_ms)
        first = np.searchsorted(self.clock.time_ms, self.task.replay_from_ms)
        last = np.searchsorted(self.clock.time_ms, last_ms)
        span = np.maximum(last - first, 1)[:, None]
        chosen: Array = first + (self.schedule.replay[:, trial] * span).astype(np.int64)
        return chosen

    def _sampled_bins(self, trial: int) -> Array:
        """Return a few random bins of the cue, whose traces stand for all that *when* learns from."""
        where = self.schedule.replay[:, trial, : self.sampled]
        chosen: Array = self.clock.cue_bins[(where * len(self.clock.cue_bins)).astype(np.int64)]
        return chosen

    def _note_weights(self, trained: int) -> None:
        where = np.flatnonzero(self.judged == trained)
        for name, state in self.memory.rules.items() if where.size else ():
            self.memory.notes[f"{name}.when"][:, where[0]] = state["when"]
            self.memory.notes[f"{name}.what"][:, where[0]] = state["what"]

    def _wanted(self) -> dict[str, int]:
        """Return the reservoir variables to record for the user, with their strides in steps."""
        stride = self.clock.steps(self.record.every_ms)
        wanted = {name: stride for name in self.record.variables if name in SIMULATED}
        # Spikes are counted in bins and summed later, so that a trial can be cut at any bin.
        return {name: self.clock.steps_per_bin if name == "spikes" else s for name, s in wanted.items()}

    def _keep(self, lived: Lived, before: Mapping[str, RuleState]) -> None:
        """Keep what the user asked for of this trial; *what* is read with the weights of `before`."""
        bins, every = len(self.clock.bins), self.clock.bins_in(self.record.every_ms)
        self.memory.keep(select(self.record, lived.records, bins, every))
        for name, state in self.memory.rules.items():
            learned = lived.readouts[name]._asdict()
            if "what" in self.record.variables:
                learned["what"] = self.reservoir.call("readout")(before[name]["what"], lived.episode.tonic)
            kept = select(self.record, learned, bins, every)
            if "weights" in self.record.variables:
                chosen = slice(self.record.neurons or None)
                kept |= {
                    "when_weights": state["when"][:, 0, chosen],
                    "what_weights": state["what"][:, :, chosen],
                }
            self.memory.keep({f"{name}.{key}": value for key, value in kept.items()})

    def _fresh_memory(self) -> Memory:
        batch, n, _ = self.reservoir.shape
        return Memory.start(
            network=self.reservoir.initial_state(),
            rules={
                name: rule.start((batch, n, len(self.task.outcomes)), self.reservoir.dtype)
                for name, rule in self.rules.items()
            },
            judgements=len(self.judged),
            samples=self.sampled * self.task.blocks[0].trials,
            fed_back=self.feedback_channels,
        )


def _probe_cues(seeds: Sequence[int], cues: int, per_cue: int) -> Array:
    """Return the cue of each probe trial, (B, probes)."""
    draws = []
    for seed in seeds:
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(101,)))
        draws.append(shuffled_groups(rng, cues, cues * per_cue))
    return np.stack(draws)
