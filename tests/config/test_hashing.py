"""The hash stands for what can change the bits: all of it, and nothing else."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

import attrs
import pytest

from neurogate.config.hashing import canonical, content_hash
from neurogate.config.loading import load
from neurogate.config.schema import Simulation, structure, unstructure
from neurogate.config.structuring import dumps
from neurogate.errors import RequestError

BASE = content_hash(Simulation())


def leaves(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the paths of all plain values in nested tables and lists."""
    if isinstance(node, dict | list):
        items = node.items() if isinstance(node, dict) else enumerate(node)
        return [leaf for key, inner in items for leaf in leaves(inner, (*path, key))]
    return [path]


def changed(path: tuple[Any, ...]) -> Simulation | None:
    """Return the default simulation with one value changed a little, or None if that is not allowed."""
    table: Any = unstructure(Simulation())
    node = table
    for key in path[:-1]:
        node = node[key]
    value = node[path[-1]]
    candidates: list[Any] = [not value, 0.05, 0.25, 1.0, 3, 10, 400.0, 1300.0, 3000.0]
    candidates += [
        "numpy",
        "float64",
        "euler",
        "all",
        "fixed_in_degree",
        "spectral_radius",
        "excitatory_2003",
    ]
    candidates += ["double_exponential", "other"]
    for candidate in (candidate for candidate in candidates if candidate != value):
        node[path[-1]] = candidate
        try:
            return structure(table)
        except RequestError:
            continue
    return None


PATHS = leaves(unstructure(Simulation()))
WITHOUT_EFFECT = {("name",), ("description",), ("run", "threads"), ("run", "memory_limit_mb")}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: ".".join(map(str, path)))
def test_every_value_counts_except_those_that_change_no_bit(path: tuple[Any, ...]) -> None:
    other = changed(path)
    if other is None:
        assert path[-1] in {"model", "kind", "feedback"}, "every other value can be changed by itself"
    else:
        assert (content_hash(other) == BASE) == (path in WITHOUT_EFFECT)


def test_it_survives_writing_and_reading() -> None:
    simulation = load("what_when", quick=True)
    assert content_hash(structure(tomllib.loads(dumps(simulation)))) == content_hash(simulation)


def test_whole_numbers_and_floats_that_are_equal_count_the_same() -> None:
    made = structure({"reservoir": {"gain": 1}, "features": {"bin_ms": 5}})
    assert content_hash(made) == BASE


def test_the_first_rule_counts_as_the_headline() -> None:
    simulation = Simulation()
    turned = attrs.evolve(simulation, rules=dict(reversed(simulation.rules.items())))
    assert content_hash(turned) != BASE


def test_the_order_of_neuron_parameters_does_not_count() -> None:
    cells = {"reservoir": {"cells": {"excitatory": {"preset": "excitatory_2003"}}}}
    hashes = set()
    for parameters in ({"b": 0.2, "d": {"uniform": [7, 8]}}, {"d": {"uniform": [7, 8]}, "b": 0.2}):
        cells["reservoir"]["cells"]["excitatory"]["parameters"] = parameters  # type: ignore[assignment]
        hashes.add(content_hash(structure(cells)))
    assert len(hashes) == 1


def test_a_file_counts_by_its_content_and_not_by_its_name(tmp_path: Path) -> None:
    for name, text in {"a.txt": "1 2 3 4 5 6", "b.txt": "1 2 3 4 5 6", "c.txt": "1 2 3 4 5 7"}.items():
        (tmp_path / name).write_text(text)
    a, b, c = (
        content_hash(
            structure({"reservoir": {"n": 1, "inputs": {"weight": {"file": str(tmp_path / f"{name}.txt")}}}})
        )
        for name in "abc"
    )
    assert a == b != c


def test_a_file_that_is_gone_is_named() -> None:
    simulation = structure({"reservoir": {"inputs": {"weight": {"file": "/nowhere/x.npy"}}}})
    with pytest.raises(RequestError, match=r"reservoir\.inputs\.weight\.file is /nowhere/x.npy"):
        content_hash(simulation)


def test_it_is_the_same_on_every_machine() -> None:
    assert content_hash(structure({"run": {"seed": 7}})) == content_hash(structure({"run": {"seed": 7}}))
    assert len(BASE) == 64


def test_it_is_that_of_the_canonical_tables_as_sorted_json() -> None:
    simulation = load("what_when", ["rules.delta={}", "reservoir.cells.excitatory.parameters={d=8,b=0.2}"])
    text = json.dumps(canonical(simulation), sort_keys=True, allow_nan=False)
    assert content_hash(simulation) == hashlib.sha256(text.encode()).hexdigest()


def test_what_is_known_of_shared_settings_changes_no_hash() -> None:
    base, known = load("what_when"), {}  # type: ignore[var-annotated]
    family = [attrs.evolve(base, reservoir=attrs.evolve(base.reservoir, gain=1.0 + i)) for i in range(5)]
    assert [content_hash(member, known) for member in family] == [content_hash(member) for member in family]
