"""A reservoir is built from seeds: what is drawn, from which stream, and what is refused."""

from __future__ import annotations

import itertools
from pathlib import Path

import attrs
import numpy as np
import pytest

from neurogate.backends.layout import NetworkArrays
from neurogate.errors import RequestError
from neurogate.network import drawing
from neurogate.network.cells import Cells, Population
from neurogate.network.filters import Synapse, Trace
from neurogate.network.inputs import Inputs
from neurogate.network.recurrent import Recurrent
from neurogate.network.reservoir import Reservoir
from neurogate.network.specification import ReservoirSpec
from neurogate.neurons.distributions import Constant, FromFile, Normal, Uniform
from tests.network.reservoirs import RARELY_LATE, N, built


def test_some_networks_that_are_rarely_late_are_never_late() -> None:
    latest = [int(built(RARELY_LATE, (seed,)).arrays.delays.max(initial=1)) for seed in range(12)]
    assert 2 < latest.count(1) < 10


def test_seeds_make_different_networks() -> None:
    arrays = built(seeds=(0, 1, 2**63 - 1)).arrays
    for name in ("parameters", "bias", "input_weights", "synapse_decay", "trace_decay"):
        for one, other in itertools.combinations(getattr(arrays, name), 2):
            assert (one != other).any()


# What a changed part of the settings must leave alone.
PARTS = {
    "trace": ({"trace": Trace(tau_ms=Constant(value=7.0))}, {"trace_decay", "trace_kick"}),
    "inputs": ({"inputs": Inputs(weight=Uniform(low=0, high=1))}, {"input_weights"}),
    "noise": ({"inputs": Inputs(noise_sd=Uniform(low=0, high=1))}, {"noise_sd"}),
    "cells": (
        {"cells": Cells(excitatory=Population(preset="excitatory_2003", bias=Constant(value=1.0)))},
        {"parameters", "bias"},
    ),
    "delays": ({"recurrent": Recurrent(delay_ms=Uniform(low=1, high=5))}, {"delays"}),
    "synapse": (
        {"synapse": Synapse(tau_ms=Constant(value=9.0))},
        {"synapse_decay", "weights", "poisson_weight"},
    ),
    "gain": ({"gain": 0.5}, {"weights"}),
}


@pytest.mark.parametrize("part", PARTS)
def test_changing_a_part_leaves_the_draws_of_the_others(part: str) -> None:
    change, touched = PARTS[part]
    plain = built().arrays
    changed = built(attrs.evolve(ReservoirSpec(n=N), **change)).arrays
    for name in NetworkArrays._fields:
        same = np.array_equal(getattr(plain, name), getattr(changed, name))
        assert same == (name not in touched), name


def test_every_part_is_drawn_from_a_stream_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    rng = drawing.generator

    def noted(seed: int, purpose: int) -> np.random.Generator:
        asked.append((seed, purpose))
        return rng(seed, purpose)

    monkeypatch.setattr(drawing, "generator", noted)
    built()
    assert len(asked) == len(set(asked)) > 10
    first = [rng(*which).random() for which in asked]
    assert len(set(first)) == len(first)


def test_float32_is_the_float64_network_rounded() -> None:
    spec = attrs.evolve(RARELY_LATE, recurrent=Recurrent(delay_ms=Uniform(low=1, high=5)))
    long, short = (built(spec, dtype=dtype).arrays for dtype in ("float64", "float32"))
    exact = {"poisson_mean", "poisson_none"}
    for name, array in long._asdict().items():
        rounded = array.dtype == np.float64 and name not in exact
        expected = array.astype(np.float32) if rounded else array
        np.testing.assert_array_equal(getattr(short, name), expected, strict=True)


@pytest.mark.parametrize(
    ("cells", "v", "row"),
    [(Cells(), -65, None), (Cells(
        model="izhikevich_2007",
        excitatory=Population(preset="regular_spiking_2007"),
        inhibitory=Population(preset="spiny_projection_2007"),
    ), None, 2)],
    ids=["2003", "2007"],
)  # fmt: skip
def test_neurons_begin_at_rest(cells: Cells, v: float | None, row: int | None) -> None:
    reservoir = built(ReservoirSpec(n=N, cells=cells))
    state = reservoir.initial_state()
    expected = v if row is None else reservoir.arrays.parameters[:, row]
    np.testing.assert_array_equal(state.values[:, 0], np.broadcast_to(expected, (2, N)))
    rest = reservoir.arrays.parameters[:, 1] * -65 if row is None else 0
    np.testing.assert_array_equal(state.values[:, 1], np.broadcast_to(rest, (2, N)))
    assert not state.values[:, 2:].any()
    assert not state.pending.any()
    assert state.step == 0


