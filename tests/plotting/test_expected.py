"""Readouts stand over the courses that they may follow; the first of each is told apart from the others."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex

from neurogate.analysis.intervals import mean_interval
from neurogate.plotting.expected import beside_expected
from neurogate.plotting.style import BLACK, CUES, GREY

TIME_MS = np.arange(0.0, 50.0, 5.0)
DENSITY = np.exp(-0.5 * ((TIME_MS - 20.0) / 8.0) ** 2)
READ = {"ours": np.stack([DENSITY, 0.8 * DENSITY, 0.9 * DENSITY]), "theirs": np.stack([DENSITY, DENSITY])}


def bands(line):
    return [one for one in line.axes.collections if isinstance(one, PolyCollection)]


def test_means_of_rules_are_drawn_over_the_courses_and_only_these_are_returned():
    drawn = beside_expected(TIME_MS, READ, {"density": DENSITY, "hazard": 2 * DENSITY})
    for line, values in zip(drawn, READ.values(), strict=True):
        np.testing.assert_allclose(line.get_ydata(), values.mean(axis=0))
    assert [to_hex(line.get_color()) for line in drawn] == [BLACK, GREY]
    labels = [line.get_label() for line in drawn[0].axes.get_lines()]
    assert labels == ["hazard", "ours", "theirs"]


def test_the_first_course_is_tinted_in_the_colour_asked_for_and_the_others_are_lines_in_it():
    first, _ = beside_expected(TIME_MS, READ, {"density": DENSITY, "hazard": 2 * DENSITY}, colour=CUES[2])
    tint, hazard = bands(first)[0], first.axes.get_lines()[0]
    assert [to_hex(tint.get_facecolor()[0]), to_hex(hazard.get_color())] == [CUES[2].lower()] * 2
    assert tint.get_paths()[0].vertices[:, 1].max() == pytest.approx(DENSITY.max())
    np.testing.assert_allclose(hazard.get_ydata(), 2 * DENSITY)


def test_the_headline_rule_has_its_interval_and_a_single_seed_none():
    first, _ = beside_expected(TIME_MS, READ, {})
    (band,) = bands(first)
    mean, half_width = mean_interval(READ["ours"])
    assert band.get_paths()[0].vertices[:, 1].max() == pytest.approx((mean + half_width).max())
    (alone,) = beside_expected(TIME_MS, {"ours": DENSITY[None]}, {})
    assert not bands(alone)
