"""Products that threads share: the numbers that one finds, and the library's threads as they were."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

from neurogate.attention.products import matmul
from neurogate.bench.turns import limited


@pytest.fixture(params=[1, 2, 3], autouse=True)
def _threads(request: pytest.FixtureRequest) -> Iterator[None]:
    importlib.import_module("neurogate.backends.numba_cpu.compiling")  # else there is one thread
    with limited(request.param):
        yield


STACKS = [
    ((8, 4, 70, 40), (8, 4, 40, 70)), ((2, 1, 300, 90), (3, 90, 80)), ((5, 130, 300), (300, 40)),
    ((1, 1, 400, 200), (1, 1, 200, 70)), ((30, 4000), (4000, 300)), ((300, 3000), (3000, 30)),
    ((9, 8000), (8000, 70)), ((0, 70, 40), (40, 7)), ((64, 1, 3), (64, 3, 1)),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), STACKS)
@pytest.mark.parametrize("turned", [False, True])
def test_threads_find_the_products_that_one_finds(
    first: tuple[int, ...], second: tuple[int, ...], turned: bool, rng: np.random.Generator
) -> None:
    a, b = rng.standard_normal(first), rng.standard_normal(second)
    if turned:  # the same numbers, in another order in memory
        a, b = (np.ascontiguousarray(each.swapaxes(-1, -2)).swapaxes(-1, -2) for each in (a, b))
    before = _of_the_library()
    np.testing.assert_allclose(matmul(a, b), a @ b, rtol=1e-12, atol=1e-11)
    assert _of_the_library() == before


def test_several_callers_leave_the_library_its_threads(rng: np.random.Generator) -> None:
    a, b = rng.standard_normal((2, 16, 80, 80))
    before = _of_the_library()
    with ThreadPoolExecutor(4) as callers:
        found = list(callers.map(lambda _: matmul(a, b), range(40)))
    assert all(np.allclose(each, a @ b, rtol=1e-12) for each in found)
    assert _of_the_library() == before


def _of_the_library() -> list[int]:
    return [library.num_threads for library in ThreadpoolController().select(user_api="blas").lib_controllers]


def test_shapes_that_do_not_fit_leave_the_library_its_threads(rng: np.random.Generator) -> None:
    before = _of_the_library()
    with pytest.raises(ValueError, match="matmul"):
        matmul(rng.standard_normal((64, 70, 300)), rng.standard_normal((299, 200)))
    assert _of_the_library() == before
