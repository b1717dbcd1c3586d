"""Simulated clicks: where they are, what they weigh, and how few of them a segmentation takes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.layers.click_attention import ClickAttention, Clicks
from neurogate.attention.operators import click_loss
from neurogate.attention.training.adam import Adam, AdamState
from neurogate.attention.training.clicks import Session, clicks_to, iou, iou_at_clicks, next_clicks, simulate
from neurogate.errors import RequestError


def deepest(predicted: np.ndarray, truth: np.ndarray, x: np.ndarray) -> dict[tuple[int, int], np.ndarray]:
    """Return, for each pair of labels that is wrong, how deep points are in its region: -1 outside of it."""
    found = {}
    pairs = [*zip(truth.tolist(), predicted.tolist(), strict=True)]
    for pair in {(a, b) for a, b in pairs if a != b}:
        inside = [i for i in range(len(x)) if pairs[i] == pair]
        others = [i for i in range(len(x)) if i not in inside]
        found[pair] = np.full(len(x), -1.0)
        for i in inside:
            found[pair][i] = min(float(np.linalg.norm(x[i] - x[j])) for j in others)
    return found


@settings(max_examples=25)
@given(
    seed=st.integers(0, 999), points=st.integers(3, 12), axes=st.integers(1, 3), labels=st.integers(2, 3),
    most=st.none() | st.integers(1, 3),
)  # fmt: skip
def test_clicks_are_on_the_deepest_points_of_the_deepest_errors(
    seed: int, points: int, axes: int, labels: int, most: int | None
) -> None:
    rng = np.random.default_rng(seed)
    x, (predicted, truth) = rng.random((points, axes)), rng.integers(0, labels, (2, points))
    predicted[0] = truth[0]  # then no region is the whole scene
    clicks = next_clicks(predicted, truth, x, most=most)
    regions = deepest(predicted, truth, x)
    depths = sorted((depth.max() for depth in regions.values()), reverse=True)
    np.testing.assert_allclose([click.depth for click in clicks], depths[:most])
    for click in clicks:
        assert click.label == truth[click.point] != predicted[click.point]
        assert regions[click.label, int(predicted[click.point])].argmax() == click.point


@settings(max_examples=15)
@given(seed=st.integers(0, 999), shape=st.lists(st.integers(1, 5), min_size=1, max_size=3))
def test_in_an_image_the_edge_is_a_border_too(seed: int, shape: list[int]) -> None:
    rng = np.random.default_rng(seed)
    predicted, truth = rng.integers(0, 2, (2, *shape))
    inner = np.pad(np.ones(shape, bool), 1)
    places = np.argwhere(np.ones(inner.shape)).astype(float)
    wide = [np.pad(each, 1).ravel() for each in (predicted, truth)]
    there = next_clicks(*wide, places, most=None)
    here = next_clicks(predicted, truth, most=None)
    assert [click.depth for click in here] == pytest.approx([click.depth for click in there])
    number = np.cumsum(inner.ravel()) - 1  # of a place inside, by its number with the border
    assert {click.point for click in here} == {number[click.point] for click in there}


def test_a_click_is_in_the_middle_of_the_larger_error() -> None:
    truth = np.zeros((9, 12), int)
    truth[1:8, 1:8], truth[3:6, 9:12] = 1, 2
    large, small = next_clicks(np.zeros_like(truth), truth, most=5)
    assert (large.point, large.label, large.depth) == (4 * 12 + 4, 1, 4.0)
    assert (small.point, small.label, small.depth) == (4 * 12 + 10, 2, 2.0)
    assert next_clicks(truth, truth) == []


def test_a_scene_that_is_all_wrong_is_clicked_in_its_middle() -> None:
    x = np.array([[0.0, 0.0], [4.0, 0.0], [2.0, 0.5], [0.0, 3.0], [4.0, 3.0]])
    (click,) = next_clicks(np.zeros(5, int), np.ones(5, int), x)
    assert (click.point, click.label) == (2, 1)


def test_points_weigh_most_on_clicks_and_least_beyond_their_reach(rng: np.random.Generator) -> None:
    x, points = rng.random((2, 7, 3)), np.array([[0, 4], [6, 2]])
    found = click_loss.importance(x, points, near=3.0, far=0.5, reach=0.4)
    for b, i in np.ndindex(2, 7):
        away = min(np.linalg.norm(x[b, i] - x[b, q]) for q in points[b])
        assert found[b, i] == pytest.approx(3.0 - 2.5 * min(away, 0.4) / 0.4)
    for alone, q in ((x[1], points), (x, points[1])):
        assert np.array_equal(click_loss.importance(alone, q, near=3.0, far=0.5, reach=0.4)[1], found[1])
    assert click_loss.importance(x.astype(np.float32), points).dtype == np.float32


def test_overlap_is_what_is_shared_over_what_is_either() -> None:
    truth = np.array([[0, 1, 1], [3, 3, 0]])
    assert iou(np.array([[1, 1, 1], [0, 3, 2]]), truth).tolist() == [2 / 3, 1 / 2]
    assert iou(truth, truth).tolist() == [1.0, 1.0]


def stripes(clicks: Clicks) -> np.ndarray:
    """Label each of twelve points in a row as the click that is nearest, of equals the first."""
    nearest = np.abs(np.arange(12)[:, None] - clicks.points).argmin(axis=1)
    return np.asarray(clicks.objects)[nearest]


def test_a_user_clicks_each_object_and_then_the_largest_error_until_all_is_right() -> None:
    truth = np.array([0, 1, 1, 1, 1, 0, 2, 2, 2, 0, 0, 0])
    session = simulate(stripes, truth)
    assert session.clicks.objects[:2].tolist() == [1, 2]
    assert session.clicks.points[:3].tolist() == [2, 7, 10]  # the last where three of the background are lost
    assert session.clicks.times.tolist() == list(range(len(session.clicks.points)))
    assert session.counts == tuple(n / 2 for n in range(2, len(session.clicks.points) + 1))
    assert session.overlaps[0] == pytest.approx((4 / 5 + 3 / 7) / 2)
    assert session.overlaps[-1] == 1
    assert len({*session.clicks.points.tolist()}) == len(session.clicks.points)


def test_a_user_gives_up_in_time_and_what_was_clicked_is_known() -> None:
    truth = np.array([1, 1, 0, 0, 0, 2])
    session = simulate(lambda clicks: np.zeros(6, int), truth, most=1)
    assert len(session.clicks.points) == 2
    assert session.overlaps == ((1 / 2 + 1) / 2,)
    session = simulate(lambda clicks: np.zeros(6, int), truth, np.arange(6.0)[:, None], most=5)
    assert session.overlaps == (3 / 4, 1.0)


def test_overlaps_after_clicks_and_clicks_to_an_overlap_are_means_over_scenes() -> None:
    none = Clicks(*(np.zeros(0, int) for _ in range(3)))
    sessions = [Session(none, (1.0, 1.5, 2.0), (0.2, 0.85, 0.9)), Session(none, (1.0,), (1.0,)),
                Session(none, (1.0, 2.0), (0.0, 0.4))]  # fmt: skip
    assert iou_at_clicks(sessions, 1) == pytest.approx((0.2 + 1.0 + 0.0) / 3)
    assert iou_at_clicks(sessions, 1.75) == pytest.approx((0.85 + 1.0 + 0.0) / 3)
    assert iou_at_clicks(sessions, 10) == pytest.approx((0.9 + 1.0 + 0.4) / 3)
    assert clicks_to(sessions) == pytest.approx((1.5 + 1 + 20) / 3)
    assert clicks_to(sessions, 0.87, most=5) == pytest.approx((2 + 1 + 5) / 3)


def scene(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features, coordinates and labels of two blobs among a background, all in the plane."""
    truth = np.repeat([0, 1, 2], [10, 8, 8])
    centres = np.array([[0.5, 0.5], [0.15, 0.2], [0.8, 0.85]])[truth]
    x = centres + rng.standard_normal((26, 2)) * np.where(truth == 0, 0.15, 0.06)[:, None]
    colour = np.eye(3)[truth] + 0.3 * rng.standard_normal((26, 3))
    return np.concatenate([x, colour, np.ones((26, 3))], axis=1), x, truth


