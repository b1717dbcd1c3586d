"""FORCE: least squares by recursion, what forgetting and a reset change, and that it never winds up."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from neurogate.plasticity.episode import Episode
from neurogate.plasticity.force import Force
from neurogate.plasticity.ridge import Ridge
from tests.plasticity.episodes import BIN_MS, SHAPE, assert_same, caller, live, make_episode

DTYPE = np.dtype("float64")


def taught(episode: Episode, when: np.ndarray) -> Episode:
    """Return the trial with a target that is linear in the phasic traces."""
    return attrs.evolve(episode, target=(when * episode.phasic).sum(-1))


def test_without_forgetting_it_equals_ridge_regression_on_everything_seen(rng: np.random.Generator) -> None:
    episodes = [make_episode(rng, number=i, block_starts=i == 3) for i in range(6)]
    for settings in ({}, {"ridge_when": 0.5, "ridge_what": 3.0}, {"sample_ms": 5.0}, {"reset": True}):
        recursive, batch = live(Force(**settings), episodes), live(Ridge(**settings), episodes)
        for key in ("when", "what"):
            np.testing.assert_allclose(recursive[key], batch[key], rtol=1e-9, atol=1e-13)


def test_samples_lie_on_its_grid_inside_its_window(rng: np.random.Generator) -> None:
    episode = make_episode(rng)
    rule = Force(sample_ms=20.0, start_ms=0.0, stop_ms=160.0)
    _, readouts = rule.online(caller(), rule.start(SHAPE, DTYPE), episode)
    for gate in readouts.gate:
        assert episode.time_ms[gate == 1].tolist() == [20.0, 40.0, 60.0, 80.0, 100.0, 120.0, 140.0]
        assert set(gate.tolist()) == {0.0, 1.0}


@pytest.mark.parametrize("bin_ms", [0.1, 0.3, 5.0])
def test_the_grid_does_not_depend_on_rounding(bin_ms: float, rng: np.random.Generator) -> None:
    episode = make_episode(rng)
    time_ms = (np.arange(len(episode.bins)) + 1) * bin_ms - 8 * bin_ms
    rule = Force(sample_ms=4 * bin_ms, start_ms=0.0, stop_ms=1e3)
    _, readouts = rule.online(caller(), rule.start(SHAPE, DTYPE), attrs.evolve(episode, time_ms=time_ms))
    assert np.flatnonzero(readouts.gate[0]).tolist() == list(range(11, 48, 4))


def test_a_window_without_samples_teaches_nothing(rng: np.random.Generator) -> None:
    rule = Force(start_ms=500.0, stop_ms=600.0)
    start = rule.start(SHAPE, DTYPE)
    after, readouts = rule.online(caller(), start, make_episode(rng))
    assert_same(after, start)
    assert not readouts.gate.any()


def test_it_counts_the_samples_it_has_seen(rng: np.random.Generator) -> None:
    rule, episodes = Force(sample_ms=BIN_MS), [make_episode(rng) for _ in range(3)]
    inside = (episodes[0].time_ms > 0).sum()
    assert live(rule, episodes)["seen"][0].tolist() == [3 * inside, 3 * episodes[0].replay.shape[1]]


def test_a_reset_restarts_at_the_start_of_a_block_and_nowhere_else(rng: np.random.Generator) -> None:
    plain, oracle = Force(), Force(reset=True)
    episodes = [make_episode(rng, number=i) for i in range(3)]
    before = live(plain, episodes)
    assert_same(live(oracle, episodes), before)

    first = make_episode(rng, number=3, block_starts=True)
    fresh = plain.start(SHAPE, DTYPE)
    restarted = {**before, "when_inverse": fresh["when_inverse"], "what_inverse": fresh["what_inverse"]}
    assert_same(live(oracle, [first], before), live(plain, [first], restarted))
    assert not np.array_equal(live(oracle, [first], before)["when"], live(plain, [first], before)["when"])


def test_a_reset_keeps_the_weights_and_happens_once_in_a_trial_of_pieces(rng: np.random.Generator) -> None:
    rule = Force(reset=True)
    before = live(rule, [make_episode(rng) for _ in range(3)])
    first = make_episode(rng, number=3, block_starts=True)
    late = attrs.evolve(
        first,
        bins=first.bins[20:],
        time_ms=first.time_ms[20:],
        phasic=first.phasic[:, 20:],
        target=first.target[:, 20:],
    )
    state, _ = rule.online(caller(), before, late)
    other, _ = attrs.evolve(rule, reset=False).online(caller(), before, late)
    assert_same(state, other)
    early = attrs.evolve(
        first,
        bins=first.bins[:1],
        time_ms=first.time_ms[:1],
        phasic=first.phasic[:, :1],
        target=first.target[:, :1],
    )
    state, _ = rule.online(caller(), before, early)
    np.testing.assert_array_equal(state["when"], before["when"])
    np.testing.assert_array_equal(state["when_inverse"], rule.start(SHAPE, DTYPE)["when_inverse"])


@pytest.mark.parametrize("make", [Force, Ridge])
def test_forgetting_adapts_faster_to_a_switch(make: type[Force], rng: np.random.Generator) -> None:
    old, new = rng.standard_normal((2, SHAPE[0], 1, SHAPE[1]))
    before = [taught(make_episode(rng, number=i), old) for i in range(40)]
    after = [taught(make_episode(rng, number=i), new) for i in range(40, 46)]
    left = {}
    for memory in (1.0, 0.98):
        rule = make(ridge_when=1.0, forgetting_when=memory, sample_ms=BIN_MS)
        left[memory] = np.abs(live(rule, [*before, *after])["when"] - new).mean()
    assert left[0.98] < 0.1 * left[1.0]
    assert left[1.0] > 0.5 * np.abs(old - new).mean()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("memory", [0.9, 0.99, 0.999])
def test_forgetting_never_winds_up_on_directions_that_are_silent(
    dtype: str, memory: float, rng: np.random.Generator
) -> None:
    rule = Force(forgetting_when=memory, forgetting_what=memory, ridge_when=1.0, ridge_what=1.0)
    rule = attrs.evolve(rule, sample_ms=BIN_MS)
    call = caller()
    few = np.isin(np.arange(SHAPE[1] + 1), (0, 1, SHAPE[1])).astype(dtype)
    state = rule.start(SHAPE, np.dtype(dtype))
    for number in range(400):
        made = make_episode(rng, number=number, dtype=dtype)
        episode = attrs.evolve(made, phasic=made.phasic * few[:-1], tonic=made.tonic * few)
        state, _ = rule.online(call, state, episode)
        state = rule.offline(call, state, episode)
    # The plain recursion would have divided the silent directions by 0.9 ** 16000.
    n = SHAPE[1]
    widest = max(1.0, memory**-n) / (n * (1 - memory))
    for key in ("when_inverse", "what_inverse"):
        p = np.tril(state[key]).astype(float)
        p = p + np.tril(p, -1).transpose(0, 2, 1)
        values = np.linalg.eigvalsh(p)
        assert np.isfinite(p).all()
        assert values.min() > 0
        assert values.max() < 10 * widest
    assert np.abs(state["when"]).max() < 10
    assert np.abs(state["what"]).max() < 10


@pytest.mark.parametrize(
    "settings",
    [
        {"ridge_when": 0.0},
        {"forgetting_when": 0.0},
        {"forgetting_what": 1.01},
        {"sample_ms": 0.0},
        {"start_ms": 100.0, "stop_ms": 100.0},
    ],
    ids=str,
)
@pytest.mark.parametrize("make", [Force, Ridge])
def test_settings_outside_their_domain_are_refused(make: type[Force], settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="; it must be "):
        make(**settings)
