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


def test_a_legend_shows_the_line_of_each_rule_and_no_two_look_alike(make_result):
    result = make_result(2, n=60)
    rules = ["force", "three_factor", "share_10", "share_30", "share_60"]
    result |= {f"{rule}.{key}": result[f"force.{key}"] for rule in rules for key in COURSES}
    (legend,) = turning_figure(result, rules).legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "FORCE", "three-factor", "share 10", "share 30", "share 60",
    ]  # fmt: skip
    looks = {(line.get_color(), str(line._unscaled_dash_pattern)) for line in legend.get_lines()}
    assert len(looks) == len(rules)


@pytest.mark.parametrize("lowest", [0.0, 68.0])
def test_angles_fill_their_panel_which_reaches_from_the_smallest_to_a_line_at_90_degrees(make_result, lowest):
    result = make_result(2, n=60)
    result["null.own_traces_deg"] = np.full((2, 9), 89.0)
    result["force.angle_deg"] = np.linspace(lowest, 88.0, 2 * 81).reshape(2, 81)
    axes = turning_figure(result, ["force"]).axes[0]
    bottom, top = axes.get_ylim()
    assert 0 < lowest - bottom < 0.1 * (90.0 - lowest)
    assert 90.0 < top < 95.0
    assert any(set(line.get_ydata()) == {90.0} for line in axes.lines)


def test_missing_arrays_are_named(make_result):
    result = make_result(n=60)
    del result["force.what_overlap"]
    with pytest.raises(RequestError, match=r"force\.what_overlap"):
        turning_figure(result)
