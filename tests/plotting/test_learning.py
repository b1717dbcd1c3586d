from __future__ import annotations

import numpy as np
import pytest

from neurogate.plotting.learning import learning_curve


def draw(replicas=2):
    error = np.random.default_rng(0).random((2, replicas, 4))
    rules = {"three_factor": error[0], "force": error[1]}
    blocks = {"block_start": [0, 20, 30], "block_names": ["first", "times_swapped"]}
    return error, learning_curve([0, 10, 20, 30], rules, "timing error (ms)", **blocks)


def test_lines_are_the_mean_over_replicas_at_each_probe():
    error, lines = draw()
    np.testing.assert_allclose([line.get_ydata() for line in lines], error.mean(axis=1))
    assert all(line.get_xdata().tolist() == [0, 10, 20, 30] for line in lines)
    assert [line.is_dashed() for line in lines] == [False, True]


@pytest.mark.parametrize(("replicas", "bands"), [(1, 0), (2, 2)])
def test_the_range_over_replicas_is_drawn_only_if_there_are_several(replicas, bands):
    assert len(draw(replicas)[1][0].axes.collections) == bands


def test_switches_are_marked_and_blocks_and_rules_are_named():
    axes = draw()[1][0].axes
    assert [line.get_xdata()[0] for line in axes.lines[2:]] == [20.0]
    written = [text.get_text() for text in axes.texts]
    assert sorted(written) == ["FORCE", "first", "three-factor", "times\nswapped"]


def test_names_may_be_left_to_a_legend():
    lines = learning_curve([0, 10], {"three_factor": [[9.0, 1.0]]}, "timing error (ms)", named=False)
    assert not lines[0].axes.texts
    assert lines[0].get_label() == "three-factor"


def test_the_error_axis_begins_at_zero():
    assert draw()[1][0].axes.get_ylim()[0] == 0.0


def test_one_judgement_is_drawn_within_its_blocks():
    blocks = {"block_start": [0, 20, 30], "block_names": ["first", "second"]}
    axes = learning_curve([30], {"force": [[1.0]]}, "timing error (ms)", **blocks)[0].axes
    assert axes.get_xlim() == (0.0, 30.0)


def test_of_many_rules_only_the_first_have_names_and_the_rest_are_counted():
    rules = {f"rule_{i}": [[9.0, float(i)]] for i in range(9)}
    lines = learning_curve([0, 10], rules, "timing error (ms)")
    assert len(lines) == 9
    written = {text.get_text() for text in lines[0].axes.texts}
    assert written == {*(f"rule {i}" for i in range(5)), "4 others"}
    assert lines[0].axes.get_legend_handles_labels()[1] == [*(f"rule {i}" for i in range(5)), "4 others"]
    assert lines[4].get_color() != lines[5].get_color() == lines[8].get_color()
