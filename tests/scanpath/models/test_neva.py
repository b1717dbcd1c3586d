"""NeVA descends the loss of what is seen, keeps to the picture, and looks where there is much to learn."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binomtest

from neurogate.errors import RequestError
from neurogate.scanpath.models.neva import NeVA
from neurogate.scanpath.models.recognition import Recognition
from neurogate.scanpath.models.stripes import StripeNet, Stripes
from neurogate.scanpath.path import Scanpath
from neurogate.scanpath.vision.foveation import Foveation, blurred

Values = NDArray[np.float64]


@attrs.define
class Bright:
    """Wants to see what is white, and keeps the losses of all that it saw."""

    losses: list[float] = attrs.field(factory=list)

    def __call__(self, pictures: Values, share: float) -> Bright:
        return self

    def loss_and_vjp(self, percept: Values) -> tuple[Values, Values]:
        losses = -(percept**2).mean(axis=(2, 3, 4))
        self.losses += losses.ravel().tolist()
        return losses, -2 * percept / percept[0, 0].size


class Wild:
    """Wants something else each time."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)

    def loss_and_vjp(self, percept: Values) -> tuple[Values, Values]:
        return self.rng.random(percept.shape[:2]), self.rng.standard_normal(percept.shape)


def bars(*corners: tuple[int, int], light: float = 1.0) -> Values:
    """Return a dark picture, 24 x 36, with thin bright bars within six pixels of each corner."""
    picture = np.zeros((24, 36))
    for row, column in corners:
        picture[row : row + 6 : 2, column : column + 6] = light
    return picture


def places(path: Scanpath) -> Values:
    """Return the places of a path in its picture, (row, column) from -1 to 1."""
    rows, columns = (path.y_px - 0.5) / (path.height_px - 1), (path.x_px - 0.5) / (path.width_px - 1)
    return 2 * np.stack([rows, columns], axis=1) - 1


def test_the_slope_that_is_descended_is_that_of_differences(
    stripe_net: StripeNet, unseen: Stripes, rng: np.random.Generator
) -> None:
    picture = unseen.pictures[0]
    seen, memory = Foveation(picture, blurred(picture)), np.zeros((24, 24))
    objective = Recognition(stripe_net)(picture[None], 0.0)

    def loss(place: Values) -> Any:
        return objective.loss_and_vjp(seen.percept(memory, place)[None, None])[0].item()

    for place in rng.uniform(-0.9, 0.9, (5, 2)):
        _, g = objective.loss_and_vjp(seen.percept(memory, place)[None, None])
        found = seen.gradient(memory, place, g[0, 0])
        steps = np.eye(2) * 1e-6
        differences = [(loss(place + step) - loss(place - step)) / 2e-6 for step in steps]
        np.testing.assert_allclose(found, differences, rtol=1e-4, atol=1e-6)


def test_the_best_place_is_fixated_and_with_compat_the_one_a_step_further() -> None:
    image, kept = bars((14, 4)), Bright()
    own = NeVA(kept, fixations=1).scanpaths(image, 1, seed=3)[0]
    picture = np.repeat(image[None], 3, axis=0)
    seen = Foveation(picture, blurred(picture))

    def loss(place: Values) -> Any:
        return Bright().loss_and_vjp(seen.percept(np.zeros(image.shape), place)[None, None])[0].item()

    best = places(own)[0]
    np.testing.assert_allclose(loss(best), min(kept.losses), rtol=1e-9)
    assert len(kept.losses) == 20
    published = places(NeVA(Bright(), fixations=1, compat="neva").scanpaths(image, 1, seed=3)[0])[0]
    np.testing.assert_allclose(np.abs(published - best), 0.1, rtol=1e-9)
    assert loss(published) > loss(best)


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("compat", [None, "neva"])
def test_paths_stay_in_the_picture(restarts: bool, compat: Any) -> None:
    task = Wild()
    model = NeVA(lambda pictures, share: task, fixations=4, restarts=restarts, compat=compat, rate=0.8)
    paths = model.scanpaths(bars((2, 2)), 5, seed=0)
    assert not any(path.outside.any() for path in paths)
    found = np.abs(np.concatenate([places(path) for path in paths]))
    assert 0.99 < found.max() <= 1 + 1e-12


