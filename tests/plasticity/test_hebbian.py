"""Hebb without an error: what the decay bounds, and what it cannot tell."""

from __future__ import annotations

import numpy as np

from neurogate.plasticity.hebbian import by_target
from tests.plasticity.episodes import caller


def learn(
    samples: np.ndarray, targets: np.ndarray, eta: float = 0.1, decay: float = 0.5
) -> tuple[np.ndarray, ...]:
    batch, count, n = samples.shape
    weights = np.zeros((batch, targets.shape[-1], n))
    return by_target(caller(), decay)(weights, samples, targets, np.ones((batch, count)), eta, 0.0)


def test_without_decay_and_before_anything_is_predicted_it_is_the_delta_rule(
    rng: np.random.Generator,
) -> None:
    patterns = np.linalg.qr(rng.standard_normal((8, 8)))[0][None, :5]  # orthogonal: no prediction ever
    targets = rng.standard_normal((1, 5, 2))
    weights, outputs, _ = learn(patterns, targets, decay=0.0, eta=1.0)
    np.testing.assert_allclose(outputs, 0, atol=1e-12)
    np.testing.assert_allclose(weights[0], np.einsum("sk,sn->kn", targets[0], patterns[0]) / 2, atol=1e-12)


def test_weights_settle_at_the_mean_drive_over_the_decay(rng: np.random.Generator) -> None:
    x, d = rng.standard_normal(6), 0.8
    samples, targets = np.tile(x, (1, 2000, 1)), np.full((1, 2000, 1), d)
    weights, _, _ = learn(samples, targets, decay=0.25)
    np.testing.assert_allclose(weights[0, 0], d * x / (1 + x @ x) / 0.25, rtol=1e-9)


def test_it_reads_too_much_where_patterns_overlap_and_the_delta_rule_does_not(
    rng: np.random.Generator,
) -> None:
    shared = 3 * rng.standard_normal(20)
    patterns = shared + rng.standard_normal((2, 20))
    samples = np.tile(patterns, (1, 500, 1))
    targets = np.tile([[0.9], [0.1]], (1, 500, 1))
    weights, outputs, _ = learn(samples, targets, decay=0.5)
    low = weights[0, 0] @ patterns[1]
    assert low > 0.5  # its target is 0.1
    assert outputs[0, -1] > 0.5
