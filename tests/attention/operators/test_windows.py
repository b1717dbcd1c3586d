"""What a kernel sees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import windows
from neurogate.errors import RequestError
from tests.attention.gradients import check


def test_each_tap_sees_what_its_place_says(rng: np.random.Generator) -> None:
    x = rng.standard_normal((2, 3, 7, 5))
    y, cache = windows.forward(x, (3, 2), stride=(2, 1), padding=(1, 0))
    assert y.shape == (2, 3, 6, 4, 4)
    assert cache.places == (4, 4)
    assert np.array_equal(y[:, :, 2 * 2 + 1, 1, 3], x[:, :, 2 * 1 + 2 - 1, 3 + 1])
    assert not y[:, :, :2, 0].any()


@st.composite
def places(draw: Any) -> tuple[list[int], dict[str, list[int]]]:
    axes = draw(st.integers(1, 3))

    def each(least: int, most: int) -> list[int]:
        return draw(st.lists(st.integers(least, most), min_size=axes, max_size=axes))

    how = {"kernel": each(1, 3), "stride": each(1, 4), "padding": each(0, 2)}
    return [n + k - 1 for n, k in zip(each(1, 4), how["kernel"], strict=True)], how


@settings(max_examples=100)
@given(st.integers(0, 99), st.integers(1, 2), places())
def test_gradients_are_those_of_finite_differences(
    seed: int, channels: int, problem: tuple[list[int], dict[str, list[int]]]
) -> None:
    rng, (sizes, how) = np.random.default_rng(seed), problem
    x = rng.standard_normal((2, channels, *sizes))
    y, cache = windows.forward(x, **how, fill=3.0)
    dy = rng.standard_normal(y.shape)
    found = {"x": windows.backward(dy, cache)}
    check(rng, lambda x: windows.forward(x, **how, fill=3.0)[0], {"x": x}, found, dy)


@pytest.mark.parametrize(
    ("shape", "kernel", "more", "told"),
    [
        ((2, 3), 1, {}, r"x \(2, 3\): x must be"),
        ((1, 1, 4), 5, {}, r"x \(1, 1, 4\): a kernel of \(5,\) is larger"),
        ((1, 1, 4), (1, 2), {}, r"kernel is \(1, 2\)\. Give 1 whole number of at least 1"),
        ((1, 1, 4), 2, {"stride": 0}, r"stride is 0\."),
        ((1, 1, 4), 2, {"padding": -1}, r"padding is -1\. Give a whole number of at least 0"),
    ],
)
def test_what_does_not_fit_is_a_sentence(
    shape: tuple[int, ...], kernel: int, more: dict[str, int], told: str
) -> None:
    with pytest.raises(RequestError, match=told):
        windows.forward(np.ones(shape), kernel, **more)
