"""A session: a reservoir lives through the trials of a task while rules learn from it.

First settling and habituation (the mean and spread of each trace are taken), then training, then frozen
omission probes. Rules do not act on the reservoir, so one simulation serves them all and their
comparison is exactly paired; weights are noted every few trials, and afterwards each note is judged on
the same probes. If readouts are fed back, exactly one rule learns, bin by bin, and only its final
weights are judged, since probes belong to the weights that drive them.

A session advances trial by trial; its `state` is plain arrays from which it resumes bit for bit.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from ..analysis.predictions import peak_time
from ..errors import RequestError, RunDiverged
from ..network.features import Features
from ..network.rate_reservoir import AnyReservoir
from ..network.recording import Recording
from ..plasticity.episode import Rule, RuleState, read_by
from .clock import Clock
from .evaluation import Finished, Result, evaluate
from .memory import Memory
from .probes import Probes
from .record import SIMULATED, Record, select
from .schedule import Schedule
from .teaching import Teaching
from .trial import Lived, TrialRunner, check_weights
from .truth import last_judgements
from .what_when import WhatWhen

__all__ = ["Session"]

Array = npt.NDArray[Any]
_SAMPLED = 2


class Session:
    """A task, a reservoir and the rules that learn.

    Parameters
    ----------
    reservoir : Reservoir or RateReservoir
        With one input channel per cue, per outcome and per distraction, in this order.
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
    >>> from neurogate.network.reservoir import Reservoir
    >>> from neurogate.network.specification import ReservoirSpec
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
        self.feedback_channels = reservoir.shape[2] - task.channels
        if problems := list(self._problems()):
            raise RequestError(problems)
        self.before = task.settling + task.habituation
        self.trained = self.before + task.trials
        self.total = self.trained + probes.per_cue * task.cues
        self.judged = self._judged_trials()
        self.sampled = min(_SAMPLED, task.replays)
        self.trial = TrialRunner(reservoir, features, self.clock, self.rules, self.feedback_channels)

    def _problems(self) -> Iterator[str]:
        batch, _, channels = self.reservoir.shape
        own, outcomes = self.task.channels, len(self.task.outcomes)
        if len(self.seeds) != batch:
            yield f"There are {len(self.seeds)} seeds and {batch} replicas; give one seed per replica."
        if self.feedback_channels not in (0, 1 + outcomes):
            yield (
                f"The reservoir has {channels} input channels; it must have {own} (cues, outcomes and "
                f"distractions), or {own + outcomes + 1} to feed the readouts back."
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
    def schedule(self) -> Schedule:
        """What happens in each trial before the probes."""
        return self.teaching.schedule

    @property
    def probe_cues(self) -> Array:
        """The cue of each probe, (B, probes)."""
        return self.teaching.probe_cues

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

    def state(self, *, copy: bool = True) -> dict[str, Array]:
        """Return plain arrays from which another session goes on; only a `copy` stays when this one does."""
        return self.memory.flat(copy=copy)

    def restore(self, state: Mapping[str, Array], *, copy: bool = True) -> None:
        """Go on from where `state` was taken, bit for bit; only a `copy` leaves its arrays as they are."""
        self.memory = Memory.unflat(state, copy=copy)

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
        record = [Recording(variable="trace", stride=self.clock.steps_per_bin)]
        inputs = self._inputs(self.teaching.inputs(n))
        memory.network, records = self.reservoir.run(memory.network, inputs, record)
        if n >= self.task.settling:
            memory.moments = memory.moments.add(records["trace"])

    def _train(self) -> None:
        n, trained = self.position, self.position - self.before
        keeps = self.record.trials == "all"
        lived = self.trial.run(
            self.memory,
            self._inputs(self.teaching.inputs(n)),
            self.teaching.episode(n),
            self._wanted() if keeps else {},
            learning=True,
        )
        before = dict(self.memory.rules)
        for name, rule in self.rules.items():
            learned = rule.offline(self.reservoir.call, before[name], lived.episode)
            self.memory.rules[name] = self.trial.without_lost(name, learned)
        check_weights(self.memory)
        self._note_weights(trained + 1)
        self.memory.add_samples(trained, lived.episode, self.teaching.sampled_bins(n, self.sampled))
        if keeps:
            self._keep(lived, before, self.schedule.cue[:, n])

    def _probe(self) -> None:
        probe = self.position - self.trained
        cue = self.probe_cues[:, probe]
        counted = {"spikes": 1} if "spikes" in self.reservoir.recordable else {}
        inputs, episode = self._inputs(self.teaching.probe_inputs(probe)), self.teaching.probe_episode()
        lived = self.trial.run(self.memory, inputs, episode, self._wanted() | counted, learning=False)
        spikes, cue_bins = lived.records.get("spikes"), self.clock.cue_bins
        self.memory.add_probe(cue, self.task.cues, lived.episode, spikes, cue_bins)
        self._note_peaks(probe, lived)
        self._keep(lived, self.memory.rules, cue)

    def _inputs(self, inputs: Array) -> Array:
        """Return the inputs of a trial with room for the readouts that are fed back."""
        return np.pad(inputs, ((0, 0), (0, 0), (0, self.feedback_channels)))

    def _note_weights(self, trained: int) -> None:
        where = np.flatnonzero(self.judged == trained)
        for name, state in self.memory.rules.items() if where.size else ():
            self.memory.notes[f"{name}.when"][:, where[0]] = state["when"]
            self.memory.notes[f"{name}.what"][:, where[0]] = state["what"]

    def _note_peaks(self, probe: int, lived: Lived) -> None:
        """Note when *when* peaks in a single probe, with the weights of the end of each block."""
        ends = last_judgements(self.task, self.judged)
        blocks, cue_bins = np.flatnonzero(ends >= 0), self.clock.cue_bins
        phasic, cues = np.ascontiguousarray(lived.episode.phasic[:, cue_bins]), self.probe_cues
        count = (cues[:, :probe] == cues[:, probe, None]).sum(axis=1)
        for name in self.rules:
            weights = np.ascontiguousarray(self.memory.notes[f"{name}.when"][:, ends[blocks], 0])
            when = self.reservoir.call("readout")(weights, phasic).transpose(0, 2, 1)
            time_ms = self.task.foretold_ms(self.clock.time_ms[cue_bins])
            peak_ms, _, found = peak_time(when, time_ms, self.probes.window_ms, self.probes.floor)
            peaks = self.memory.notes[f"{name}.single_peak_ms"]
            for b, peak in enumerate(np.where(found, peak_ms, np.nan)):
                peaks[b, blocks, cues[b, probe], count[b]] = peak

    def _wanted(self) -> dict[str, int]:
        """Return the reservoir variables to record for the user, with their strides in steps."""
        stride = self.clock.steps(self.record.every_ms)
        wanted = {name: stride for name in self.record.variables if name in SIMULATED}
        # Spikes are counted in bins and summed later, so that a trial can be cut at any bin.
        return {name: self.clock.steps_per_bin if name == "spikes" else s for name, s in wanted.items()}

    def _keep(self, lived: Lived, before: Mapping[str, RuleState], cue: Array) -> None:
        """Keep what the user asked for of this trial; *what* is read with the weights of `before`."""
        bins, every = len(self.clock.bins), self.clock.bins_in(self.record.every_ms)
        told = {"cue": cue} if self.record.variables else {}
        self.memory.keep(told | select(self.record, lived.records, bins, every))
        for name, state in self.memory.rules.items():
            learned = lived.readouts[name]._asdict()
            if "what" in self.record.variables:
                weights, seen = before[name]["what"], lived.episode
                traces = read_by(weights, seen.phasic, seen.tonic)
                learned["what"] = self.reservoir.call("readout")(weights, traces)
            kept = select(self.record, learned, bins, every)
            if "weights" in self.record.variables:
                chosen = slice(self.record.neurons or None)
                kept["when_weights"] = state["when"][:, 0, chosen]
                kept["what_weights"] = state["what"][:, :, chosen]
            self.memory.keep({f"{name}.{key}": value for key, value in kept.items()})

    @functools.cached_property
    def teaching(self) -> Teaching:
        """All trials; drawn when first asked for, since who only judges what is done has no use for them."""
        return Teaching.of(self.task, self.clock, self.seeds, self.probes.per_cue)

    @functools.cached_property
    def memory(self) -> Memory:
        """What changes; made when first asked for, since who restores a state has no use for a new one."""
        batch, n, _ = self.reservoir.shape
        return Memory.start(
            network=self.reservoir.initial_state(),
            rules={
                name: rule.start((batch, n, len(self.task.outcomes)), self.reservoir.dtype)
                for name, rule in self.rules.items()
            },
            judgements=len(self.judged),
            probes=(len(self.task.blocks), self.task.cues, self.probes.per_cue),
            samples=self.sampled * self.task.blocks[0].trials,
            fed_back=self.feedback_channels,
        )