def test_a_path_depends_on_the_picture_the_seed_and_its_number_alone(
    stripe_net: StripeNet, unseen: Stripes
) -> None:
    images = list(np.moveaxis(unseen.pictures[:2], 1, -1))
    model = NeVA(Recognition(stripe_net), fixations=2, restarts=True)
    together = model.batch(images, 2, seed=4)
    for image, paths in zip(images, together, strict=True):
        alone = model.scanpaths(image, 1, seed=4)[0]
        assert np.array_equal(np.asarray(alone), np.asarray(paths[0]))
    first, second = (np.array([np.asarray(paths[p]) for paths in together]) for p in range(2))
    assert not np.array_equal(first, second)
    other = np.array([np.asarray(path) for (path,) in model.batch(images, 1, seed=5)])
    assert not np.array_equal(first, other)
    assert model.scanpaths(images[0], 0, seed=4) == [] == model.batch([], 2, seed=4)


def test_what_was_seen_is_looked_at_again_only_if_it_is_forgotten() -> None:
    image = np.maximum(bars((12, 24)), bars((3, 3), light=0.7))
    usual = NeVA(Bright(), fixations=3)
    for retention, moves_on in ((0.0, False), (1.0, True)):
        for path in attrs.evolve(usual, retention=retention).scanpaths(image, 3, seed=1):
            assert (path.x_px < 12).tolist() == [False, False, moves_on]


def test_a_picture_brought_to_another_size_gives_places_in_its_own() -> None:
    small = bars((14, 4))
    large = np.kron(small, np.ones((2, 2)))
    model = NeVA(Bright(), size=(24, 36), fixations=2)
    (own,), (other,) = (model.scanpaths(each, 1, seed=0) for each in (small, large))
    assert (other.width_px, other.height_px) == (72, 48)
    np.testing.assert_allclose(other.x_px, 2 * own.x_px)
    np.testing.assert_allclose(other.y_px, 2 * own.y_px)


def test_fixations_go_to_what_tells_more_often_than_by_chance(stripe_net: StripeNet, unseen: Stripes) -> None:
    count, side = 14, 8
    images = list(np.moveaxis(unseen.pictures[:count], 1, -1))
    model = NeVA(Recognition(stripe_net), fixations=1, restarts=True)
    at = np.array([[path.y_px[0], path.x_px[0]] for (path,) in model.batch(images, 1, seed=0)])
    on = {
        name: int(((at >= corners[:count]) & (at < corners[:count] + side)).all(axis=1).sum())
        for name, corners in (("striped", unseen.striped), ("dotted", unseen.dotted))
    }
    chance = (side / 24) ** 2
    assert binomtest(on["striped"], count, chance, alternative="greater").pvalue < 1e-6
    assert on["dotted"] < on["striped"]


def test_a_mistake_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r'compat is .new.\. Give "neva", or leave it out\.'):
        NeVA(Bright(), compat="new")  # type: ignore[arg-type]
    with pytest.raises(RequestError, match="steps is 0"):
        NeVA(Bright(), steps=0)
    with pytest.raises(RequestError, match="Pictures of 36 x 24 px and 36 x 48 px"):
        NeVA(Bright()).batch([np.zeros((24, 36)), np.zeros((48, 36))], 1, seed=0)

    class Blind:
        def loss_and_vjp(self, percept: Values) -> tuple[Values, Values]:
            return np.full(percept.shape[:2], np.nan), percept

    class Short:
        def loss_and_vjp(self, percept: Values) -> tuple[Values, Values]:
            return np.zeros(len(percept)), percept

    with pytest.raises(RequestError, match="loss of a percept is not finite"):
        NeVA(lambda pictures, share: Blind()).scanpaths(bars(), 1, seed=0)
    with pytest.raises(RequestError, match=r"returns losses \(1,\) and a gradient"):
        NeVA(lambda pictures, share: Short()).scanpaths(bars(), 1, seed=0)
