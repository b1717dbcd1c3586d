"""What every panel promises, whatever it draws."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch

from neurogate.plotting.gates import GateCourse, block_opening, trial_course
from neurogate.plotting.learning import learning_curve
from neurogate.plotting.probability import probability
from neurogate.plotting.raster import raster
from neurogate.plotting.readout import when_readout
from neurogate.plotting.subspace import angle_course, subspace
from neurogate.plotting.weights import distribution, norms

OPEN = np.ones((2, 3))
COURSE = GateCourse(np.arange(3.0), OPEN, OPEN, np.arange(3.0), OPEN[:1])
CHANCE = {"mean": 88.0, "p5": 85.0, "p95": 89.9}

PANELS = {
    "raster": lambda ax=None: raster([1.0, 2.0], [0, 1], [1, 0], (-5.0, 10.0), marks={"cue": 0.0}, ax=ax),
    "readout": lambda ax=None: when_readout([0.0, 5.0], {"force": [[[0.0, 1.0]]]}, [5.0], ["A"], ax=ax),
    "probability": lambda ax=None: probability([[0.9, 0.1]], {"force": [[[0.8, 0.2]]]}, ax=ax),
    "learning": lambda ax=None: learning_curve([0, 10], {"force": [[9.0, 1.0]]}, "error (ms)", ax=ax),
    "distribution": lambda ax=None: distribution([[-1.0, 1.0]], [0, 1], ax=ax),
    "norms": lambda ax=None: norms([1, 2], [[[[3.0, 1.0]], [[6.0, 1.0]]]], [0, 1], ax=ax),
    "subspace": lambda ax=None: subspace({"force": [88.0]}, CHANCE, {}, ax=ax),
    "angle course": lambda ax=None: angle_course([1, 2], {"force": [[80.0, 70.0]]}, CHANCE, ax=ax),
    "gate": lambda ax=None: trial_course(COURSE, ["A"], ax=ax),
    "opening": lambda ax=None: block_opening(COURSE, ["A"], ax=ax),
}


@pytest.mark.parametrize("draw", PANELS.values(), ids=PANELS)
def test_a_panel_draws_into_the_axes_it_is_given_and_returns_its_artists(draw):
    ax = Figure().subplots()
    drawn = draw(ax)
    assert drawn
    assert all(
        isinstance(artist, (Line2D, PathCollection, StepPatch)) and artist.axes is ax for artist in drawn
    )


@pytest.mark.parametrize("draw", PANELS.values(), ids=PANELS)
def test_a_panel_without_axes_makes_a_figure_that_pyplot_does_not_hold(draw):
    before = plt.get_fignums()
    made = draw()[0].axes.figure
    made.canvas.draw()
    assert isinstance(made, Figure)
    assert plt.get_fignums() == before


@pytest.mark.parametrize(
    ("name", "x", "y"),
    [
        ("raster", "time from cue (ms)", "neuron (index, sorted by type)"),
        ("readout", "time from cue (ms)", ""),
        ("probability", "true probability", "learned probability"),
        ("learning", "training trials", "error (ms)"),
        ("distribution", "weight", "neurons of the type (%)"),
        ("norms", "training trials", "norm of weights"),
        ("angle course", "training trials", "angle (°)"),
        ("gate", "time from cue (ms)", "opening"),
    ],
)
def test_every_axis_says_what_it_shows_and_in_which_unit(name, x, y):
    ax = PANELS[name]()[0].axes
    assert (ax.get_xlabel(), ax.get_ylabel()) == (x, y)
    if not y:  # rows that are stacked have a scale bar instead of an axis
        assert not ax.get_yticks().size
        assert any("(a.u.)" in text.get_text() for text in ax.texts)
