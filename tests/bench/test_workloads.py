"""The workloads do what they are published to do: counts and rates from the definition, not from us."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from neurogate.bench import engine, numpy_port
from neurogate.bench.workloads import WORKLOADS, Workload, force, pulse, scattered, sweep


def shorter(name: str, steps: int, **changes: int) -> Workload:
    return attrs.evolve(WORKLOADS[name], steps=steps, **changes)


@pytest.mark.parametrize("who", ["engine", "numpy"])
def test_the_first_60_ms_of_a_hold_1249_spikes(who: str) -> None:
    workload = shorter("a1000", 1500)
    run = engine.prepare(workload, "float64", "numba") if who == "engine" else numpy_port.prepare(workload)
    assert round(run()[1] * workload.n * workload.seconds) == 1249


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("a1000", 6.375, 6.385),
        ("a2000", 6.19, 6.205),
        ("b1000", 39.9, 40.7),
        ("c1", 7.2, 7.9),
        ("d1k", 12.8, 13.0),
    ],
)
def test_rates_are_the_published_ones(name: str, low: float, high: float) -> None:
    rate_hz = engine.prepare(WORKLOADS[name], "float64", "numba")()[1]
    assert low < rate_hz < high


def test_engine_and_port_agree_spike_for_spike_while_order_of_sums_does_not_matter() -> None:
    for workload in (shorter("b1000", 1000, n=200), shorter("d1k", 1000, n=200)):
        ours = engine.prepare(workload, "float64", "numba")()[1]
        assert ours == pytest.approx(numpy_port.prepare(workload)()[1], rel=1e-12)
        assert ours > 0


def test_draws_come_in_the_published_order() -> None:
    rng = np.random.default_rng(7)
    mask = rng.random((30, 30)) < 0.1
    weights = 5000 * rng.standard_normal((30, 30)) * mask / (0.1 * np.sqrt(30))
    network = force(30, 7)
    assert np.array_equal(network.weights, weights)
    assert np.array_equal(network.feedback, 5000 * (2 * rng.random(30) - 1))
    rng = np.random.default_rng(2)
    excitatory, inhibitory = rng.random(8), rng.random(2)
    assert np.array_equal(pulse(10).parameters["c"][:8], -65 + 15 * excitatory**2)
    assert np.array_equal(pulse(10).parameters["a"][8:], 0.02 + 0.08 * inhibitory)
    assert np.array_equal(pulse(10).weights[:, :8], 0.5 * rng.random((10, 8)))


def test_replicas_of_the_sweep_differ_in_everything() -> None:
    one, two = sweep(40, 2)
    assert (one.bias, two.bias) == (950, 953)
    assert not np.array_equal(one.feedback, two.feedback)
    assert not np.array_equal(one.weights != 0, two.weights != 0)
    assert not np.array_equal(one.v, two.v)


def test_more_synapses_weigh_as_much_together() -> None:
    few, many = scattered(200, per_neuron=50), scattered(200, per_neuron=400)
    assert np.allclose(few.weights.sum(1)[:160].mean(), many.weights.sum(1)[:160].mean(), rtol=0.03)
