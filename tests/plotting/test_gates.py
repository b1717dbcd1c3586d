"""Gates are drawn as they are, apart only where they differ."""

from __future__ import annotations

import numpy as np

from neurogate.plotting.gates import GateCourse, block_opening, training_course, trial_course

TIME_MS = np.arange(5.0)


def course(high, low=None, opening=None):
    high = np.asarray(high, dtype=float)
    return GateCourse(TIME_MS, high if low is None else np.asarray(low, float), high, TIME_MS, opening)


def test_cues_that_are_gated_alike_share_one_line():
    (line,) = trial_course(course(np.ones((3, 5))), ["A", "B"])
    assert line.get_label() == "every trial"


def test_cues_that_are_gated_apart_and_the_omission_have_lines_of_their_own():
    lines = trial_course(course([[0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0]]), ["A", "B"])
    assert [line.get_label() for line in lines] == ["cue A", "cue B", "omission"]
    assert [line.get_ydata().tolist() for line in lines[:2]] == [[0, 1, 0, 0, 0], [0, 0, 1, 0, 0]]


def test_what_surprise_can_change_is_a_band():
    (line,) = trial_course(course(np.ones((2, 5)), low=np.full((2, 5), 0.2)), ["A"])
    (band,) = line.axes.collections
    assert band.get_datalim(line.axes.transData).y0 == 0.2


def test_a_block_that_was_not_judged_has_no_line():
    opening = np.array([np.full(5, np.nan), np.full(5, 0.3)])
    (line,) = block_opening(course(np.ones((2, 5)), opening=opening), ["A", "B"])
    assert line.get_label() == "end of block B"


def test_training_is_the_mean_over_replicas_from_closed_to_open():
    image = training_course([[[0.0, 1.0]], [[1.0, 1.0]]], (-5.0, 5.0), starts=[0.5])
    assert image.get_array().tolist() == [[0.5, 1.0]]
    assert image.get_clim() == (0.0, 1.0)
