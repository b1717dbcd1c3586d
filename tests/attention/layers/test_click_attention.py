"""Click attention: its gradients, what order is nothing to it, and what clicks may look at."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.layers.click_attention import ClickAttention, Clicks
from neurogate.errors import RequestError
from tests.attention.gradients import check_layer

CLICKS = Clicks(np.array([0, 3, 4, 1]), np.array([1, 2, 2, 0]), np.array([0, 1, 2, 3]))


def made(**more: int) -> ClickAttention:
    given = {"d_model": 4, "heads": 2, "hidden": 5, "levels": 2, "background": 2, "dimensions": 2, **more}
    return ClickAttention(**given)


def scene(rng: np.random.Generator, points: int = 6, dimensions: int = 2) -> tuple[np.ndarray, np.ndarray]:
    return rng.standard_normal((2, points, 4)), rng.random((points, dimensions))


@settings(max_examples=2)
@given(seed=st.integers(0, 99), points=st.integers(5, 7), levels=st.integers(1, 2), space=st.integers(1, 3))
def test_gradients(seed: int, points: int, levels: int, space: int) -> None:
    rng = np.random.default_rng(seed)
    x, coordinates = scene(rng, points, space)
    layer = made(levels=levels, dimensions=space, background=1)
    check_layer(rng, layer, x, coordinates=coordinates, clicks=CLICKS)


def test_a_single_point_may_be_clicked(rng: np.random.Generator) -> None:
    x, coordinates = scene(rng, points=1)
    clicks = Clicks(np.array([0]), np.array([1]), np.array([0]))
    y, cache = made().forward(x, coordinates, clicks)
    dx, _ = made().backward(np.ones_like(y), cache)
    assert y.shape == (2, 2, 1, 2)
    assert np.isfinite(dx).all()


def test_the_order_of_clicks_is_nothing(rng: np.random.Generator) -> None:
    order = np.array([2, 0, 3, 1])
    shuffled = Clicks(*(each[order] for each in CLICKS))
    x, coordinates = scene(rng)
    np.testing.assert_allclose(
        made().forward(x, coordinates, shuffled)[0], made().forward(x, coordinates, CLICKS)[0], rtol=1e-10
    )


def test_the_order_of_objects_only_orders_the_logits(rng: np.random.Generator) -> None:
    swapped = CLICKS._replace(objects=np.array([0, 2, 1])[CLICKS.objects])
    x, coordinates = scene(rng)
    np.testing.assert_allclose(
        made().forward(x, coordinates, swapped)[0][..., [0, 2, 1]],
        made().forward(x, coordinates, CLICKS)[0], rtol=1e-10,
    )  # fmt: skip


def test_the_order_of_points_only_orders_the_logits(rng: np.random.Generator) -> None:
    x, coordinates = scene(rng)
    order = rng.permutation(6)
    moved = CLICKS._replace(points=order.argsort()[CLICKS.points])
    np.testing.assert_allclose(
        made().forward(x[:, order], coordinates[order], moved)[0],
        made().forward(x, coordinates, CLICKS)[0][:, :, order], rtol=1e-10,
    )  # fmt: skip


def test_a_scene_moved_or_stretched_is_the_same_scene(rng: np.random.Generator) -> None:
    x, coordinates = scene(rng)
    np.testing.assert_allclose(
        made().forward(x, coordinates * [3.0, 0.5] + [1.0, -7.0], CLICKS)[0],
        made().forward(x, coordinates, CLICKS)[0], rtol=1e-9,
    )  # fmt: skip


def test_when_a_click_was_changes_where_it_is_and_not_what_it_is(rng: np.random.Generator) -> None:
    x, coordinates = scene(rng)
    later = CLICKS._replace(times=CLICKS.times + 5)
    layer = made(levels=1)
    layer.parameters["level0.c2s.attention.q.weight"] = np.zeros((4, 4))
    layer.parameters["level0.c2c.attention.q.weight"] = np.zeros((4, 4))
    first, second = (layer.forward(x, coordinates, each)[1].levels[0] for each in (CLICKS, later))
    assert np.array_equal(first.after_ffn, second.after_ffn)  # where queries are is nothing to them now
    assert not np.allclose(first.scene, second.scene)  # but to the scene


def test_clicks_look_at_their_own_object_or_everywhere(rng: np.random.Generator) -> None:
    x, coordinates = scene(rng, points=9)
    owner = np.concatenate([CLICKS.objects, np.zeros(2, int)])
    _, cache = made().forward(x, coordinates, CLICKS)
    first, second = cache.levels
    labels = first.logits.argmax(axis=-1)
    for b in range(2):
        for q, own in enumerate(owner):
            seen = labels[b] == own
            assert np.array_equal(first.allowed[b, q], seen if seen.any() else np.ones(9, bool))
    weights = second.parts["c2s"].attention.attention.weights
    assert (weights[np.broadcast_to(~first.allowed[:, None], weights.shape)] == 0).all()
    np.testing.assert_allclose(weights.sum(axis=-1), 1.0, rtol=1e-12)


def test_each_scene_may_be_clicked_elsewhere(rng: np.random.Generator) -> None:
    x, coordinates = scene(rng)
    both = np.stack([CLICKS.points, CLICKS.points[::-1]])
    places = np.stack([coordinates, coordinates[::-1]])
    y, _ = made().forward(x, places, CLICKS._replace(points=both))
    alone, _ = made().forward(x[1:], places[1], CLICKS._replace(points=both[1]))
    np.testing.assert_allclose(y[1:], alone, rtol=1e-10)


def test_what_does_not_fit_is_a_sentence(rng: np.random.Generator) -> None:
    x, coordinates = scene(rng)
    with pytest.raises(RequestError, match=r"coordinates \(6, 3\): coordinates must be \(batch, points, 2\)"):
        made().forward(x, np.ones((6, 3)), CLICKS)
    with pytest.raises(RequestError, match="a click must be on a point of the scene"):
        made().forward(x, coordinates, CLICKS._replace(points=np.array([0, 3, 4, 6])))
    with pytest.raises(RequestError, match="each click needs a point, an object and a time"):
        made().forward(x, coordinates, CLICKS._replace(times=np.arange(3)))
    with pytest.raises(RequestError, match="points and objects must be whole"):
        made().forward(x, coordinates, CLICKS._replace(points=np.array([0, 0.5, 4, 5])))
    for clicks, told in ((None, "NoneType"), ((1, 2), "tuple of 2")):
        with pytest.raises(RequestError, match=rf"clicks is {told}\. Give Clicks\(points, objects, times\)"):
            made().forward(x, coordinates, clicks)  # type: ignore[arg-type]
    with pytest.raises(RequestError, match="each object up to the last need a query"):
        made().forward(x, coordinates, CLICKS._replace(objects=np.array([1, 3, 3, 0])))
    with pytest.raises(ValueError, match="d_model is 5; sines and cosines need an even one"):
        made(d_model=5, heads=1)
