"""On a GPU, what is seen of a picture is what is seen on the CPU."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.backends.registry import describe
from tests.scanpath.vision.test_without_numpy import SIGHTS

CUDA = next(backend for backend in describe() if backend.name == "cuda")

pytestmark = pytest.mark.skipif(not CUDA.available, reason=f"Nothing runs on a GPU here: {CUDA.reason}.")


@pytest.mark.parametrize("name", SIGHTS)
def test_cupy_gives_what_numpy_gives(name: str, rng: np.random.Generator) -> None:
    cupy = pytest.importorskip("cupy")
    function, shapes = SIGHTS[name]
    arrays = [rng.random(shape) for shape in shapes]
    found = function(*map(cupy.asarray, arrays))
    assert isinstance(found, cupy.ndarray)
    np.testing.assert_allclose(found.get(), function(*arrays), rtol=1e-9, atol=1e-9)
