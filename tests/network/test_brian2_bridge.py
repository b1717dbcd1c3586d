"""The bridge to Brian2: the same network fires the same spikes there for a while, and with noise alike."""

from __future__ import annotations

import warnings
from typing import Any

import attrs
import numpy as np
import pytest

from neurogate.analysis.spikes import isi_cv
from neurogate.errors import RequestError
from neurogate.network.assemble import Filter, assemble
from neurogate.network.brian2_bridge import to_brian2
from neurogate.network.cells import Cells, Population
from neurogate.network.filters import Synapse, Trace
from neurogate.network.inputs import Inputs
from neurogate.network.recording import Recording
from neurogate.network.recurrent import Recurrent
from neurogate.network.reservoir import Reservoir
from neurogate.network.specification import ReservoirSpec
from neurogate.neurons.distributions import Constant, Normal, Uniform

N, STEPS = 100, 150
QUIET = Inputs(noise_sd=Constant(value=0.0))
NINE = Population(preset="nicola_clopath_2017", bias=Normal(mean=2000.0, sd=200.0))
NETWORKS: dict[str, dict[str, Any]] = {
    "default": {},
    "euler": {"cells": Cells(scheme="euler"), "dt_ms": 0.5},
    "unconnected": {"gain": 0.0, "recurrent": Recurrent(probability=0.0)},
    "delays": {"recurrent": Recurrent(delay_ms=Uniform(low=1.0, high=8.0))},
    "double exponential": {
        "synapse": Synapse(kind="double_exponential"),
        "trace": Trace(kind="double_exponential"),
    },
    "nine parameters": {
        "cells": Cells(model="izhikevich_2007", scheme="euler", excitatory=NINE, inhibitory=NINE),
        "synapse": Synapse(charge=3000.0),
        "dt_ms": 0.5,
    },
}


@pytest.fixture
def brian2() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        brian2 = pytest.importorskip("brian2", reason="Brian2 is not installed (extra neurogate[brian])")
    brian2.prefs.codegen.target = "numpy"
    return brian2


def drive(dt_ms: float) -> np.ndarray:
    inputs = np.zeros((STEPS, 2))
    inputs[30:90, 0], inputs[60:120, 1] = 1.0, 0.5
    return inputs


@pytest.mark.parametrize("name", NETWORKS)
def test_spikes_and_traces_are_the_same_over_a_short_window(brian2: Any, name: str) -> None:
    spec = ReservoirSpec(n=N, inputs=QUIET, **NETWORKS[name])
    reservoir = Reservoir.build(spec, [5, 6], channels=2, backend="numpy")
    inputs = drive(spec.dt_ms)
    record = [Recording(variable="spikes"), Recording(variable="trace")]
    _, ours = reservoir.run(reservoir.initial_state(), np.stack([inputs, inputs]), record)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = to_brian2(reservoir, inputs, replica=1)
        neurons = next(item for item in network.objects if isinstance(item, brian2.NeuronGroup))
        spikes = brian2.SpikeMonitor(neurons)
        network.add(spikes)
        network.run(STEPS * neurons.clock.dt)
    steps = np.rint(spikes.t / neurons.clock.dt).astype(int)
    theirs = np.zeros((STEPS, N))
    theirs[steps, np.asarray(spikes.i)] = 1
    assert theirs.sum() > N / 2
    np.testing.assert_array_equal(theirs, ours["spikes"][1])
    np.testing.assert_allclose(np.asarray(neurons.r), ours["trace"][1, -1], rtol=1e-10)


def test_readouts_are_fed_back_there_too(brian2: Any) -> None:
    """The reservoir of Nicola & Clopath 2017 with a fixed readout, from a start of its own."""
    rng = np.random.default_rng(1)
    weights = 5000 * rng.standard_normal((N, N)) * (rng.random((N, N)) < 0.1) / (0.1 * np.sqrt(N))
    reservoir, start = assemble(
        "izhikevich_2007",
        {"C": 250, "k": 2.5, "v_r": -60, "v_t": -20, "v_peak": 30, "a": 0.01, "b": 0, "c": -65, "d": 200},
        weights,
        dt_ms=0.04,
        synapse=Filter(20.0, 2.0, 1 / 40),
        trace=Filter(20.0, 2.0, 1 / 40),
        bias=1000.0,
        feedback_weights=5000 * (2 * rng.random((2, N)) - 1),
        readout_weights=0.1 * rng.standard_normal((2, N)),
        v=-60 + 90 * rng.random(N),
        backend="numpy",
    )
    steps = 1500
    record = [Recording(variable="spikes"), Recording(variable="readout")]
    _, ours = reservoir.run(start, np.zeros((1, steps, 0)), record)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = to_brian2(reservoir, np.zeros((steps, 0)), state=start)
        groups = {item.name.rstrip("_0123456789"): item for item in network.objects}
        spikes = brian2.SpikeMonitor(groups["neurons"])
        network.add(spikes)
        network.run(steps * groups["neurons"].clock.dt)
    theirs = np.zeros((steps, N))
    theirs[np.rint(spikes.t / groups["neurons"].clock.dt).astype(int), np.asarray(spikes.i)] = 1
    assert theirs.sum() > N / 2
    np.testing.assert_array_equal(theirs, ours["spikes"][0])
    np.testing.assert_allclose(np.asarray(groups["readouts"].z), ours["readout"][0, -1], rtol=1e-8)
    assert (np.abs(ours["readout"][0, -1]) > 1e-4).all()


