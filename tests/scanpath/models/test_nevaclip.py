"""A caption leads the eye, and may come to do so by and by."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.models.encoders import ColourContrast
from neurogate.scanpath.models.nevaclip import Fit, nevaclip

Values = NDArray[np.float64]
SMALL = {"size": None, "blur": (5, 5.0)}


def two(red: tuple[int, int], blue: tuple[int, int]) -> Values:
    """Return a picture, 24 x 36, with red and with blue bars."""
    picture = np.zeros((24, 36, 3))
    for plane, (row, column) in ((0, red), (2, blue)):
        picture[row : row + 6 : 2, column : column + 6, plane] = 1
    return picture


def on(path_x: Values, path_y: Values, corner: tuple[int, int]) -> list[bool]:
    """Return which fixations come within 3 px of bars."""
    row, column = corner
    near = (path_y > row - 3) & (path_y < row + 9) & (path_x > column - 3) & (path_x < column + 9)
    return [bool(each) for each in near]


@pytest.mark.parametrize(("red", "blue"), [((2, 3), (16, 28)), ((16, 3), (2, 28)), ((3, 26), (15, 24))])
def test_the_eye_goes_to_what_the_caption_names(red: tuple[int, int], blue: tuple[int, int]) -> None:
    for caption, corner in (("a red thing", red), ("a blue thing", blue)):
        model = nevaclip(ColourContrast(), caption, fixations=2, **SMALL)
        for path in model.scanpaths(two(red, blue), n_paths=2, seed=0):
            assert on(path.x_px, path.y_px, corner) == [True, True]


def test_what_is_looked_for_drifts_to_the_caption() -> None:
    fit = Fit(ColourContrast(), "blue", first="red red")
    for share, part in ((0.0, 0.0), (0.5, 0.25), (1.0, 1.0)):
        np.testing.assert_allclose(fit.target(share), [1 - part, 0, part, 0])
    red, blue = (2, 3), (16, 28)
    model = nevaclip(ColourContrast(), "blue", first="red", fixations=10, **SMALL)
    (path,) = model.scanpaths(two(red, blue), n_paths=1, seed=0)
    assert on(path.x_px, path.y_px, red)[0]
    assert on(path.x_px, path.y_px, blue)[-1]


def test_the_misfit_is_one_minus_the_cosine_and_has_its_gradient(rng: np.random.Generator) -> None:
    encoder, percept = ColourContrast(), rng.random((2, 3, 3, 6, 7))
    fit = Fit(encoder, "red green", first="blue")(percept[:, 0], 0.5)
    losses, gradient = fit.loss_and_vjp(percept)
    f, y = encoder.image(percept[1, 2][None])[0][0], fit.target
    np.testing.assert_allclose(losses[1, 2], 1 - f @ y / np.linalg.norm(f) / np.linalg.norm(y))
    way = rng.standard_normal(percept.shape)
    up, down = (fit.loss_and_vjp(percept + step * way)[0] for step in (1e-6, -1e-6))
    np.testing.assert_allclose((up - down) / 2e-6, (gradient * way).sum(axis=(2, 3, 4)), rtol=1e-5)


def test_defaults_are_those_of_the_authors_and_can_be_others() -> None:
    model = nevaclip(ColourContrast(), "red")
    assert (model.sigma, model.retention, model.blur, model.restarts) == (0.2, 0.0, (41, 10.0), True)
    assert (model.size, model.fixations, model.steps, model.rate) == ((224, 224), 10, 20, 0.1)
    assert nevaclip(ColourContrast(), "red", sigma=0.3).sigma == 0.3


def test_a_text_that_says_nothing_is_a_sentence() -> None:
    with pytest.raises(RequestError, match="There is no colour in 'a dog'"):
        nevaclip(ColourContrast(), "a dog")

    class Mute(ColourContrast):
        def text(self, text: str) -> Values:
            return np.zeros(4)

    with pytest.raises(RequestError, match=r"a vector of length 0 of 'red'\. Say it otherwise"):
        nevaclip(Mute(), "red")
