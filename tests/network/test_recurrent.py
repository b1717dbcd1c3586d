"""Connections: Dale's law, degrees, scaling and delays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.errors import RequestError
from neurogate.network.recurrent import Connections, Recurrent
from neurogate.neurons.distributions import Constant, FromFile, Normal, Uniform
from tests.tolerances import TOLERANCE

KIND = st.sampled_from(["fixed_probability", "fixed_in_degree"])


def draw(
    recurrent: Recurrent, n: int = 100, inhibitory: int = 20, seed: int = 0, **others: Any
) -> Connections:
    """Draw connections with a gain and a step of 1 unless told otherwise."""
    others = {"gain": 1.0, "dt_ms": 1.0} | others
    return recurrent.draw(n, inhibitory, rng=np.random.default_rng(seed), **others)


def senders(connections: Connections) -> np.ndarray:
    """Return the neuron that sends, for each synapse."""
    return np.repeat(np.arange(len(connections.indptr) - 1), np.diff(connections.indptr))


@given(kind=KIND, seed=st.integers(0, 1000), n=st.integers(2, 60), inhibitory=st.integers(0, 2))
def test_every_weight_has_the_sign_of_its_sender(kind: str, seed: int, n: int, inhibitory: int) -> None:
    weight = Normal(mean=0.0, sd=1.0)
    c = draw(Recurrent(kind=kind, probability=0.5, in_degree=2, weight=weight), n, inhibitory, seed)
    inhibits = senders(c) >= n - inhibitory
    assert (c.weights[inhibits] < 0).all()
    assert (c.weights[~inhibits] > 0).all()


def test_without_dales_law_weights_keep_their_sign_and_size() -> None:
    c = draw(Recurrent(dale=False, weight=Normal(mean=0.0, sd=1.0), probability=0.5), n=400)
    inhibits = senders(c) >= 380
    for part in (c.weights[inhibits], c.weights[~inhibits]):
        assert abs(np.mean(part > 0) - 0.5) < 4.5 * 0.5 / np.sqrt(part.size)
        assert abs(part.std() * np.sqrt(0.5 * 400) - 1) < 4.5 / np.sqrt(2 * part.size)


@given(scale=st.just(0.0) | st.floats(1e-3, 10))
def test_inhibitory_weights_are_so_much_stronger(scale: float) -> None:
    c = draw(Recurrent(weight=Constant(value=1.0), inhibitory_scale=scale))
    inhibits = senders(c) >= 80
    one = 1 / np.sqrt(0.1 * 100)
    np.testing.assert_allclose(c.weights[~inhibits], one, rtol=TOLERANCE["arithmetic", "float64"])
    np.testing.assert_allclose(c.weights[inhibits], -scale * one, rtol=TOLERANCE["arithmetic", "float64"])


@given(kind=KIND, probability=st.floats(0, 1), in_degree=st.integers(1, 30), n=st.integers(30, 60))
def test_synapses_are_sorted_by_sender_and_never_repeat(
    kind: str, probability: float, in_degree: int, n: int
) -> None:
    c = draw(Recurrent(kind=kind, probability=probability, in_degree=in_degree), n, n // 5)
    assert (c.indptr.dtype, c.targets.dtype) == (np.int64, np.int32)
    assert c.indptr[0] == 0
    assert c.indptr[-1] == len(c.targets) == len(c.weights)
    pairs = senders(c) * n + c.targets
    assert (np.diff(pairs) > 0).all()
    assert ((c.targets >= 0) & (c.targets < n)).all()


@given(in_degree=st.integers(1, 40), n=st.integers(40, 60))
def test_a_fixed_in_degree_is_exact(in_degree: int, n: int) -> None:
    c = draw(Recurrent(kind="fixed_in_degree", in_degree=in_degree), n, 5)
    assert (np.bincount(c.targets, minlength=n) == in_degree).all()


def test_with_a_fixed_in_degree_every_neuron_sends_to_as_many_on_average() -> None:
    c = draw(Recurrent(kind="fixed_in_degree", in_degree=100), n=1000)
    out = np.diff(c.indptr)
    assert abs(out.std() / np.sqrt(100 * 0.9) - 1) < 4.5 / np.sqrt(2 * 1000)


@pytest.mark.parametrize("probability", [0.02, 0.3, 0.9])
def test_a_fixed_probability_gives_the_expected_in_degree(probability: float) -> None:
    n = 600
    c = draw(Recurrent(probability=probability), n)
    variance = n * probability * (1 - probability)
    for degrees in (np.bincount(c.targets, minlength=n), np.diff(c.indptr)):
        assert abs(degrees.mean() - n * probability) < 4.5 * np.sqrt(variance / n)
        assert abs(degrees.var() / variance - 1) < 4.5 * np.sqrt(2 / n)


@pytest.mark.parametrize("kind", ["fixed_probability", "fixed_in_degree"])
def test_a_neuron_may_send_to_itself(kind: str) -> None:
    assert (c := draw(Recurrent(kind=kind, probability=1.0, in_degree=100))).targets[0] == 0
    assert np.count_nonzero(senders(c) == c.targets) == 100


@pytest.mark.parametrize("kind", ["fixed_probability", "fixed_in_degree"])
def test_summed_inputs_have_the_variance_of_the_gain(kind: str) -> None:
    recurrent = Recurrent(
        kind=kind, probability=0.2, in_degree=200, dale=False, weight=Normal(mean=0.0, sd=1.0)
    )
    variance = (draw(recurrent, n=1000, gain=1.7).dense() ** 2).sum(axis=1).mean()
    assert variance == pytest.approx(1.7**2, rel=4.5 * np.sqrt(2 / 200_000) + 4.5 / np.sqrt(200_000))


@settings(max_examples=20)
@given(gain=st.just(0.0) | st.floats(1e-3, 5), scaling=st.sampled_from(["gain", "spectral_radius"]))
def test_weights_are_proportional_to_the_gain(gain: float, scaling: str) -> None:
    one, other = (draw(Recurrent(scaling=scaling), gain=g) for g in (1.0, gain))
    np.testing.assert_array_equal(other.targets, one.targets)
    np.testing.assert_allclose(other.weights, gain * one.weights, rtol=TOLERANCE["arithmetic", "float64"])


@pytest.mark.parametrize("n", [10, 49, 50, 120])
@pytest.mark.parametrize("dale", [True, False])
@pytest.mark.parametrize("kind", ["fixed_probability", "fixed_in_degree"])
def test_the_spectral_radius_is_reached(n: int, dale: bool, kind: str) -> None:
    recurrent = Recurrent(
        kind=kind,
        probability=0.3,
        in_degree=5,
        dale=dale,
        weight=Normal(mean=0.0, sd=1.0),
        scaling="spectral_radius",
    )
    matrix = draw(recurrent, n, n // 5, gain=0.9).dense()
    radius = np.abs(np.linalg.eigvals(matrix)).max()
    assert radius == pytest.approx(0.9, rel=TOLERANCE["spectral radius", "float64"])


def test_the_spectral_radius_is_found_the_same_each_time() -> None:
    recurrent = Recurrent(scaling="spectral_radius", dale=False, weight=Normal(mean=0.0, sd=1.0))
    first, again = (draw(recurrent, n=200).weights for _ in range(2))
    assert first.tobytes() == again.tobytes()


@pytest.mark.parametrize("n", [20, 100])
@pytest.mark.parametrize("scaling", ["gain", "spectral_radius"])
def test_a_network_without_weight_stays_without(n: int, scaling: str) -> None:
    assert not draw(Recurrent(weight=Constant(value=0.0), scaling=scaling), n, n // 5).weights.any()
    assert draw(Recurrent(probability=0.0, scaling=scaling), n, n // 5).weights.shape == (0,)


def test_the_dense_matrix_has_receivers_in_rows() -> None:
    c = Connections(
        np.array([0, 2, 3]), np.array([0, 1, 0], np.int32), np.array([1.0, 2.0, 3.0]), np.zeros(0, np.int32)
    )
    assert c.dense().tolist() == [[1, 3], [2, 0]]


def test_a_delay_that_cannot_be_counted_is_refused() -> None:
    with pytest.raises(
        RequestError, match=r"delay_ms gives 3e\+09 ms; it must be at most 2147483647 steps of 1 ms"
    ):
        draw(Recurrent(delay_ms=Constant(value=3e9)), dt_ms=1.0)


@pytest.mark.parametrize(("delay_ms", "dt_ms", "steps"), [(5.0, 1.0, 5), (5.0, 0.1, 50), (0.3, 0.1, 3)])
def test_delays_are_whole_steps(delay_ms: float, dt_ms: float, steps: int) -> None:
    c = draw(Recurrent(delay_ms=Constant(value=delay_ms)), dt_ms=dt_ms)
    assert c.delays.dtype == np.int32
    assert c.delays.shape == c.targets.shape
    assert (c.delays == steps).all()


@pytest.mark.parametrize("delay_ms", [0.0, 0.4, 1.0, 1.4])
def test_delays_of_at_most_one_step_are_left_out(delay_ms: float) -> None:
    assert draw(Recurrent(delay_ms=Constant(value=delay_ms))).delays.size == 0


def test_delays_are_rounded_and_never_below_one_step() -> None:
    delays = draw(Recurrent(delay_ms=Uniform(low=0.0, high=4.0), probability=1.0), n=200).delays
    shares = np.bincount(delays) / len(delays)
    np.testing.assert_allclose(shares, [0, 0.375, 0.25, 0.25, 0.125], atol=4.5 * 0.5 / np.sqrt(len(delays)))


def test_changing_the_delays_leaves_the_connections() -> None:
    plain, late = (draw(Recurrent(delay_ms=d)) for d in (Constant(value=0.0), Uniform(low=1.0, high=9.0)))
    np.testing.assert_array_equal(late.targets, plain.targets)
    np.testing.assert_array_equal(late.weights, plain.weights)


def test_weights_may_come_from_a_file(tmp_path: Any) -> None:
    values = np.random.default_rng(0).random(30)
    np.save(tmp_path / "weights.npy", values)
    recurrent = Recurrent(
        kind="fixed_in_degree", in_degree=3, dale=False, weight=FromFile(path=str(tmp_path / "weights.npy"))
    )
    c = draw(recurrent, n=10, inhibitory=2)
    np.testing.assert_allclose(c.weights, values / np.sqrt(3), rtol=TOLERANCE["arithmetic", "float64"])
    with pytest.raises(RequestError, match="holds 30 numbers, but 33"):
        draw(recurrent, n=11, inhibitory=2)


def test_more_inputs_than_neurons_are_refused() -> None:
    with pytest.raises(RequestError) as caught:
        draw(Recurrent(kind="fixed_in_degree", in_degree=101))
    assert str(caught.value) == (
        "reservoir.recurrent.in_degree is 101; it must be at most the number of neurons, 100."
    )


def test_a_network_without_loops_has_no_spectral_radius_to_scale_by() -> None:
    with pytest.raises(RequestError, match="hardly hold a loop"):
        draw(Recurrent(scaling="spectral_radius", probability=0.012), n=60, seed=3)
