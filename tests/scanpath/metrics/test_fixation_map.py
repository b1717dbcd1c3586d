"""A map of fixations has their mass where they are."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.fixation_map import fixation_map
from neurogate.scanpath.metrics.nss import nss
from neurogate.scanpath.vision.smoothing import smoothed


def test_mass_is_kept_inside_and_lost_beyond_the_border() -> None:
    found = fixation_map([[20, 15], [20, 15], [10, 15]], (30, 40), sigma=2.0)
    assert found.sum() == pytest.approx(3)
    assert np.unravel_index(found.argmax(), found.shape) == (15, 20)
    assert fixation_map([[0, 0]], (30, 40), sigma=2.0).sum() < 0.5
    assert not fixation_map([], (3, 4), sigma=1.0).any()


def test_it_is_the_counts_smoothed() -> None:
    rng = np.random.default_rng(1)
    fixated, counts = rng.integers(0, [40, 30], (50, 2)), np.zeros((30, 40))
    np.add.at(counts, tuple(fixated.T[::-1]), 1)
    for sigma in (0.4, 3.0, 20.0):
        assert np.allclose(
            fixation_map(fixated, (30, 40), sigma), smoothed(counts, sigma, "constant"), rtol=0, atol=1e-12
        )


def test_those_who_looked_at_the_same_are_well_predicted() -> None:
    found = fixation_map([[20, 15], [21, 14]], (30, 40), sigma=2.0)
    assert nss(found, [[20, 14]]) > 3 > 0 > nss(found, [[2, 2]])


def test_a_mistake_is_a_sentence() -> None:
    with pytest.raises(RequestError, match="outside the map of 40 columns"):
        fixation_map([[40, 0]], (30, 40), sigma=2.0)
    with pytest.raises(RequestError, match="Give a finite number above 0"):
        fixation_map([[4, 0]], (30, 40), sigma=0.0)
