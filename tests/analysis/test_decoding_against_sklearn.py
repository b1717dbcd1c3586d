"""Discriminants and cross-temporal decoding agree with those of scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.analysis.decoding import cross_temporal_accuracy, fit_discriminant
from neurogate.analysis.trials import stratified_folds

discriminant_analysis = pytest.importorskip(
    "sklearn.discriminant_analysis", reason="scikit-learn is not installed (the extra neurogate[test])."
)
LABELS = np.array([0, 2, 1, 1, 2, 0, 2, 2, 1, 0, 2, 2, 0, 1, 2, 2, 2, 1])


def problem(n, seed=0):
    rng = np.random.default_rng(seed)
    spread = rng.standard_normal((n, n)) / np.sqrt(n) + np.eye(n)
    means = rng.standard_normal((4, 3, n))
    return means[:, LABELS] + rng.standard_normal((4, LABELS.size, n)) @ spread


def sklearn_scores(train, labels, test, shrinkage):
    """Scores of scikit-learn with the priors, which follow the classes' sizes, taken out."""
    model = discriminant_analysis.LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage)
    model.fit(train, labels)
    return model.decision_function(test) - np.log(model.priors_)


@pytest.mark.parametrize("n", [4, 40])
@pytest.mark.parametrize("shrinkage", [0.05, 0.5, 1.0])
def test_discriminants(n, shrinkage):
    for samples in problem(n):
        weights, offsets = fit_discriminant(samples, LABELS, shrinkage)
        expected = sklearn_scores(samples, LABELS, samples, shrinkage)
        found = samples @ weights.T + offsets
        np.testing.assert_allclose(found - found[:, :1], expected - expected[:, :1], rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("n", [4, 40])
def test_cross_temporal_accuracies(n):
    from sklearn.metrics import balanced_accuracy_score

    by_time = problem(n, seed=1)
    _, fold = stratified_folds(LABELS, 3)
    expected = np.empty((4, 4))
    for t, u in np.ndindex(4, 4):
        chosen = np.empty_like(LABELS)
        for k in range(3):
            train = fold != k
            scores = sklearn_scores(by_time[t, train], LABELS[train], by_time[u, ~train], 0.2)
            chosen[~train] = scores.argmax(axis=1)
        expected[t, u] = balanced_accuracy_score(LABELS, chosen)
    found = cross_temporal_accuracy(by_time.transpose(1, 0, 2), LABELS, folds=3, shrinkage=0.2)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
