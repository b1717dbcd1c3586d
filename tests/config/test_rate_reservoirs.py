"""Reservoirs without spikes in a configuration: named by their kind, checked, built, hashed."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

from neurogate import config
from neurogate.config.build import reservoir, session
from neurogate.config.hashing import canonical, content_hash
from neurogate.config.listing import describe
from neurogate.config.memory import memory_mb
from neurogate.config.schema import Simulation, structure, unstructure
from neurogate.config.sharing import share
from neurogate.config.structuring import dumps
from neurogate.errors import RequestError
from neurogate.network.rate_reservoir import RateReservoir
from neurogate.network.rates import EchoState, Leaky
from neurogate.network.specification import ReservoirSpec

KINDS = {"echo_state": EchoState, "leaky": Leaky}
BOTH = pytest.mark.parametrize("kind", KINDS)


def problems(reservoir: object, **tables: Any) -> list[str]:
    with pytest.raises(RequestError) as caught:
        structure({"reservoir": reservoir, **tables})
    return list(caught.value.problems)


@BOTH
def test_the_kind_chooses_the_reservoir_and_toml_gives_it_back(kind: str) -> None:
    simulation = structure({"reservoir": {"kind": kind, "n": 50}})
    assert simulation.reservoir == KINDS[kind](n=50)
    assert structure(tomllib.loads(dumps(simulation))) == simulation
    assert ("reservoir.kind", f'"{kind}"') in [row[:2] for row in describe(simulation)]


def test_spiking_neurons_are_meant_where_no_kind_is_named_and_may_be_named() -> None:
    assert structure({"reservoir": {"kind": "spiking", "n": 50}}) == structure({"reservoir": {"n": 50}})
    named = structure({"task": {"kind": "waveform"}, "reservoir": {"kind": "spiking"}})
    assert named == structure({"task": {"kind": "waveform"}})
    assert "kind" not in unstructure(Simulation())["reservoir"]
    assert "kind" not in canonical(Simulation())["reservoir"]


@BOTH
def test_runs_of_different_kinds_have_different_hashes(kind: str) -> None:
    named = structure({"reservoir": {"kind": kind}})
    hashes = [content_hash(one) for one in (named, structure({"reservoir": {"kind": kind, "n": 999}}))]
    assert len({*hashes, content_hash(Simulation())}) == 3


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"kind": "echo"}, 'reservoir.kind is "echo"; it must be "spiking" or "echo_state" or "leaky".'),
        (
            {"kind": "leaky", "gain": 1.0},
            "reservoir.gain is not a known key; reservoir takes kind, n,",
        ),
        ({"kind": "leaky", "tau_ms": 0.0}, "reservoir.tau_ms is 0.0; every number drawn must be above 0 ms."),
        ({"kind": "leaky", "tau_ms": {"normal": [9, 2]}}, "reservoir.tau_ms is {normal = [9.0, 2.0]}; every"),
        (
            {"kind": "echo_state", "inputs": {"noise_sd": -1}},
            "reservoir.inputs.noise_sd is -1.0; every",
        ),
        (
            {"kind": "echo_state", "n": 5},
            "reservoir.in_degree is 10; it must be at most the number",
        ),
    ],
)
def test_mistakes_are_one_sentence(table: dict[str, Any], sentence: str) -> None:
    (problem,) = problems(table)
    assert problem.startswith(sentence)


def test_what_a_rate_unit_does_not_have_cannot_be_asked_for() -> None:
    assert problems({"kind": "leaky"}, record={"variables": ["spikes", "trace", "v", "when"]}) == [
        'record.variables holds "spikes", "v", which a reservoir of the kind leaky does not have; '
        "it has trace, when, what, gate, weights."
    ]


def test_a_taught_signal_needs_spiking_neurons() -> None:
    assert problems({"kind": "leaky"}, task={"kind": "waveform"}) == [
        'reservoir.kind is "leaky"; it must be "spiking".'
    ]


def test_a_file_must_hold_a_number_for_each_unit(tmp_path: Path) -> None:
    np.save(tmp_path / "tau.npy", np.ones(7))
    file = {"file": str(tmp_path / "tau.npy")}
    (problem,) = problems({"kind": "leaky", "n": 8, "tau_ms": file})
    assert problem.startswith("reservoir.tau_ms: ")
    assert "7" in problem
    assert "8" in problem


@BOTH
def test_everything_that_the_configuration_says_reaches_the_network(kind: str) -> None:
    run = {"replicas": 2, "dtype": "float64", "backend": "numpy", "threads": 3}
    simulation = structure({"run": run, "reservoir": {"kind": kind, "n": 20, "dt_ms": 0.5}})
    built = reservoir(simulation)
    assert isinstance(built, RateReservoir)
    assert (built.shape, built.dtype, built.backend, built.threads) == ((2, 20, 6), np.float64, "numpy", 3)
    assert built.codes.dt_ms == 0.5
    assert session(simulation).reservoir.shape == (2, 20, 6)


@BOTH
def test_simulations_that_differ_in_seeds_networks_and_rules_share_a_session(kind: str) -> None:
    table = {"kind": kind, "n": 20}
    grid = [
        structure({"reservoir": table | {"rate_hz": hz}, "run": {"seed": seed}, "rules": {rule: {}}})
        for hz in (10.0, 20.0)
        for seed in (1, 2)
        for rule in ("delta", "force")
    ]
    (shared,) = share(grid)
    assert shared.session.reservoir.shape == (4, 20, 6)
    assert len(share([*grid, structure({"reservoir": {"n": 20}})])) == 2


def test_readouts_can_be_fed_back() -> None:
    one_rule = {"three_factor": {}}
    table = {"kind": "leaky", "n": 20, "inputs": {"feedback": 0.5}}
    assert reservoir(structure({"reservoir": table, "rules": one_rule})).shape == (1, 20, 9)
    assert any("exactly one" in problem for problem in problems(table))


@BOTH
def test_the_memory_grows_with_the_units_and_what_they_hear(kind: str) -> None:
    sizes = [sum(memory_mb(structure({"reservoir": {"kind": kind, "n": n}})).values()) for n in (100, 1000)]
    assert 5 < sizes[1] / sizes[0] < 15
    few, many = (
        memory_mb(attrs.evolve(Simulation(), reservoir=EchoState(in_degree=degree))) for degree in (1, 100)
    )
    assert many["connections"] == pytest.approx(100 * few["connections"])


@BOTH
def test_the_shipped_simulation_asks_the_same_of_as_many_units(kind: str) -> None:
    rates, spikes = config.load(f"what_when_{kind}"), config.load("what_when")
    assert isinstance(rates.reservoir, KINDS[kind])
    assert isinstance(spikes.reservoir, ReservoirSpec)
    tau_ms = (
        spikes.features.phasic_tau_ms
    )  # of the high-pass before when, a setting of the reservoir's readers
    features = attrs.evolve(rates.features, phasic_tau_ms=tau_ms)
    same = {"name": "x", "description": "", "reservoir": attrs.evolve(spikes.reservoir), "features": features}
    assert attrs.evolve(rates, **same) == attrs.evolve(spikes, **same)
    assert (rates.reservoir.n, rates.reservoir.dt_ms) == (spikes.reservoir.n, spikes.reservoir.dt_ms)
