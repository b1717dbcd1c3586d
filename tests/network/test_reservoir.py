"""A reservoir: advanced, resumed, the same on every backend; a replica depends on its own seed only."""

from __future__ import annotations

import itertools

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.errors import Outcome, RequestError, RunDiverged
from neurogate.network.cells import Cells
from neurogate.network.filters import Synapse, Trace
from neurogate.network.inputs import Inputs
from neurogate.network.recording import Recording
from neurogate.network.recurrent import Recurrent
from neurogate.network.reservoir import Reservoir
from neurogate.network.specification import ReservoirSpec
from neurogate.neurons.distributions import Constant, Uniform
from neurogate.plasticity.online import OnlineLeastSquares
from tests.network.reservoirs import RARELY_LATE, N, built
from tests.tolerances import TOLERANCE

SPIKES = [Recording(variable="spikes")]
ALL = [*SPIKES, Recording(variable="v"), Recording(variable="synaptic_current"), Recording(variable="trace")]


def advanced(reservoir: Reservoir, steps: int = 300) -> dict[str, np.ndarray]:
    """Return the records of a run with a pulse in the first channel."""
    batch, _, channels = reservoir.shape
    inputs = np.zeros((batch, steps, channels))
    inputs[:, 50:150, :1] = 1
    return dict(reservoir.run(reservoir.initial_state(), inputs, ALL)[1])


