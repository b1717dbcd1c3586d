"""OAT on pictures is asked as all models of gaze are."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.scanpath.models.model import Model
from neurogate.scanpath.models.oat.model import OAT
from neurogate.scanpath.models.oat.on_pictures import ShelfSearch, cut
from neurogate.scanpath.models.oat.pictures import Patch

PATCH = Patch(height=12, width=10, first=2, second=2, pool=2, last_pool=1)
OPTIONS = {"d_model": 36, "hidden": 8, "encoders": 1, "decoders": 1, "longest": 6}
SEARCH = ShelfSearch(OAT(patch=PATCH, **OPTIONS), (2, 3), target=4, longest=8)
IMAGE = np.random.default_rng(0).random((61, 83))


def test_paths_rest_in_the_middle_of_objects_and_repeat_with_the_seed() -> None:
    model: Model = SEARCH
    three, two = (model.scanpaths(IMAGE, n, seed=5) for n in (3, 2))
    assert all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in zip(three, two, strict=False))
    for path in three:
        assert 1 <= len(path) <= 8
        assert not path.outside.any()
        assert (path.width_px, path.height_px) == (83, 61)
        assert set(path.y_px.tolist()) <= {15.0, 45.5}
    assert model.scanpaths(IMAGE, 0, seed=5) == []


def test_a_cut_keeps_all_of_the_picture() -> None:
    made = cut(np.arange(6.0).reshape(2, 3) / 5, (2, 3), target=1, size=(1, 1))
    np.testing.assert_allclose(made.looks[:, 0, 0, 0], np.arange(6) / 5)


def test_a_mistake_is_a_sentence() -> None:
    with pytest.raises(RequestError, match="cannot be cut into 62 x 3 objects"):
        cut(IMAGE, (62, 3), 0, (4, 4))
    with pytest.raises(RequestError, match="The target is object 6"):
        cut(IMAGE, (2, 3), 6, (4, 4))
    with pytest.raises(RequestError, match="not made for pictures of three channels"):
        ShelfSearch(OAT(features=3, **OPTIONS), (2, 3), 0).scanpaths(IMAGE, 1, seed=0)
