"""The CUDA backend on a GPU: few steps number by number; whole runs, which are chaotic, by statistics.

Each test runs on the host's CPU too, where there is less of everything, so that it works when a GPU comes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from neurogate.backends import cuda, numpy_reference, registry
from neurogate.backends.cuda import device as devices
from neurogate.backends.cuda import reservoir as cuda_reservoir
from tests.backends import cases
from tests.backends.cases import FULL, Kind
from tests.backends.cuda.shim import Shim
from tests.tolerances import TOLERANCE

ROW = next(row for row in registry.describe() if row.name == "cuda")
MODELS = ("izhikevich_2003", "izhikevich_2007")
TYPES = ("float64", "float32")


class Place(NamedTuple):
    """How much a test asks of where it runs."""

    states: int  # replicas of a hundred neurons, for one step
    n: int  # neurons of a whole run
    steps: int


PLACES = {"host": Place(20, 40, 120), "gpu": Place(10_000, 300, 400)}


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Place:
    if request.param == "host":
        shim = Shim(request.getfixturevalue("library"))
        monkeypatch.setattr(devices, "current", lambda: shim)
    elif not ROW.available:
        pytest.skip(f"The cuda backend cannot run here: {ROW.reason}.")
    return PLACES[request.param]


@pytest.fixture(params=["blocks", "grid"])
def _spread(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one block or all work on a replica."""
    monkeypatch.setattr(cuda_reservoir, "_LARGE", 1 if request.param == "grid" else 10**9)


spread = pytest.mark.usefixtures("_spread")


def _assert_near(mine: np.ndarray, theirs: np.ndarray, operation: str) -> None:
    assert (mine.dtype, mine.shape) == (theirs.dtype, theirs.shape)
    most = TOLERANCE[operation, theirs.dtype.name] * np.abs(theirs).max(initial=0.0)
    np.testing.assert_allclose(mine, theirs, rtol=0, atol=most)


def _both(case: cases.Case, steps: int) -> list[cases.Outcome]:
    inputs = cases.pulses(case, steps)
    return [cases.run(backend, case, inputs) for backend in (cuda, numpy_reference)]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("model", MODELS)
def test_one_step_from_a_million_states(
    model: str, dtype: str, place: Place, rng: np.random.Generator
) -> None:
    case = cases.repeated(cases.make(FULL._replace(model=model, dtype=dtype), 1, 100), place.states)
    drawn = {
        "values": rng.normal(-50, 20, case.state.values.shape).astype(dtype),
        "pending": rng.normal(0, 1, case.state.pending.shape).astype(dtype),
        "short_term": rng.random(case.state.short_term.shape).astype(dtype),
    }
    mine, theirs = _both(case._replace(state=case.state._replace(**drawn)), 1)
    assert theirs.records["spikes"].any()
    np.testing.assert_array_equal(mine.records["spikes"], theirs.records["spikes"])
    for k in range(case.state.values.shape[1]):
        _assert_near(mine.state.values[:, k], theirs.state.values[:, k], "steps")
    for name in ("pending", "feedback", "short_term"):
        assert getattr(theirs.state, name).any()
        _assert_near(getattr(mine.state, name), getattr(theirs.state, name), "steps")


@spread
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("lesson", ["delta", "least_squares"])
def test_recordings_of_the_first_steps_are_those_of_the_reference(
    lesson: str, dtype: str, place: Place
) -> None:
    case = cases.make(FULL._replace(lesson=lesson, dtype=dtype), 2, place.n)
    mine, theirs = _both(case, 20)
    assert mine.records.keys() == theirs.records.keys()
    np.testing.assert_array_equal(mine.records["spikes"], theirs.records["spikes"])
    for name, record in theirs.records.items():
        assert record.any()
        _assert_near(mine.records[name], record, "steps")
    for name in ("readout_weights", "inverse"):
        _assert_near(getattr(mine.state, name), getattr(theirs.state, name), "steps")


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("readout", "steps"),
        ("normalised_delta", "steps"),
        ("recursive_least_squares", "least squares"),
        ("high_pass", "steps"),
    ],
)
def test_functions_of_samples_give_the_numbers_of_the_reference(
    name: str, operation: str, dtype: str, place: Place, rng: np.random.Generator
) -> None:
    arguments = cases.of_samples(rng, place.n, dtype)[name]
    found = (cases.called(backend, name, arguments) for backend in (cuda, numpy_reference))
    for mine, theirs in zip(*found, strict=True):
        _assert_near(mine, theirs, operation)


def test_tiny_numbers_are_kept_as_on_a_cpu(place: Place) -> None:
    case = cases.make(Kind(dtype="float32"), 1, place.n)
    case.state.values[:, 2] = 1e-40
    mine, theirs = (outcome.state.values[:, 2] for outcome in _both(case, 1))
    assert (theirs > 0).any()
    cases.assert_same_bits(mine, theirs)


@spread
@pytest.mark.parametrize("lesson", ["", "delta", "least_squares"])
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("model", MODELS)
def test_whole_runs_fire_alike(model: str, dtype: str, lesson: str, place: Place) -> None:
    case = cases.make(FULL._replace(model=model, dtype=dtype, lesson=lesson), 4, place.n)
    mine, theirs = _both(case, place.steps)
    assert (mine.status.code == -1).all()
    expected = theirs.records["spikes"].mean()
    assert expected > 0
    assert abs(mine.records["spikes"].mean() - expected) < 0.02 * expected


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("together", [False, True], ids=["blocks", "grid"])
def test_a_replica_has_the_same_bits_alone_and_in_a_batch(
    together: bool, dtype: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = cases.make(FULL._replace(lesson="least_squares", dtype=dtype), 3, place.n)
    inputs = cases.pulses(case, place.steps)
    batch = cases.run(cuda, case, inputs)
    monkeypatch.setattr(cuda_reservoir, "_LARGE", 1 if together else 10**9)
    alone = cases.run(cuda, cases.alone(case, 1), inputs[1:2])
    cases.assert_same_state(alone.state, cases.alone(case._replace(state=batch.state), 1).state)
    for name, record in batch.records.items():
        cases.assert_same_bits(alone.records[name], record[1:2])


@spread
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("lesson", ["delta", "least_squares"])
def test_a_run_resumed_has_the_same_bits(lesson: str, dtype: str, place: Place) -> None:
    case = cases.make(FULL._replace(lesson=lesson, dtype=dtype), 2, place.n)
    inputs, half = cases.pulses(case, place.steps), place.steps // 2
    whole = cases.run(cuda, case, inputs)
    begun = cases.run(cuda, case, inputs[:, :half])
    rest = cases.run(cuda, case._replace(state=begun.state), inputs[:, half:])
    cases.assert_same_state(rest.state, whole.state)
