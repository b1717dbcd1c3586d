"""The fovea of NeVA agrees with stored arrays, and its gradient with differences."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.scanpath.vision.foveation import Foveation, blurred
from tests.tolerances import TOLERANCE

ORACLE = Path(__file__).parents[2] / "oracles" / "scanpath_neva_foveation.npz"
EXACT = TOLERANCE["oracle", "float64"]


def test_blur_percepts_and_memory_are_those_of_the_oracle() -> None:
    stored = np.load(ORACLE)
    blur = blurred(stored["image"], int(stored["blur_width"]), float(stored["blur_sigma"]))
    np.testing.assert_allclose(blur, stored["blurred"], atol=EXACT)
    seen = Foveation(stored["image"], blur, float(stored["sigma"]), float(stored["forgetting"]))
    memory = np.zeros((48, 48))
    for t, place in enumerate(stored["positions_rowcol"]):
        np.testing.assert_allclose(seen.percept(memory, place), stored["percept"][t], atol=EXACT)
        memory = seen.remembered(memory, place)
        np.testing.assert_allclose(memory, stored["state"][t], atol=EXACT)


@pytest.mark.parametrize("planes", [(), (3,)])
def test_the_gradient_is_that_of_differences(planes: tuple[int, ...], rng: np.random.Generator) -> None:
    picture = rng.random((*planes, 20, 26))
    seen = Foveation(picture, blurred(picture), sigma=0.2, retention=0.7)
    memory = seen.fovea(np.array([0.6, 0.1]))
    places, g = rng.uniform(-1, 1, (4, 2)), rng.normal(size=(4, *picture.shape))
    found = seen.gradient(memory, places, g)
    step = 1e-6
    axes = tuple(range(1, g.ndim))
    for axis, shift in enumerate(np.eye(2) * step):
        up, down = ((g * seen.percept(memory, places + way * shift)).sum(axes) for way in (1, -1))
        error = np.abs((up - down) / (2 * step) - found[:, axis]).max()
        # Where the veil is cut off, differences see the kink.
        assert error < 1e-3 * np.abs(found).max()


def test_places_in_a_batch_are_seen_as_alone(rng: np.random.Generator) -> None:
    picture, places = rng.random((3, 8, 9)), rng.uniform(-1, 1, (5, 2))
    seen = Foveation(picture, blurred(picture))
    memory = rng.random((5, 8, 9))
    together = seen.percept(memory, places)
    assert together.shape == (5, 3, 8, 9)
    for p in range(5):
        assert np.array_equal(together[p], seen.percept(memory[p], places[p]))


def test_all_is_sharp_where_the_eye_rests_and_blurred_far_away(rng: np.random.Generator) -> None:
    picture = rng.random((21, 31))
    seen = Foveation(picture, blurred(picture), sigma=0.01, retention=0.0)
    percept = seen.percept(np.zeros((21, 31)), np.array([-1.0, 1.0]))
    assert percept[0, 30] == picture[0, 30]
    np.testing.assert_allclose(percept[20, 0], seen.blur[20, 0])
    assert np.array_equal(seen.percept(np.ones((21, 31)), np.zeros(2)), picture)
    assert np.array_equal(seen.remembered(np.ones((21, 31)), np.zeros(2)), seen.fovea(np.zeros(2)))


def test_a_mistake_is_a_sentence() -> None:
    plane = np.zeros((4, 4))
    with pytest.raises(RequestError, match="both must have one shape"):
        Foveation(plane, np.zeros((4, 5)))
    with pytest.raises(RequestError, match="Give sigma above 0 and retention in"):
        Foveation(plane, plane, sigma=0)
    with pytest.raises(RequestError, match="The blur has 4 taps"):
        blurred(plane, 4)
