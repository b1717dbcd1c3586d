"""Every setting is listed, with what it may be and what it means."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from neurogate.config.listing import describe, inline
from neurogate.config.schema import Simulation, unstructure
from neurogate.config.structuring import build
from neurogate.tasks.what_when import Block


def test_every_key_of_the_configuration_is_listed_once() -> None:
    rows = describe(Simulation())
    keys = [row.key for row in rows]
    assert len(set(keys)) == len(keys)
    tops = {key.split(".")[0] for key in keys}
    assert tops == set(unstructure(Simulation()))


def test_every_value_is_toml_that_gives_the_configuration_back() -> None:
    simulation = Simulation()
    table: dict[str, Any] = {}
    for row in describe(simulation):
        if "[" not in row.key and row.value:
            *parents, last = row.key.split(".")
            node = table
            for parent in parents:
                node = node.setdefault(parent, {})
            node[last] = tomllib.loads(f"x = {row.value}")["x"]
    assert build(Simulation, table) == simulation


def test_every_row_says_what_is_allowed() -> None:
    assert all(row.allowed for row in describe(Simulation()))


@pytest.mark.parametrize(
    ("key", "value", "allowed", "meaning"),
    [
        ("reservoir.dt_ms", "1.0", "a number (above 0 ms)", "Time step."),
        ("task.timeline.gap_ms", "150.0", "a number (at least 0), in ms", "Time after the cue."),
        ("task.blocks[1].trials", "240", "a whole number (at least 1)", "Number of trials, over all cues."),
        ("run.dtype", '"float32"', '"float32" or "float64"', "Type of the simulated numbers;"),
        ("rules.force.kind", '"force"', '"force"', "Recursive least squares on both readouts."),
        ("reservoir.inputs.noise_sd", "0.3", "a number, {uniform}, {log_uniform}, ", "White current noise"),
        (
            "reservoir.cells.excitatory.bias",
            "{normal = [4.0, 1.0]}",
            "a number, {uniform}",
            "Constant current",
        ),
        ("reservoir.cells.excitatory.parameters", "{}", "a table", "Parameters of the neuron model"),
    ],
)
def test_rows_hold_value_domain_and_meaning(key: str, value: str, allowed: str, meaning: str) -> None:
    (row,) = (row for row in describe(Simulation()) if row.key == key)
    assert row.value == value
    assert row.allowed.startswith(allowed)
    assert row.meaning.startswith(meaning)


def test_a_class_lists_its_defaults_and_leaves_open_what_must_be_given() -> None:
    assert describe(Simulation) == describe(Simulation())
    assert [(row.key, row.value) for row in describe(Block)] == [
        ("name", ""),
        ("trials", ""),
        ("latency_ms", ""),
        ("probability", ""),
        ("probability_to", ""),
        ("jitter", ""),
    ]


@pytest.mark.parametrize("value", [True, 1, -2.5e-300, 'a\n"b" β \x7f', [1, [2]], {"a b": {"c": []}}])
def test_inline_is_toml(value: Any) -> None:
    assert tomllib.loads(f"x = {inline(value)}")["x"] == value
