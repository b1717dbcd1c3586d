from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from neurogate.analysis.decoding import cross_temporal_accuracy, fit_discriminant, generalisation_index
from neurogate.analysis.nulls import tail_fraction
from neurogate.analysis.surrogates import null_of, shuffled
from neurogate.errors import RequestError

seeds = st.integers(0, 2**32 - 1)
N = 30


def planted(axes, trials=60, classes=3, noise=1.0, seed=0):
    """Trials whose class is written along the axes (T, K, N) of each time."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(trials) % classes)
    activity = np.asarray(axes)[:, labels].transpose(1, 0, 2)
    return activity + noise * rng.standard_normal(activity.shape), labels


def new_axes(times, classes=3, size=6.0, seed=1):
    """Class means on axes that no two times or classes share."""
    directions = np.linalg.qr(np.random.default_rng(seed).standard_normal((N, times * classes)))[0]
    return size * directions.T.reshape(times, classes, N)


def null(activity, labels, rng, draws, folds=5):
    return null_of(lambda r: cross_temporal_accuracy(activity, shuffled(r, labels), folds), rng, draws)


def test_a_static_code_is_read_by_every_decoder_at_every_time():
    accuracy = cross_temporal_accuracy(*planted(np.repeat(new_axes(1), 4, axis=0)))
    assert accuracy.min() > 0.97
    assert generalisation_index(accuracy, 1 / 3) == pytest.approx(1.0, abs=0.03)


def test_a_dynamic_code_is_read_at_its_own_time_only():
    accuracy = cross_temporal_accuracy(*planted(new_axes(5), trials=240))
    assert accuracy.diagonal().min() > 0.97
    assert accuracy[~np.eye(5, dtype=bool)].mean() == pytest.approx(1 / 3, abs=0.04)
    assert generalisation_index(accuracy, 1 / 3) == pytest.approx(0.0, abs=0.06)


def test_a_code_that_changes_once_makes_two_blocks():
    early, late = new_axes(2)
    accuracy = cross_temporal_accuracy(*planted([early, early, late, late], trials=240))
    same = np.kron(np.eye(2, dtype=bool), np.ones((2, 2), dtype=bool))
    assert accuracy[same].min() > 0.97
    assert accuracy[~same].mean() == pytest.approx(1 / 3, abs=0.06)


def test_a_code_that_turns_round_is_read_the_wrong_way_round():
    (axes,) = new_axes(1, classes=2)
    accuracy = cross_temporal_accuracy(*planted([axes, axes[::-1]], classes=2))
    np.testing.assert_allclose(accuracy, [[1, 0], [0, 1]], atol=0.05)
    assert generalisation_index(accuracy, 0.5) == pytest.approx(-1.0, abs=0.1)


@pytest.mark.parametrize("distance", [0.5, 1.0, 2.0])
def test_accuracy_is_what_the_distance_of_two_gaussians_allows(distance):
    axes = np.zeros((1, 2, 3))
    axes[0, 1, 0] = distance
    accuracy = cross_temporal_accuracy(*planted(axes, trials=8000, classes=2), shrinkage=0.01)
    assert accuracy[0, 0] == pytest.approx(scipy.stats.norm.cdf(distance / 2), abs=0.015)


def test_correlated_noise_is_seen_through():
    """Two neurons with shared noise of sd 10: only their difference, of sd 0.14, tells the classes apart."""
    rng = np.random.default_rng(0)
    labels = np.tile([0, 1], 200)
    shared = 10 * rng.standard_normal(400)
    pair = np.stack([shared + labels, shared], axis=1) + 0.1 * rng.standard_normal((400, 2))
    assert cross_temporal_accuracy(pair[:, None], labels, shrinkage=1e-6)[0, 0] > 0.99
    assert cross_temporal_accuracy(pair[:, None], labels, shrinkage=1.0)[0, 0] < 0.6


@pytest.mark.parametrize("rare", [10, 100])
def test_shuffled_labels_are_read_at_chance_however_rare_a_class_is(rare):
    rng = np.random.default_rng(2)
    labels = np.array([0] * rare + [1] * 100)
    activity = rng.standard_normal((labels.size, 2, 4)) + labels[:, None, None]
    assert null(activity, labels, rng, draws=60).mean() == pytest.approx(0.5, abs=0.02)


def test_noise_beats_its_null_as_often_as_it_should():
    rng = np.random.default_rng(3)
    labels = np.tile([0, 1], 10)
    p = []
    for _ in range(40):
        noise = rng.standard_normal((20, 1, 3))
        draws = null(noise, labels, rng, draws=39, folds=2)
        jitter = 1e-6 * rng.standard_normal(40)  # accuracies are coarse; ties are broken at random
        value = cross_temporal_accuracy(noise, labels, folds=2)[0, 0]
        p.append(tail_fraction(draws[:, 0, 0] + jitter[1:], value + jitter[0]))
    assert scipy.stats.kstest(p, "uniform").pvalue > 0.01


@given(seeds)
def test_accuracy_ignores_the_order_rotation_offset_and_size_of_neurons_and_names_of_classes(seed):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(15) % 3)
    activity = rng.standard_normal((15, 2, 4)) + 1.5 * np.eye(4)[labels][:, None]
    expected = cross_temporal_accuracy(activity, labels, folds=3)
    rotation = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    changed = 0.01 * (activity @ rotation)[..., rng.permutation(4)] + 5.0
    np.testing.assert_allclose(
        cross_temporal_accuracy(changed, np.array(["ant", "bee", "cat"])[labels], folds=3), expected
    )


@pytest.mark.parametrize("value", [0.0, 0.1])
def test_constant_neurons_say_nothing_and_spoil_nothing(value):
    activity, labels = planted(new_axes(2))
    silent = np.full_like(activity, value)
    np.testing.assert_allclose(cross_temporal_accuracy(np.zeros_like(activity), labels), 1 / 3)
    together = cross_temporal_accuracy(np.concatenate([activity, silent], axis=2), labels)
    assert together.diagonal().min() > 0.95


def test_classes_without_noise_are_told_apart():
    activity, labels = planted(new_axes(1), noise=0.0)
    assert cross_temporal_accuracy(activity, labels).tolist() == [[1.0]]


def test_impossible_requests_are_refused():
    activity, labels = planted(new_axes(2), trials=12)
    with pytest.raises(RequestError, match=r"Class 0 has 4 trial\(s\), fewer than the 5 folds"):
        cross_temporal_accuracy(activity, labels)
    with pytest.raises(RequestError, match=r"12 trials and labels the shape \(11,\)"):
        cross_temporal_accuracy(activity, labels[:-1], folds=2)
    with pytest.raises(RequestError, match="shrinkage is 0"):
        cross_temporal_accuracy(activity, labels, folds=2, shrinkage=0.0)
    with pytest.raises(RequestError, match="one class for each sample"):
        fit_discriminant(np.zeros((4, 2)), [0, 1])
    with pytest.raises(RequestError, match="Class 1 has no sample"):
        fit_discriminant(np.zeros((3, 2)), [0, 2, 2])
    with pytest.raises(RequestError, match="square matrix"):
        generalisation_index([[1.0, 0.5]], 0.5)


def test_there_is_no_generalisation_where_nothing_is_read():
    assert np.isnan(generalisation_index([[0.5, 0.9], [0.9, 0.5]], 0.5))