def assert_equal(actual: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    for name, record in expected.items():
        np.testing.assert_array_equal(actual[name], record, strict=True)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_replica_is_the_same_alone_in_a_batch_and_on_any_number_of_threads(dtype: str) -> None:
    together = advanced(built(RARELY_LATE, tuple(range(12)), dtype=dtype))
    assert_equal(advanced(built(RARELY_LATE, tuple(range(12)), dtype=dtype, threads=3)), together)
    for b in range(12):
        alone = advanced(built(RARELY_LATE, (b,), dtype=dtype))
        assert_equal(alone, {name: record[b : b + 1] for name, record in together.items()})


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_backends_agree_bit_for_bit(dtype: str) -> None:
    ours, theirs = (
        advanced(built(RARELY_LATE, dtype=dtype, backend=backend)) for backend in ("numba", "numpy")
    )
    assert theirs["spikes"].sum() > 50
    assert_equal(ours, theirs)


def test_the_order_of_seeds_is_the_order_of_replicas() -> None:
    forwards, backwards = (advanced(built(seeds=seeds)) for seeds in ((5, 9), (9, 5)))
    assert_equal({name: record[::-1] for name, record in backwards.items()}, forwards)


def test_a_seed_of_no_neighbour_matters() -> None:
    one, other = (advanced(built(seeds=(3, seed))) for seed in (4, 5))
    for name in one:
        np.testing.assert_array_equal(one[name][0], other[name][0])
    assert (one["v"][1] != other["v"][1]).any()


@pytest.mark.parametrize("kind", ["exponential", "double_exponential"])
@pytest.mark.parametrize("dt_ms", [1.0, 0.25])
def test_every_recurrent_spike_brings_its_charge(kind: str, dt_ms: float) -> None:
    """Whatever the time constants: the current summed over time is charge x weight x spikes."""
    spec = ReservoirSpec(
        n=N,
        dt_ms=dt_ms,
        gain=0.2,
        cells=Cells(inhibitory_fraction=0.0),
        recurrent=Recurrent(weight=Constant(value=1.0), probability=0.3),
        synapse=Synapse(
            kind=kind, tau_ms=Uniform(low=2.0, high=20.0), rise_ms=Constant(value=3.0), charge=12.0
        ),
        trace=Trace(kind=kind, tau_ms=Uniform(low=5.0, high=20.0)),
        inputs=Inputs(weight=Uniform(low=0, high=20), noise_sd=Constant(value=0.0)),
    )
    reservoir = built(spec)
    steps, awake = round(1500 / dt_ms), round(200 / dt_ms)
    inputs = np.full((2, steps, 1), -1.0)  # silence, so that every current dies away
    inputs[:, :awake] = 1
    arrays = reservoir.arrays._replace(bias=np.zeros((2, N)))
    reservoir = attrs.evolve(reservoir, arrays=arrays)
    records = reservoir.run(reservoir.initial_state(), inputs, ALL)[1]
    counts = records["spikes"].sum(axis=1)
    assert counts.sum() > 50
    for b in range(2):
        connected = np.zeros((N, N))
        senders = np.repeat(np.arange(N), np.diff(arrays.indptr[b]))
        connected[arrays.targets[b, : len(senders)], senders] = 1
        charge = 12.0 * 0.2 / np.sqrt(0.3 * N) * connected @ counts[b]
        current = records["synaptic_current"][b].sum(axis=0) * dt_ms
        np.testing.assert_allclose(current, charge, rtol=TOLERANCE["filter", "float64"])
    area = records["trace"].sum(axis=1) * dt_ms / 1000
    np.testing.assert_allclose(area, counts, rtol=TOLERANCE["filter", "float64"])


def test_without_gain_neurons_do_not_hear_each_other() -> None:
    spec = ReservoirSpec(n=N, gain=0.0, inputs=Inputs(noise_sd=Constant(value=0.0)))
    assert not advanced(built(spec))["synaptic_current"].any()


@settings(max_examples=25)
@given(cuts=st.sets(st.integers(1, 119), max_size=5))
def test_a_run_in_pieces_is_the_whole_run(cuts: set[int]) -> None:
    reservoir = built(RARELY_LATE)
    inputs = np.random.default_rng(0).random((2, 120, 1))
    end, whole = reservoir.run(reservoir.initial_state(), inputs, ALL)
    state, pieces = reservoir.initial_state(), []
    for first, last in itertools.pairwise([0, *sorted(cuts), 120]):
        state, records = reservoir.run(state, inputs[:, first:last], ALL)
        pieces.append(records)
    assert_equal({name: np.concatenate([p[name] for p in pieces], axis=1) for name in whole}, dict(whole))
    for mine, theirs in zip(state, end, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("backend", ["numba", "numpy"])
@pytest.mark.parametrize("bad", [float("nan"), -1e30])
def test_a_lost_number_ends_the_run_within_100_steps_and_is_named(backend: str, bad: float) -> None:
    reservoir = built(seeds=(1, 2, 3), backend=backend)
    state, _ = reservoir.run(reservoir.initial_state(), np.zeros((3, 30, 1)))
    state.values[1, 2, 17] = bad
    with pytest.raises(RunDiverged) as caught:
        reservoir.run(state, np.zeros((3, 200, 1)))
    error = caught.value
    assert (error.replica, error.neuron, error.quantity) == (1, 17, "v_mV")
    assert 30 < error.step <= 80
    assert (
        str(error)
        == f"Replica 1 diverged: v_mV was nan when looked at after step {error.step}, first in neuron 17."
    )
    assert error.exit_code == 1
    assert Outcome.DIVERGED == "diverged"


def test_a_network_that_runs_away_is_noticed_from_the_beginning() -> None:
    spec = ReservoirSpec(n=N, gain=1e6)
    with pytest.raises(RunDiverged) as caught:
        advanced(built(spec), steps=2000)
    assert caught.value.step < 500


def test_the_default_network_runs_without_alarm() -> None:
    spikes = advanced(built(ReservoirSpec(n=200)), steps=5000)["spikes"]
    assert 2 < spikes.mean() * 1000 < 40


@pytest.mark.parametrize("shape", [(2, 10), (1, 10, 1), (2, 10, 2)])
def test_inputs_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    reservoir = built()
    with pytest.raises(ValueError) as caught:
        reservoir.run(reservoir.initial_state(), np.zeros(shape))
    assert str(caught.value) == f"inputs has shape {shape}; it must be (2, steps, 1)."


def test_a_call_reaches_the_chosen_backend_with_its_threads() -> None:
    for backend in ("numpy", "numba"):
        readout = built(backend=backend, threads=2).call("readout")
        assert readout(np.ones((2, 1, 3)), np.ones((2, 4, 3))).tolist() == [[[3.0]] * 4] * 2


def test_the_rise_of_a_double_exponential_filter_can_be_recorded() -> None:
    spec = ReservoirSpec(n=20, trace=Trace(kind="double_exponential"))
    reservoir = Reservoir.build(spec, [1], channels=1, backend="numpy")
    state, records = reservoir.run(
        reservoir.initial_state(), np.ones((1, 60, 1)), [Recording(variable="trace_rise", stride=60)]
    )
    assert records["trace_rise"].any()
    np.testing.assert_array_equal(records["trace_rise"][0, 0], state.values[0, 5])


def test_a_lesson_or_a_state_that_does_not_fit_is_refused() -> None:
    reservoir = Reservoir.build(ReservoirSpec(n=20), [1], 0, readouts=1, backend="numba")
    state, inputs = reservoir.initial_state(), np.zeros((1, 20, 0))
    rule = OnlineLeastSquares(start_ms=0.0, stop_ms=20.0, every_ms=1.0)
    with pytest.raises(RequestError, match="targets has shape"):
        reservoir.run(rule.begun(state), inputs, (), rule.lesson(1.0, np.ones((1, 5, 1))))
    with pytest.raises(RequestError, match="needs P"):
        reservoir.run(state, inputs, (), rule.lesson(1.0, np.ones((1, 20, 1))))
    with pytest.raises(RequestError, match="The state's values"):
        reservoir.run(state._replace(values=state.values[..., :4]), inputs)


def test_spikes_of_a_neuron_that_is_named_twice_are_counted_twice() -> None:
    twice = [Recording(variable="spikes", stride=200, neurons=(0, 0, 2, 0, 2))]
    counts = []
    for backend in ("numpy", "numba"):
        reservoir = Reservoir.build(ReservoirSpec(n=5), [1], 1, backend=backend)
        _, records = reservoir.run(reservoir.initial_state(), np.ones((1, 200, 1)), twice)
        counts.append(records["spikes"][0, 0].tolist())
    assert counts[0] == counts[1]
    assert counts[0][0] == counts[0][1] == counts[0][3]
    assert counts[0][2] == counts[0][4]
