"""Observers know what their trials say: by counting, and by Bayes' rule written out over all histories."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.analysis.observers import change_points, counted
from neurogate.errors import RequestError

SHAPE = (2, 2)
TRIALS = st.lists(st.tuples(st.integers(0, 1), st.integers(-1, 1)), min_size=1, max_size=40)


def share(trials, cue, outcome):
    of_cue = [came for which, came in trials if which == cue]
    return of_cue.count(outcome) / len(of_cue) if of_cue else np.nan


@given(TRIALS)
def test_counts_without_forgetting_are_the_shares_so_far(trials):
    found = counted(*zip(*trials, strict=True), SHAPE)
    for i, cue, outcome in itertools.product(range(len(trials)), (0, 1), (0, 1)):
        expected = share(trials[: i + 1], cue, outcome)
        np.testing.assert_allclose(found[i, cue, outcome], expected, rtol=1e-12)


@given(TRIALS, st.floats(1.0, 50.0))
def test_a_memory_weighs_trials_of_the_same_cue_by_their_age(trials, memory):
    found = counted(*zip(*trials, strict=True), SHAPE, memory=memory)[-1]
    for cue in (0, 1):
        came = [outcome for which, outcome in trials if which == cue][::-1]
        if came:
            weight = (1 - 1 / memory) ** np.arange(len(came))
            expected = [(weight * (np.array(came) == k)).sum() / weight.sum() for k in (0, 1)]
            np.testing.assert_allclose(found[cue], expected, atol=1e-12)


@given(TRIALS, TRIALS)
def test_who_is_told_of_a_change_knows_only_what_came_after_it(before, after):
    both = counted(*zip(*before, *after, strict=True), SHAPE, resets=[len(before)])
    alone = counted(*zip(*after, strict=True), SHAPE)
    np.testing.assert_array_equal(both[len(before) :], alone)


@pytest.mark.parametrize("hazard", [0.0, 0.2, 0.9])
def test_change_points_are_those_of_all_histories_weighed_by_bayes_rule(hazard):
    trials = [(0, 0), (1, -1), (0, 0), (1, 1), (0, 1), (0, 1)]
    prior = 0.5
    found = change_points(*zip(*trials, strict=True), SHAPE, hazard, prior)[-1]
    total, estimate = 0.0, np.zeros(SHAPE)
    for changes in itertools.product((False, True), repeat=len(trials) - 1):
        weight, counts = 1.0, np.full((2, 3), prior)
        for (cue, outcome), changed in zip(trials, (False, *changes), strict=True):
            counts = np.full((2, 3), prior) if changed else counts
            weight *= counts[cue, outcome] / counts[cue].sum()
            counts[cue, outcome] += 1
        weight *= hazard ** sum(changes) * (1 - hazard) ** (len(changes) - sum(changes))
        total += weight
        estimate += weight * (counts / counts.sum(axis=1, keepdims=True))[:, :2]
    np.testing.assert_allclose(found, estimate / total, rtol=1e-10)


def test_bayes_forgets_after_a_change_and_averages_before_it():
    rng = np.random.default_rng(0)
    cue = np.zeros(400, int)
    odds = np.repeat([0.8, 0.2], 200)
    outcome = np.where(rng.random(400) < odds, 0, -1)
    error = np.abs(change_points(cue, outcome, (1, 1), 0.005)[:, 0, 0] - odds)
    forgetful = np.abs(counted(cue, outcome, (1, 1), memory=10.0)[:, 0, 0] - odds)
    late = np.r_[150:200, 350:400]
    assert error[late].mean() < forgetful[late].mean()
    assert error[220:240].mean() < 0.2


@pytest.mark.parametrize(
    ("cue", "outcome", "says"),
    [
        ([0, 1], [0], "each trial needs one of both"),
        ([], [], "There are 0 trials"),
        ([2], [0], "cues counted from 0"),
        ([0], [2], "or -1 for none"),
        ([0], [-2], "or -1 for none"),
    ],
)
def test_trials_that_do_not_fit_are_refused(cue, outcome, says):
    for observe in (counted, lambda *given: change_points(*given, hazard=0.1)):
        with pytest.raises(RequestError, match=says):
            observe(cue, outcome, SHAPE)


def test_settings_out_of_range_are_refused():
    with pytest.raises(RequestError, match=r"memory is 0\.5"):
        counted([0], [0], SHAPE, memory=0.5)
    for hazard, prior in ((1.5, 0.5), (float("nan"), 0.5), (0.1, 0.0)):
        with pytest.raises(RequestError, match="a hazard lies from 0 to 1"):
            change_points([0], [0], SHAPE, hazard, prior)
