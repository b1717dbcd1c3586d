"""On a GPU, every gate gives what it gives on the CPU."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.catalogue import CATALOGUE
from neurogate.backends.registry import describe
from tests.attention.examples import EXAMPLES, example_layer
from tests.tolerances import TOLERANCE

CUDA = next(backend for backend in describe() if backend.name == "cuda")
NAMES = [entry.name for entry in CATALOGUE]

pytestmark = pytest.mark.skipif(not CUDA.available, reason=f"No gate runs on a GPU here: {CUDA.reason}.")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cupy_gives_what_numpy_gives(name: str, dtype: str, rng: np.random.Generator) -> None:
    cupy = pytest.importorskip("cupy")
    example, layer = EXAMPLES[name], example_layer(name)
    inputs = example.inputs(rng, dtype)
    more = example.more()
    y, cache = layer.forward(*inputs, **more)
    dx, gradients = layer.backward(np.ones_like(y), cache)
    layer.to(cupy)
    there = {key: cupy.asarray(a) if isinstance(a, np.ndarray) else a for key, a in more.items()}
    y_gpu, cache = layer.forward(*map(cupy.asarray, inputs), **there)
    dx_gpu, gradients_gpu = layer.backward(cupy.ones_like(y_gpu), cache)
    pairs = [(y_gpu, y)] + [(gradients_gpu[key], gradients[key]) for key in gradients]
    pairs += zip(*(a if isinstance(a, tuple) else (a,) for a in (dx_gpu, dx)), strict=True)
    for found, wanted in pairs:
        assert isinstance(found, cupy.ndarray)
        far = np.abs(found.get() - wanted).max(initial=0)
        assert far <= TOLERANCE["two ways", dtype] * max(1, np.abs(wanted).max(initial=0))
