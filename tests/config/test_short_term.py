"""Short-term plasticity in a configuration: left out by default, and checked where it is asked for."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurogate import config
from neurogate.config.build import reservoir
from neurogate.config.hashing import canonical, content_hash
from neurogate.config.schema import Simulation, structure, unstructure
from neurogate.config.structuring import dumps
from neurogate.errors import RequestError
from neurogate.network.short_term import ShortTerm
from neurogate.neurons.distributions import Constant


def asked(**short_term: Any) -> dict[str, Any]:
    return {"reservoir": {"n": 30, "synapse": {"short_term": short_term}}}


def test_by_default_there_is_none_and_nothing_is_said_of_it() -> None:
    assert Simulation().reservoir.synapse.short_term is None  # type: ignore[union-attr]
    assert "short_term" not in unstructure(Simulation())["reservoir"]["synapse"]
    assert "short_term" not in canonical(Simulation())["reservoir"]["synapse"]


def test_an_empty_table_asks_for_it_and_toml_gives_it_back() -> None:
    simulation = structure(asked())
    assert simulation.reservoir.synapse.short_term == ShortTerm()  # type: ignore[union-attr]
    assert structure(tomllib.loads(dumps(simulation))) == simulation
    assert content_hash(simulation) != content_hash(structure({"reservoir": {"n": 30}}))


def test_one_setting_of_it_can_be_changed_on_the_command_line() -> None:
    simulation = config.load("what_when", ["reservoir.synapse.short_term.use=0.1", "reservoir.n=30"])
    assert simulation.reservoir.synapse.short_term == ShortTerm(use=Constant(value=0.1))  # type: ignore[union-attr]
    assert reservoir(simulation).arrays.use[0, 0] == np.float32(0.1)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"use": 0.0}, "use is 0.0; every number drawn must be above 0 and at most 1."),
        ({"use": {"uniform": [0.1, 2.0]}}, "use is {uniform = [0.1, 2.0]}; every number drawn must be above"),
        ({"facilitation_ms": 0.0}, "facilitation_ms is 0.0; every number drawn must be above 0 ms."),
        ({"depression_ms": -1.0}, "depression_ms is -1.0; every number drawn must be above 0 ms."),
        ({"senders": "some"}, 'senders is "some"; it must be "excitatory" or "all".'),
        ({"uses": 0.1}, "uses is not a known key; did you mean use?"),
    ],
)
def test_mistakes_are_one_sentence(table: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RequestError) as caught:
        structure(asked(**table))
    (problem,) = caught.value.problems
    assert problem.startswith(f"reservoir.synapse.short_term.{sentence}")


def test_a_file_must_hold_a_number_for_each_sender(tmp_path: Path) -> None:
    np.save(tmp_path / "use.npy", np.full(30, 0.5))
    file = {"file": str(tmp_path / "use.npy")}
    with pytest.raises(RequestError, match=r"reservoir.synapse.short_term.use: .*30"):
        structure(asked(use=file))
    assert structure(asked(use=file, senders="all"))
