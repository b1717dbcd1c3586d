from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.analysis.trials import as_rates, as_trials, circularly_shifted, stratified_folds
from neurogate.errors import RequestError

seeds = st.integers(0, 2**32 - 1)


@given(st.lists(st.sampled_from("abc"), min_size=12), st.integers(2, 4))
def test_folds_share_out_every_class_evenly(drawn, folds):
    labels = np.array([*drawn, *"abc" * folds])
    member, fold = stratified_folds(labels, folds)
    np.testing.assert_array_equal(np.unique(labels)[member], labels)
    counts = np.array([[np.sum((member == k) & (fold == f)) for f in range(folds)] for k in range(3)])
    assert (np.ptp(counts, axis=1) <= 1).all()
    assert (counts > 0).all()


def test_folds_that_cannot_be_are_refused():
    with pytest.raises(RequestError, match=r"Class b has 1 trial\(s\), fewer than the 2 folds"):
        stratified_folds(["a", "a", "b"], 2)
    with pytest.raises(RequestError, match="folds is 1"):
        stratified_folds([0, 0, 1, 1], 1)
    with pytest.raises(RequestError, match="All 3 labels are equal"):
        stratified_folds([7, 7, 7], 2)


@pytest.mark.parametrize("shape", [(5, 4), (0, 3, 2), (4, 0, 2), (4, 3, 0), (1, 3, 2)])
def test_what_is_not_trials_by_time_by_neurons_is_refused(shape):
    with pytest.raises(RequestError, match=r"activity has shape .* at least 2 trials"):
        as_trials(np.zeros(shape))


def test_trials_of_different_length_are_refused():
    with pytest.raises(RequestError, match="Give all trials the same time bins"):
        as_trials([np.zeros((3, 2)), np.zeros((4, 2))])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_the_first_value_that_is_not_finite_is_named(value):
    activity = np.zeros((3, 4, 5))
    activity[1, 2, 3] = activity[2, 0, 0] = value
    with pytest.raises(RequestError, match=f"activity is {value} in trial 1, time bin 2, neuron 3"):
        as_trials(activity)


def test_negative_rates_are_refused():
    with pytest.raises(RequestError, match=r"activity is as low as -0\.5"):
        as_rates(np.full((2, 3, 4), -0.5))


@given(seeds, st.booleans())
def test_a_shift_keeps_every_course_up_to_its_start(seed, together):
    rng = np.random.default_rng(seed)
    activity = rng.standard_normal((3, 5, 2))
    shifted = circularly_shifted(rng, activity, together=together)
    shift = np.empty((3, 2), dtype=int)
    for s, i in np.ndindex(3, 2):
        shift[s, i] = np.flatnonzero(activity[s, :, i] == shifted[s, 0, i])[0]
        np.testing.assert_array_equal(shifted[s, :, i], np.roll(activity[s, :, i], -shift[s, i]))
    assert not together or (shift[:, 0] == shift[:, 1]).all()


def test_shifts_are_uniform():
    clock = np.broadcast_to(np.arange(4.0)[None, :, None], (2000, 4, 3))
    first = circularly_shifted(np.random.default_rng(0), clock)[:, 0].ravel()
    np.testing.assert_allclose(np.bincount(first.astype(int)) / first.size, 0.25, atol=0.02)
