"""A run: both backends agree bit for bit, and nothing depends on how it is cut, batched or threaded."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.backends import numba_cpu, numpy_reference
from neurogate.backends.layout import LESSONS, MODELS, SCHEMES, NetworkArrays, StateArrays
from neurogate.network.recording import Recording
from tests.backends.cases import (
    DT_MS,
    EVERYTHING,
    FULL,
    Case,
    Kind,
    Outcome,
    alone,
    assert_same_bits,
    assert_same_run,
    assert_same_state,
    make,
    pulses,
    run,
)

BACKENDS = [numpy_reference, numba_cpu]
BOTH = pytest.mark.parametrize("backend", BACKENDS, ids=lambda module: module.__name__.rpartition(".")[2])


def kinds() -> list[tuple[tuple[int, ...], Kind]]:
    """Return 17 kinds by 13 choices, such that each choice of any three features is among them.

    The choices are none, and the rotations of a word of 16 bits that was sought for this.
    """
    rotated = (tuple(0xB77 >> (first + k) % 16 & 1 for k in range(13)) for first in range(16))
    return [(row, kind_of(row)) for row in [(0,) * 13, *rotated]]


def kind_of(row: tuple[int, ...]) -> Kind:
    lesson = ("", list(LESSONS)[row[10]])[row[11]]
    flags = [bool(bit) for bit in row[3:10]]
    return Kind(
        list(MODELS)[row[0]],
        list(SCHEMES)[row[1]],
        *flags,
        lesson,
        ("float64", "float32")[row[2]],
        bool(row[12]),
    )


@pytest.mark.parametrize("kind", [k for _, k in kinds()], ids=lambda kind: "-".join(map(str, kind)))
def test_backends_agree_bit_for_bit(kind: Kind) -> None:
    case = make(kind)
    inputs = pulses(case, 240)
    ours = run(numba_cpu, case, inputs)
    assert_same_run(ours, run(numpy_reference, case, inputs))
    assert ours.status.code.tolist() == [-1]
    assert ours.records["spikes"].sum() > 5
    assert np.isfinite(ours.state.values).all()


def test_the_chosen_kinds_hold_every_choice_of_three_features() -> None:
    rows = [row for row, _ in kinds()]
    for columns in itertools.combinations(range(13), 3):
        assert len({tuple(row[column] for column in columns) for row in rows}) == 8


@pytest.mark.parametrize(
    "feature", ["delays", "noise", "poisson", "feedback", "double_synapse", "short_term"]
)
def test_every_feature_makes_a_difference(feature: str) -> None:
    with_, without = (
        run(numpy_reference, case := make(FULL._replace(**{feature: flag})), pulses(case, 240))
        for flag in (True, False)
    )
    assert (with_.records["spikes"] != without.records["spikes"]).any()


CASES = {dtype: make(FULL._replace(dtype=dtype), replicas=2) for dtype in ("float64", "float32")}
STEPS = 120
CUTS = st.sets(st.integers(1, STEPS - 1), max_size=6)


def in_pieces(backend: ModuleType, case: Case, inputs: np.ndarray, cuts: list[int]) -> Outcome:
    """Run from cut to cut and put the records together again."""
    records: dict[str, list[np.ndarray]] = {}
    for first, last in itertools.pairwise([0, *cuts, inputs.shape[1]]):
        state, recorded, status = run(backend, case, inputs[:, first:last].copy())
        case = case._replace(state=state)
        for name, record in recorded.items():
            records.setdefault(name, []).append(record)
    return Outcome(state, {name: np.concatenate(r, axis=1) for name, r in records.items()}, status)


@settings(max_examples=40)
@given(cuts=CUTS, dtype=st.sampled_from(sorted(CASES)))
def test_a_run_in_pieces_is_the_whole_run(cuts: set[int], dtype: str) -> None:
    case = CASES[dtype]
    inputs = pulses(case, STEPS)
    assert_same_run(in_pieces(numba_cpu, case, inputs, sorted(cuts)), run(numba_cpu, case, inputs))


def test_a_reference_run_in_pieces_is_the_whole_run() -> None:
    case = CASES["float64"]
    inputs = pulses(case, STEPS)
    assert_same_run(
        in_pieces(numpy_reference, case, inputs, [1, 50, 51, 97]), run(numpy_reference, case, inputs)
    )


@BOTH
def test_no_steps_change_nothing(backend: ModuleType) -> None:
    case = CASES["float64"]
    result = run(backend, case, pulses(case, 8)[:, :0])
    assert_same_state(result.state, case.state)
    assert result.status.code.tolist() == [-1, -1]


@BOTH
def test_a_state_that_was_saved_and_loaded_goes_on_with_the_same_bits(
    backend: ModuleType, tmp_path: Path
) -> None:
    case = CASES["float32"]
    inputs = pulses(case, STEPS)
    half = run(backend, case, inputs[:, :53].copy()).state
    np.savez(tmp_path / "state.npz", **half._asdict())
    with np.load(tmp_path / "state.npz") as file:
        loaded = StateArrays(**{**file, "step": int(file["step"])})
    resumed = run(backend, case._replace(state=loaded), inputs[:, 53:].copy())
    assert_same_state(resumed.state, run(backend, case, inputs).state)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_replica_is_the_same_alone_in_a_batch_and_on_any_number_of_threads(dtype: str) -> None:
    batch = make(FULL._replace(dtype=dtype), replicas=16)
    inputs = pulses(batch, 200)
    together = run(numba_cpu, batch, inputs)
    for threads in (2, 4, 40):
        assert_same_run(run(numba_cpu, batch, inputs, threads=threads), together)
    for b in range(16):
        single = run(numba_cpu, alone(batch, b), inputs[b : b + 1])
        assert_same_bits(single.state.values[0], together.state.values[b])
        assert_same_bits(single.state.pending[0], together.state.pending[b])
        assert_same_bits(single.state.short_term[0], together.state.short_term[b])
        for name, record in single.records.items():
            assert_same_bits(record[0], together.records[name][b])


@BOTH
def test_a_run_modifies_nothing_that_it_is_given(backend: ModuleType) -> None:
    case = CASES["float64"]
    inputs = pulses(case, 60)
    arrays = [*case.network, *case.state[:-1], inputs]
    before = [array.tobytes() for array in arrays]
    result = run(backend, case, inputs)
    assert [array.tobytes() for array in arrays] == before
    assert result.state.step == 60
    assert case.state.step == 0
    assert not any(np.shares_memory(a, b) for a in result.state[:-1] for b in case.state[:-1] if b.size)


@BOTH
def test_the_same_run_twice_gives_the_same_bits(backend: ModuleType) -> None:
    case = CASES["float32"]
    inputs = pulses(case, 60)
    assert_same_run(run(backend, case, inputs), run(backend, case, inputs))


VALUES = ("v", "u", "synaptic_current", "trace")


@BOTH
@pytest.mark.parametrize("first", [0, 35])
def test_strides_and_subsets_are_slices_of_the_full_recording(backend: ModuleType, first: int) -> None:
    case = CASES["float64"]
    inputs = pulses(case, 140)
    start = case._replace(state=run(backend, case, inputs[:, :first].copy()).state)
    rest = inputs[:, first:].copy()
    full = run(backend, start, rest, [Recording(variable=v) for v in ("spikes", *VALUES)]).records
    chosen = [9, 2, 36]
    for stride in (1, 5, 35, 105):
        taken = np.flatnonzero((first + 1 + np.arange(rest.shape[1])) % stride == 0)
        some = [Recording(variable=v, stride=stride, neurons=tuple(chosen)) for v in VALUES]
        thin = run(backend, start, rest, some).records
        for name in VALUES:
            assert_same_bits(thin[name], full[name][:, taken][..., chosen])


@BOTH
def test_spikes_are_counted_between_samples(backend: ModuleType) -> None:
    case = CASES["float64"]
    inputs = pulses(case, 120)
    full = run(backend, case, inputs, [Recording(variable="spikes")]).records["spikes"]
    assert set(np.unique(full)) == {0, 1}
    for stride in (1, 4, 60):
        some = Recording(variable="spikes", stride=stride, neurons=(4, 1))
        counts = run(backend, case, inputs, [some]).records["spikes"]
        expected = full.reshape(2, -1, stride, 37).sum(axis=2)[..., [4, 1]]
        np.testing.assert_array_equal(counts, expected)


def test_the_order_of_recordings_is_of_no_account() -> None:
    case = CASES["float64"]
    inputs = pulses(case, 60)
    forwards, backwards = (run(numba_cpu, case, inputs, order) for order in (EVERYTHING, EVERYTHING[::-1]))
    for name, record in forwards.records.items():
        assert_same_bits(backwards.records[name], record)


def test_a_sparser_replica_never_reads_the_padding_of_its_synapses() -> None:
    case = make(FULL, replicas=2)
    used = case.network.indptr[:, -1]
    b = int(np.argmin(used))
    assert used[b] < case.network.targets.shape[1]
    poisoned = {name: getattr(case.network, name).copy() for name in ("targets", "weights", "delays")}
    poisoned["weights"][b, used[b] :] = np.nan
    poisoned["targets"][b, used[b] :] = 0
    inputs = pulses(case, 120)
    network: NetworkArrays = case.network._replace(**poisoned)
    assert_same_run(run(numba_cpu, case._replace(network=network), inputs), run(numba_cpu, case, inputs))


LOST = {"v": (np.nan, -np.inf), "u": (np.nan, np.inf), "synaptic_current": (np.nan, -1e30, np.inf)}
ROWS = {"v": 0, "u": 1, "synaptic_current": 2}


def break_off(backend: ModuleType, case: Case, at: int, row: int, neuron: int, value: float) -> Outcome:
    """Run to a step, put a value where it does not belong in replica 1, and run on."""
    inputs = pulses(case, 160)
    state = run(backend, case, inputs[:, :at].copy()).state
    values = state.values.copy()
    values[1, row, neuron] = value
    injected = case._replace(state=state._replace(values=values))
    return run(backend, injected, inputs[:, at:].copy())


QUIET = {
    (scheme, dtype): make(Kind(scheme=scheme, noise=True, dtype=dtype), replicas=3)
    for scheme in SCHEMES
    for dtype in ("float64", "float32")
}


@settings(max_examples=60)
@given(
    key=st.sampled_from(sorted(QUIET)),
    at=st.integers(1, 150),
    variable=st.sampled_from(sorted(LOST)),
    which=st.integers(0, 5),
    neuron=st.integers(0, 36),
)
def test_a_number_that_is_lost_is_found_within_50_steps_where_it_was_lost(
    key: tuple[str, str], at: int, variable: str, which: int, neuron: int
) -> None:
    values = LOST[variable]
    injected = break_off(numba_cpu, QUIET[key], at, ROWS[variable], neuron, values[which % len(values)])
    code, step, found = (column.tolist() for column in injected.status)
    assert (code[0], code[2]) == (-1, -1)
    assert code[1] >= 0
    assert at < step[1] <= min(at + 50, 160)
    assert found[1] == neuron


@pytest.mark.parametrize("variable", sorted(LOST))
def test_backends_agree_on_a_lost_number(variable: str) -> None:
    arguments = (CASES["float64"], 20, ROWS[variable], 7, LOST[variable][-1])
    compiled, reference = (break_off(backend, *arguments) for backend in BACKENDS)
    assert compiled.status.code[1] >= 0
    for mine, theirs in zip(compiled.status, reference.status, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(compiled.state.values, reference.state.values)


@BOTH
def test_a_potential_that_leaves_its_range_for_one_step_is_noticed(backend: ModuleType) -> None:
    case = make(Kind(scheme="euler"))
    inputs = pulses(case, 49)  # nobody looks before step 49
    weights = np.zeros_like(case.network.input_weights)
    weights[0, 0, 7] = 1
    inputs[:, :, 0] = 0
    inputs[0, 3, 0] = -1e5 / DT_MS
    result = run(backend, case._replace(network=case.network._replace(input_weights=weights)), inputs)
    assert [column.tolist() for column in result.status] == [[0], [49], [7]]


@BOTH
def test_a_replica_that_diverges_leaves_the_others_alone(backend: ModuleType) -> None:
    case = make(FULL, replicas=3)
    inputs = pulses(case, 160)
    healthy = run(backend, case, inputs)
    hurt = break_off(backend, case, 20, 0, 3, np.nan)
    assert hurt.status.code.tolist() == [-1, 0, -1]
    for b in (0, 2):
        assert_same_bits(hurt.state.values[b], healthy.state.values[b])
        assert_same_bits(hurt.records["v"][b], healthy.records["v"][b][6:])
    sound = np.isfinite(hurt.state.values[1])
    assert not sound[:, 3].all()
    assert sound[:, :3].all()


def test_long_ordinary_runs_raise_no_alarm() -> None:
    for model, scheme in itertools.product(MODELS, SCHEMES):
        case = make(FULL._replace(model=model, scheme=scheme), replicas=4)
        result = run(numba_cpu, case, pulses(case, 4000), [Recording(variable="v")])
        assert result.status.code.tolist() == [-1] * 4
        assert np.abs(result.records["v"]).max() < 500
