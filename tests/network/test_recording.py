"""Recordings: shapes, memory, and sentences for what cannot be recorded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.backends.layout import RECORDABLE
from neurogate.errors import RequestError
from neurogate.network.recording import Recording, pack_plan, recording_mb, unpack_records
from neurogate.network.reservoir import Reservoir
from neurogate.network.specification import ReservoirSpec

N = 20
RESERVOIR = {
    dtype: Reservoir.build(ReservoirSpec(n=N), [1, 2], channels=1, readouts=N, backend="numba", dtype=dtype)
    for dtype in ("float64", "float32")
}
VARIABLES = sorted(RECORDABLE)


@st.composite
def recordings(draw: st.DrawFn) -> tuple[list[Recording], int]:
    """Draw some recordings, and a number of steps that all strides divide."""
    variables = draw(st.lists(st.sampled_from(VARIABLES), unique=True, min_size=1))
    subset = st.lists(st.integers(0, N - 1), max_size=5).map(tuple)
    record = [
        Recording(variable=v, stride=draw(st.sampled_from([1, 2, 3, 6])), neurons=draw(subset))
        for v in variables
    ]
    return record, 6 * draw(st.integers(0, 5))


@settings(max_examples=60)
@given(case=recordings(), dtype=st.sampled_from(sorted(RESERVOIR)))
def test_the_announced_memory_is_what_the_arrays_take(case: tuple[list[Recording], int], dtype: str) -> None:
    record, steps = case
    reservoir = RESERVOIR[dtype]
    _, records = reservoir.run(reservoir.initial_state(), np.zeros((2, steps, 1)), record)
    for r in record:
        assert records[r.variable].dtype == dtype
        assert records[r.variable].shape == (2, steps // r.stride, len(r.neurons) or N)
    assert (
        recording_mb(record, N, steps, 2, dtype, readouts=N) == sum(a.nbytes for a in records.values()) / 1e6
    )


@given(first=st.integers(0, 50), steps=st.integers(0, 50), stride=st.integers(1, 20))
def test_the_announced_memory_is_never_too_little(first: int, steps: int, stride: int) -> None:
    record = [Recording(variable="v", stride=stride)]
    taken = int(pack_plan(record, N, first, steps).offset[-1])
    announced = round(recording_mb(record, N, steps, 1, "float64") * 1e6 / 8)
    assert announced - taken in (0, N)


def test_a_sample_is_taken_whenever_its_stride_divides_the_steps_done() -> None:
    record = [Recording(variable="v", stride=5)]
    for first in range(12):
        for steps in range(12):
            due = [t for t in range(first, first + steps) if (t + 1) % 5 == 0]
            assert pack_plan(record, N, first, steps).offset.tolist() == [0, N * len(due)]


def test_no_recordings_give_no_records() -> None:
    plan = pack_plan([], N, 0, 10)
    assert plan.offset.tolist() == [0]
    assert unpack_records(plan, [], np.zeros((2, 0))) == {}


def test_neurons_keep_the_order_in_which_they_are_named() -> None:
    reservoir = RESERVOIR["float64"]
    start, inputs = reservoir.initial_state(), np.zeros((2, 6, 1))
    everyone = reservoir.run(start, inputs, [Recording(variable="v")])[1]["v"]
    some = reservoir.run(start, inputs, [Recording(variable="v", neurons=(7, 0, 19))])[1]["v"]
    np.testing.assert_array_equal(some, everyone[..., [7, 0, 19]])


@pytest.mark.parametrize("neuron", [-1, N])
def test_a_neuron_that_does_not_exist_is_named(neuron: int) -> None:
    record = [Recording(variable="u", neurons=(0, neuron))]
    sentence = f"A recording of u asks for neuron {neuron}; neurons are numbered 0 to {N - 1}."
    for ask in (lambda: pack_plan(record, N, 0, 1), lambda: recording_mb(record, N, 1, 1, "float64")):
        with pytest.raises(RequestError) as caught:
            ask()
        assert str(caught.value) == sentence


def test_a_variable_is_recorded_once() -> None:
    record = [Recording(variable="v"), Recording(variable="v", stride=2)]
    with pytest.raises(RequestError, match=r"^v is recorded twice; name each variable once\.$"):
        pack_plan(record, N, 0, 10)


@pytest.mark.parametrize(("first", "steps"), [(3, 10), (0, 7)])
def test_spike_counts_do_not_begin_or_end_between_samples(first: int, steps: int) -> None:
    with pytest.raises(RequestError) as caught:
        pack_plan([Recording(variable="spikes", stride=5)], N, first, steps)
    assert str(caught.value) == (
        f"Spikes are counted every 5 steps, but the run goes from step {first} to {first + steps}; "
        "begin and end it at multiples of 5."
    )


@pytest.mark.parametrize("settings", [{"variable": "w"}, {"variable": "v", "stride": 0}])
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"Recording\.(variable|stride) is "):
        Recording(**settings)