@pytest.mark.parametrize("rise_ms", [None, 2.0], ids=["exponential", "double exponential"])
def test_a_start_in_the_middle_of_a_run_goes_on_as_it_would_have_here(
    brian2: Any, rise_ms: float | None
) -> None:
    """Spikes are on their way, and the readout about to be fed back is of weights that have changed since."""
    rng = np.random.default_rng(2)
    kick = 0.3 if rise_ms is None else 0.1
    reservoir, start = assemble(
        "izhikevich_2003",
        {"a": 0.02, "b": 0.2, "c": -65.0, "d": rng.uniform(2.0, 8.0, N), "v_peak": 30.0},
        10 * rng.standard_normal((N, N)) * (rng.random((N, N)) < 0.1),
        dt_ms=0.5,
        synapse=Filter(5.0, rise_ms, kick),
        trace=Filter(20.0),
        delay_ms=rng.uniform(0.5, 12.0, (N, N)),
        bias=rng.uniform(3.0, 12.0, N),
        feedback_weights=rng.uniform(-2.0, 2.0, (1, N)),
        readout_weights=rng.standard_normal((1, N)),
        backend="numpy",
    )
    warm, _ = reservoir.run(start, np.zeros((1, 205, 0)))
    warm = warm._replace(readout_weights=-2 * warm.readout_weights)
    assert np.count_nonzero(warm.pending) > 100
    record = [Recording(variable="spikes"), Recording(variable="readout"), Recording(variable="v")]
    _, ours = reservoir.run(warm, np.zeros((1, STEPS, 0)), record)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = to_brian2(reservoir, np.zeros((STEPS, 0)), state=warm)
        groups = {item.name.rstrip("_0123456789"): item for item in network.objects}
        course = brian2.StateMonitor(groups["neurons"], "v", record=True, when="end")
        network.add(course)
        network.run(STEPS * groups["neurons"].clock.dt)
    assert ours["spikes"][0].sum() > N
    np.testing.assert_allclose(np.asarray(course.v).T, ours["v"][0], rtol=1e-6)
    np.testing.assert_allclose(np.asarray(groups["readouts"].z), ours["readout"][0, -1], rtol=1e-8)


def rate_and_cv(step: np.ndarray, neuron: np.ndarray, steps: int) -> tuple[float, float]:
    """Return spikes per neuron and second, and the mean CV of the intervals, for steps of 1 ms."""
    return len(step) / N / steps * 1000, float(np.nanmean(isi_cv(step.astype(float), neuron, N)))


def of_brian2(brian2: Any, reservoir: Reservoir, steps: int, seeds: range) -> np.ndarray:
    """Return rate and CV of the same network for each seed of Brian2's noise."""
    network = to_brian2(reservoir, np.zeros((steps, 2)))
    neurons = next(item for item in network.objects if isinstance(item, brian2.NeuronGroup))
    spikes = brian2.SpikeMonitor(neurons)
    network.add(spikes)
    network.store()
    found = []
    for seed in seeds:
        network.restore()
        brian2.seed(seed)
        network.run(steps * neurons.clock.dt)
        found.append(rate_and_cv(np.rint(spikes.t / neurons.clock.dt), np.asarray(spikes.i), steps))
    return np.array(found)


def of_ours(noise_sd: float, steps: int, replicas: int) -> tuple[Reservoir, np.ndarray]:
    """Return one network many times, each with noise of its own, and rate and CV of each."""
    spec = ReservoirSpec(n=N, dt_ms=1.0, inputs=Inputs(noise_sd=Constant(value=noise_sd)))
    reservoir = Reservoir.build(spec, [5] * replicas, channels=2, backend="numba")
    seed = np.arange(replicas, dtype=reservoir.arrays.seed.dtype)
    reservoir = attrs.evolve(reservoir, arrays=reservoir.arrays._replace(seed=seed))
    start, inputs = reservoir.initial_state(), np.zeros((replicas, steps, 2))
    _, records = reservoir.run(start, inputs, [Recording(variable="spikes")])
    return reservoir, np.array([rate_and_cv(*np.nonzero(one), steps) for one in records["spikes"]])


def test_with_noise_rate_and_cv_agree_over_a_long_run(brian2: Any) -> None:
    """Means over seeds lie within 4 standard errors, which our seeds tell; without noise they do not."""
    steps, ours, theirs = 2000, 12, 4
    reservoir, found = of_ours(3.0, steps, ours)
    band = 4 * found.std(0, ddof=1) * np.sqrt(1 / ours + 1 / theirs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = of_brian2(brian2, reservoir, steps, range(theirs)).mean(0)
    assert (np.abs(found.mean(0) - expected) < band).all()
    assert (np.abs(of_ours(0.0, steps, 1)[1][0] - expected) > band).all()


def test_what_the_bridge_cannot_say_is_refused() -> None:
    spec = ReservoirSpec(n=5, inputs=Inputs(poisson_rate_hz=10.0))
    with pytest.raises(RequestError, match="cannot say Poisson input"):
        to_brian2(Reservoir.build(spec, [1], channels=2, backend="numpy"), drive(1.0))
