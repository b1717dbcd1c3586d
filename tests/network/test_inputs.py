"""What enters a network: dense and sparse channels, noise and external spikes in their units."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.network.inputs import Inputs
from neurogate.network.reservoir import Reservoir
from neurogate.network.specification import ReservoirSpec
from neurogate.neurons.distributions import Constant, Gamma, Normal, Uniform


def test_dense_channels_reach_every_neuron(rng: np.random.Generator) -> None:
    weights = Inputs(weight=Gamma(shape=2.0, scale=1.0)).draw(3, 200, rng)
    assert weights.shape == (3, 200)
    assert (weights > 0).all()


@given(density=st.floats(0.05, 0.95), seed=st.integers(0, 1000))
def test_a_sparse_channel_reaches_its_share(density: float, seed: int) -> None:
    weights = Inputs(weight=Constant(value=2.0), density=density).draw(4, 2500, np.random.default_rng(seed))
    assert set(np.unique(weights)) == {0, 2}
    share = np.count_nonzero(weights) / weights.size
    assert abs(share - density) < 5 * np.sqrt(density * (1 - density) / weights.size)


def test_channels_reach_neurons_independently(rng: np.random.Generator) -> None:
    reached = Inputs(density=0.5).draw(2, 20_000, rng) != 0
    assert abs(np.mean(reached[0] & reached[1]) - 0.25) < 4.5 * np.sqrt(0.25 * 0.75 / 20_000)


def test_no_density_reaches_nobody(rng: np.random.Generator) -> None:
    assert not Inputs(density=0.0).draw(2, 50, rng).any()


def test_sparseness_thins_the_dense_weights() -> None:
    dense, sparse = (Inputs(density=d).draw(2, 100, np.random.default_rng(0)) for d in (1.0, 0.3))
    np.testing.assert_array_equal(sparse[sparse != 0], dense[sparse != 0])


def test_there_may_be_no_channel(rng: np.random.Generator) -> None:
    assert Inputs().draw(0, 5, rng).shape == (0, 5)


@pytest.mark.parametrize(
    ("feedback", "feeds"),
    [(Constant(value=0.0), False), (Constant(value=1.0), True), (Normal(mean=0, sd=1), True)],
)
def test_feedback_is_whatever_is_not_zero(feedback: Constant | Normal, feeds: bool) -> None:
    assert Inputs(feedback=feedback).feeds_back is feeds


def built(inputs: Inputs, dt_ms: float = 1.0, **others: int) -> Reservoir:
    spec = ReservoirSpec(n=40, dt_ms=dt_ms, inputs=inputs)
    return Reservoir.build(spec, [3], channels=2, backend="numpy", **others)


@pytest.mark.parametrize("dt_ms", [1.0, 0.25])
def test_noise_has_the_same_power_whatever_the_step(dt_ms: float) -> None:
    per_step = built(Inputs(noise_sd=Constant(value=0.3)), dt_ms).arrays.noise_sd
    np.testing.assert_array_equal(per_step, np.full((1, 40), 0.3 / np.sqrt(dt_ms)))


def test_without_noise_there_are_no_draws() -> None:
    assert built(Inputs(noise_sd=Constant(value=0.0))).arrays.noise_sd.shape == (1, 0)
    assert built(Inputs()).arrays.poisson_mean.shape == (1, 0)


@pytest.mark.parametrize("dt_ms", [1.0, 0.25])
def test_external_spikes_come_at_their_rate(dt_ms: float) -> None:
    arrays = built(Inputs(poisson_rate_hz=800.0), dt_ms).arrays
    np.testing.assert_array_equal(arrays.poisson_mean, np.full((1, 40), 800 * dt_ms / 1000))
    np.testing.assert_array_equal(arrays.poisson_none, np.exp(-arrays.poisson_mean))


def test_feedback_channels_follow_the_inputs() -> None:
    inputs = Inputs(weight=Constant(value=2.0), feedback=Uniform(low=3.0, high=4.0))
    weights = built(inputs, feedback=3).arrays.input_weights[0]
    assert weights.shape == (5, 40)
    assert (weights[:2] == 2).all()
    assert ((weights[2:] >= 3) & (weights[2:] < 4)).all()
    assert len(np.unique(weights[2:])) == 3 * 40


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"density": 1.5}, r"Inputs.density is 1.5; it must be from 0 to 1\."),
        ({"poisson_rate_hz": -1.0}, r"Inputs.poisson_rate_hz is -1.0; it must be at least 0\."),
        ({"poisson_weight": float("nan")}, r"Inputs.poisson_weight is nan; it must be finite"),
    ],
)
def test_values_outside_their_domain_are_refused(settings: dict[str, float], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Inputs(**settings)
