"""The class that speaks with CuPy, over a fake of it: the whole way from a network to the GPU and back."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs
import numpy as np
import pytest

from neurogate.backends import registry
from neurogate.backends.cuda import device as devices
from neurogate.backends.cuda import reservoir as cuda_reservoir
from neurogate.backends.cuda.sources import OPTIONS
from neurogate.backends.layout import StateArrays
from neurogate.bench import engine
from neurogate.bench.machine import machine
from neurogate.bench.workloads import WORKLOADS
from neurogate.cli import main
from neurogate.config import WaveformSimulation, load, shipped
from neurogate.config.build import session
from neurogate.errors import RequestError, RunError
from neurogate.network.inputs import Inputs
from neurogate.network.recording import Recording
from neurogate.network.reservoir import Reservoir
from neurogate.network.specification import ReservoirSpec
from neurogate.neurons.distributions import Constant
from tests.backends import cases
from tests.backends.cuda import fake_cupy
from tests.backends.cuda.fake_cupy import CompileException, CUDADriverError, CUDARuntimeError, FakeGpu

SPEC = ReservoirSpec(n=40, inputs=Inputs(noise_sd=Constant(value=1.0), poisson_rate_hz=5.0))
RECORD = (Recording(variable="spikes"), Recording(variable="v", stride=4))
LOST = CUDARuntimeError("cudaErrorLaunchFailure: unspecified launch failure")
OLD = CUDARuntimeError("cudaErrorInsufficientDriver: CUDA driver version is insufficient")
SIGNAL = ["reservoir.n=20", "task.piece_ms=20", "rule.start_ms=20", "rule.stop_ms=40", "task.duration_ms=60"]
TRIALS = ["reservoir.n=20", "task.settling=1", "task.habituation=1", "probes.per_cue=1", "probes.every=1"]
WHOLE = ("what_when", "nc_sine")  # these run to their end, all others for a few trials or pieces
SPIKING = [name for name in shipped.names() if isinstance(load(name).reservoir, ReservoirSpec)]
Captured = pytest.CaptureFixture[str]
Run = tuple[StateArrays, Mapping[str, np.ndarray]]


@pytest.fixture(autouse=True)
def gpu(library: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGpu]:
    gpu = FakeGpu(library)
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy.module(gpu))
    monkeypatch.setattr(registry, "_without_gpu", lambda: None)
    devices._gpu.cache_clear()
    yield gpu
    devices._gpu.cache_clear()


def _reservoir(backend: str = "cuda", dtype: str = "float32", replicas: int = 2) -> Reservoir:
    return Reservoir.build(SPEC, range(replicas), channels=1, backend=backend, dtype=dtype)


def _run(reservoir: Reservoir, state: StateArrays | None = None) -> Run:
    inputs = np.ones((reservoir.shape[0], 100, 1))
    return reservoir.run(state or reservoir.initial_state(), inputs, RECORD)


def _assert_same(mine: Run, theirs: Run) -> None:
    cases.assert_same_state(mine[0], theirs[0])
    for name, record in theirs[1].items():
        cases.assert_same_bits(mine[1][name], record)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("together", [False, True], ids=["blocks", "grid"])
def test_a_network_run_through_cupy_has_the_bits_of_the_reference(
    together: bool, dtype: str, gpu: FakeGpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuda_reservoir, "_LARGE", 1 if together else 10**9)
    expected = _run(_reservoir("numpy", dtype))
    assert expected[1]["spikes"].any()
    _assert_same(_run(_reservoir("cuda", dtype)), expected)
    assert gpu.together == ([True] * 2 if together else [False])
    assert gpu.used == 0


def test_the_gpu_to_use_is_the_current_one(gpu: FakeGpu) -> None:
    first = devices.current()
    gpu.number = 1
    second = devices.current()
    assert second is not first
    assert second is devices.current()
    gpu.number = 0
    assert first is devices.current()


def test_a_kernel_is_compiled_once_and_with_our_options_alone(gpu: FakeGpu) -> None:
    for _ in range(2):
        _run(_reservoir())
    assert gpu.compiled == [("reservoir.cu", OPTIONS)]


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        ("Device", OLD, r"CuPy cannot use a GPU here \(cudaErrorInsufficientDriver.*insufficient\)\. Update"),
        ("empty", LOST, r"The GPU stopped with cudaErrorLaunchFailure.*is as it was\. Start again, or use n"),
        ("compile", RuntimeError("no libnvrtc"), r"The GPU stopped with no libnvrtc;"),
        (
            "compile",
            CompileException("k.cu(1): error: x\n1 error"),
            r"float> cannot be.*\(k.cu\(1\): error: x\)",
        ),
        ("launch", CUDADriverError("CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES: x"), r"The GPU stopped with CUDA_E"),
        ("synchronize", LOST, r"The GPU stopped with cudaErrorLaunchFailure: unspecified launch failure;"),
        ("asnumpy", LOST, r"The GPU stopped with cudaErrorLaunchFailure"),
    ],
    ids=["driver", "upload", "no compiler", "compilation", "launch", "device lost", "download"],
)
def test_a_failure_is_one_sentence_and_the_state_stays_as_it_was(
    call: str, error: Exception, sentence: str, gpu: FakeGpu
) -> None:
    reservoir = _reservoir()
    state = reservoir.initial_state()
    before = StateArrays(*(array.copy() for array in state[:-1]), step=state.step)
    gpu.fail[call] = error
    with pytest.raises(RunError, match=sentence) as caught:
        _run(reservoir, state)
    assert "\n" not in str(caught.value)
    cases.assert_same_state(state, before)
    gpu.fail.clear()
    _assert_same(_run(reservoir, state), _run(_reservoir("numpy")))


def test_cupy_that_cannot_be_imported_is_said_with_its_own_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(RunError, match=r"^CuPy cannot use a GPU here \(import of cupy halted"):
        devices.current()


@pytest.mark.parametrize(("memory", "used"), [(200_000, 0), (300_000, 100_000)], ids=["in all", "free"])
def test_a_run_too_large_for_the_memory_names_the_bytes_and_a_smaller_one_works(
    memory: int, used: int, gpu: FakeGpu
) -> None:
    gpu.memory, gpu.used = memory, used
    with pytest.raises(
        RunError, match=r"^The run needs 0\.\d MB of the GPU's 0\.\d MB, and 0\.2 MB are free"
    ) as caught:
        _run(_reservoir(replicas=8))
    assert "Run fewer replicas" in str(caught.value)
    assert gpu.used == used
    _run(_reservoir(replicas=2))


def test_a_failure_on_the_command_line_is_one_sentence_and_exit_code_1(
    gpu: FakeGpu, tmp_path: Path, capsys: Captured
) -> None:
    gpu.fail["synchronize"] = LOST
    command = ["run", "what_when", "--backend", "cuda", "--quick", "--out", str(tmp_path)]
    assert main([*command, "--set", "reservoir.n=20"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[-1].startswith("The GPU stopped with cudaErrorLaunchFailure")
    assert not [line for line in said if "Traceback" in line]


def small(name: str) -> list[str]:
    """Return changes that make a shipped simulation one of a moment."""
    simulation = load(name)
    if isinstance(simulation, WaveformSimulation):
        return SIGNAL
    return TRIALS + [f"task.blocks.{k}.trials=2" for k in range(len(simulation.task.blocks))]


@pytest.mark.parametrize("name", SPIKING)
def test_a_shipped_simulation_has_the_bits_of_another_backend(name: str, gpu: FakeGpu) -> None:
    changes = [*small(name), "run.dtype=float64"]
    arrays = {}
    for backend in ("cuda", "numba"):
        course = session(load(name, [*changes, f"run.backend={backend}"], quick=True))
        while not course.done and (name in WHOLE or course.position < 4):
            course.advance()
        arrays[backend] = course.state()
    assert gpu.compiled
    assert arrays["cuda"].keys() == arrays["numba"].keys()
    for key, array in arrays["numba"].items():
        cases.assert_same_bits(arrays["cuda"][key], array)


@pytest.mark.parametrize("name", sorted(set(shipped.names()) - set(SPIKING)))
def test_a_reservoir_without_spikes_is_refused(name: str, gpu: FakeGpu) -> None:
    with pytest.raises(RequestError, match=r"run.backend is 'cuda', which simulates spiking networks only"):
        session(load(name, ["run.backend=cuda", "reservoir.n=20"]))
    assert not gpu.compiled


@pytest.mark.parametrize("name", ["a1000", "b1000", "c1", "d1k", "e64"])
def test_a_workload_of_the_benchmark_fires_as_on_another_backend(name: str, gpu: FakeGpu) -> None:
    full = WORKLOADS[name]
    small = attrs.evolve(full, n=40, steps=round(60 / full.dt_ms), replicas=min(full.replicas, 2))
    mine, theirs = (engine.prepare(small, "float64", backend)()[1] for backend in ("cuda", "numba"))
    assert gpu.compiled
    assert mine == theirs > 0


def test_the_gpu_is_named_beside_its_results() -> None:
    described = machine("neurogate bench --backend cuda", gpu=True)
    assert (described["gpu"], described["multiprocessors"]) == ("Fake GPU", 3)
    assert "gpu" not in machine("neurogate bench")