def test_neuron_types_are_those_of_the_split() -> None:
    kinds = built(ReservoirSpec(n=N, cells=Cells(inhibitory_fraction=0.3))).neuron_type
    np.testing.assert_array_equal(kinds, np.tile([0] * 21 + [1] * 9, (2, 1)))


def test_parameters_may_come_from_files(tmp_path: Path) -> None:
    tau, bias = np.linspace(5, 50, N), np.linspace(0, 1, 24)
    np.save(tmp_path / "tau.npy", tau)
    (tmp_path / "bias.txt").write_text(" ".join(map(str, bias.tolist())), encoding="utf-8")
    excitatory = Population(preset="excitatory_2003", bias=FromFile(path=str(tmp_path / "bias.txt")))
    from_file = FromFile(path=str(tmp_path / "tau.npy"))
    spec = ReservoirSpec(n=N, cells=Cells(excitatory=excitatory), trace=Trace(tau_ms=from_file))
    arrays = built(spec).arrays
    np.testing.assert_array_equal(arrays.trace_decay, np.tile(np.exp(-1 / tau), (2, 1)))
    np.testing.assert_array_equal(arrays.bias[:, :24], np.tile(bias, (2, 1)))
    with pytest.raises(RequestError, match=r"tau\.npy holds 30 numbers, but 31 are needed"):
        built(attrs.evolve(spec, n=N + 1, cells=Cells()))


@pytest.mark.parametrize("part", [Synapse, Trace])
def test_a_time_constant_below_zero_is_refused_when_it_is_drawn(part: type) -> None:
    name = part.__name__.lower()
    spec = ReservoirSpec(n=N, **{name: part(tau_ms=Normal(mean=1.0, sd=5.0))})
    sentence = rf"reservoir\.{name}\.tau_ms gives -\S+ ms for neuron \d+; every time constant must be above 0"
    with pytest.raises(RequestError, match=sentence):
        built(spec)


def test_more_external_spikes_than_can_be_counted_are_refused() -> None:
    assert ReservoirSpec(dt_ms=0.1, inputs=Inputs(poisson_rate_hz=200_000.0)).dt_ms == 0.1
    with pytest.raises(ValueError) as caught:
        ReservoirSpec(inputs=Inputs(poisson_rate_hz=20_001.0))
    assert str(caught.value) == (
        "inputs.poisson_rate_hz is 20001; it must be at most 20000 Hz, 20 spikes in a step of 1 ms."
    )


def test_a_backend_that_cannot_run_is_refused_before_anything_is_drawn() -> None:
    with pytest.raises(RequestError, match="'cuda' cannot run here"):
        built(ReservoirSpec(n=1_000_000), backend="cuda")


def test_rise_times_are_each_neurons_own_and_must_be_positive() -> None:
    rise = Uniform(low=1.0, high=5.0)
    spec = ReservoirSpec(
        n=20,
        synapse=Synapse(kind="double_exponential", rise_ms=rise),
        trace=Trace(kind="double_exponential", rise_ms=rise),
    )
    arrays = Reservoir.build(spec, [1], channels=1, backend="numpy").arrays
    for decay in (arrays.synapse_rise[0], arrays.trace_rise[0]):
        times = -1 / np.log(decay)
        assert len(np.unique(times)) == 20
        assert times.min() >= 1
        assert times.max() <= 5
    for part in ("synapse", "trace"):
        bad = attrs.evolve(
            ReservoirSpec(n=20), **{part: attrs.evolve(getattr(spec, part), rise_ms=Constant(value=0.0))}
        )
        with pytest.raises(RequestError, match=f"reservoir.{part}.rise_ms gives 0 ms for neuron 0"):
            Reservoir.build(bad, [1], channels=1, backend="numpy")
