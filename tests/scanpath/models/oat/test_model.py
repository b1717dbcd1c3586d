"""OAT: gradients, what it does not see, and that it scores the objects of any scene."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.scanpath.models.oat.model import OAT
from neurogate.scanpath.models.oat.pictures import Patch
from neurogate.scanpath.models.oat.shelf import Batch, batch, shelf
from tests.attention.gradients import check_layer
from tests.tolerances import TOLERANCE

TINY: dict[str, Any] = {
    "features": 3, "d_model": 36, "hidden": 8, "encoders": 1, "decoders": 2, "heads": 2, "longest": 5,
}  # fmt: skip
NEAR = TOLERANCE["two ways", "float64"]
FIXATED = np.array([[1, 1, 2], [3, 0, 4]])


def scene(rng: np.random.Generator, sizes: tuple[int, ...] = (4, 5)) -> Batch:
    return batch([shelf(rng.standard_normal((n, 3)), target=2, shape=(2, 3)) for n in sizes])


class OnLooks:
    """The model as a layer of looks alone, for what checks gradients."""

    def __init__(self, model: OAT, scene: Batch) -> None:
        self.model, self.scene, self.parameters = model, scene, model.parameters

    def forward(self, looks: np.ndarray, **more: Any) -> Any:
        z, cache = self.model.forward(self.scene._replace(looks=looks), FIXATED, **more)
        return np.where(z < -1e8, 0, z), cache

    def backward(self, dy: np.ndarray, cache: Any) -> Any:
        return self.model.backward(dy, cache)


@pytest.mark.parametrize("options", [{}, {"end": "target", "told": "look"}], ids=["paper", "variants"])
def test_gradients(options: dict[str, Any], rng: np.random.Generator) -> None:
    seen = scene(rng)
    check_layer(rng, OnLooks(OAT(**TINY, **options), seen), seen.looks)


def test_gradients_of_pictures_and_with_dropout(rng: np.random.Generator) -> None:
    patch = Patch(channels=1, height=12, width=10, first=2, second=2, pool=2, last_pool=1)
    seen = batch([shelf(rng.standard_normal((5, 1, 12, 10)), 2, (2, 3)) for _ in range(2)])
    model = OAT(**{**TINY, "decoders": 1}, patch=patch, dropout=0.5)

    class Lossy(OnLooks):
        def forward(self, looks: np.ndarray, **more: Any) -> Any:
            return super().forward(looks, rng=np.random.default_rng(4))

    check_layer(rng, Lossy(model, seen), seen.looks)


def test_scores_do_not_depend_on_later_fixations(rng: np.random.Generator) -> None:
    model, seen, other = OAT(**TINY), scene(rng), FIXATED.copy()
    other[:, 2] = 0
    z, changed = (model.forward(seen, fixated)[0] for fixated in (FIXATED, other))
    assert np.array_equal(z[:, :3], changed[:, :3])
    assert not np.allclose(z[:, 3], changed[:, 3])


def test_the_order_in_which_objects_are_listed_only_orders_the_scores(rng: np.random.Generator) -> None:
    model, seen, order = OAT(**TINY), scene(rng, (5, 5)), rng.permutation(5)
    places = np.argsort(order)
    turned = seen._replace(
        looks=seen.looks[:, order], places=seen.places[:, order], targets=places[seen.targets]
    )
    z, found = model.forward(seen, FIXATED)[0], model.forward(turned, places[FIXATED])[0]
    np.testing.assert_allclose(found[..., :-1], z[..., order], rtol=0, atol=NEAR)
    np.testing.assert_allclose(found[..., -1], z[..., -1], rtol=0, atol=NEAR)


@pytest.mark.parametrize("end", ["constant", "target"])
def test_step_by_step_is_all_at_once(end: Any, rng: np.random.Generator) -> None:
    model, seen, past = OAT(**TINY, end=end), scene(rng), None
    memory, steps = model.remember(seen), []
    for which in [np.full(2, 5), *FIXATED.T]:
        z, past = model.step(memory, past, which)
        steps.append(z)
    np.testing.assert_allclose(np.stack(steps, axis=1), model.forward(seen, FIXATED)[0], rtol=0, atol=NEAR)


def test_a_scene_is_scored_beside_a_larger_one_as_alone(rng: np.random.Generator) -> None:
    model, seen = OAT(**TINY), scene(rng)
    alone = model.forward(Batch(seen.looks[:1, :4], seen.places[:1, :4], seen.known[:1, :4], seen.targets[:1],
                                seen.starts[:1]), FIXATED[:1])[0]  # fmt: skip
    beside = model.forward(seen, FIXATED)[0][:1]
    np.testing.assert_allclose(beside[..., [0, 1, 2, 3, 5]], alone, rtol=0, atol=NEAR)
    assert (beside[..., 4] < -1e8).all()
    assert alone.shape == (1, 4, 5)


def test_float32_stays_and_the_place_of_the_target_can_be_hidden(rng: np.random.Generator) -> None:
    seen = scene(rng, (5, 5))
    alike = seen._replace(looks=np.ones_like(seen.looks))
    elsewhere = alike._replace(targets=np.array([0, 1]))
    shown, hidden = OAT(**TINY), OAT(**TINY, told="look")
    never = np.array([[3], [3]])  # not the target, whose flag would tell
    assert np.array_equal(hidden.forward(alike, never)[0], hidden.forward(elsewhere, never)[0])
    assert not np.allclose(shown.forward(alike, never)[0], shown.forward(elsewhere, never)[0])
    assert shown.forward(seen._replace(looks=seen.looks.astype(np.float32)), never)[0].dtype == np.float32


def test_a_mistake_is_a_sentence(rng: np.random.Generator) -> None:
    model, seen = OAT(**TINY), scene(rng)
    with pytest.raises(RequestError, match=r"looks \(2, 5, 2\): looks must be \(batch, objects, 3\)"):
        model.forward(seen._replace(looks=seen.looks[..., :2]), FIXATED)
    with pytest.raises(RequestError, match="fixated must be objects from 0 to 4"):
        model.forward(seen, FIXATED + 1)
    with pytest.raises(RequestError, match=r"fixated must be \(batch, length\), whole numbers"):
        model.forward(seen, FIXATED[0])
    with pytest.raises(RequestError, match="rows and columns must be below longest, 5"):
        model.forward(seen._replace(places=seen.places + 4), FIXATED)
    with pytest.raises(ValueError, match="longest is 7; it must be from 2 to 6, or d_model larger"):
        OAT(**{**TINY, "longest": 7})
    with pytest.raises(ValueError, match="d_model is 35"):
        OAT(**{**TINY, "d_model": 35})
    with pytest.raises(ValueError, match="patch is of 20 x 93, too small"):
        OAT(**TINY, patch=Patch(height=20))
