"""The subspaces of readouts are followed over the blocks: their angle, and how far each has turned."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.plotting.turning import COURSES, turning_figure


def test_there_is_a_panel_for_each_course_with_lines_for_the_rules(make_result):
    result = make_result(2, n=60)
    made = turning_figure(result, ["force"])
    made.canvas.draw()
    assert len(made.axes) == len(COURSES)
    for axes, key in zip(made.axes, COURSES, strict=True):
        mean = result[f"force.{key}"].mean(axis=0)
        assert any(np.array_equal(line.get_ydata(), mean) for line in axes.lines)


def test_switches_between_blocks_are_marked_in_every_panel(make_result):
    made = turning_figure(make_result(2, n=60))
    for axes in made.axes:
        marked = {line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 2}
        assert {320, 560} <= marked


def test_missing_arrays_are_named(make_result):
    result = make_result(n=60)
    del result["force.what_overlap"]
    with pytest.raises(RequestError, match=r"force\.what_overlap"):
        turning_figure(result)
