"""A session: the order of its trials, what the network is given, and that probes are frozen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import pytest

from neurogate.backends.layout import StateArrays
from neurogate.network.recording import Recording
from neurogate.network.reservoir import Reservoir
from neurogate.plasticity.episode import Call, Episode, Readouts, RuleState
from neurogate.plasticity.force import Force
from neurogate.plasticity.gates import ConstantGate
from neurogate.plasticity.ridge import Ridge
from neurogate.plasticity.three_factor import ThreeFactor
from neurogate.tasks.record import Record
from tests.tasks.sessions import EVERYTHING, ONE_RULE, PROBES, RULES, TASK, assert_same, finish, make

CUES, OUTCOMES = TASK.cues, len(TASK.outcomes)
STEPS = 230


@pytest.fixture
def fed(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """Collect the inputs of every run of a reservoir."""
    seen: list[np.ndarray] = []
    run = Reservoir.run

    def spy(self: Reservoir, state: StateArrays, inputs: np.ndarray, record: Sequence[Recording] = ()) -> Any:
        seen.append(inputs.copy())
        return run(self, state, inputs, record)

    monkeypatch.setattr(Reservoir, "run", spy)
    return seen


class Listener(ThreeFactor):
    """Learns as usual and keeps what it was given."""

    heard: list[Episode] = []  # noqa: RUF012

    def online(self, call: Call, state: RuleState, episode: Episode) -> tuple[RuleState, Readouts]:
        self.heard.append(episode)
        return super().online(call, state, episode)


@pytest.fixture
def heard() -> list[Episode]:
    """Collect the episodes that a `Listener` learns from."""
    Listener.heard.clear()
    return Listener.heard


def test_phases_follow_each_other() -> None:
    session = make()
    phases = []
    while not session.done:
        phases.append(session.phase)
        assert session.position == len(phases) - 1
        session.advance()
    assert phases == ["habituation"] * 3 + ["training"] * 7 + ["probes"] * 4
    assert session.total == len(phases)


def test_training_gives_the_network_cues_and_outcomes_as_scheduled(fed: list[np.ndarray]) -> None:
    session = make()
    while session.phase != "probes":
        session.advance()
    schedule = session.schedule
    assert len(fed) == 10
    for n, inputs in enumerate(fed):
        expected = TASK.timeline.inputs(
            1.0, schedule.cue[:, n], CUES, schedule.outcome[:, n], OUTCOMES, schedule.latency_ms[:, n]
        )
        np.testing.assert_array_equal(inputs, expected)
    assert (schedule.outcome >= 0).any()


def test_probes_show_every_cue_equally_often_and_no_outcome(fed: list[np.ndarray]) -> None:
    session = finish(make())
    shown = np.stack([inputs[:, 30, :CUES] > 0 for inputs in fed[-4:]], axis=1)
    assert (shown.sum(axis=1) == PROBES.per_cue).all()
    assert (shown.sum(axis=2) == 1).all()
    for inputs in fed[-4:]:
        assert inputs.shape == (2, STEPS, CUES + OUTCOMES)
        assert not inputs[..., CUES:].any()
    cues = {tuple(fed[n][0, :, 0]) for n in range(len(fed))}
    assert len(cues) == 2, "the cue of a probe is that of training"
    assert session.memory.network.step == session.total * STEPS


def test_plasticity_is_off_in_probes() -> None:
    session = make()
    while session.phase != "probes":
        session.advance()
    learned = {
        name: {key: value.copy() for key, value in state.items()}
        for name, state in session.memory.rules.items()
    }
    assert learned["three_factor"]["when"].any()
    assert learned["force"]["what"].any()
    finish(session)
    for name, state in session.memory.rules.items():
        assert_same(state, learned[name])
    record = finish(make(record=attrs.evolve(EVERYTHING, trials="probes"))).result().arrays
    for name in RULES:
        assert not record[f"record.{name}.gate"].any()
        weights = record[f"record.{name}.when_weights"]
        np.testing.assert_array_equal(weights, np.repeat(weights[:, :1], 4, axis=1))


def test_each_probe_has_noise_of_its_own() -> None:
    session = finish(make(seeds=(3,), record=Record(variables=("v",), every_ms=5.0)))
    v = session.result().arrays["record.v"][0]
    assert len({trial.tobytes() for trial in v}) == len(v)
    cue = session.probe_cues[0]
    same = [n for n in range(len(cue)) if cue[n] == cue[0]]
    assert not np.array_equal(v[same[0]], v[same[1]])


def test_rules_are_told_the_trial_as_it_was(heard: list[Episode]) -> None:
    session = finish(make(rules={"listener": Listener()}))
    schedule, clock = session.schedule, session.clock
    assert [episode.number for episode in heard] == list(range(7))
    assert [episode.block_starts for episode in heard] == [False] * 4 + [True] + [False] * 2
    for number, episode in enumerate(heard):
        n = 3 + number
        latency = TASK.latency_ms()[int(number >= 4)]
        for b in range(2):
            came = schedule.outcome[b, n] >= 0
            due = latency[schedule.cue[b, n]]
            bump = np.exp(-0.5 * ((clock.time_ms - due) / 20) ** 2) if came else 0 * clock.time_ms
            np.testing.assert_allclose(episode.target[b], bump, rtol=1e-12)
            one_hot = [float(schedule.outcome[b, n] == k) for k in range(OUTCOMES)]
            assert episode.outcome[b].tolist() == one_hot
            assert episode.outcome_ms[b] == due if came else np.isnan(episode.outcome_ms[b])
    assert any(np.isnan(episode.outcome_ms).any() for episode in heard)


def test_replayed_moments_lie_after_the_cue_and_before_the_outcome(heard: list[Episode]) -> None:
    blocks = tuple(attrs.evolve(block, trials=40) for block in TASK.blocks)
    many = attrs.evolve(TASK, blocks=blocks, replays=50)
    finish(make(rules={"listener": Listener()}, task=many))
    earliest, latest = 1e9, {True: 0.0, False: 0.0}
    for episode in heard:
        replayed = episode.time_ms[episode.replay]
        end = np.where(np.isnan(episode.outcome_ms), TASK.replay_to_ms, episode.outcome_ms)
        assert (replayed >= TASK.replay_from_ms).all()
        assert (replayed < end[:, None]).all()
        earliest = min(earliest, replayed.min())
        for b in range(2):
            omitted = bool(np.isnan(episode.outcome_ms[b]))
            latest[omitted] = max(latest[omitted], float(replayed[b].max()))
    assert earliest == TASK.replay_from_ms
    assert latest == {True: 145.0, False: 115.0}


def test_traces_that_rules_see_are_those_of_the_network_as_scaled_in_habituation(
    heard: list[Episode],
) -> None:
    record = Record(variables=("trace",), trials="all", every_ms=5.0)
    session = finish(make(rules={"listener": Listener()}, record=record))
    trace = session.result().arrays["record.trace"]
    moments, features = session.memory.moments, session.features
    assert moments.count == 2 * len(session.clock.bins)
    mean = moments.total / moments.count
    spread = np.sqrt((moments.square / moments.count - mean**2) / features.rate_scale_hz**2 + 0.01)
    gain = np.median(spread, axis=1, keepdims=True) / spread
    slow = np.zeros_like(mean)
    for n, episode in enumerate(heard):
        x = (trace[:, n] - mean[:, None]) / 20
        np.testing.assert_allclose(episode.tonic[..., :-1], x, rtol=1e-9, atol=1e-12)
        assert (episode.tonic[..., -1] == features.constant).all()
        for t in range(x.shape[1]):
            slow += (5 / features.phasic_tau_ms) * (x[:, t] - slow)
            np.testing.assert_allclose(episode.phasic[:, t], gain * (x[:, t] - slow), rtol=1e-9, atol=1e-12)


def test_the_future_does_not_reach_back() -> None:
    certain = {"probability": ((1.0, 0.0),) * 2, "latency_ms": (60.0, 60.0)}
    task = attrs.evolve(TASK, blocks=tuple(attrs.evolve(block, **certain) for block in TASK.blocks))
    record = attrs.evolve(EVERYTHING, neurons=0, every_ms=5.0)
    habituated = make(task=task, record=record)
    while habituated.phase == "habituation":
        habituated.advance()

    def first_trial(**changes: float) -> dict[str, np.ndarray]:
        changed = attrs.evolve(task, timeline=attrs.evolve(task.timeline, **changes))
        session = make(task=changed, record=record)
        session.restore(habituated.state())
        session.advance()
        return {key: trials[0] for key, trials in session.memory.kept.items()}

    plain = first_trial()
    for changes, from_ms in (
        ({"outcome_amplitude": 3.0}, 60),
        ({"cue_amplitude": -2.0}, 20),
        ({"onset_amplitude": -2.0}, 0),
    ):
        other, before = first_trial(**changes), (20 + from_ms) // 5
        for key in ("v", "u", "spikes", "trace", "synaptic_current", "three_factor.when", "force.when"):
            np.testing.assert_array_equal(other[key][:, :before], plain[key][:, :before], err_msg=key)
        assert not np.array_equal(other["v"][:, before], plain["v"][:, before])


def test_recorded_readouts_of_training_are_those_before_the_trial_taught_them() -> None:
    record = attrs.evolve(EVERYTHING, neurons=0, every_ms=5.0)
    session = make(rules=ONE_RULE, record=record)
    arrays = finish(session).result().arrays
    what, weights = arrays["record.three_factor.what"], arrays["record.three_factor.what_weights"]
    when, gate = arrays["record.three_factor.when"], arrays["record.three_factor.gate"]
    assert not what[:, 0].any()
    assert what[:, 1].any()
    assert not when[:, 0, 0].any()
    assert (gate[:, :7].max(axis=(1, 2)) > 0).all()
    mean = session.memory.moments.total / session.memory.moments.count
    x = (arrays["record.trace"] - mean[:, None, None]) / 20
    for n in range(1, 7):
        expected = np.einsum("bkn,btn->btk", weights[:, n - 1, :, :-1], x[:, n])
        expected += 3 * weights[:, n - 1, None, :, -1]
        np.testing.assert_allclose(what[:, n], expected, rtol=1e-9, atol=1e-12)


def test_recordings_have_the_documented_shapes() -> None:
    session = finish(make(dtype="float32", record=EVERYTHING))
    arrays, trials, samples = session.result().arrays, 7 + 4, 23
    shapes = dict.fromkeys(
        ("spikes", "v", "u", "synaptic_current", "synapse_rise", "trace", "trace_rise"),
        (2, trials, samples, 7),
    )
    for rule in RULES:
        shapes |= {f"{rule}.{name}": (2, trials, samples) for name in ("when", "gate")}
        shapes |= {f"{rule}.what": (2, trials, samples, OUTCOMES)}
        shapes |= {f"{rule}.when_weights": (2, trials, 7), f"{rule}.what_weights": (2, trials, OUTCOMES, 7)}
    recorded = {key.removeprefix("record."): value for key, value in arrays.items() if "record." in key}
    lived = np.concatenate([session.schedule.cue[:, session.before :], session.probe_cues], axis=1)
    np.testing.assert_array_equal(recorded.pop("cue"), lived)
    assert {key: value.shape for key, value in recorded.items()} == shapes
    assert {value.dtype.name for value in recorded.values()} == {"float32"}


def test_recorded_spikes_are_counts_that_add_up() -> None:
    fine = make(seeds=(3,), record=Record(variables=("spikes",), every_ms=5.0))
    coarse = make(seeds=(3,), record=Record(variables=("spikes",), every_ms=115.0))
    counts = [finish(session).result().arrays["record.spikes"] for session in (fine, coarse)]
    assert counts[0].shape[2] == 23 * counts[1].shape[2]
    np.testing.assert_array_equal(counts[0].sum(axis=2), counts[1].sum(axis=2))
    assert counts[0].sum() == fine.memory.probes["spikes"].sum() > 0


def test_recording_changes_no_result() -> None:
    plain, recorded = (finish(make(record=record)).result() for record in (None, EVERYTHING))
    kept = {key: value for key, value in recorded.arrays.items() if not key.startswith("record.")}
    assert_same(plain.arrays, kept)
    np.testing.assert_equal(plain.metrics, recorded.metrics)


def test_rules_do_not_disturb_each_other() -> None:
    both = finish(make())
    for name, rule in RULES.items():
        alone = finish(make(rules={name: rule}))
        assert_same(alone.memory.rules[name], both.memory.rules[name])


def test_force_without_forgetting_equals_ridge_at_the_end_of_every_trial() -> None:
    session = make(rules={"force": Force(), "ridge": Ridge()})
    compared = 0
    while session.phase != "probes":
        session.advance()
        force, ridge = (session.memory.rules[name] for name in ("force", "ridge"))
        for key in ("when", "what"):
            np.testing.assert_allclose(force[key], ridge[key], rtol=1e-9, atol=1e-14)
            compared += bool(ridge[key].any())
    assert compared >= 2 * 6


def test_a_lesioned_gate_leaves_when_untaught_in_a_whole_session() -> None:
    lesion = ThreeFactor(gates=(ConstantGate(level=0.0),))
    session = finish(make(rules={"lesion": lesion}))
    assert not session.memory.rules["lesion"]["when"].any()
    assert session.memory.rules["lesion"]["what"].any()
