"""All models are asked alike, and look at many pictures at once as at each alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.scanpath.models.catalogue import CATALOGUE, make
from neurogate.scanpath.models.encoders import ColourContrast
from neurogate.scanpath.models.model import Model
from neurogate.scanpath.models.nevaclip import nevaclip
from neurogate.scanpath.models.oat.model import OAT
from neurogate.scanpath.models.oat.on_pictures import ShelfSearch
from neurogate.scanpath.models.oat.pictures import Patch
from neurogate.scanpath.path import Scanpath

SHORTER = {
    "gravity": {"seconds": 0.4}, "neva": {"fixations": 3, "steps": 3, "size": (12, 16)},
    "itti_koch": {"fixations": 3, "longest_ms": 80.0},
}  # fmt: skip
MODELS: dict[str, Callable[[], Model]] = {
    **{name: lambda name=name: make(name, SHORTER.get(name, {"fixations": 3})) for name in CATALOGUE},
    "nevaclip": lambda: nevaclip(ColourContrast(), "red", size=(12, 16), fixations=2, blur=(5, 2.0), steps=3),
    "oat": lambda: ShelfSearch(
        OAT(
            patch=Patch(height=12, width=10, first=2, second=2, pool=2, last_pool=1), d_model=36, hidden=8,
            encoders=1, decoders=1, longest=4,
        ),
        (2, 4), target=5,
    ),
}  # fmt: skip


def _numbers(paths: list[Scanpath]) -> list[list[list[float]]]:
    return [[list(part) for part in (path.x_px, path.y_px, path.duration_s, path.start_s)] for path in paths]


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    return [rng.random(shape) for shape in ((64, 80, 3), (72, 64, 3), (64, 80))]


@pytest.mark.parametrize("name", MODELS)
def test_many_pictures_at_once_are_looked_at_as_each_alone(name: str, pictures: list[np.ndarray]) -> None:
    model = MODELS[name]()
    alone = [
        _numbers(model.scanpaths(picture, 2, seed)) for picture, seed in zip(pictures, (5, 6, 7), strict=True)
    ]
    assert [_numbers(paths) for paths in model.batch(pictures, 2, [5, 6, 7])] == alone
    assert _numbers(model.batch(pictures[:2], 3, 5)[0])[:2] == alone[0]
    assert [_numbers(paths) for paths in model.batch(pictures[1:2], 2, np.array([6]))] == alone[1:2]


@pytest.mark.parametrize("name", MODELS)
def test_nothing_is_asked_for_and_seeds_are_counted(name: str, pictures: list[np.ndarray]) -> None:
    model = MODELS[name]()
    assert model.batch([], 2, 1) == model.batch([], 2, []) == []
    assert model.batch(pictures, 0, 1) == [[], [], []]
    with pytest.raises(RequestError, match="There are 2 seeds for 3 pictures"):
        model.batch(pictures, 1, [1, 2])


@pytest.mark.parametrize("name", MODELS)
def test_a_picture_that_is_none_is_said_by_its_number(name: str, pictures: list[np.ndarray]) -> None:
    model = MODELS[name]()
    with pytest.raises(RequestError, match=r"^Picture 1: The picture is 1 x 1 px\."):
        model.batch([pictures[0], np.zeros((1, 1)), pictures[1]], 1, 1)
    with pytest.raises(RequestError, match=r"^The picture is 1 x 1 px\."):
        model.scanpaths(np.zeros((1, 1)), 1, 1)
