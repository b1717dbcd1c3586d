from __future__ import annotations

import numpy as np
import pytest

from neurogate.analysis.samples import centred, pooled
from neurogate.errors import RequestError


def test_all_axes_but_the_last_are_pooled_in_order():
    samples = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(pooled(samples), samples.reshape(6, 4))


def test_deviations_have_no_mean_and_the_mean_gives_the_samples_back(rng):
    samples = rng.standard_normal((5, 3)) + 4.0
    mean, deviations = centred(samples)
    np.testing.assert_allclose(deviations.mean(axis=0), 0, atol=1e-15)
    np.testing.assert_allclose(deviations + mean, samples, rtol=1e-15)


@pytest.mark.parametrize("shape", [(3,), (1, 3), (1, 1, 3), (0, 3), (2, 0)])
def test_less_than_two_samples_are_refused_by_their_shape(shape):
    with pytest.raises(RequestError, match=r"rates has shape .* at least two rows"):
        pooled(np.zeros(shape), "rates")


def test_samples_that_are_not_finite_are_counted():
    with pytest.raises(RequestError, match=r"NaN or infinity in 2 sample"):
        pooled([[0.0, np.nan], [1.0, 1.0], [np.inf, np.nan]])


def test_a_constant_neuron_does_not_deviate_by_rounding():
    _, deviations = centred([[0.1, 1.0], [0.1, 2.0], [0.1, 4.0]])
    assert not deviations[:, 0].any()
    assert deviations[:, 1].any()
