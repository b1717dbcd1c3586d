"""Functions of one number."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import erf, expit

from neurogate.attention.operators.pointwise import POINTWISE, normal_cdf, sigmoid, silu, softplus
from neurogate.bench.turns import limited
from neurogate.errors import RequestError
from tests.attention import standin
from tests.attention.gradients import check
from tests.tolerances import TOLERANCE

FAR = np.array([-1e4, -700.0, -90.0, -30.0, -1e-8, 0.0, 1e-8, 30.0, 90.0, 700.0, 1e4])


@pytest.mark.parametrize("name", [*sorted(POINTWISE), "normal_cdf"])
@settings(max_examples=6)
@given(st.integers(0, 99), st.lists(st.integers(1, 9), min_size=1, max_size=3))
def test_slopes_are_those_of_finite_differences(name: str, seed: int, shape: list[int]) -> None:
    rng, bend = np.random.default_rng(seed), {**POINTWISE, "normal_cdf": normal_cdf}[name]
    x = rng.choice([-1.0, 1.0], shape) * rng.uniform(0.01, 4.0, shape)  # no corner, and not all flat
    dy = rng.standard_normal(shape)
    y, cache = bend.forward(x)
    assert np.array_equal(y, bend.value(x))
    found = {"x": bend.backward(dy, cache)}
    assert np.allclose(found["x"], bend.slope(x) * dy, rtol=1e-12, atol=1e-14)
    check(rng, lambda x: bend.value(x), {"x": x}, found, dy)


@pytest.mark.parametrize("name", sorted(POINTWISE))
@pytest.mark.parametrize("there", [False, True], ids=["on a CPU", "as a GPU does"])
def test_a_bias_is_added_first(
    name: str, there: bool, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, dy = rng.standard_normal((2, 3, 4))
    bias, bend = rng.standard_normal(4), POINTWISE[name]
    wanted, cache = bend.forward(x + bias)
    slopes = bend.backward(dy, cache)
    move = standin.installed(monkeypatch).asarray if there else np.copy
    found, cache = bend.forward(move(x), move(bias))
    pairs = (found, wanted), (bend.backward(move(dy), cache), slopes)
    for mine, theirs in pairs:
        assert np.allclose(mine.get() if there else mine, theirs, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("name", sorted(POINTWISE))
def test_what_is_given_changes_only_if_it_may_be_overwritten(name: str, rng: np.random.Generator) -> None:
    x, bias = rng.standard_normal((3, 4)), rng.standard_normal(4)
    before, bend = x.copy(), POINTWISE[name]
    wanted, _ = bend.forward(x, bias)
    assert np.array_equal(x, before)
    found, _ = bend.forward(x, bias, overwrite=True)
    assert np.array_equal(found, wanted)
    assert np.array_equal(x, before + bias)
    with pytest.raises(RequestError, match=r"x \(3, 4\), bias \(3,\): the shapes must be"):
        bend.forward(x, bias[:3])


@pytest.mark.parametrize("name", sorted(POINTWISE))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_far_numbers_give_numbers_of_their_type(name: str, dtype: str) -> None:
    x = FAR.astype(dtype)
    for found in (POINTWISE[name].value(x), POINTWISE[name].slope(x)):
        assert found.dtype == dtype
        assert np.isfinite(found).all()


def test_a_sigmoid_keeps_its_digits_on_both_sides() -> None:
    assert np.allclose(sigmoid.value(FAR), expit(FAR), rtol=TOLERANCE["arithmetic", "float64"], atol=0)
    slope = expit(FAR) * expit(-FAR)
    assert np.allclose(sigmoid.slope(FAR), slope, rtol=TOLERANCE["arithmetic", "float64"], atol=1e-300)
    assert sigmoid.value(np.array([-np.inf, np.inf])).tolist() == [0.0, 1.0]


def test_softplus_keeps_its_digits_where_it_is_small() -> None:
    x = np.concatenate([FAR, np.linspace(-40, 5, 1001)])
    wanted = np.logaddexp(0, x)
    assert np.allclose(softplus.value(x), wanted, rtol=TOLERANCE["arithmetic", "float64"], atol=1e-300)
    assert softplus.value(np.array([-np.inf, np.inf])).tolist() == [0.0, np.inf]


def test_the_slope_of_silu_is_1_far_up_and_0_far_down() -> None:
    assert silu.slope(np.array([-800.0, 800.0])).tolist() == [0.0, 1.0]


def test_the_short_distribution_function_is_near_the_long_one() -> None:
    x = np.linspace(-6, 6, 10001)
    wanted = 0.5 * (1 + erf(x / np.sqrt(2)))
    single = normal_cdf.value(x.astype("float32"))
    assert np.abs(single - wanted).max() <= TOLERANCE["arithmetic", "float32"]
    assert np.array_equal(normal_cdf.value(x), 0.5 * (1 + erf(x * np.sqrt(0.5))))


def _and_gradient(name: str, x: NDArray[Any]) -> NDArray[Any]:
    y, cache = POINTWISE[name].forward(x)
    return np.stack([y, POINTWISE[name].backward(x, cache)])


@pytest.mark.parametrize("name", ["sigmoid", "silu", "softplus", "log_sigmoid", "gelu"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_many_numbers_have_the_bits_of_few_with_any_number_of_threads(name: str, dtype: str) -> None:
    importlib.import_module("neurogate.backends.numba_cpu.compiling")
    x = 9 * np.random.default_rng(0).standard_normal((3, 50_001)).astype(dtype)
    few = np.concatenate([_and_gradient(name, piece) for piece in x.reshape(-1, 21)], axis=1)
    for threads in (1, 2, 3):
        with limited(threads):
            assert np.array_equal(_and_gradient(name, x).reshape(2, -1), few.reshape(2, -1))
    assert np.array_equal(_and_gradient(name, x.T), few.reshape(2, *x.shape).swapaxes(1, 2))
