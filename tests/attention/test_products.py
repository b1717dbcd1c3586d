"""Products that threads share: the numbers that one finds, and the library's threads as they were."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from neurogate.attention import products
from neurogate.attention.pieces import in_pieces, threads
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


def test_large_products_are_shared_while_the_library_has_one_thread_for_each(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, list[int], int]] = []
    plain = products.in_shares

    def watched(some: Any, count: int) -> None:
        def one(first: int, last: int) -> None:
            seen.append((last - first, _of_the_library(), threads()))
            some(first, last)

        plain(one, count)

    monkeypatch.setattr(products, "in_shares", watched)
    a, b = rng.standard_normal((16, 80, 80)), rng.standard_normal((16, 80, 80))
    most = threads()
    matmul(a, b)
    assert sum(parts for parts, *_ in seen) == (most if most > 1 else 0)
    assert all(set(library) == {1} and within == 1 for _, library, within in seen)


def test_who_limits_the_library_limits_the_threads_that_share(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(products, "in_shares", pytest.fail)
    a, b = rng.standard_normal((2, 16, 80, 80))
    with threadpool_limits(1):
        assert np.array_equal(matmul(a, b), a @ b)


def test_the_library_stays_at_one_thread_until_the_last_is_done(rng: np.random.Generator) -> None:
    before = _of_the_library()
    with products.ONE_EACH:
        with products.ONE_EACH:
            assert set(_of_the_library()) == {1}
        assert set(_of_the_library()) == {1}
        assert products.ONE_EACH.threads() == min(before)
    assert _of_the_library() == before


def test_a_child_process_begins_anew() -> None:
    before = _of_the_library()
    with products.ONE_EACH:
        child = products._OneEach()
        child._inside, child._before = 1, before
        child.forked()
        assert _of_the_library() == before
    assert (child._inside, child._lock.locked()) == (0, False)


def test_products_have_the_same_bits_before_any_loop_is_compiled() -> None:
    code = """
import importlib, sys
import numpy as np
from neurogate.attention.products import matmul
if sys.argv[1] == "loaded":
    importlib.import_module("neurogate.backends.numba_cpu.compiling")
rng = np.random.default_rng(0)
a, b = rng.standard_normal((653, 300)), rng.standard_normal((300, 517))
print(hash(matmul(a, b).tobytes()))
"""
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    environment.pop("OPENBLAS_NUM_THREADS", None)
    bits = {
        subprocess.run(
            [sys.executable, "-c", code, way], env=environment, capture_output=True, text=True, check=True
        ).stdout
        for way in ("loaded", "not")
    }
    assert len(bits) == 1


def test_what_the_caller_says_of_overflow_holds_in_every_share() -> None:
    x = np.full((8, 1 << 16), 1e300)
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        in_pieces(np.square)(x)
    with np.errstate(over="ignore"):
        assert np.isinf(in_pieces(np.square)(x)).all()
