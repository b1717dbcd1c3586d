"""The loops of linear attention in CUDA, run on this CPU: the bits of Numba's."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from neurogate.attention.operators import (
    compiled_delta_rule,
    compiled_recurrence,
    delta_rule,
    linear_recurrence,
)
from neurogate.backends.cuda import device as devices
from neurogate.backends.cuda import recurrence as on_gpu
from neurogate.backends.cuda.packing import instance
from neurogate.backends.numba_cpu import recurrence as on_cpu
from tests.backends.cases import assert_same_bits
from tests.backends.cuda.shim import Shim

B, T, H, R, C = 2, 7, 3, 5, 67
TYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])
LENGTHS = pytest.mark.parametrize("steps", [0, 1, T])


@pytest.fixture(autouse=True)
def shim(library: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> Shim:
    shim = Shim(library)
    monkeypatch.setattr(devices, "current", lambda: shim)
    return shim


def drawn(rng: np.random.Generator, dtype: str, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


@TYPES
@LENGTHS
@pytest.mark.parametrize("adjoint", [False, True])
@pytest.mark.parametrize(("decays", "columns"), [(R, False), (C, True), (1, False), (1, True)])
def test_a_scan_has_the_bits_of_numba(
    decays: int, columns: bool, adjoint: bool, steps: int, dtype: str, rng: np.random.Generator, shim: Shim
) -> None:
    long = B, steps, H
    shapes = (*long, R), (*long, R), (*long, C), (*long, decays), (B, H, R, C)
    given = drawn(rng, dtype, *shapes)
    kept = [array.copy() for array in given]
    found = on_gpu.scan(*given, columns=columns, adjoint=adjoint)
    wanted = on_cpu.scan(*given, columns=columns, adjoint=adjoint)
    for mine, theirs in zip(found, wanted, strict=True):
        assert_same_bits(mine, theirs)
    assert shim.launched == ([instance("recurrence_scan", dtype)] if steps else [])
    assert all(np.array_equal(a, b) for a, b in zip(given, kept, strict=True))


@TYPES
@LENGTHS
@pytest.mark.parametrize("name", ["correct", "correct_adjoint"])
def test_corrections_have_the_bits_of_numba(
    name: str, steps: int, dtype: str, rng: np.random.Generator
) -> None:
    long = B, steps, H
    given = drawn(rng, dtype, (*long, R), (*long, R), (*long, C), (*long, 1), (*long, 1), (B, H, R, C))
    found, wanted = (getattr(backend, name)(*given) for backend in (on_gpu, on_cpu))
    for mine, theirs in zip(found, wanted, strict=True):
        assert_same_bits(mine, theirs)


@TYPES
@pytest.mark.parametrize("name", ["scan", "correct", "correct_adjoint"])
def test_arrays_of_another_number_type_are_taken_in_that_of_the_values(
    name: str, dtype: str, rng: np.random.Generator
) -> None:
    long, other = (B, T, H), "float64" if dtype == "float32" else "float32"
    ones = [(*long, 1)] * (1 if name == "scan" else 2)
    shapes = [(*long, R), (*long, R), (*long, C), *ones, (B, H, R, C)]
    alike = [array.astype(dtype) for array in drawn(rng, "float32", *shapes)]
    mixed = [array if i == 2 else array.astype(other) for i, array in enumerate(alike)]
    for mine, theirs in zip(getattr(on_gpu, name)(*mixed), getattr(on_cpu, name)(*alike), strict=True):
        assert_same_bits(mine, theirs)


@TYPES
def test_operators_have_the_same_bits_on_a_gpu(
    dtype: str, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    q, k, v, do = drawn(rng, dtype, (B, T, H, R), (B, T, H, R), (B, T, H, C), (B, T, H, C))
    g, beta = -np.abs(q), np.abs(k[..., 0])

    def run() -> list[np.ndarray]:
        o, cache = linear_recurrence.forward(q, k, v, g, form="compiled")
        p, other = delta_rule.forward(q, k, v, beta, g[..., 0], form="compiled")
        back = *linear_recurrence.backward(do, cache), *delta_rule.backward(do, other)
        return [o, p, *(each for each in back if each is not None)]

    wanted = run()
    for module in (compiled_recurrence, compiled_delta_rule):
        monkeypatch.setattr(module, "kernels", lambda xp: on_gpu)
    for mine, theirs in zip(run(), wanted, strict=True):
        assert_same_bits(mine, theirs)
