"""Softmax and norms of rows in CUDA, run on this CPU: the numbers of the array forms."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from neurogate.attention.blocks.multi_head import split
from neurogate.attention.operators import depthwise_convolution, layer_norm, rms_norm, softmax
from neurogate.backends.cuda import device as devices
from neurogate.backends.cuda import rows
from neurogate.backends.cuda.packing import instance
from tests.backends.cuda.shim import Shim
from tests.tolerances import TOLERANCE

TYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])
SHAPES = [(1, 1), (3, 5), (2, 3, 64), (2, 2, 3, 150), (0, 4)]
MASKS = {
    "none": lambda shape: None,
    "of all": lambda shape: np.arange(np.prod(shape)).reshape(shape) % 3 > 0,
    "of the last axes": lambda shape: np.tri(*shape[-2:], dtype=bool),
    "of a row": lambda shape: np.arange(shape[-1]) % 2 == 0,
    "of whole rows": lambda shape: np.arange(shape[-2])[:, None] % 2 == 1,
    "of batches": lambda shape: np.ones((*shape[:-2], 1, shape[-1]), bool),
}


@pytest.fixture(autouse=True, params=[False, True], ids=["forwards", "backwards"])
def shim(request: pytest.FixtureRequest, library: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> Shim:
    shim = Shim(library, most_threads=16, backwards=request.param)
    monkeypatch.setattr(devices, "current", lambda: shim)
    return shim


def near(mine: np.ndarray, theirs: np.ndarray) -> bool:
    far = TOLERANCE["two ways", theirs.dtype.name]
    same = (mine.dtype, mine.shape) == (theirs.dtype, theirs.shape)
    return same and np.allclose(mine, theirs, rtol=far, atol=far, equal_nan=True)


@TYPES
@pytest.mark.parametrize("shape", [*SHAPES, (4, 0)])
@pytest.mark.parametrize("mask", MASKS)
def test_softmax(mask: str, shape: tuple[int, ...], dtype: str, rng: np.random.Generator, shim: Shim) -> None:
    scores, shown = (30 * rng.standard_normal(shape)).astype(dtype), MASKS[mask](shape)
    kept = scores.copy()
    wanted, _ = softmax.forward(scores, shown)
    assert near(rows.softmax(scores, shown), wanted)
    dy = rng.standard_normal(shape).astype(dtype)
    assert near(rows.softmax_backward(dy, wanted), softmax.backward(dy, wanted))
    assert np.array_equal(scores, kept)
    wanted_launches = ["rows_softmax", "rows_softmax_adjoint"] if scores.size else []
    assert shim.launched == [instance(kernel, dtype) for kernel in wanted_launches]


@TYPES
@pytest.mark.parametrize("special", [-np.inf, np.inf, np.nan, 1e4, -1e38])
def test_softmax_of_special_numbers(special: float, dtype: str) -> None:
    scores = np.array([[0.0, special, 1.0], [special] * 3, [0.0, 1.0, 2.0]], dtype)
    with np.errstate(invalid="ignore"):
        wanted, _ = softmax.forward(scores)
    assert near(rows.softmax(scores, None), wanted)


@TYPES
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("centred", [False, True])
def test_norms(
    centred: bool, weighted: bool, shape: tuple[int, ...], dtype: str, rng: np.random.Generator
) -> None:
    x, dy = (5 + rng.standard_normal((2, *shape))).astype(dtype)
    weight, bias = rng.standard_normal((2, shape[-1])).astype(dtype) if weighted else (None, None)
    bias = bias if centred else None
    y, unit, inverse = rows.norm(x, weight, bias, eps=1e-3, centred=centred)
    operator, given = (layer_norm, (weight, bias)) if centred else (rms_norm, (weight,))
    wanted, cache = operator.forward(x, *given, eps=1e-3)
    assert near(y, wanted)
    assert near(unit, cache.unit)
    assert near(inverse, cache[1])
    assert near(
        rows.norm_backward(dy, unit, inverse, weight, centred=centred), operator.backward(dy, cache)[0]
    )


@TYPES
@pytest.mark.parametrize("shape", SHAPES)
def test_norms_of_a_sum(shape: tuple[int, ...], dtype: str, rng: np.random.Generator) -> None:
    x, added = (5 + rng.standard_normal((2, *shape))).astype(dtype)
    found = rows.norm(x, None, None, eps=1e-3, centred=True, added=added)
    wanted, cache = layer_norm.forward(x, eps=1e-3, added=added)
    assert near(found[0], wanted)
    assert near(found[2], cache.inverse_sd)
    assert near(wanted, layer_norm.forward(x + added, eps=1e-3)[0])


BIASES = {
    "none": lambda shape: (),
    "of all": lambda shape: shape,
    "of the last axes": lambda shape: shape[-2:],
    "of a row": lambda shape: shape[-1:],
    "of batches": lambda shape: (*shape[:-2], 1, shape[-1]),
}


@TYPES
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("bias", BIASES)
def test_softmax_of_scaled_and_shifted_scores(
    bias: str, shape: tuple[int, ...], dtype: str, rng: np.random.Generator
) -> None:
    scores, dy = (9 * rng.standard_normal((2, *shape))).astype(dtype)
    added = None if bias == "none" else rng.standard_normal(BIASES[bias](shape)).astype(dtype)
    shown = MASKS["of all"](shape)
    wanted, _ = softmax.forward(scores, shown, scale=0.3, bias=added)
    assert near(rows.softmax(scores, shown, scale=0.3, bias=added), wanted)
    assert near(rows.softmax_backward(dy, wanted, scale=0.3), softmax.backward(dy, wanted, scale=0.3))


@TYPES
@pytest.mark.parametrize("upright", [None, 0, 1, 2])
@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("sizes", [[(4, 2)], [(3, 5), (7, 5)], [(3, 1), (20, 40), (1, 3)], [(0, 2), (2, 3)]])
def test_heads(
    sizes: list[tuple[int, int]], biased: bool, upright: int | None, dtype: str, rng: np.random.Generator
) -> None:
    products = [rng.standard_normal((2, steps, 3 * width)).astype(dtype) for steps, width in sizes]
    biases = [rng.standard_normal(x.shape[-1]).astype(dtype) if biased else None for x in products]
    found = rows.heads(products, biases, 3, upright=upright)
    for i, (x, bias, y) in enumerate(zip(products, biases, found, strict=True)):
        assert np.array_equal(y, split(x if bias is None else x + bias, 3))
        assert (y.swapaxes(-1, -2) if i == upright else y).flags.c_contiguous


@TYPES
@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize(("sizes", "kernel", "stride"), [
    ([5], [3], [1]), ([7], [2], [3]), ([3], [3], [2]), ([4, 6], [1, 3], [1, 2]),
    ([5, 4, 3], [2, 3, 1], [2, 1, 2]),
])  # fmt: skip
@pytest.mark.parametrize(("batch", "channels"), [(2, 3), (1, 70), (0, 3), (2, 0)])
def test_windows(
    batch: int, channels: int, sizes: list[int], kernel: list[int], stride: list[int], last: bool, dtype: str,
    rng: np.random.Generator, shim: Shim,
) -> None:  # fmt: skip
    x, weight = (rng.standard_normal(shape).astype(dtype)
                 for shape in ((batch, channels, *sizes), (channels, 1, *kernel)))  # fmt: skip
    if last:
        x = np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)
    y, (wanted, _) = rows.windows(x, weight, stride), depthwise_convolution.forward(x, weight, stride=stride)
    assert y.shape == wanted.shape
    assert near(y, wanted)
    assert shim.launched == ([instance("rows_windows", dtype)] if y.size else [])


def test_a_gap_between_numbers_of_an_array_is_minded(rng: np.random.Generator) -> None:
    x = rng.standard_normal((4, 10))
    apart = np.repeat(x, 2, axis=-1)[:, ::2]
    assert np.array_equal(rows.softmax(apart, None), rows.softmax(x, None))
    assert np.array_equal(rows.norm(apart, None, None, eps=0.1, centred=True)[0],
                          rows.norm(x, None, None, eps=0.1, centred=True)[0])  # fmt: skip
