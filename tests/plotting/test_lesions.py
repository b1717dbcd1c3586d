"""Beside the errors stands when each gate is closed, in the same row."""

from __future__ import annotations

import numpy as np

from neurogate.plotting.lesions import gate_rows, lesion_figure

TIME_MS = np.arange(5.0)
GATES = {"whole": (TIME_MS, np.ones(5)), "lesion_cue": (TIME_MS, [0, 0, 1, 1, 1])}


def test_each_condition_is_a_row_in_every_panel():
    errors = {"whole": [1.0, 2.0, 1.5], "lesion_cue": [4.0, 5.0, 4.5]}
    made = lesion_figure({"timing error (ms)": errors, "probability error": errors}, GATES)
    made.canvas.draw()
    left, *rest = made.axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["whole", "lesion cue"]
    for axes in rest:
        assert axes.get_ylim() == left.get_ylim()
        assert [1.5, 1.5] in [list(line.get_xdata()) for line in axes.lines]


def test_values_at_the_limit_of_their_measure_are_triangles_and_those_of_others_are_not():
    values = {"whole": [20.0, 30.0, 40.0], "lesion_cue": [240.0, 100.0, 240.0]}
    made = lesion_figure({"trials": values, "error": values}, GATES, limits={"trials": 240.0})
    triangles = [[line for line in axes.lines if line.get_marker() == ">"] for axes in made.axes[1:]]
    marked = [np.concatenate([line.get_xdata() for line in lines]).tolist() for lines in triangles]
    assert marked == [[240.0, 240.0], []]


def test_a_gate_is_as_high_as_it_is_open():
    whole, lesioned = (np.ptp(area.get_paths()[0].vertices[:, 1]) for area in gate_rows(GATES))
    assert whole == lesioned
    (path,) = gate_rows(GATES)[1].get_paths()
    open_ = path.vertices[:, 1] < path.vertices[:, 1].max()
    assert path.vertices[open_, 0].min() == 1.5


def test_the_time_of_the_outcome_is_marked_if_it_is_told():
    areas = gate_rows(GATES, due_ms=3.0)
    assert [3.0, 3.0] in [list(line.get_xdata()) for line in areas[0].axes.lines]
