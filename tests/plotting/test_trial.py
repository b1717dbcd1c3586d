"""A trial is drawn as its configuration says, and blocks as bars that are divided by probability."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from matplotlib.colors import to_hex

from neurogate.plotting.style import cue_colour
from neurogate.plotting.trial import block_chart, outcome_key, trial_timeline
from neurogate.tasks.what_when import Block, WhatWhen

TASK = WhatWhen(lead_ms=80.0)


def when(line, level):
    """Return the first and the last moment at which a row is above a level."""
    values = line.get_ydata() - line.get_ydata().min()
    return line.get_xdata()[values > level * values.max()][[0, -1]].tolist()


def test_the_cue_is_strong_first_and_stays_and_the_outcome_comes_when_it_is_due():
    cue, comes, omitted, taught = trial_timeline(TASK, 2)
    assert when(cue, 0.1) == [0.0, 1649.0]
    assert when(cue, 0.9) == [0.0, 99.0]
    assert when(comes, 0.5) == [900.0, 949.0]
    assert np.ptp(omitted.get_ydata()) == 0
    assert taught.get_xdata()[taught.get_ydata().argmax()] == 820.0
    assert to_hex(cue.get_color()) == cue_colour(2).lower()


def test_the_gate_is_drawn_if_there_is_one():
    *_, gate = trial_timeline(TASK, 0, gate=(np.array([-400.0, 0.0, 1.0, 1800.0]), np.array([0, 0, 1, 1.0])))
    assert when(gate, 0.9)[0] == 1.0


@pytest.mark.parametrize("block", range(3))
def test_bars_of_a_cue_stand_where_it_is_due_and_add_up_to_one(block):
    bars = [bar[0] for bar in block_chart(TASK, block)]
    for cue, due_ms in enumerate(TASK.blocks[block].latency_ms):
        parts = bars[3 * cue : 3 * cue + 3]
        assert {round(bar.get_x() + bar.get_width() / 2, 6) for bar in parts} == {due_ms}
        heights = [bar.get_height() for bar in parts]
        assert heights[:2] == pytest.approx(TASK.blocks[block].probability[cue])
        assert sum(heights) == pytest.approx(1.0)
        assert [bar.get_y() for bar in parts] == pytest.approx(np.cumsum([0.0, *heights[:2]]))


def test_cues_of_one_latency_stand_beside_each_other():
    task = WhatWhen(
        blocks=(Block(name="A", trials=9, latency_ms=(300.0, 300.0), probability=((0.5, 0.5), (0.2, 0.1))),)
    )
    left = sorted({bar[0].get_x() for bar in block_chart(task, 0)})
    width = block_chart(task, 0)[0][0].get_width()
    assert left[1] - left[0] == pytest.approx(width)


def test_every_outcome_looks_different():
    block = Block(name="A", trials=9, latency_ms=(300.0,), probability=((0.2, 0.3, 0.1),))
    task = attrs.evolve(TASK, outcomes=("X", "Y", "Z"), blocks=(block,))
    keys = outcome_key(task)
    assert [key.get_label() for key in keys] == ["X", "Y", "Z", "nothing"]
    assert len({(key.get_facecolor(), key.get_hatch(), key.get_linestyle()) for key in keys}) == 4
