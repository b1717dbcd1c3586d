"""Cells compete alike in both backends, bit for bit, and whatever else is in the batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.backends.competition import Competition, Competitors
from neurogate.backends.layout import MODELS, SCHEMES, Codes, NetworkArrays, StateArrays
from neurogate.backends.numba_cpu import competition as compiled
from neurogate.backends.numpy_reference import competition as reference
from neurogate.backends.numpy_reference import run_reservoir
from neurogate.network.recording import pack_plan
from neurogate.scanpath.models.circuit import Circuit

QUICK: dict[str, Any] = {"threshold": 6.0, "longest_ms": 120.0, "suppression_ms": 10.0}


def problem(shape: tuple[int, int, int], batch: int, seed: int, **settings: float) -> tuple[Any, ...]:
    made = Circuit(**{**QUICK, **settings}).competition(shape, return_ms=200.0)
    rng, n = np.random.default_rng(seed), int(np.prod(shape))
    drive = 40 * rng.random((batch, n)) ** 2
    bias, returned = rng.random((2, batch, n))
    rest = np.stack([made.parameters[2], -13 + 0 * made.parameters[2], rng.random(n + 1)])
    rest[2, -1] = 0
    pool = rng.random((batch, 2)) * [1, -1]
    state = Competitors(np.tile(rest, (batch, 1, 1)), pool, 100 * np.arange(batch))
    course = rng.random((batch, made.longest))
    return made, state, drive, bias, returned, course, rng.integers(2**63, size=batch)


def same(first: tuple[Any, Any], second: tuple[Any, Any]) -> bool:
    (a, c), (b, d) = first, second
    return all(np.array_equal(x, y, equal_nan=True) for x, y in zip((*a, *c), (*b, *d), strict=True))


@settings(max_examples=15)
@given(
    shape=st.tuples(st.integers(1, 2), st.integers(1, 7), st.integers(1, 9)),
    seed=st.integers(0, 2**32),
    noise=st.sampled_from([0.0, 9.55]),
    inhibition=st.sampled_from([0.0, 1.25, 1e9]),
)
def test_both_backends_have_the_same_bits(
    shape: tuple[int, int, int], seed: int, noise: float, inhibition: float
) -> None:
    asked = problem(shape, 2, seed, noise=noise, inhibition=inhibition)
    assert same(compiled.compete(*asked), reference.compete(*asked))


def test_what_decays_to_a_tie_is_one_in_both_backends() -> None:
    settings = Circuit(drive=0.0, noise=0.0, threshold=1e9, longest_ms=100.0)
    made = settings.competition((1, 1, 20), return_ms=200.0)
    c = made.parameters[2]
    below = np.linspace(1, 2, 50)
    values = np.tile(np.stack([c, made.parameters[1] * c, 0 * c]), (50, 1, 1))
    values[:, 2, 3], values[:, 2, 16] = below, np.nextafter(below, 2)
    nothing = np.zeros((50, 20))
    asked = (
        made, Competitors(values, np.zeros((50, 2)), np.zeros(50, np.int64)), nothing, nothing, nothing,
        np.zeros((50, made.longest)), np.arange(50),
    )  # fmt: skip
    found = reference.compete(*asked)
    assert set(found[1].place[:, 2]) == {3.0, 16.0}
    assert same(compiled.compete(*asked), found)


def test_a_replica_does_not_depend_on_the_batch_or_the_threads() -> None:
    made, state, *arrays = problem((1, 5, 6), 4, seed=3)
    together = compiled.compete(made, state, *arrays, threads=2)
    for b in range(4):
        one = Competitors(*(array[b : b + 1] for array in state))
        alone = compiled.compete(made, one, *(array[b : b + 1] for array in arrays), threads=1)
        mine = tuple(type(part)(*(array[b : b + 1] for array in part)) for part in together)
        assert same(alone, (mine[0], mine[1]))


@pytest.mark.parametrize("backend", [compiled, reference], ids=["numba", "numpy"])
def test_a_competition_is_a_reservoir_in_which_all_excite_one_that_inhibits_all(backend: Any) -> None:
    made = Circuit(threshold=1e9, longest_ms=100.0, suppression_ms=0.0).competition((1, 4, 5), 200.0)
    n = 20
    drive = np.linspace(5, 30, n)[None]
    rest = np.stack([made.parameters[2], -13 + 0 * made.parameters[2], 0 * made.parameters[2]])
    state = Competitors(rest[None], np.zeros((1, 2)), np.zeros(1, np.int64))
    nothing, seeds = np.zeros((1, n)), np.array([77])
    found, _ = backend.compete(made, state, drive, nothing, nothing, np.ones((1, made.longest)), seeds)

    decays = np.append(np.full(n, made.inhibition_decay), made.excitation_decay)
    none = np.zeros((1, 0))
    network = NetworkArrays(
        seed=seeds.astype(np.uint64),
        parameters=made.parameters[None],
        bias=np.append(drive, 0.0)[None],
        input_weights=np.zeros((1, 0, n + 1)),
        noise_sd=np.append(np.full(n, made.noise), 0.0)[None],
        poisson_mean=none, poisson_none=none, poisson_weight=none,
        feedback_weights=np.zeros((1, 0, n + 1)),
        synapse_decay=decays[None],
        synapse_rise=none,
        trace_decay=np.full((1, n + 1), made.evidence_decay),
        trace_rise=none,
        trace_kick=np.ones((1, 1)),
        indptr=np.append(np.arange(n + 1), 2 * n)[None],
        targets=np.append(np.full(n, n), np.arange(n)).astype(np.int32)[None],
        weights=np.repeat([made.kick, -made.inhibition], n)[None],
        delays=np.zeros((1, 0), np.int32),
        use=none, facilitation_decay=none, depression_decay=none,
    )  # fmt: skip
    values = np.zeros((1, 6, n + 1))
    values[0, :2] = rest[:2]
    empty = np.zeros((1, 0, n + 1))
    before = StateArrays(values, empty, none, empty, np.zeros((1, 0, 0)), empty, 0)
    codes = Codes(MODELS["izhikevich_2003"], SCHEMES["half_step"], False, False, made.dt_ms)
    plan = pack_plan((), n + 1, 0, made.longest)
    reservoir, _, _ = run_reservoir(codes, network, before, np.zeros((1, made.longest, 0)), plan)
    v, u, s, _, trace, _ = reservoir.values[0]
    assert trace[-1] > 0
    assert np.array_equal(found.values[0, :2], [v, u])
    assert np.array_equal(found.values[0, 2, :-1], trace[:-1])
    assert np.array_equal(found.pool[0], s[[-1, 0]])


def test_what_is_given_is_left_untouched() -> None:
    made, state, *arrays = problem((1, 4, 4), 2, seed=1)
    before = [array.copy() for array in (*state, *arrays)]
    for backend in (compiled, reference):
        backend.compete(made, state, *arrays)
        assert all(np.array_equal(x, y) for x, y in zip((*state, *arrays), before, strict=True))


def alone(made: Competition, cell: int, n: int) -> Any:
    drive = np.zeros((1, n))
    drive[0, cell] = 30.0
    rest = np.stack([made.parameters[2], -13 + 0 * made.parameters[2], 0 * made.parameters[2]])
    state = Competitors(rest[None], np.zeros((1, 2)), np.zeros(1, np.int64))
    nothing, open_ = np.zeros((1, n)), np.ones((1, made.longest))
    return compiled.compete(made, state, drive, nothing, nothing, open_, np.ones(1, np.int64))[1]


@pytest.mark.parametrize("cell", [0, 5, 35, 71])
def test_without_noise_the_only_driven_cell_is_where_it_goes(cell: int) -> None:
    made = Circuit(noise=0.0, threshold=3.0).competition((2, 6, 6), return_ms=200.0)
    decision = alone(made, cell, 72)
    assert decision.place[0].tolist() == [cell // 36, cell % 36 // 6, cell % 6]
    assert 97 < decision.steps[0] < 3000


def test_no_spike_is_no_evidence() -> None:
    made = Circuit(noise=0.0, drive=0.0, longest_ms=30.0).competition((1, 3, 3), return_ms=200.0)
    decision = alone(made._replace(silent=made.longest), 4, 9)
    assert decision.steps[0] == 60
    assert np.isnan(decision.place[0, 1:]).all()


def test_a_neuron_that_diverges_is_named() -> None:
    made, state, *arrays = problem((1, 4, 4), 3, seed=1)
    state.values[1, 0, 7] = np.nan
    for backend in (compiled, reference):
        assert backend.compete(made, state, *arrays)[1].lost.tolist() == [-1, 7, -1]
