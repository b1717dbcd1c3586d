"""The memory of RWKV-4 in CUDA, run on this CPU: the numbers of Numba's."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest

from neurogate.backends.cuda import device as devices
from neurogate.backends.cuda import wkv as on_gpu
from neurogate.backends.cuda.packing import instance
from neurogate.backends.numba_cpu import wkv as on_cpu
from tests.backends.cuda.shim import Shim
from tests.tolerances import TOLERANCE

B, C = 3, 67
TYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])
LENGTHS = pytest.mark.parametrize("steps", [0, 1, 20])
FIRST = pytest.mark.parametrize("mass", [-1e38, 0.0, -np.inf])


@pytest.fixture(autouse=True)
def shim(library: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> Shim:
    shim = Shim(library)
    monkeypatch.setattr(devices, "current", lambda: shim)
    return shim


def drawn(rng: np.random.Generator, dtype: str, steps: int, mass: float) -> list[np.ndarray]:
    arrays = [rng.standard_normal(shape) for shape in ((B, steps, C), (B, steps, C), (C,), (C,), (B, C))]
    arrays[0] *= 30  # where exponentials are huge
    arrays[2] = -np.exp(arrays[2])
    return [array.astype(dtype) for array in (*arrays, np.full((B, C), mass))]


def near(mine: np.ndarray, theirs: np.ndarray) -> bool:
    far = TOLERANCE["two ways", theirs.dtype.name]
    return mine.dtype == theirs.dtype and np.allclose(mine, theirs, rtol=far, atol=far)


@TYPES
@LENGTHS
@FIRST
def test_it_remembers_what_numba_remembers(
    mass: float, steps: int, dtype: str, rng: np.random.Generator, shim: Shim
) -> None:
    given = drawn(rng, dtype, steps, mass)
    kept = [array.copy() for array in given]
    *found, state = on_gpu.recurrent(*given)
    *wanted, last = on_cpu.recurrent(*given)
    assert all(near(mine, theirs) for mine, theirs in zip((*found, *state), (*wanted, *last), strict=True))
    assert shim.launched == ([instance("wkv_remember", dtype)] if steps else [])
    assert all(np.array_equal(a, b) for a, b in zip(given, kept, strict=True))


@TYPES
@LENGTHS
def test_its_gradients_are_those_of_numba(
    steps: int, dtype: str, rng: np.random.Generator, shim: Shim
) -> None:
    given = drawn(rng, dtype, steps, 0.0)
    y, *states, _ = on_cpu.recurrent(*given)
    found, wanted = (each.recurrent_backward(y, *given[:4], *states) for each in (on_gpu, on_cpu))
    assert all(near(mine, theirs) for mine, theirs in zip(found, wanted, strict=True))
    assert shim.launched == ([instance("wkv_remember_adjoint", dtype)] if steps else [])


def test_a_gap_between_numbers_of_an_array_is_minded(rng: np.random.Generator) -> None:
    given = drawn(rng, "float64", 4, 0.0)
    apart = [np.repeat(array, 2, axis=-1)[..., ::2] for array in given]
    assert np.array_equal(on_gpu.recurrent(*apart)[0], on_gpu.recurrent(*given)[0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("others", [{0}, {1}, {2, 3}, {4, 5}, {6}, {1, 2, 3, 4, 5, 6}])
def test_arrays_of_another_number_type_are_taken_in_that_of_k(
    others: set[int], dtype: str, rng: np.random.Generator
) -> None:
    other = "float64" if dtype == "float32" else "float32"
    given = [*drawn(rng, "float32", 5, 0.0), rng.standard_normal((B, 5, C)).astype("float32")]
    mixed = [array.astype(other if i in others else dtype) for i, array in enumerate(given)]
    alike = [array.astype(mixed[0].dtype) for array in given]

    def run(module: Any, arrays: list[np.ndarray], states: list[np.ndarray]) -> list[np.ndarray]:
        *found, state = module.recurrent(*arrays[:6])
        return [*found, *state, *module.recurrent_backward(arrays[6], *arrays[:4], *states)]

    _, *states, _ = on_cpu.recurrent(*alike[:6])
    wanted = run(on_cpu, alike, states)
    assert all(near(a, b) for a, b in zip(run(on_gpu, mixed, states), wanted, strict=True))
