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
from ..network.features import Features, Scaling
from ..network.recording import Recording
from ..network.reservoir import Reservoir
from ..plasticity.episode import Episode, Readouts, Rule, RuleState
from .clock import Clock
from .evaluation import Result, evaluate
from .memory import Memory
from .probes import Probes
from .record import SIMULATED, Record, select
from .what_when import Schedule, WhatWhen, shuffled_groups

__all__ = ["Session"]

Array = npt.NDArray[Any]
_WEIGHT_CAP = 1e6
_NOTHING = np.zeros((0, 0, 0))


class Session:
    """A task, a reservoir and the rules that learn.

    Parameters
    ----------
    reservoir : Reservoir
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
    >>> from neurogate.network.reservoir import ReservoirSpec
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
        reservoir: Reservoir,
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
            If the network or the weights leave the range in which they mean anything.
        """
        step = {"habituation": self._habituate, "training": self._train, "probes": self._probe}
        step[self.phase]()
        self.memory.position += 1

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
        return evaluate(self)

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
        n = self.position
        cue, outcome = self.schedule.cue[:, n], self.schedule.outcome[:, n]
        latency_ms = self.schedule.latency_ms[:, n]
        trained = n - self.before
        episode = Episode(
            number=trained,
            block_starts=trained in self.task.starts[1:-1],
            bins=self.clock.bins,
            time_ms=self.clock.time_ms,
            phasic=_NOTHING,
            tonic=_NOTHING,
            target=self._target(outcome, latency_ms),
            outcome=np.eye(len(self.task.outcomes) + 1)[outcome][:, :-1],
            outcome_ms=np.where(outcome >= 0, latency_ms, np.nan),
            replay=self._replay_bins(n, outcome, latency_ms),
        )
        inputs = self._inputs(cue, outcome, latency_ms)
        wanted = self._wanted() if self.record.trials == "all" else {}
        episode, readouts, records = self._live(inputs, episode, wanted, learning=True)
        before = dict(self.memory.rules)
        for name, rule in self.rules.items():
            self.memory.rules[name] = rule.offline(self.reservoir.call, self.memory.rules[name], episode)
        self._check_weights()
        self._note_weights(trained + 1)
        if self.record.trials == "all":
            self._keep(records, episode, readouts, before)

    def _probe(self) -> None:
        index = self.position - self.trained
        cue = self.probe_cues[:, index]
        nothing = np.full(len(cue), -1)
        inputs = self._inputs(cue, nothing, np.zeros(len(cue)))
        episode = Episode(
            number=self.task.trials,
            block_starts=False,
            bins=self.clock.bins,
            time_ms=self.clock.time_ms,
            phasic=_NOTHING,
            tonic=_NOTHING,
            target=np.zeros((len(cue), len(self.clock.bins))),
            outcome=np.zeros((len(cue), len(self.task.outcomes))),
            outcome_ms=np.full(len(cue), np.nan),
            replay=np.zeros((len(cue), 0), np.int64),
        )
        episode, readouts, records = self._live(
            inputs, episode, {**self._wanted(), "spikes": 1}, learning=False
        )
        self.memory.add_probe(cue, episode, records["spikes"], self.clock.cue_bins)
        self._keep(records, episode, readouts, self.memory.rules)

    def _live(
        self, inputs: Array, episode: Episode, wanted: Mapping[str, int], learning: bool
    ) -> tuple[Episode, Mapping[str, Readouts], Mapping[str, Array]]:
        """Simulate one trial, in one piece or, with feedback, bin by bin, and let *when* learn on the way."""
        per_bin, bins = self.clock.steps_per_bin, len(self.clock.bins)
        size = 1 if self.feedback_channels else bins
        record = [Recording(variable="trace", stride=per_bin)]
        record += [Recording(variable=v, stride=s) for v, s in wanted.items() if v != "trace"]  # type: ignore[arg-type]
        parts: list[tuple[Episode, dict[str, Readouts], Mapping[str, Array]]] = []
        for first in range(0, bins, size):
            cut = slice(first, first + size)
            piece = inputs[:, first * per_bin : (first + size) * per_bin]
            parts.append(self._piece(piece, _cut(episode, cut), record, learning))
        joined = attrs.evolve(
            episode,
            phasic=np.concatenate([p[0].phasic for p in parts], axis=1),
            tonic=np.concatenate([p[0].tonic for p in parts], axis=1),
        )
        readouts = {
            name: Readouts(*(np.concatenate([p[1][name][i] for p in parts], axis=1) for i in range(2)))
            for name in self.rules
        }
        records = {key: np.concatenate([p[2][key] for p in parts], axis=1) for key in parts[0][2]}
        return joined, readouts, records

    def _piece(
        self, inputs: Array, episode: Episode, record: Sequence[Recording], learning: bool
    ) -> tuple[Episode, dict[str, Readouts], Mapping[str, Array]]:
        memory, call = self.memory, self.reservoir.call
        if self.feedback_channels:
            inputs = inputs.copy()
            inputs[..., -self.feedback_channels :] = memory.fed_back[:, None]
        memory.network, records = self.reservoir.run(memory.network, inputs, record)
        scaling = Scaling.of(self.features, memory.moments, self.reservoir.dtype.name)
        tonic = scaling.tonic(records["trace"])
        phasic, memory.running_mean = scaling.phasic(self.reservoir, tonic, memory.running_mean)
        episode = attrs.evolve(episode, tonic=tonic, phasic=phasic)
        readouts = {}
        for name, rule in self.rules.items():
            if learning:
                memory.rules[name], readouts[name] = rule.online(call, memory.rules[name], episode)
            else:
                z = call("readout")(memory.rules[name]["when"], phasic)[..., 0]
                readouts[name] = Readouts(z, np.zeros_like(z))
        self._check_weights()
        if self.feedback_channels:
            (name,) = self.rules
            what = call("readout")(memory.rules[name]["what"], np.ascontiguousarray(tonic[:, -1:]))
            memory.fed_back = np.concatenate([readouts[name].when[:, -1:], what[:, 0]], axis=1)
        return episode, readouts, records

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

    def _note_weights(self, trained: int) -> None:
        where = np.flatnonzero(self.judged == trained)
        for name, state in self.memory.rules.items() if where.size else ():
            self.memory.notes[f"{name}.when"][:, where[0]] = state["when"]
            self.memory.notes[f"{name}.what"][:, where[0]] = state["what"]

    def _check_weights(self) -> None:
        for state in self.memory.rules.values():
            for key in ("when", "what"):
                norm = np.sqrt((state[key].astype(np.float64) ** 2).sum(axis=-1))
                bad = np.argwhere(~(norm < _WEIGHT_CAP))
                if bad.size:
                    b, k = bad[0]
                    row = np.abs(np.nan_to_num(state[key][b, k], nan=np.inf))
                    step, neuron = self.memory.network.step, int(row.argmax())
                    raise RunDiverged(
                        f"the norm of the {key} weights", norm[b, k], replica=b, step=step, neuron=neuron
                    )

    def _wanted(self) -> dict[str, int]:
        """Return the reservoir variables to record for the user, with their strides in steps."""
        stride = self.clock.steps(self.record.every_ms)
        wanted = {name: stride for name in self.record.variables if name in SIMULATED}
        # Spikes are counted in bins and summed later, so that a trial can be cut at any bin.
        return {name: self.clock.steps_per_bin if name == "spikes" else s for name, s in wanted.items()}

    def _keep(
        self,
        records: Mapping[str, Array],
        episode: Episode,
        readouts: Mapping[str, Readouts],
        before: Mapping[str, RuleState],
    ) -> None:
        """Keep what the user asked for of this trial; *what* is read with the weights of `before`."""
        bins, every = len(self.clock.bins), self.clock.bins_in(self.record.every_ms)
        self.memory.keep(select(self.record, records, bins, every))
        for name, state in self.memory.rules.items():
            learned = {"when": readouts[name].when, "gate": readouts[name].gate}
            if "what" in self.record.variables:
                learned["what"] = self.reservoir.call("readout")(before[name]["what"], episode.tonic)
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
            probes=(self.task.cues, len(self.clock.cue_bins)),
            fed_back=self.feedback_channels,
        )


def _cut(episode: Episode, cut: slice) -> Episode:
    return attrs.evolve(
        episode, bins=episode.bins[cut], time_ms=episode.time_ms[cut], target=episode.target[:, cut]
    )


def _probe_cues(seeds: Sequence[int], cues: int, per_cue: int) -> Array:
    """Return the cue of each probe trial, (B, probes)."""
    draws = []
    for seed in seeds:
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(101,)))
        draws.append(shuffled_groups(rng, cues, cues * per_cue))
    return np.stack(draws)
