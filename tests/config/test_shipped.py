"""What ships is found, described and valid."""

from __future__ import annotations

import attrs
import pytest

from neurogate.config import Run, shipped
from neurogate.config.loading import load
from neurogate.config.structuring import Known, dumps


@pytest.mark.parametrize("name", shipped.names())
@pytest.mark.parametrize("quick", [False, True])
def test_every_shipped_simulation_is_valid(name: str, quick: bool) -> None:
    assert load(name, quick=quick).name == name


@pytest.mark.parametrize("name", shipped.names())
def test_settings_that_are_shared_are_written_once_and_read_the_same(name: str) -> None:
    simulation, known = load(name), Known()
    other = attrs.evolve(simulation, run=attrs.evolve(simulation.run, seed=7), name="other")
    texts, tables = [dumps(one, known) for one in (simulation, other)], [value for value, _ in known.values()]
    assert texts == [dumps(simulation), dumps(other)]
    assert [sum(table is one.run for table in tables) for one in (simulation, other)] == [1, 1]
    assert sum(table == simulation.task for table in tables) == 1


def test_settings_that_stand_under_two_keys_are_written_under_each() -> None:
    @attrs.frozen
    class Two:
        name: str
        first: Run
        second: Run

    shared = Run(seed=7)
    both = Two("both", shared, shared)
    assert dumps(both, Known()) == dumps(both)


def test_every_shipped_simulation_says_in_a_line_what_it_is() -> None:
    found = shipped.descriptions()
    assert tuple(found) == shipped.names()
    assert all(20 < len(text) < 100 for text in found.values())


def test_the_folder_holds_the_files() -> None:
    assert {path.stem for path in shipped.folder().glob("*.toml")} == set(shipped.names())
