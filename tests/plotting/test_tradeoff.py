"""Each setting stands at its two means, with both intervals; families are told apart."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_hex

from neurogate.analysis.intervals import mean_interval
from neurogate.plotting.style import BLACK, GREY
from neurogate.plotting.tradeoff import tradeoff

CURVES = {
    "counts": [([0.04, 0.06, 0.05], [140.0, 160.0, 180.0]), ([0.10, 0.12, 0.14], [40.0, 60.0, 50.0])],
    "told": [([0.03, 0.05, 0.04], [40.0, 40.0, 40.0])],
}


def test_settings_stand_at_their_means_in_order_with_both_intervals():
    drawn = tradeoff(CURVES, "error", "trials")
    for line, points in zip(drawn, CURVES.values(), strict=True):
        assert line.get_xydata() == pytest.approx(np.array([[np.mean(x), np.mean(y)] for x, y in points]))
    bars = [one for one in drawn[0].axes.collections if isinstance(one, LineCollection)]
    across, upwards = bars[0].get_segments()[1], bars[1].get_segments()[1]
    for bar, seeds, axis in ((across, CURVES["counts"][1][0], 0), (upwards, CURVES["counts"][1][1], 1)):
        mean, half_width = mean_interval(seeds)
        assert bar[:, axis] == pytest.approx([mean - half_width, mean + half_width])


def test_families_differ_in_markers_and_those_named_are_black():
    first, second = tradeoff(CURVES, "error", "trials", emphasised=["told"])
    assert first.get_marker() != second.get_marker()
    assert [to_hex(line.get_color()) for line in (first, second)] == [GREY, BLACK]
    assert [line.get_label() for line in (first, second)] == list(CURVES)


def test_families_of_one_colour_differ_in_dashes_too():
    many = {name: [([0.1, 0.2], [50.0, 60.0])] for name in "abcdef"}
    drawn = tradeoff(many, "error", "trials", emphasised=list(many))
    assert len({str(line._unscaled_dash_pattern) for line in drawn}) == len(many)


def test_a_ring_stands_around_the_setting_that_is_asked_for():
    drawn = tradeoff(CURVES, "error", "trials", ringed={"counts": 1, "another": 0})
    (ring,) = [line for line in drawn[0].axes.lines if line not in drawn]
    assert ring.get_xydata() == pytest.approx(drawn[0].get_xydata()[[1]])
    assert ring.get_markersize() > 2 * drawn[0].get_markersize()
    assert ring.get_markerfacecolor() == "none"


def test_the_corner_of_both_targets_is_tinted():
    (line,) = tradeoff({"one": [([0.1, 0.2], [50.0, 60.0])]}, "error", "trials", targets=(0.05, 100.0))
    (corner,) = [one for one in line.axes.collections if isinstance(one, PolyCollection)]
    assert corner.get_paths()[0].get_extents().bounds == pytest.approx((0.0, 0.0, 0.05, 100.0))
    assert line.axes.get_xlim()[0] == line.axes.get_ylim()[0] == 0.0


def test_a_single_seed_has_no_interval():
    (line,) = tradeoff({"one": [([0.1], [50.0])]}, "error", "trials")
    bars = [one for one in line.axes.collections if isinstance(one, LineCollection)]
    assert all(np.ptp(bar.get_segments()[0], axis=0).max() == 0 for bar in bars)
