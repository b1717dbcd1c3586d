"""Angles are those of the readouts, and the nulls those of their dimensions."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.analysis.subspaces import angle_between
from neurogate.plotting.subspace import angles, isotropic_null, subspace


def test_the_angle_is_that_of_the_analysis_and_the_constant_does_not_count():
    rng = np.random.default_rng(1)
    when, what = rng.standard_normal((2, 3, 6)), rng.standard_normal((2, 3, 2, 7))
    expected = [[angle_between(when[b, p], what[b, p, :, :6]) for p in range(3)] for b in range(2)]
    np.testing.assert_array_equal(angles(when, what), expected)


def test_the_null_is_the_same_each_time_and_wider_in_fewer_dimensions():
    assert isotropic_null(50, 2) == isotropic_null(50, 2)
    assert isotropic_null(10, 2)["p5"] < isotropic_null(1000, 2)["p5"]


def test_a_readout_that_learned_nothing_does_not_stop_the_picture():
    dots = subspace({"force": [np.nan]}, {"mean": 88.0, "p5": 85.0, "p95": 89.9}, {})
    dots[0].figure.canvas.draw()
    assert np.isfinite(dots[0].axes.get_ylim()).all()


@pytest.mark.parametrize("rules", [1, 2])
def test_the_null_of_the_traces_is_drawn_for_each_rule_and_explained_once(rules):
    null = {"mean": 78.0, "p5": 67.0, "p": 0.02}
    names = ["three_factor", "force"][:rules]
    dots = subspace(
        {name: [88.0] for name in names}, {"mean": 88.0, "p5": 85.0, "p95": 89.9}, dict.fromkeys(names, null)
    )
    axes = dots[0].axes
    assert sum(list(line.get_ydata()) == [67.0, 78.0] for line in axes.lines) == rules
    assert len(axes.get_legend().get_texts()) == 2
    assert [tick.get_text().split("\n")[1] for tick in axes.get_xticklabels()] == ["p = 0.02"] * rules
