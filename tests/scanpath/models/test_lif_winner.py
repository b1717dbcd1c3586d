"""Itti and Koch's winner: first the highest, then what is left, in times of its own."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.errors import RequestError
from neurogate.scanpath.models.lif_winner import LifWinner
from neurogate.scanpath.path import Scanpath

IMAGE = np.zeros((60, 80))
MAP = np.random.default_rng(2).random((6, 8))
MODEL = LifWinner(MAP, fixations=4)


def same(a: list[Scanpath], b: list[Scanpath]) -> bool:
    return all(np.array_equal(np.asarray(x), np.asarray(y)) for x, y in zip(a, b, strict=True))


def cells(path: Scanpath) -> list[tuple[int, int]]:
    return [(int(y // 10), int(x // 10)) for x, y in zip(path.x_px, path.y_px, strict=True)]


def test_both_backends_make_the_same_paths() -> None:
    short = attrs.evolve(MODEL, fixations=2)
    assert same(
        short.scanpaths(IMAGE, 2, seed=3), attrs.evolve(short, backend="numpy").scanpaths(IMAGE, 2, seed=3)
    )


@settings(max_examples=10)
@given(st.integers(0, 1000))
def test_without_noise_the_first_winner_is_the_highest_of_the_map(seed: int) -> None:
    plane = np.random.default_rng(seed).random((6, 8))
    path = LifWinner(plane, fixations=2, noise=0.0).scanpaths(IMAGE, 1, seed=1)[0]
    assert (path.x_px[0], path.y_px[0]) == (40, 30)
    assert cells(path)[1] == np.unravel_index(plane.argmax(), plane.shape)


def test_a_path_depends_on_the_seed_and_its_number_alone() -> None:
    three = MODEL.scanpaths(IMAGE, 3, seed=5)
    assert same(three[:2], MODEL.scanpaths(IMAGE, 2, seed=5))
    assert not same(three[:1], three[1:2])
    assert not same(three[:1], MODEL.scanpaths(IMAGE, 1, seed=6))
    assert MODEL.scanpaths(IMAGE, 0, seed=5) == []


def test_pictures_in_a_batch_are_looked_at_as_each_alone() -> None:
    model = LifWinner(lambda picture: picture.mean(axis=2), fixations=2)
    rng = np.random.default_rng(1)
    pictures = [rng.random((6, 8)), rng.random((8, 6)), rng.random((6, 8))]
    for picture, found in zip(pictures, model.batch(pictures, 2, seed=1), strict=True):
        assert same(found, model.scanpaths(picture, 2, seed=1))
    assert model.batch([], 2, seed=1) == []


def test_inhibition_of_return_moves_on_and_without_it_the_winner_wins_again() -> None:
    quiet = attrs.evolve(MODEL, noise=0.0, fixations=6)
    places = cells(quiet.scanpaths(IMAGE, 1, seed=1)[0])[1:]
    assert len(set(places)) == 5
    stuck = cells(attrs.evolve(quiet, inhibition=0.0).scanpaths(IMAGE, 1, seed=1)[0])[1:]
    assert len(set(stuck)) == 1


def test_what_was_inhibited_is_found_again_when_that_is_forgotten() -> None:
    one = np.zeros((6, 8))
    one[1, 6] = 1.0
    model = LifWinner(one, fixations=3, noise=0.0, longest_ms=20_000.0)
    path = model.scanpaths(IMAGE, 1, seed=1)[0]
    assert cells(path)[1:] == [(1, 6), (1, 6)]
    assert path.duration_s[1] > 20 * path.duration_s[0]


def test_where_nobody_wins_the_eye_stays_until_time_is_up() -> None:
    one = np.zeros((6, 8))
    one[1, 6] = 1.0
    path = LifWinner(one, fixations=3, noise=0.0, longest_ms=200.0).scanpaths(IMAGE, 1, seed=1)[0]
    assert cells(path)[1:] == [(1, 6), (1, 6)]
    assert path.duration_s[1:].tolist() == [0.2, 0.2]


def test_more_noise_makes_paths_differ_more() -> None:
    spreads = []
    for noise in (0.0, 1.0, 30.0):
        paths = attrs.evolve(MODEL, noise=noise).scanpaths(IMAGE, 10, seed=1)
        spreads.append(len({tuple(cells(path)) for path in paths}))
    assert spreads[0] == 1
    assert spreads[0] <= spreads[1] < spreads[2]


@pytest.mark.parametrize("plane", [np.zeros((1, 1)), np.ones((3, 4))])
def test_a_flat_map_is_looked_at_somewhere(plane: np.ndarray) -> None:
    path = LifWinner(plane, fixations=3).scanpaths(IMAGE, 1, seed=1)[0]
    assert not path.outside.any()
    assert (path.duration_s > 0).all()


def test_a_model_sees_what_is_in_the_picture() -> None:
    picture = np.full((128, 192, 3), 0.3)
    picture[32:48, 128:144] = 0.9
    path = LifWinner(fixations=2).scanpaths(picture, 1, seed=1)[0]
    assert np.hypot(path.x_px[1] - 136, path.y_px[1] - 40) < 20


def test_a_mistake_is_a_sentence() -> None:
    model: Any = MODEL
    with pytest.raises(RequestError, match="The picture is 1 x 1 px"):
        model.scanpaths(np.zeros((1, 1)), 1, seed=1)
    with pytest.raises(RequestError, match="There are -1 paths to make with the seed 1"):
        model.scanpaths(IMAGE, -1, seed=1)
    for wrong, sentence in (
        ({"fixations": 0}, "fixations is 0"),
        ({"reach": float("nan")}, "reach is nan"),
        ({"noise": -1.0}, r"noise is -1\. Give a finite number of at least 0"),
        ({"longest_ms": 0.04}, r"longest_ms is 0\.04\. Give a finite number of at least 0\.1"),
        ({"backend": "abacus"}, "The backend is 'abacus'"),
    ):
        with pytest.raises(RequestError, match=sentence):
            attrs.evolve(model, **wrong).scanpaths(IMAGE, 1, seed=1)


def test_a_fine_map_is_averaged_so_that_time_does_not_grow_with_it() -> None:
    fine = np.random.default_rng(1).random((6, 256)) ** 4
    coarse = fine.reshape(3, 2, 128, 2).mean(axis=(1, 3))
    model = LifWinner(fine, fixations=3)
    (found,) = model.scanpaths(np.zeros((18, 768)), 1, 1)
    (wanted,) = attrs.evolve(model, priority=coarse).scanpaths(np.zeros((18, 768)), 1, 1)
    np.testing.assert_allclose(np.asarray(found), np.asarray(wanted), rtol=0, atol=1e-9)
