"""Statistics of saccades are those of NumPy, and turn with the picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.statistics import saccade_statistics
from tests.scanpath.metrics.axioms import paths


def test_quantiles_are_of_all_paths_together(rng: np.random.Generator) -> None:
    several = list(rng.random((3, 6, 3)))
    found = saccade_statistics(several, quantiles=[0.1, 0.5])
    lengths = np.concatenate([np.linalg.norm(np.diff(path[:, :2], axis=0), axis=1) for path in several])
    assert np.allclose(found.amplitude, np.quantile(lengths, [0.1, 0.5]))
    assert np.allclose(found.duration_s, np.quantile(np.array(several)[..., 2], [0.1, 0.5]))
    assert found.direction.sum() == pytest.approx(1)


def test_directions_start_at_the_right_and_go_down() -> None:
    square = [[0, 0, 0.1], [9, 0, 0.1], [9, 9, 0.1], [0, 9, 0.1], [0, 0, 0.1]]
    found = saccade_statistics([square], quantiles=[0, 1])
    assert found.direction.tolist() == [0.25, 0, 0.25, 0, 0.25, 0, 0.25, 0]
    assert np.allclose(found.turn_deg, 90)


@settings(max_examples=20)
@given(paths())
def test_place_does_not_count(path: np.ndarray) -> None:
    there, moved = saccade_statistics([path]), saccade_statistics([np.add(path, (7, 8, 0))])
    for first, second in zip(there, moved, strict=True):
        np.testing.assert_allclose(first, second)


def test_nothing_has_no_quantiles() -> None:
    assert all(np.isnan(values).all() for values in saccade_statistics([]))
    assert np.isnan(saccade_statistics([[[1, 1, 0.1], [1, 1, 0.1]]]).direction).all()


def test_mistakes_are_sentences() -> None:
    with pytest.raises(RequestError, match="quantiles are \\[2\\]"):
        saccade_statistics([], quantiles=[2])
