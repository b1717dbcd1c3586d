"""What is seen of a picture is computed where the picture lies, on arrays that are not those of NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from neurogate.scanpath.vision.collicular import Colliculus
from neurogate.scanpath.vision.foveation import Foveation, blurred
from neurogate.scanpath.vision.itti_koch import itti_koch
from neurogate.scanpath.vision.priors import graph_based
from tests.attention import standin


@pytest.fixture
def cupy(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put the stand-in where CuPy would be."""
    return standin.installed(monkeypatch)


def fovea(picture: Any, place: Any) -> Any:
    seen = Foveation(picture, blurred(picture))
    memory = seen.remembered(seen.fovea(place), place)
    return seen.percept(memory, place) + seen.gradient(memory, place, picture).sum()


SIGHTS: dict[str, tuple[Callable[..., Any], tuple[tuple[int, ...], ...]]] = {
    "saliency": (itti_koch, ((33, 40, 3),)),
    "walk on a graph": (graph_based, ((5, 6),)),
    "fovea": (fovea, ((12, 13), (2,))),
    "colliculus": (
        lambda *a: Colliculus().view(a[0], (5.0, 4.0), 1.5, a[1], a[2]),
        ((9, 12), (3, 4), (3, 4)),
    ),
    "field": (lambda u, v: Colliculus().field(u, v)[0], ((3,), (3,))),
    "place on it": (lambda x, y: Colliculus().of(x, y)[1], ((3,), (3,))),
}


@pytest.mark.parametrize("name", SIGHTS)
def test_sight_needs_nothing_that_only_numpy_has(name: str, cupy: Any, rng: np.random.Generator) -> None:
    function, shapes = SIGHTS[name]
    arrays = [rng.random(shape) for shape in shapes]
    found = function(*map(cupy.asarray, arrays))
    assert type(found).__module__ == "cupy"
    np.testing.assert_allclose(found.get(), function(*arrays), rtol=1e-12, atol=1e-12)
