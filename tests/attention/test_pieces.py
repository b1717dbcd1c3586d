"""Large arrays, piece by piece: the bits of small ones, whatever the number of threads."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from neurogate.attention import pieces
from neurogate.attention.operators import depthwise_convolution, layer_norm, linear_recurrence, rms_norm
from neurogate.attention.pieces import in_pieces, share_out, stacked
from neurogate.bench.turns import limited
from tests.attention import standin

LARGE = (3, 70_001)


@pytest.fixture(params=[1, 2, 3], autouse=True)
def _threads(request: pytest.FixtureRequest) -> Iterator[None]:
    importlib.import_module("neurogate.backends.numba_cpu.compiling")  # else there is one thread
    with limited(request.param):
        yield


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "_PIECE", 1 << 15)


def test_a_function_may_return_one_array_several_or_none(rng: np.random.Generator) -> None:
    x, y = rng.standard_normal((2, *LARGE))
    found = in_pieces(lambda x, y: (x + y, x > y))(x, y)
    assert all(np.array_equal(a, b) for a, b in zip(found, (x + y, x > y), strict=True))
    assert found[1].dtype == bool
    assert np.array_equal(in_pieces(np.negative)(x), -x)
    doubled = x.copy()
    assert in_pieces(_double)(doubled) is None
    assert np.array_equal(doubled, 2 * x)


def _double(x: np.ndarray) -> None:
    x += x


def test_what_is_not_one_shape_or_not_in_order_is_taken_whole(rng: np.random.Generator) -> None:
    x, sizes = rng.standard_normal(LARGE), []

    def product(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        sizes.append(x.size)
        return x * y

    assert np.array_equal(in_pieces(product)(x, x[:, :1]), x * x[:, :1])
    assert np.array_equal(in_pieces(product)(x.T, x.T), x.T * x.T)
    assert sizes == [x.size] * 2


def test_what_lies_beside_a_stack_is_written_out_no_more_than_it_must(rng: np.random.Generator) -> None:
    x, of_heads = rng.standard_normal((2, 3, 5, 4)), rng.standard_normal((3, 1, 4))
    same = rng.standard_normal((5, 1))
    stack, *beside = stacked(x, of_heads, same, same[0])
    assert np.shares_memory(stack, x)
    assert [each.shape for each in beside] == [(6, 1, 4), (6, 5, 1), (6, 1, 1)]
    assert beside[1].strides[0] == 0
    whole = np.broadcast_arrays(x, of_heads, same)
    assert all(
        np.array_equal(a + 0 * stack, b.reshape(6, 5, 4)) for a, b in zip(beside, whole[1:], strict=False)
    )
    assert [each.shape for each in stacked(x)] == [(30, 4)]


@pytest.mark.parametrize("length", [0, 1, 2, 7, 333])
def test_each_place_of_the_first_axis_is_taken_once(length: int) -> None:
    x, taken, times = np.ones((length, 2048)), np.zeros(length), np.zeros(length)

    def work(x: np.ndarray, taken: np.ndarray, times: np.ndarray) -> None:
        taken += x.sum(axis=1)
        times += 1

    share_out(work, x, taken, times)
    assert (taken == 2048).all()
    assert (times == 1).all()


@pytest.mark.parametrize("operator", [rms_norm, layer_norm])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_many_rows_are_normed_with_the_bits_of_few(
    operator: Any, weighted: bool, dtype: str, rng: np.random.Generator
) -> None:
    x, dy = rng.standard_normal((2, 5, 301, 65)).astype(dtype)
    weight = rng.standard_normal(65).astype(dtype) if weighted else None

    def normed(x: np.ndarray, dy: np.ndarray) -> list[np.ndarray]:
        y, cache = operator.forward(x, weight)
        return [y, operator.backward(dy, cache)[0]]

    few = [normed(*rows) for rows in zip(x.reshape(-1, 7, 65), dy.reshape(-1, 7, 65), strict=True)]
    for many, some in zip(normed(x, dy), zip(*few, strict=True), strict=True):
        assert np.array_equal(many.reshape(-1, 65), np.concatenate(some))
        assert many.dtype == dtype


def test_many_images_are_convolved_with_the_bits_of_one(rng: np.random.Generator) -> None:
    x, dy = rng.standard_normal((2, 3, 37, 20, 40))
    weight = rng.standard_normal((37, 1, 3, 3))

    def convolved(x: np.ndarray, dy: np.ndarray) -> list[np.ndarray]:
        y, cache = depthwise_convolution.forward(x, weight, padding=1)
        return [y, *depthwise_convolution.backward(dy, cache)]

    y, dx, dweight = convolved(x, dy)
    alone = [convolved(x[b : b + 1], dy[b : b + 1]) for b in range(len(x))]
    assert np.array_equal(y, np.concatenate([each[0] for each in alone]))
    assert np.array_equal(dx, np.concatenate([each[1] for each in alone]))
    assert np.array_equal(dweight, np.sum([each[2] for each in alone], axis=0))


def test_many_sequences_are_remembered_with_the_bits_of_one(rng: np.random.Generator) -> None:
    q, k, v, do = rng.standard_normal((4, 3, 65, 4, 64))
    g, dstate = -rng.random((3, 65, 4, 64)), rng.standard_normal((3, 4, 64, 64))

    def remembered(part: slice) -> list[np.ndarray]:
        o, cache = linear_recurrence.forward(q[part], k[part], v[part], g[part], form="compiled")
        return [o, *linear_recurrence.backward(do[part], cache, dstate[part])[:4]]

    each = [remembered(slice(b, b + 1)) for b in range(3)]
    for many, alone in zip(remembered(slice(None)), zip(*each, strict=True), strict=True):
        assert np.array_equal(many, np.concatenate(alone))


def test_arrays_of_a_gpu_are_taken_whole(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    there = standin.installed(monkeypatch).asarray
    q, k, v = rng.standard_normal((3, 2, 600, 4, 32))
    g = -rng.random((2, 600, 4, 32))
    wanted, _ = linear_recurrence.forward(q, k, v, g, form="chunked", scale=0.5)
    found, cache = linear_recurrence.forward(*map(there, (q, k, v, g)), form="chunked", scale=0.5)
    assert np.allclose(found.get(), wanted, rtol=1e-12)
    assert isinstance(linear_recurrence.backward(found, cache)[0], type(found))