def segmenter(layer: ClickAttention, features: np.ndarray, x: np.ndarray) -> Callable[[Clicks], np.ndarray]:
    return lambda clicks: layer.forward(features[None], x, clicks)[0][0, -1].argmax(axis=-1)


def test_click_attention_learns_from_a_simulated_user_to_need_fewer_clicks(rng: np.random.Generator) -> None:
    layer = ClickAttention(d_model=8, heads=2, hidden=8, levels=1, background=2, dimensions=2)
    new = [scene(rng) for _ in range(4)]

    def sessions() -> list[Session]:
        return [simulate(segmenter(layer, f, x), truth, x, most=4) for f, x, truth in new]

    before, adam, state = sessions(), Adam(rate=0.02, weight_decay=0.0), AdamState()
    for step in range(60):
        features, x, truth = scene(rng)
        clicks = simulate(segmenter(layer, features, x), truth, x, most=1 + step % 2).clicks
        y, cache = layer.forward(features[None], x, clicks)
        _, kept = click_loss.forward(y, truth[None], click_loss.importance(x, clicks.points)[None])
        _, gradients = layer.backward(click_loss.backward(1.0, kept), cache)
        state = adam.update(layer.parameters, gradients, state)
    after = sessions()
    assert clicks_to(after, most=4) < clicks_to(before, most=4)
    assert iou_at_clicks(after, 1) > max(0.7, iou_at_clicks(before, 1))


