from __future__ import annotations

import numpy as np
import pytest

from neurogate.plotting.probability import probability

TRUTH = [[0.9, 0.1], [0.2, 0.8], [0.5, 0.3]]


def draw(replicas=2):
    learned = np.random.default_rng(0).random((2, replicas, 3, 2))
    return learned, probability(TRUTH, {"three_factor": learned[0], "force": learned[1]})


def test_markers_lie_at_the_truth_and_the_mean_over_replicas():
    learned, markers = draw()
    np.testing.assert_allclose([m.get_ydata() for m in markers], learned.mean(axis=1).reshape(6, 2))
    np.testing.assert_allclose([m.get_xdata() for m in markers], TRUTH * 2)


def test_markers_tell_the_rules_apart_without_colour():
    _, markers = draw()
    assert [m.get_marker() for m in markers] == ["o"] * 3 + ["s"] * 3
    assert {m.get_markerfacecolor() for m in markers[3:]} == {"none"}


@pytest.mark.parametrize(("replicas", "bars"), [(1, 0), (2, 6)])
def test_the_range_over_replicas_is_drawn_only_if_there_are_several(replicas, bars):
    assert len(draw(replicas)[1][0].axes.collections) == bars


def test_the_correlation_of_each_rule_is_written_as_the_mean_over_replicas():
    rules = {"three_factor": [[[0.9, 0.1]]], "force": [[[0.1, 0.9]]], "delta": [[[0.9, 0.1]], [[0.1, 0.9]]]}
    axes = probability([[0.9, 0.1]], rules)[0].axes
    written = [text.get_text() for text in axes.texts]
    assert written == ["● three-factor, r = 1.00", "□ FORCE, r = −1.00", "◇ delta, r = 0.00"]


def test_one_unit_is_as_long_on_both_axes():
    axes = draw()[1][0].axes
    assert axes.get_aspect() == 1.0
    np.testing.assert_array_equal(axes.lines[0].get_xdata(), axes.lines[0].get_ydata())
