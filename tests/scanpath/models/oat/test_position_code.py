"""The code of positions: exact in closed form, near it when learnt."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.scanpath.models.oat import position_code
from neurogate.scanpath.models.oat.position_code import exact_code, learnt_code, likeness, wanted
from tests.attention.gradients import check


@pytest.mark.parametrize(("n", "width", "spread"), [(1, 1, 2.0), (5, 5, 0.5), (11, 86, 2.0), (14, 86, 2.5)])
def test_the_closed_form_has_exact_cosines_and_unit_norms(n: int, width: int, spread: float) -> None:
    code = exact_code(n, width, spread)
    assert code.shape == (n, width)
    np.testing.assert_allclose(np.linalg.norm(code, axis=1), 1, atol=1e-14)
    np.testing.assert_allclose(likeness(code), wanted(n, spread), atol=1e-14)


def test_likeness_follows_distance_alone_and_is_a_gaussian_of_it() -> None:
    alike = likeness(exact_code(9, 20, 2.0))
    for lag in range(9):
        np.testing.assert_allclose(np.diagonal(alike, lag), np.exp(-(lag**2) / 8), atol=1e-14)


def test_what_is_learnt_comes_near_and_is_less_exact() -> None:
    aim, started = wanted(6), likeness(learnt_code(6, 16, steps=0))
    errors = [abs(likeness(learnt_code(6, 16, steps=steps)) - aim).max() for steps in (100, 800)]
    assert abs(started - aim).max() > errors[0] > errors[1]
    assert abs(likeness(exact_code(6, 16)) - aim).max() < 1e-12 < errors[1] < 0.05


def test_the_slope_of_what_is_learnt_is_that_of_its_loss(rng: np.random.Generator) -> None:
    aim, w = wanted(5), rng.standard_normal((5, 7))

    def loss(w: np.ndarray) -> np.ndarray:
        norms = np.linalg.norm(w, axis=1)
        return ((likeness(w) - aim) ** 2).sum() + 0.7 * ((norms - norms.mean()) ** 2).mean()

    check(rng, loss, {"w": w}, {"w": position_code._slope(w, aim, 0.7)}, np.ones(()))


def test_a_mistake_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"A code of 5 places has 4 features\. Give at least 5"):
        exact_code(5, 4)
    with pytest.raises(RequestError, match="There are 0 places with a spread of 2"):
        exact_code(0, 4)
    with pytest.raises(RequestError, match="There are 3 places with a spread of 0"):
        wanted(3, 0.0)
