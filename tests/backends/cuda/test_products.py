"""Products by cuBLAS, with one that multiplies on this CPU: what is asked, and what comes of it."""

from __future__ import annotations

import ctypes
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention import gpu
from neurogate.attention.catalogue import CATALOGUE
from neurogate.backends import registry
from neurogate.backends.cuda import device as devices
from neurogate.backends.cuda import products, rows
from tests.attention import standin
from tests.attention.nearness import near
from tests.attention.test_without_numpy import test_a_gate_needs_nothing_that_only_numpy_has as same_numbers
from tests.backends.cuda.cublas import Multiplier
from tests.backends.cuda.shim import Shim

ROW = next(row for row in registry.describe() if row.name == "cuda")


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Multiplier:
    made = Multiplier()
    monkeypatch.setattr(devices, "current", lambda: made)
    return made


def lying(draw: Any, rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Return an array of a shape whose axes lie in memory in any order, among other numbers."""
    order = draw(st.permutations(range(len(shape))))
    gaps = [draw(st.integers(0, 2)) for _ in shape]
    large = rng.standard_normal([shape[axis] + gaps[axis] for axis in order]).astype(dtype)
    return large[tuple(slice(shape[axis]) for axis in order)].transpose(np.argsort(order))


@settings(max_examples=300)
@given(st.data(), st.sampled_from(["float32", "float64"]), st.integers(0, 99))
def test_whatever_lies_as_it_does_the_product_is_that_of_numpy(data: Any, dtype: str, seed: int) -> None:
    rng, size = np.random.default_rng(seed), st.integers(0, 4)
    stack = tuple(data.draw(st.lists(size, max_size=2)))
    rows, inner, columns = (data.draw(size) for _ in range(3))
    pair = []
    for matrix in ((rows, inner), (inner, columns)):
        own = tuple(1 if data.draw(st.booleans()) else length for length in stack)[
            data.draw(st.integers(0, 2)) :
        ]
        pair.append(lying(data.draw, rng, (*own, *matrix), dtype))
    before = [each.copy() for each in pair]
    made = Multiplier()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(devices, "current", lambda: made)
        found = products.matmul(*pair)
    wanted = pair[0] @ pair[1]
    assert found.dtype == wanted.dtype
    assert found.shape == wanted.shape
    assert near(found, wanted, dtype)
    assert all(np.array_equal(a, b) for a, b in zip(pair, before, strict=True))


def some(*shape: int, dtype: str = "d") -> np.ndarray:
    return (9 * np.random.default_rng(len(shape)).standard_normal(shape)).astype(dtype)


RECORDS = np.zeros((2, 5, 3), [("odd", "d"), ("between", "b")])
"""Numbers that do not follow one another by whole ones."""


@pytest.mark.parametrize(("a", "b", "asked"), [
    (some(5, 3), some(3, 4), ["dgemm"]),
    (some(5, 3, dtype="f"), some(4, 3, dtype="f").T, ["sgemm"]),
    (some(2, 5, 3), some(3, 4), ["dgemm"]),  # one matrix of ten rows
    (some(2, 7, 5, 3), some(2, 7, 4, 3).swapaxes(2, 3), ["dgemmStridedBatched"]),
    (some(2, 5, 3, dtype="f"), some(1, 3, 4, dtype="f"), ["sgemm"]),
    (some(5, 3), some(2, 3, 4), ["dgemmStridedBatched"]),
    (some(2, 5, 7, 3).swapaxes(1, 2), some(2, 7, 3, 4), []),  # heads of unlike distances
    (some(2, 1, 5, 3), some(1, 7, 3, 4), []),
    (some(10, 3)[::2], some(3, 4), ["dgemm"]),
    (some(5, 6)[:, ::2], some(3, 4), []),
    (some(5, 3)[::-1], some(3, 4), []),
    (np.broadcast_to(some(3), (5, 3)), some(3, 4), []),
    (np.broadcast_to(some(5, 3), (2, 5, 3)), some(2, 3, 4), ["dgemmStridedBatched"]),
    (some(5, 3), some(3, 4, dtype="f"), []),
    (some(5, 3, dtype="i"), some(3, 4, dtype="i"), []),
    (some(5, 0), some(0, 4), []),
    (some(5, 3), some(3), []),
    (some(5, 3, dtype="f"), some(3, 1), []),
    (some(2, 5, 3)[::-1], some(2, 3, 4), []),
    (some(2, 3, 3).swapaxes(1, 2), some(3, 4), ["dgemmStridedBatched"]),  # of columns that follow one another
    (np.broadcast_to(some(3), (1, 3)), some(3, 4), ["dgemm"]),  # how far the next row would be says nothing
    (some(5, 6)[:, ::2][:, :1], some(1, 4), ["dgemm"]),
    (some(5, 6)[::2, ::2][:1], some(3, 4), ["dgemm"]),  # one row, as a column
    (RECORDS["odd"][0], some(3, 4), []),
    (RECORDS["odd"][0][:, :1], some(1, 4), []),
    (RECORDS["odd"][:, :, :1], some(2, 1, 3), []),
    (RECORDS["odd"][:, :1, :1], some(2, 1, 3), []),
])  # fmt: skip
def test_cublas_is_asked_for_what_it_can_read(
    a: np.ndarray, b: np.ndarray, asked: list[str], device: Multiplier
) -> None:
    assert near(products.matmul(a, b), a @ b, "float64" if a.dtype == "float64" else "float32")
    assert device.asked == asked


@pytest.mark.parametrize("shapes", [
    lambda n: ((n, 1, 1), (n, 1, 1)), lambda n: ((n, 1), (1, 1)), lambda n: ((1, 1), (1, n)),
    lambda n: ((1, n), (n, 1)),
], ids=["products", "rows", "columns", "terms"])  # fmt: skip
def test_cublas_is_asked_for_what_it_can_count(shapes: Any) -> None:
    for n, asked in ((2**31 - 1, True), (2**31, False)):
        given = [
            (shape, tuple(8 * math.prod(shape[i:]) for i in range(1, len(shape) + 1))) for shape in shapes(n)
        ]
        assert (products.planned(*given[0], *given[1], 8) is not None) == asked
    large = (2**17, 2**17)  # of more numbers than that
    assert products.planned(large, (2**20, 8), large, (2**20, 8), 8) is not None


def test_rows_that_cublas_cannot_read_are_multiplied_by_a_matrix_at_once(
    device: Multiplier, monkeypatch: pytest.MonkeyPatch
) -> None:
    cupy, a, b, met = standin.installed(monkeypatch), some(2, 3, 4, 5, 6).swapaxes(-3, -1), some(4, 7), []
    note = lambda function, given, result: function is np.matmul and met.append(given[0].shape)  # noqa: E731
    monkeypatch.setattr(standin, "LISTENERS", [note])
    assert np.allclose(products.matmul(standin.ndarray(a), cupy.asarray(b)).get(), a @ b)
    assert device.asked == []
    assert met == [(2 * 3 * 6 * 5, 4)]


def test_what_does_not_fit_is_left_to_the_library_to_refuse(device: Multiplier) -> None:
    for a, b in (((2, 3), (4, 5)), ((2, 2, 3), (3, 3, 5))):
        with pytest.raises(ValueError, match=r"mismatch|broadcast"):
            products.matmul(np.ones(a), np.ones(b))
    assert device.asked == []


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_gpu_multiplies_what_lies_in_any_of_these_ways(dtype: str, rng: np.random.Generator) -> None:
    if not ROW.available:
        pytest.skip(f"The cuda backend cannot run here: {ROW.reason}.")
    cupy = pytest.importorskip("cupy")
    q, k, w = (
        cupy.asarray(rng.standard_normal(shape), dtype) for shape in ((4, 8, 65, 33), (4, 8, 70, 33), (33, 9))
    )
    for a, b in (
        (q, k.swapaxes(2, 3)), (q.swapaxes(2, 3), q), (q[0, 0], w), (k[1], w), (q, w),
        (q[0, 0], k[1].swapaxes(1, 2)),
    ):  # fmt: skip
        assert near(products.matmul(a, b).get(), a.get() @ b.get(), dtype)


@pytest.mark.parametrize("name", [entry.name for entry in CATALOGUE])
def test_every_gate_is_what_it_is_without(
    name: str,
    library: ctypes.CDLL,
    device: Multiplier,
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the kernels for rows, too, which lay down what products then read."""
    monkeypatch.setattr(device, "launch", Shim(library, most_threads=4).launch)
    cupy, modules = standin.installed(monkeypatch), {"products": products, "rows": rows}
    monkeypatch.setattr(gpu, "kernels", lambda xp, module: modules.get(module) if xp is cupy else None)
    same_numbers(name, cupy, rng)
    assert device.asked or name == "feature_selection_channels"
