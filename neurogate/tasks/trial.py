"""One trial: the reservoir lives through it, and *when* learns on the way.

A trial runs in one piece, or bin by bin when readouts are fed back; the numbers are the same either way,
apart from what the feedback does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from ..errors import RunDiverged, first_of
from ..network.features import Features, Scaling
from ..network.rate_reservoir import AnyReservoir
from ..network.recording import Recording
from ..plasticity.episode import Episode, Readouts, Rule, RuleState, read_by
from .clock import Clock
from .memory import Memory

__all__ = ["Lived", "TrialRunner", "check_weights"]

Array = npt.NDArray[Any]
_WEIGHT_CAP = 1e6


@attrs.frozen(eq=False)
class Lived:
    """What a trial left behind.

    Parameters
    ----------
    episode : Episode
        With the traces of the whole trial.
    readouts : mapping of str to Readouts
        Of each rule, bin by bin.
    records : mapping of str to array
        Reservoir variables that were asked for, (B, samples, N), and always ``trace``.
    """

    episode: Episode
    readouts: Mapping[str, Readouts]
    records: Mapping[str, Array]


@attrs.frozen(eq=False)
class TrialRunner:
    """What all trials of a session share.

    Parameters
    ----------
    reservoir : Reservoir or RateReservoir
    features : Features
    clock : Clock
    rules : mapping of str to Rule
    feedback_channels : int
        Input channels, the last ones, that carry the readouts of the only rule; 0 for none.
    lost : dict of str to set of int
        Replicas in which a rule's weights have left their range and are no longer asked for.
    """

    reservoir: AnyReservoir
    features: Features
    clock: Clock
    rules: Mapping[str, Rule]
    feedback_channels: int = 0
    lost: dict[str, set[int]] = attrs.field(factory=dict)

    def without_lost(self, name: str, state: RuleState) -> RuleState:
        """Return what a rule has learned, but nothing in replicas in which its weights are lost."""
        rows = sorted(self.lost.get(name, ()))
        if not rows:
            return state
        kept = {key: array.copy() for key, array in state.items()}
        for array in kept.values():
            array[rows] = 0
        return kept

    def run(
        self, memory: Memory, inputs: Array, episode: Episode, wanted: Mapping[str, int], *, learning: bool
    ) -> Lived:
        """Simulate one trial, and let *when* learn if `learning`.

        Parameters
        ----------
        memory : Memory
            Moves on with the trial.
        inputs : (B, steps, K) array
        episode : Episode
            Without traces.
        wanted : mapping of str to int
            Reservoir variables to record, and their strides in steps.
        learning : bool

        Raises
        ------
        RunDiverged
            If the network or the weights leave the range in which they mean anything.
        """
        per_bin, bins = self.clock.steps_per_bin, len(self.clock.bins)
        size = 1 if self.feedback_channels else bins
        record = [Recording(variable="trace", stride=per_bin)]
        record += [Recording(variable=v, stride=s) for v, s in wanted.items() if v != "trace"]  # type: ignore[arg-type]
        scaling = Scaling.of(self.features, memory.moments, self.reservoir.dtype.name)
        parts = []
        for first in range(0, bins, size):
            piece = inputs[:, first * per_bin : (first + size) * per_bin]
            stretch = _cut(episode, first, first + size)
            parts.append(self._piece(memory, scaling, piece, stretch, record, learning))
        return parts[0] if len(parts) == 1 else _joined(episode, parts)

    def _piece(
        self,
        memory: Memory,
        scaling: Scaling,
        inputs: Array,
        episode: Episode,
        record: Sequence[Recording],
        learning: bool,
    ) -> Lived:
        if self.feedback_channels:
            inputs = inputs.copy()
            inputs[..., -self.feedback_channels :] = memory.fed_back[:, None]
        memory.network, records = self.reservoir.run(memory.network, inputs, record)
        tonic = scaling.tonic(records["trace"])
        phasic, memory.running_mean = scaling.phasic(self.reservoir, tonic, memory.running_mean)
        episode = attrs.evolve(episode, tonic=tonic, phasic=phasic)
        readouts, lost = dict[str, Readouts](), list[RunDiverged]()
        for name in self.rules:
            try:
                readouts[name] = self._read(memory, name, episode, learning)
            except RunDiverged as error:
                lost += error.all
        if lost:
            raise first_of(lost, tuple(self.rules))
        if self.feedback_channels:
            self._feed_back(memory, episode, readouts)
        return Lived(episode, readouts, records)

    def _read(self, memory: Memory, name: str, episode: Episode, learning: bool) -> Readouts:
        """Read *when* out, and let it learn if `learning`."""
        if learning:
            before = memory.rules[name]
            learned, readouts = self.rules[name].online(self.reservoir.call, before, episode)
            memory.rules[name] = self.without_lost(name, learned)
            if _broken(memory.rules[name]):
                raise self._diverged(memory.network.step, before, name, episode)
            return readouts
        when = self.reservoir.call("readout")(memory.rules[name]["when"], episode.phasic)[..., 0]
        return Readouts(when, np.zeros_like(when))

    def _diverged(self, step: int, state: RuleState, name: str, episode: Episode) -> RunDiverged:
        """Find when the weights broke: learn once more from where they were whole, 100 steps at a time."""
        size = max(1, 100 // self.clock.steps_per_bin)
        bins, found = len(episode.bins), dict[int, RunDiverged]()
        for first in range(0, bins, size):
            state, _ = self.rules[name].online(self.reservoir.call, state, _cut(episode, first, first + size))
            state = self.without_lost(name, state)
            left = (bins - min(first + size, bins)) * self.clock.steps_per_bin
            for error in _explosions(name, state, step - left):
                found.setdefault(error.replica, error)
        return first_of(list(found.values()), (name,))  # pieces give the same bits as the whole

    def _feed_back(self, memory: Memory, episode: Episode, readouts: Mapping[str, Readouts]) -> None:
        """Note the readouts at the end of this bin, which the next bin gets."""
        (name,) = self.rules
        weights = memory.rules[name]["what"]
        last = np.ascontiguousarray(read_by(weights, episode.phasic, episode.tonic)[:, -1:])
        what = self.reservoir.call("readout")(weights, last)
        memory.fed_back = np.concatenate([readouts[name].when[:, -1:], what[:, 0]], axis=1)


def check_weights(memory: Memory) -> None:
    """Look at the norm of every readout.

    Parameters
    ----------
    memory : Memory

    Raises
    ------
    RunDiverged
        If a norm is above 1e6 or not a number.
    """
    lost = [
        error
        for name, state in memory.rules.items()
        for error in _explosions(name, state, memory.network.step)
    ]
    if lost:
        raise first_of(lost, tuple(memory.rules))


def _norms(weights: Array) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):
        norms: Array = np.sqrt((weights.astype(np.float64) ** 2).sum(axis=-1))
    return norms


def _broken(state: RuleState) -> bool:
    return not all(
        _is_small(state[key]) or (_norms(state[key]) < _WEIGHT_CAP).all() for key in ("when", "what")
    )


def _is_small(weights: Array) -> bool:
    """Say whether no norm can be above the cap, which is told in a fraction of the time of the norms."""
    return float(np.abs(weights).max()) * math.sqrt(weights.shape[-1]) < _WEIGHT_CAP


def _explosions(name: str, state: RuleState, step: int) -> list[RunDiverged]:
    """Say of each replica which weights are beyond the cap."""
    found: dict[int, RunDiverged] = {}
    if not _broken(state):
        return []
    for key in ("when", "what"):
        norms = _norms(state[key])
        for b, k in np.argwhere(~(norms < _WEIGHT_CAP)):
            neuron = int(np.abs(np.nan_to_num(state[key][b, k], nan=np.inf)).argmax())
            quantity = f"the norm of the {key} weights"
            error = RunDiverged(quantity, norms[b, k], replica=b, step=step, neuron=neuron, rule=name)
            found.setdefault(int(b), error)
    return list(found.values())


def _cut(episode: Episode, first: int, last: int) -> Episode:
    """Return a stretch of a trial, with its traces if they are there."""
    cut = slice(first, last)
    return attrs.evolve(
        episode,
        bins=episode.bins[cut],
        time_ms=episode.time_ms[cut],
        target=episode.target[:, cut],
        phasic=np.ascontiguousarray(episode.phasic[:, cut]),
        tonic=np.ascontiguousarray(episode.tonic[:, cut]),
    )


def _joined(episode: Episode, parts: Sequence[Lived]) -> Lived:
    """Put the pieces of a trial together."""
    whole = attrs.evolve(
        episode,
        phasic=np.concatenate([part.episode.phasic for part in parts], axis=1),
        tonic=np.concatenate([part.episode.tonic for part in parts], axis=1),
    )
    readouts = {
        name: Readouts(*(np.concatenate([p.readouts[name][i] for p in parts], axis=1) for i in range(2)))
        for name in parts[0].readouts
    }
    records = {key: np.concatenate([p.records[key] for p in parts], axis=1) for key in parts[0].records}
    return Lived(whole, readouts, records)
