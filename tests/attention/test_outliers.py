"""What is said of outliers."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.outliers import infinity_norm, kurtosis
from neurogate.errors import RequestError


def test_the_largest_magnitude_is_that_of_each_example(rng: np.random.Generator) -> None:
    x = rng.uniform(-1, 1, (4, 5, 6))
    x[1, 2, 3] = -9.0
    wanted = (9.0 + sum(np.abs(x[i]).max() for i in (0, 2, 3))) / 4
    assert infinity_norm(x) == pytest.approx(wanted)


def test_kurtosis_knows_no_scale_and_is_large_with_an_outlier(rng: np.random.Generator) -> None:
    x = rng.standard_normal((3, 2000))
    plain = kurtosis(x, eps=0.0)
    assert np.allclose(plain, 3, atol=0.5)
    assert np.allclose(kurtosis(7 * x + 5, eps=0.0), plain)
    x[:, 0] = 50
    assert (kurtosis(x) > 100).all()


def test_too_little_to_look_at_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"x \(3, 1\): a row needs two numbers"):
        kurtosis(np.ones((3, 1)))
    with pytest.raises(RequestError, match=r"x \(0, 3\)"):
        infinity_norm(np.ones((0, 3)))
