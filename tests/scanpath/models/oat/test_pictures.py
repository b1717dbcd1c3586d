"""What looks at pictures of objects: gradients, sizes, and the pyramid."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.scanpath.models.oat import pictures, pyramid
from neurogate.scanpath.models.oat.pictures import Patch
from tests.attention.gradients import check

SMALL = {"channels": 2, "first": 3, "second": 2, "pool": 2, "height": 12, "width": 10}


@pytest.mark.parametrize(
    "patch", [Patch(**SMALL, last_pool=1), Patch(**SMALL, levels=2)], ids=["plain", "pyramid"]
)
def test_gradients(patch: Patch, rng: np.random.Generator) -> None:
    p = {name: array + 0.1 * rng.standard_normal(array.shape)
         for name, array in pictures.initial(rng, patch, 4).items()}  # fmt: skip
    x, dy = rng.standard_normal((2, 3, 2, 12, 10)), rng.standard_normal((2, 3, 4))
    dx, gradients = pictures.backward(dy, pictures.forward(x, p, patch)[1])

    def run(x: np.ndarray, **p: np.ndarray) -> np.ndarray:
        return pictures.forward(x, p, patch)[0]

    check(rng, run, {"x": x, **p}, {"x": dx, **gradients}, dy)


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (7, 4), (8, 8)])
def test_a_pyramid_has_as_many_numbers_at_any_size(size: tuple[int, int], rng: np.random.Generator) -> None:
    x = rng.random((2, 3, *size))
    y, cache = pyramid.forward(x, 3)
    dy = rng.standard_normal(y.shape)
    assert y.shape == (2, 3 * 21)
    np.testing.assert_array_equal(y[:, :3], x.max(axis=(2, 3)))
    check(rng, lambda x: pyramid.forward(x, 3)[0], {"x": x}, {"x": pyramid.backward(dy, cache)}, dy)


def test_the_network_of_the_paper_has_its_width() -> None:
    assert Patch().features == 1440
    assert [Patch(levels=levels).features for levels in (2, 3, 4)] == [160, 672, 2720]
    assert Patch(height=20, width=20).features == 0


def test_a_pyramid_takes_pictures_of_another_size_and_the_plain_network_says_no(
    rng: np.random.Generator,
) -> None:
    tower, plain = Patch(**SMALL, levels=2), Patch(**SMALL, last_pool=1)
    x = rng.random((1, 2, 15, 18))
    assert pictures.forward(x, pictures.initial(rng, tower, 4), tower)[0].shape == (1, 4)
    with pytest.raises(RequestError, match=r"pictures must be \(..., 2, 12, 10\)"):
        pictures.forward(x, pictures.initial(rng, plain, 4), plain)
    with pytest.raises(RequestError, match="A pyramid has 0 levels"):
        pyramid.forward(x, 0)