def test_what_does_not_fit_is_a_sentence() -> None:
    labels = np.zeros(3, int)
    with pytest.raises(RequestError, match=r"predicted \(2,\), truth \(3,\): predicted and truth must be of"):
        next_clicks(labels[:2], labels)
    with pytest.raises(RequestError, match="predicted and truth must be of one shape, with an axis"):
        next_clicks(labels[0, ...], labels[1, ...])
    with pytest.raises(RequestError, match="truth must be whole numbers, not float64"):
        iou(labels, np.zeros(3))
    with pytest.raises(RequestError, match=r"coordinates \(2, 2\): each label needs coordinates"):
        next_clicks(labels, labels, np.ones((2, 2)))
    with pytest.raises(RequestError, match="coordinates is list"):
        next_clicks(labels, labels, [[0.0], [1.0], [2.0]])
    with pytest.raises(RequestError, match=r"most is 0\. Give a whole number of clicks"):
        next_clicks(labels, labels, most=0)
    for truth in ([0, 0, 0], [0, 2, 2], [-1, 0, 1]):
        with pytest.raises(RequestError, match=r"truth \(3,\): objects must count from 1 without a gap"):
            simulate(lambda clicks: labels, np.array(truth))
    with pytest.raises(RequestError, match=r"predicted \(1, 3\), truth \(3,\)"):
        simulate(lambda clicks: labels[None], np.array([0, 1, 1]))
    for points in (np.array([3]), np.array([-1]), np.zeros(0, int), np.zeros((5, 1), int)):
        with pytest.raises(RequestError, match="points say which of them were clicked"):
            click_loss.importance(np.ones((2, 3, 2)), points)
    with pytest.raises(RequestError, match=r"clicks is 0\.5\. Give a number that is at least 1"):
        iou_at_clicks([], 0.5)
    with pytest.raises(RequestError, match="There are no sessions"):
        clicks_to([])
