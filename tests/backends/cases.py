"""Small networks with every feature of a reservoir, drawn by hand and not by `neurogate.network`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from neurogate.backends.layout import (
    LESSONS,
    MODELS,
    SCHEMES,
    STATE_ROWS,
    Codes,
    Lesson,
    NetworkArrays,
    StateArrays,
    Status,
)
from neurogate.network.recording import Recording, pack_plan, unpack_records

DT_MS = 0.5
EVERYTHING = (
    Recording(variable="spikes"),
    Recording(variable="v", stride=3),
    Recording(variable="u", stride=7, neurons=(3, 0, 11)),
    Recording(variable="synaptic_current", neurons=(5,)),
    Recording(variable="trace", stride=5),
    Recording(variable="readout", stride=2),
)


class Kind(NamedTuple):
    """Which branches of the kernel a network takes."""

    model: str = "izhikevich_2003"
    scheme: str = "half_step"
    double_synapse: bool = False
    double_trace: bool = False
    delays: bool = False
    noise: bool = False
    poisson: bool = False
    feedback: bool = False
    uniform: bool = False  # one number serves all neurons
    lesson: str = ""  # one of LESSONS
    dtype: str = "float64"
    short_term: bool = False


FULL = Kind(double_synapse=True, delays=True, noise=True, poisson=True, feedback=True, short_term=True)


class Case(NamedTuple):
    """A batch of networks, where it starts, and by what its readouts are taught."""

    codes: Codes
    network: NetworkArrays
    state: StateArrays
    lesson: str = ""


class Outcome(NamedTuple):
    """What a run returns, with named records."""

    state: StateArrays
    records: Mapping[str, np.ndarray]
    status: Status


def make(kind: Kind, replicas: int = 1, n: int = 37) -> Case:
    """Draw `replicas` networks of `n` neurons that fire at some 4 to 130 Hz."""
    drawn = [_one(kind, np.random.default_rng([b, n]), n) for b in range(replicas)]
    width = max(len(one["targets"]) for one, *_ in drawn)
    for one, *_ in drawn:
        for key in ("targets", "weights", *(["delays"] if kind.delays else [])):
            one[key] = np.pad(one[key], (0, width - len(one[key])), constant_values=1)
    stacked = {key: np.stack([one[key] for one, *_ in drawn]) for key in NetworkArrays._fields}
    for key, array in stacked.items():
        if array.dtype == np.float64 and not key.startswith(("poisson_mean", "poisson_none")):
            stacked[key] = array.astype(kind.dtype)
    network = NetworkArrays(**stacked)
    values = np.stack([values for _, values, _ in drawn]).astype(kind.dtype)
    codes = Codes(MODELS[kind.model], SCHEMES[kind.scheme], kind.double_synapse, kind.double_trace, DT_MS)
    state = StateArrays(
        values,
        np.zeros((replicas, 5 if kind.delays else 0, n), kind.dtype),
        np.zeros((replicas, network.feedback_weights.shape[1]), kind.dtype),
        np.stack([phi for *_, phi in drawn]).astype(kind.dtype),
        _inverse(kind, replicas, n),
        _rested(network.use, n),
        0,
    )
    return Case(codes, network, state, kind.lesson)


def _inverse(kind: Kind, replicas: int, n: int) -> np.ndarray:
    size = n if kind.lesson == "least_squares" else 0
    return np.tile(np.eye(size, dtype=kind.dtype) / 8, (replicas, 1, 1))


def _rested(use: np.ndarray, n: int) -> np.ndarray:
    rested = np.stack([use, np.ones_like(use)], axis=1)
    return rested if use.size else np.zeros((len(use), 0, n), use.dtype)


def lesson(case: Case, inputs: np.ndarray, **changes: Any) -> Lesson | None:
    """Return what the readouts of a case are taught in a run with these inputs."""
    if not case.lesson:
        return None
    batch, steps = inputs.shape[:2]
    dtype, readouts = inputs.dtype, case.state.feedback.shape[1]
    time = case.state.step + np.arange(steps)
    targets = np.sin(time[:, None] / 20 + np.arange(readouts))
    return Lesson(
        rule=LESSONS[case.lesson],
        every=3,
        offset=2,
        first=10,
        last=170,
        targets=np.tile(targets, (batch, 1, 1)).astype(dtype),
        course=np.tile(time % 2 / 2 + 0.25, (batch, 1)).astype(dtype),
        rate=np.full(batch, 0.1, dtype),
        saturation=0.5,
        forgetting=0.999,
        leak=0.001,
        divided=True,
    )._replace(**changes)


def pulses(case: Case, steps: int) -> np.ndarray:
    """Return inputs (B, T, 2): a pulse in one channel, something new at each step in the other."""
    batch, dtype = len(case.network.seed), case.network.bias.dtype
    inputs = np.zeros((batch, steps, 2), dtype)
    inputs[:, steps // 4 : steps // 2, 0] = 1
    inputs[:, :, 1] = np.sin(np.arange(steps))
    return inputs


def run(
    backend: ModuleType,
    case: Case,
    inputs: np.ndarray,
    record: Sequence[Recording] = EVERYTHING,
    threads: int = 1,
    **changes: Any,
) -> Outcome:
    """Advance a case on one backend, with changes of its lesson."""
    n, readouts = case.network.bias.shape[1], case.state.feedback.shape[1]
    record = [r for r in record if readouts or r.variable != "readout"]
    plan = pack_plan(record, n, case.state.step, inputs.shape[1], readouts)
    taught = lesson(case, inputs, **changes)
    state, flat, status = backend.run_reservoir(*case[:3], inputs, plan, taught, threads=threads)
    return Outcome(state, unpack_records(plan, record, flat), status)


def alone(case: Case, b: int) -> Case:
    """Return one replica of a batch, as a batch of one."""
    state = StateArrays(*(array[b : b + 1] for array in case.state[:-1]), case.state.step)
    network = NetworkArrays(*(array[b : b + 1] for array in case.network))
    return case._replace(network=network, state=state)


def repeated(case: Case, replicas: int) -> Case:
    """Return many replicas of a batch of one, each with noise of its own."""
    state = StateArrays(*(np.repeat(array, replicas, 0) for array in case.state[:-1]), case.state.step)
    network = NetworkArrays(*(np.repeat(array, replicas, 0) for array in case.network))
    seed = np.arange(replicas, dtype=network.seed.dtype)
    return case._replace(network=network._replace(seed=seed), state=state)


def of_samples(rng: np.random.Generator, n: int, dtype: str) -> dict[str, tuple[Any, ...]]:
    """Return arguments for each function of samples, for two replicas of `n` neurons."""
    w, x = rng.normal(size=(2, 3, n)).astype(dtype), rng.normal(size=(2, 40, n)).astype(dtype)
    d, course = rng.normal(size=(2, 40, 3)).astype(dtype), rng.random((2, 40)).astype(dtype)
    p = np.tile(np.eye(n, dtype=dtype), (2, 1, 1))
    return {
        "readout": (w, x),
        "normalised_delta": (w, x, d, course, np.array([0.1, 0.5], dtype), 0.5),
        "recursive_least_squares": (w, p, x, d, 0.99, 0.01, 3),
        "high_pass": (x, w[:, 0], w[:, 1], 0.1),
        "filtered_delta": (w, x, x[:, ::-1], d, course, np.array([0.1, 0.5], dtype)),
        "decaying_hebb": (w, x, d, course, np.array([0.1, 0.5], dtype), 0.5, 0.2),
        "rewarded_hebb": (w, w[:, 0, 0], x, d, d[:, ::-1], course, np.array([1e-3, 2e-3], dtype), 9.0),
    }


def called(backend: ModuleType, name: str, arguments: tuple[Any, ...]) -> list[np.ndarray]:
    """Return what a function of samples returns; of P of least squares only what is kept."""
    found = getattr(backend, name)(*arguments)
    arrays = list(found) if isinstance(found, tuple) else [found]
    if name == "recursive_least_squares":
        arrays[1] = np.tril(arrays[1])
    return arrays


def assert_same_bits(actual: np.ndarray, expected: np.ndarray) -> None:
    assert (actual.dtype, actual.shape) == (expected.dtype, expected.shape)
    integer = f"u{actual.dtype.itemsize}"
    np.testing.assert_array_equal(
        np.ascontiguousarray(actual).view(integer), np.ascontiguousarray(expected).view(integer)
    )


def assert_same_run(actual: Outcome, expected: Outcome) -> None:
    assert_same_state(actual.state, expected.state)
    assert actual.records.keys() == expected.records.keys()
    for name, record in expected.records.items():
        assert_same_bits(actual.records[name], record)
    for mine, theirs in zip(actual.status, expected.status, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def assert_same_state(actual: StateArrays, expected: StateArrays) -> None:
    for mine, theirs in zip(actual[:-1], expected[:-1], strict=True):
        assert_same_bits(mine, theirs)
    assert actual.step == expected.step


def _one(kind: Kind, rng: np.random.Generator, n: int) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    old = kind.model == "izhikevich_2003"
    unit = 1.0 if old else 20.0  # one model counts current in mV/ms, the other in pA
    senders, targets = np.nonzero(rng.random((n, n)) < 0.3)
    synapses, readouts = len(targets), 2 if kind.feedback or kind.lesson else 0
    noisy, external = (n if flag else 0 for flag in (kind.noise, kind.poisson))
    mean = rng.uniform(0, 0.5, external)
    one = {
        "seed": np.uint64(rng.integers(2**63)),
        "parameters": _parameters_2003(rng, n) if old else _parameters_2007(rng, n),
        "bias": (1 + kind.uniform) * unit * rng.uniform(4, 10, n),
        "input_weights": unit * rng.normal(0, 3, (2, n)),
        "noise_sd": unit * rng.uniform(0.5, 2, noisy),
        "poisson_mean": mean,
        "poisson_none": np.exp(-mean),
        "poisson_weight": unit * rng.uniform(0, 0.5, n),
        "feedback_weights": kind.feedback * unit * rng.normal(0, 0.5, (readouts, n)),
        "synapse_decay": np.exp(-DT_MS / rng.uniform(5, 30, n)),
        "synapse_rise": np.full(n, np.exp(-DT_MS / 2)),
        "trace_decay": np.exp(-DT_MS / rng.uniform(20, 100, n)),
        "trace_rise": np.full(n, np.exp(-DT_MS / 3)),
        "trace_kick": rng.uniform(5, 10, n),
        "indptr": np.concatenate([[0], np.cumsum(np.bincount(senders, minlength=n))]).astype(np.int64),
        "targets": targets.astype(np.int32),
        "weights": unit * rng.normal(0, 0.3 if kind.double_synapse else 1.0, synapses),
        "delays": rng.integers(1, 6, synapses if kind.delays else 0).astype(np.int32),
        **_short_term(n if kind.short_term else 0),
    }
    values = np.zeros((len(STATE_ROWS), n))
    values[0] = rng.uniform(-70, -50, n)
    if kind.uniform:
        for key in ("parameters", "synapse_decay", "synapse_rise", "trace_decay", "trace_rise", "trace_kick"):
            one[key] = one[key][..., :1]
    return one, values, rng.normal(0, 1, (readouts, n)) / n


def _short_term(n: int) -> dict[str, np.ndarray]:
    """Return use and decays of `n` senders, from a generator of their own, which changes nothing else."""
    rng = np.random.default_rng(n)
    return {
        "use": rng.uniform(0.05, 1, n),
        "facilitation_decay": np.exp(-DT_MS / rng.uniform(20, 200, n)),
        "depression_decay": np.exp(-DT_MS / rng.uniform(5, 50, n)),
    }


def _parameters_2003(rng: np.random.Generator, n: int) -> np.ndarray:
    low, high = [0.02, 0.2, -65, 2, 30], [0.1, 0.25, -50, 8, 35]
    return np.array([rng.uniform(*bounds, n) for bounds in zip(low, high, strict=True)])


def _parameters_2007(rng: np.random.Generator, n: int) -> np.ndarray:
    low, high = [50, 0.5, -75, -45, 25, 0.01, -2, -60, 50], [150, 1.5, -60, -35, 40, 0.05, 5, -50, 130]
    return np.array([rng.uniform(*bounds, n) for bounds in zip(low, high, strict=True)])
