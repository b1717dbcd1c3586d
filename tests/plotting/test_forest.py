"""A row for each condition: where its mean is, how far its interval reaches, what cannot be shown."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex

from neurogate.analysis.intervals import mean_interval
from neurogate.plotting.forest import forest, forest_figure
from neurogate.plotting.style import BLACK, GREY, drawing

VALUES = {"whole": [10.0, 14.0, 12.0], "no_gate": [20.0, 22.0, 27.0]}


def test_each_mean_stands_in_its_row_and_the_interval_is_that_of_the_seeds():
    with drawing(None) as axes:
        means = forest(VALUES, "error", ax=axes)
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in means] == [(12.0, 0), (23.0, 1)]
    bars = [one.get_segments()[0][:, 0] for one in axes.collections if isinstance(one, LineCollection)]
    for bar, seeds in zip(bars, VALUES.values(), strict=True):
        mean, half_width = mean_interval(seeds)
        assert bar == pytest.approx([mean - half_width, mean + half_width])


def test_the_first_condition_stands_out_unless_others_are_named():
    colours = [to_hex(line.get_color()) for line in forest(VALUES, "error")]
    assert colours == [BLACK, GREY]
    named = [to_hex(line.get_color()) for line in forest(VALUES, "error", emphasised=["no_gate"])]
    assert named == [GREY, BLACK]


def test_values_beyond_the_limit_lie_on_it_and_are_marked_otherwise():
    with drawing(None) as axes:
        forest({"never": [240.0, 240.0, 40.0]}, "trials", limit=240.0, ax=axes)
    marked = [line for line in axes.lines if line.get_marker() == ">"]
    assert [line.get_xdata().tolist() for line in marked] == [[240.0, 240.0]]


def test_a_single_seed_has_a_mean_and_no_interval():
    with drawing(None) as axes:
        (mean,) = forest({"one": [3.0]}, "error", ax=axes)
    assert mean.get_xdata()[0] == 3.0
    assert not axes.collections


def test_a_condition_without_any_number_says_so():
    with drawing(None) as axes:
        whole, lost = forest({"whole": [1.0, 2.0], "lost": [np.nan, np.nan]}, "error", ax=axes)
    assert len(whole.get_xdata()) == 1
    assert len(lost.get_xdata()) == 0
    assert "no number" in [text.get_text() for text in axes.texts]


def test_the_reference_is_drawn_where_it_is():
    with drawing(None) as axes:
        forest(VALUES, "error", reference=15.0, ax=axes)
    assert [15.0, 15.0] in [list(line.get_xdata()) for line in axes.lines]
    assert not plt.get_fignums()


def test_several_measures_share_their_rows_and_each_has_the_mean_of_the_whole_as_its_reference():
    other = {"whole": [1.0, 3.0], "no_gate": [5.0, np.nan]}
    left, right = forest_figure({"error (ms)": VALUES, "other": other}).axes
    assert [axes.get_xlabel() for axes in (left, right)] == ["error (ms)", "other"]
    assert [label.get_text() for label in left.get_yticklabels()] == ["whole", "no gate"]
    for axes, mean in ((left, 12.0), (right, 2.0)):
        assert [mean, mean] in [list(line.get_xdata()) for line in axes.lines]


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([10.0, 101.0], "log"),
        ([10.0, 99.0], "linear"),
        ([-10.0, 1000.0], "linear"),
        ([np.nan, 1.0], "linear"),
    ],
)
def test_what_differs_by_over_ten_times_stands_on_a_logarithmic_axis(values: list[float], scale: str):
    with drawing(None) as axes:
        forest({"a": values[:1], "b": values[1:]}, "error", ax=axes)
    assert axes.get_xscale() == scale
