"""What is measured on predictions some of which are not there."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.tasks.spread import quartile_spread, spread


def test_normal_values_have_the_same_spread_by_quartiles_as_by_squares():
    drawn = np.random.default_rng(0).normal(500.0, 30.0, (2, 20_000))
    np.testing.assert_allclose(quartile_spread(drawn), spread(drawn), rtol=0.03)
    np.testing.assert_allclose(quartile_spread(3 * drawn), 3 * quartile_spread(drawn))


@pytest.mark.parametrize("measure", [spread, quartile_spread])
def test_what_is_no_number_is_left_out_and_one_number_has_no_spread(measure):
    some = np.array([3.0, np.nan, 8.0, 1.0, np.nan])
    assert measure(some) == pytest.approx(measure(some[np.isfinite(some)]))
    assert np.isnan(measure(np.array([[np.nan, np.nan], [5.0, np.nan]]))).all()
