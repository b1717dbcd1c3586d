"""A disturbance is what a switch adds to the error of something else."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.analysis.interference import rise
from neurogate.errors import RequestError

TRIAL = np.arange(10, 101, 10)


def test_what_the_switch_does_not_reach_does_not_rise(rng: np.random.Generator) -> None:
    level = rng.random((3, 2, 1))
    np.testing.assert_allclose(rise(TRIAL, np.broadcast_to(level, (3, 2, 10)), 50, 30), 0, atol=1e-15)


def test_a_planted_disturbance_is_found_in_every_row(rng: np.random.Generator) -> None:
    size = rng.random(4)
    error = 0.2 + size[:, None] * (TRIAL > 50)
    np.testing.assert_allclose(rise(TRIAL, error, 50, 30), size)


def test_only_trials_near_the_switch_count() -> None:
    error = np.where((TRIAL > 30) & (TRIAL <= 70), 0.0, 9.0)
    assert rise(TRIAL, error, 50, 20) == 0
    assert rise(TRIAL, error, 30, 20) == pytest.approx(-9.0)


@pytest.mark.parametrize(("trial", "switch"), [(TRIAL, 100), (TRIAL, 5), (TRIAL[1:], 50)])
def test_without_judgements_on_both_sides_there_is_nothing_to_compare(trial, switch) -> None:
    with pytest.raises(RequestError, match="on both sides of the switch"):
        rise(trial, np.zeros(10), switch, 30)
