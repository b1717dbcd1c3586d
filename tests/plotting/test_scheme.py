"""The scheme of every shipped simulation of the what-when task can be drawn, and says what it holds."""

from __future__ import annotations

import pytest

from neurogate.config import Simulation, load
from neurogate.config.shipped import names
from neurogate.plotting.scheme import scheme

WHAT_WHEN = [name for name in names() if isinstance(load(name), Simulation)]


@pytest.mark.parametrize("name", WHAT_WHEN)
def test_the_scheme_of_a_shipped_simulation_has_its_blocks(name):
    simulation = load(name)
    made = scheme(simulation)
    made.canvas.draw()
    titles = [axes.get_title() for axes in made.axes if axes.get_visible()]
    for block in simulation.task.blocks:
        assert sum(title.startswith(f"block {block.name}") for title in titles) == 1


def words(name, *overrides):
    return [text.get_text() for text in scheme(load(name, overrides=list(overrides))).axes[-1].texts]


def test_the_network_is_named_by_its_kind():
    assert "1000 Izhikevich neurons,\n20 % inhibitory" in words("what_when")
    assert "1000 leaky integrators,\nunconnected" in words("what_when_leaky")


def test_what_distracts_is_said_to_be_left_out():
    assert "task.distraction" in scheme(load("what_when_distractors")).get_supxlabel()
    assert not scheme(load("what_when")).get_supxlabel()
