from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from neurogate.plotting.readout import row_step, when_readout
from neurogate.plotting.style import GREY, cue_colour

TIME_MS = np.arange(0.0, 50.0, 5.0)


def draw(replicas=2):
    when = np.random.default_rng(0).random((2, replicas, 3, TIME_MS.size))
    rules = {"three_factor": when[0], "force": when[1]}
    return rules, when_readout(TIME_MS, rules, [10.0, 20.0, 30.0], ["A", "B", "C"])


def test_the_headline_readout_has_the_colour_of_its_cue_and_the_rival_is_grey_and_dashed():
    _, lines = draw()
    assert [to_hex(line.get_color()) for line in lines[:3]] == [cue_colour(i).lower() for i in range(3)]
    assert {line.get_color() for line in lines[3:]} == {GREY}
    assert [line.is_dashed() for line in lines] == [False] * 3 + [True] * 3


def test_latencies_are_marked_at_their_times_each_on_the_row_of_its_cue():
    _, lines = draw()
    marked = [line for line in lines[0].axes.lines if line.get_marker() not in ("None", "")]
    assert [float(line.get_xdata()[0]) for line in marked] == [10.0, 20.0, 30.0]
    rows = [float(line.get_ydata()[0]) for line in marked]
    assert rows == sorted(rows, reverse=True)


def test_rows_show_the_mean_over_replicas_at_one_scale_and_stay_clear_of_each_other():
    rules, lines = draw()
    step = row_step(rules)
    for rule, values in enumerate(rules.values()):
        for row in range(3):
            shown = lines[3 * rule + row].get_ydata() + row * step
            np.testing.assert_allclose(shown, values[:, row].mean(axis=0))
            assert shown.max() < step


@pytest.mark.parametrize(("replicas", "bands"), [(1, 0), (2, 3)])
def test_the_range_over_replicas_is_drawn_only_if_there_are_several(replicas, bands):
    assert len(draw(replicas)[1][0].axes.collections) == bands


def test_the_scale_bar_is_as_long_as_it_says():
    lines = when_readout(TIME_MS, {"force": np.full((1, 1, TIME_MS.size), 0.7)}, [10.0], ["A"])
    bars = [line for line in lines[0].axes.lines if list(line.get_xdata()) == [0.99, 0.99]]
    assert [np.ptp(bar.get_ydata()) for bar in bars] == [0.5]
    assert "0.5 (a.u.)" in [text.get_text() for text in lines[0].axes.texts]


def test_the_key_names_every_rule_and_the_marker_and_can_be_left_out():
    _, lines = draw()
    key = [text.get_text() for text in lines[0].axes.get_legend().get_texts()]
    assert key == ["three-factor", "FORCE", "true latency"]
    bare = when_readout(TIME_MS, {"force": np.ones((1, 1, TIME_MS.size))}, [10.0], ["A"], key=False)
    assert bare[0].axes.get_legend() is None
