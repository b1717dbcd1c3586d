"""The CUDA backend on a GPU: one step from many states; whole runs, which are chaotic, by statistics."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.backends import cuda, numpy_reference, registry
from neurogate.backends.cuda import reservoir as cuda_reservoir
from tests.backends import cases
from tests.backends.cases import FULL, Kind
from tests.tolerances import TOLERANCE

ROW = next(row for row in registry.describe() if row.name == "cuda")
pytestmark = pytest.mark.skipif(not ROW.available, reason=f"The cuda backend cannot run here: {ROW.reason}.")
MODELS = ("izhikevich_2003", "izhikevich_2007")


@pytest.mark.parametrize("model", MODELS)
def test_one_step_from_a_million_states(model: str, rng: np.random.Generator) -> None:
    replicas, n = 1000, 1000
    case = cases.make(Kind(model=model, noise=True), 1, n)
    state = case.state._replace(values=rng.normal(-50, 20, (replicas, 6, n)))
    state = state._replace(
        **{name: np.repeat(getattr(state, name), replicas, 0) for name in ("pending", "feedback")},
        **{name: np.repeat(getattr(state, name), replicas, 0) for name in ("readout_weights", "inverse")},
    )
    network = type(case.network)(*(np.repeat(array, replicas, 0) for array in case.network))
    case = case._replace(network=network, state=state)
    inputs = cases.pulses(case, 1)
    mine, theirs = (cases.run(backend, case, inputs) for backend in (cuda, numpy_reference))
    np.testing.assert_array_equal(mine.records["spikes"], theirs.records["spikes"])
    np.testing.assert_allclose(mine.state.values, theirs.state.values, rtol=TOLERANCE["filter", "float64"])


def test_tiny_numbers_are_kept_as_on_a_cpu() -> None:
    case = cases.make(Kind(dtype="float32"), 1, 300)
    case.state.values[:, 2] = 1e-40
    inputs = cases.pulses(case, 1)
    mine, theirs = (
        cases.run(backend, case, inputs).state.values[:, 2] for backend in (cuda, numpy_reference)
    )
    assert (theirs > 0).any()
    cases.assert_same_bits(mine, theirs)


@pytest.mark.parametrize("lesson", ["", "delta", "least_squares"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("together", [False, True], ids=["blocks", "grid"])
@pytest.mark.parametrize("model", MODELS)
def test_whole_runs_fire_alike(
    model: str, together: bool, dtype: str, lesson: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuda_reservoir, "_LARGE", 1 if together else 10**9)
    case = cases.make(FULL._replace(model=model, dtype=dtype, lesson=lesson), 4, 300)
    inputs = cases.pulses(case, 400)
    mine, theirs = (cases.run(backend, case, inputs) for backend in (cuda, numpy_reference))
    assert (mine.status.code == -1).all()
    expected = theirs.records["spikes"].mean()
    assert expected > 0
    assert abs(mine.records["spikes"].mean() - expected) < 0.02 * expected


@pytest.mark.parametrize("together", [False, True], ids=["blocks", "grid"])
def test_a_replica_has_the_same_bits_alone_and_in_a_batch(
    together: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = cases.make(FULL._replace(lesson="least_squares"), 3, 300)
    inputs = cases.pulses(case, 200)
    batch = cases.run(cuda, case, inputs)
    monkeypatch.setattr(cuda_reservoir, "_LARGE", 1 if together else 10**9)
    alone = cases.run(cuda, cases.alone(case, 1), inputs[1:2])
    for name in ("values", "feedback", "readout_weights"):
        cases.assert_same_bits(getattr(alone.state, name), getattr(batch.state, name)[1:2])
