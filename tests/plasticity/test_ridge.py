"""Ridge regression: its closed form, with and without forgetting, and when its weights change."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from neurogate.plasticity.ridge import Ridge
from tests.plasticity.episodes import BIN_MS, SHAPE, assert_same, caller, live, make_episode


@pytest.mark.parametrize("memory", [1.0, 0.97])
def test_weights_are_the_closed_form_over_all_samples_with_a_constant_ridge(
    memory: float, rng: np.random.Generator
) -> None:
    episodes = [make_episode(rng, number=i) for i in range(5)]
    rule = Ridge(
        ridge_when=2.0, ridge_what=5.0, forgetting_when=memory, forgetting_what=memory, sample_ms=BIN_MS
    )
    state = live(rule, episodes)
    inside = episodes[0].time_ms > 0
    for b in range(SHAPE[0]):
        h = np.concatenate([e.phasic[b, inside] for e in episodes])
        d = np.concatenate([e.target[b, inside] for e in episodes])[:, None]
        x = np.concatenate([e.tonic[b, e.replay[b]] for e in episodes])
        o = np.repeat([e.outcome[b] for e in episodes], episodes[0].replay.shape[1], axis=0)
        np.testing.assert_allclose(state["when"][b], _ridge(h, d, memory, 2.0), rtol=1e-9, atol=1e-13)
        np.testing.assert_allclose(state["what"][b], _ridge(x, o, memory, 5.0), rtol=1e-9, atol=1e-13)


def _ridge(samples: np.ndarray, targets: np.ndarray, memory: float, ridge: float) -> np.ndarray:
    fade = memory ** np.arange(len(samples) - 1, -1, -1.0)[:, None]
    square = samples.T @ (fade * samples) + ridge * np.eye(samples.shape[1])
    return np.linalg.inv(square).dot(samples.T @ (fade * targets)).T


def test_weights_change_at_the_end_of_a_trial_only(rng: np.random.Generator) -> None:
    rule, episode = Ridge(), make_episode(rng)
    start = rule.start(SHAPE, np.dtype("float64"))
    heard, readouts = rule.online(caller(), start, episode)
    np.testing.assert_array_equal(heard["when"], start["when"])
    assert not readouts.when.any()
    after = rule.offline(caller(), heard, episode)
    assert after["when"][0].any()
    assert after["what"][0].any()


def test_a_reset_forgets_all_samples_and_pulls_towards_the_old_weights(rng: np.random.Generator) -> None:
    episodes = [make_episode(rng, number=i, block_starts=i == 3) for i in range(5)]
    old, reset = live(Ridge(), episodes[:3]), live(Ridge(reset=True), episodes)
    # Without the old weights' own readouts, what is left is learned from zero.
    rest = [attrs.evolve(e, target=e.target - (old["when"] * e.phasic).sum(-1)) for e in episodes[3:]]
    np.testing.assert_allclose(
        reset["when"] - old["when"], live(Ridge(), rest)["when"], rtol=1e-9, atol=1e-13
    )
    assert not np.array_equal(live(Ridge(), episodes)["when"], reset["when"])


def test_sums_are_kept_in_float64_whatever_is_simulated() -> None:
    state = Ridge().start(SHAPE, np.dtype("float32"))
    assert {value.dtype.name for key, value in state.items() if key.endswith(("inverse", "product"))} == {
        "float64"
    }


def test_threads_of_the_linear_algebra_change_no_bit(rng: np.random.Generator) -> None:
    episodes = [make_episode(rng, shape=(1, 200, 2), number=i) for i in range(2)]
    states = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            states.append(live(Ridge(), episodes))
    assert_same(*states)
