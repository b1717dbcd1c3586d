"""Five quantiles in a row: lines reach from one to the other, and the reference is marked in all rows."""

from __future__ import annotations

import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex

from neurogate.plotting.ranges import ranges, ranges_figure
from neurogate.plotting.style import BLACK, GREY, drawing

QUANTILES = {"people": [0.07, 0.14, 0.19, 0.26, 0.43], "my_model": [0.1, 0.15, 0.2, 0.25, 0.3]}


def test_lines_reach_from_quantile_to_quantile_and_the_middle_stands_in_its_row() -> None:
    with drawing(None) as axes:
        middles = ranges(QUANTILES, "duration (s)", ax=axes)
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in middles] == [(0.19, 0), (0.2, 1)]
    bars = [one.get_segments()[0][:, 0] for one in axes.collections if isinstance(one, LineCollection)]
    outer_and_inner = [[values[i], values[-1 - i]] for values in QUANTILES.values() for i in (0, 1)]
    assert [bar.tolist() for bar in bars] == outer_and_inner
    assert [label.get_text() for label in axes.get_yticklabels()] == ["people", "my model"]


def test_the_reference_is_black_and_marked_in_all_rows() -> None:
    with drawing(None) as axes:
        middles = ranges(QUANTILES, "duration (s)", reference="people", ax=axes)
    assert [to_hex(line.get_color()) for line in middles] == [BLACK, GREY]
    assert [0.19, 0.19] in [list(line.get_xdata()) for line in axes.lines]
    (band,) = axes.patches
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((0.14, 0.26))


def test_panels_of_a_figure_share_their_rows() -> None:
    made = ranges_figure({"duration (s)": QUANTILES, "amplitude (px)": QUANTILES}, reference="people")
    left, right = made.axes
    assert left.get_ylim() == right.get_ylim()
    assert [axes.get_xlabel() for axes in made.axes] == ["duration (s)", "amplitude (px)"]
