"""The CUDA backend on a CPU: the kernels' own text, run by fibers, gives the reference's bits."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from neurogate.backends import cuda, numpy_reference
from neurogate.backends.cuda import device as devices
from neurogate.backends.cuda import reservoir as cuda_reservoir
from neurogate.backends.cuda.packing import instance
from neurogate.errors import RequestError
from neurogate.network.recording import Recording
from tests.backends import cases
from tests.backends.cases import EVERYTHING, FULL, Kind
from tests.backends.cuda.shim import Shim

KINDS = {
    "plain": Kind(),
    "euler": Kind(scheme="euler"),
    "2007": Kind(model="izhikevich_2007", double_trace=True),
    "2007 euler": Kind(model="izhikevich_2007", scheme="euler", double_synapse=True),
    "uniform": Kind(uniform=True, noise=True),
    "short term": Kind(short_term=True, delays=True),
    "everything": FULL,
    "everything of 2007": FULL._replace(model="izhikevich_2007", double_synapse=False),
    "delta": FULL._replace(lesson="delta"),
    "least squares": FULL._replace(lesson="least_squares", double_trace=True),
}
TYPES = ("float64", "float32")
STEPS = 200


@pytest.fixture(autouse=True)
def shim(library: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> Shim:
    shim = Shim(library)
    monkeypatch.setattr(devices, "current", lambda: shim)
    return shim


@pytest.fixture(params=["block", "block backwards", "grid", "grid backwards"])
def _in_every_order(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, shim: Shim) -> None:
    """Let one block or all work on a replica, and the first or the last thread go first."""
    monkeypatch.setattr(cuda_reservoir, "_LARGE", 1 if "grid" in request.param else 10**9)
    shim.backwards = "backwards" in request.param


in_every_order = pytest.mark.usefixtures("_in_every_order")


def _both(kind: Kind, replicas: int = 1, n: int = 37, **changes: object) -> None:
    case = cases.make(kind, replicas, n)
    inputs = cases.pulses(case, STEPS)
    expected = cases.run(numpy_reference, case, inputs, **changes)
    assert expected.records["spikes"].any()
    cases.assert_same_run(cases.run(cuda, case, inputs, **changes), expected)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_run_has_the_bits_of_the_reference(kind: Kind, dtype: str) -> None:
    _both(kind._replace(dtype=dtype))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_all_blocks_together_give_the_same_bits(
    kind: Kind, dtype: str, monkeypatch: pytest.MonkeyPatch, shim: Shim
) -> None:
    monkeypatch.setattr(cuda_reservoir, "_LARGE", 1)
    _both(kind._replace(dtype=dtype), replicas=2, n=70)
    assert shim.launched == [instance("reservoir_grid", dtype)] * 2


@in_every_order
@pytest.mark.parametrize("record", [EVERYTHING, EVERYTHING[:1]], ids=["everything", "spikes"])
@pytest.mark.parametrize("lesson", ["", "delta", "least_squares"])
def test_which_thread_comes_first_does_not_matter(lesson: str, record: tuple[Recording, ...]) -> None:
    _both(FULL._replace(lesson=lesson), n=70, record=record)


@pytest.mark.parametrize("lesson", ["delta", "least_squares"])
def test_a_state_that_does_not_fit_into_shared_memory_gives_the_same_bits(lesson: str, shim: Shim) -> None:
    shim.shared_bytes = 6000
    _both(FULL._replace(lesson=lesson), n=70)


@pytest.mark.parametrize("lesson", ["delta", "least_squares"])
def test_more_neurons_than_threads(lesson: str) -> None:
    _both(FULL._replace(lesson=lesson), n=150)


@pytest.mark.parametrize("changes", [{"divided": False}, {"leak": 0.0}, {"forgetting": 1.0}])
def test_forms_of_least_squares(changes: dict[str, object]) -> None:
    _both(FULL._replace(lesson="least_squares"), **changes)


def test_a_delta_rule_without_an_error_gate() -> None:
    _both(FULL._replace(lesson="delta"), saturation=0.0)


def test_a_replica_has_the_same_bits_alone_and_in_a_batch() -> None:
    case = cases.make(FULL._replace(lesson="least_squares"), 3)
    inputs = cases.pulses(case, STEPS)
    batch = cases.run(cuda, case, inputs)
    alone = cases.run(cuda, cases.alone(case, 1), inputs[1:2])
    cases.assert_same_bits(alone.state.values, batch.state.values[1:2])
    cases.assert_same_bits(alone.state.inverse, batch.state.inverse[1:2])
    cases.assert_same_bits(alone.records["v"], batch.records["v"][1:2])


@in_every_order
def test_a_run_resumed_has_the_same_bits() -> None:
    case = cases.make(FULL._replace(lesson="least_squares"), 2, 70)
    inputs, half = cases.pulses(case, STEPS), STEPS // 2
    whole = cases.run(cuda, case, inputs)
    begun = cases.run(cuda, case, inputs[:, :half])
    rest = cases.run(cuda, case._replace(state=begun.state), inputs[:, half:])
    cases.assert_same_state(rest.state, whole.state)


@in_every_order
def test_a_replica_that_diverges_is_stopped_where_the_reference_stops() -> None:
    case = cases.make(FULL, 3, 70)
    case.state.values[1, 2, 65] = np.inf
    inputs = cases.pulses(case, STEPS)
    with np.errstate(all="ignore"):
        expected = cases.run(numpy_reference, case, inputs)
    found = cases.run(cuda, case, inputs)
    for mine, theirs in zip(found.status, expected.status, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(found.state.values, expected.state.values)


def test_no_steps_change_nothing() -> None:
    case = cases.make(FULL)
    cases.assert_same_state(cases.run(cuda, case, cases.pulses(case, 0), record=()).state, case.state)


@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("n", [1, 33, 70])
def test_learning_from_samples_has_the_bits_of_the_reference(
    n: int, dtype: str, backwards: bool, rng: np.random.Generator, shim: Shim
) -> None:
    shim.backwards = backwards
    for name, arguments in cases.of_samples(rng, n, dtype).items():
        found = (cases.called(backend, name, arguments) for backend in (cuda, numpy_reference))
        for mine, theirs in zip(*found, strict=True):
            cases.assert_same_bits(mine, theirs)


def test_a_batch_too_small_to_pay_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    cuda_reservoir._warn_if_small.cache_clear()
    case = cases.make(Kind(), 2)
    for _ in range(2):
        cases.run(cuda, case, cases.pulses(case, 2), record=())
    (message,) = caplog.messages
    assert message.startswith("A batch of 2 x 37 neurons hardly pays on a GPU, which wants 16384 or more")


@pytest.mark.parametrize(
    ("replicas", "n", "pays"),
    [
        (64, 16, False),
        (64, 300, True),
        (6, 4000, False),
        (7, 4000, True),
        (1, 16384, True),
        (1, 16000, False),
    ],
)
def test_a_batch_pays_if_it_is_large_and_fills_the_gpu(
    replicas: int, n: int, pays: bool, caplog: pytest.LogCaptureFixture
) -> None:
    cuda_reservoir._warn_if_small.cache_clear()
    cuda_reservoir._warn_if_small(replicas, n, 108)
    assert (caplog.messages == []) == pays


def test_a_network_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda_reservoir, "_MOST", 36)
    case = cases.make(Kind())
    with pytest.raises(RequestError, match="37 neurons is too large for a GPU; at most 36"):
        cases.run(cuda, case, cases.pulses(case, 2))
