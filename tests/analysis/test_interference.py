"""A disturbance is how far a switch moves estimates of something else, beyond their own wandering."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.analysis.interference import disturbance
from neurogate.errors import RequestError

TRIAL = np.arange(10, 201, 10)


def test_estimates_that_stay_are_not_disturbed(rng: np.random.Generator) -> None:
    level = rng.random((3, 1, 2, 2))
    found = disturbance(TRIAL, np.broadcast_to(level, (3, 20, 2, 2)), 100)
    np.testing.assert_allclose(found, 0, atol=1e-15)


def test_a_planted_disturbance_is_found_whatever_its_sign(rng: np.random.Generator) -> None:
    size = rng.random((3, 1, 2)) * rng.choice([-1.0, 1.0], (3, 1, 2))
    estimate = 0.4 + size * ((TRIAL > 100) & (TRIAL <= 120))[:, None]
    np.testing.assert_allclose(disturbance(TRIAL, estimate, 100, early=20), np.abs(size).mean(axis=(1, 2)))


def test_wandering_as_wide_as_before_is_no_disturbance(rng: np.random.Generator) -> None:
    found = disturbance(TRIAL, rng.standard_normal((4000, 20, 1)), 100, early=20)
    # The mean of 10 judgements lies nearer to these than to later ones, by about 1 part in 10.
    assert abs(found.mean()) < 0.15 * np.sqrt(2 / np.pi)


def test_what_comes_late_does_not_count() -> None:
    estimate = np.where(TRIAL > 120, 0.9, 0.1)[None]
    assert disturbance(TRIAL, estimate, 100, early=20) == 0
    assert disturbance(TRIAL, estimate, 100, early=40) == pytest.approx(0.4)


@pytest.mark.parametrize(("trial", "switch"), [(TRIAL, 200), (TRIAL, 5), (TRIAL[1:], 100)])
def test_without_judgements_on_both_sides_there_is_nothing_to_compare(trial, switch) -> None:
    with pytest.raises(RequestError, match="on both sides of the switch"):
        disturbance(trial, np.zeros((1, 20, 2)), switch)
