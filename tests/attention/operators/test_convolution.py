"""The convolution, forward and backward."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import convolution
from neurogate.errors import RequestError
from tests.attention.gradients import check
from tests.tolerances import TOLERANCE


def by_loops(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int, padding: int, groups: int
) -> np.ndarray:
    """Compute the convolution number by number."""
    x = np.pad(x, [(0, 0), (0, 0)] + [(padding, padding)] * (x.ndim - 2))
    outputs, inputs, *kernel = w.shape
    places = [(n - k) // stride + 1 for n, k in zip(x.shape[2:], kernel, strict=True)]
    y = np.zeros((len(x), outputs, *places))
    for o, place in itertools.product(range(outputs), itertools.product(*map(range, places))):
        first = o // (outputs // groups) * inputs
        box = tuple(slice(stride * i, stride * i + k) for i, k in zip(place, kernel, strict=True))
        seen = x[(slice(None), slice(first, first + inputs), *box)]
        y[(slice(None), o, *place)] = b[o] + (seen * w[o]).reshape(len(x), -1).sum(axis=1)
    return y


@st.composite
def problems(draw: Any) -> tuple[tuple[int, ...], tuple[int, ...], dict[str, int]]:
    axes = draw(st.integers(1, 3))
    kernel = draw(st.lists(st.integers(1, 3), min_size=axes, max_size=axes))
    sizes = [k + draw(st.integers(0, 3)) for k in kernel]
    groups, inputs, outputs = draw(st.integers(1, 2)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    more = {"stride": draw(st.integers(1, 3)), "padding": draw(st.integers(0, 2)), "groups": groups}
    return (2, groups * inputs, *sizes), (groups * outputs, inputs, *kernel), more


@settings(max_examples=15)
@given(problems(), st.integers(0, 99))
def test_it_is_its_equation_and_its_gradients_are_those_of_finite_differences(
    problem: tuple[tuple[int, ...], tuple[int, ...], dict[str, int]], seed: int
) -> None:
    (shape, kernel, more), rng = problem, np.random.default_rng(seed)
    arguments = {"x": rng.standard_normal(shape), "weight": rng.standard_normal(kernel),
                 "bias": rng.standard_normal(kernel[0])}  # fmt: skip
    y, cache = convolution.forward(**arguments, **more)
    assert np.allclose(
        y, by_loops(*arguments.values(), **more), rtol=0, atol=TOLERANCE["two ways", "float64"]
    )
    dy = rng.standard_normal(y.shape)
    found = dict(zip(arguments, convolution.backward(dy, cache), strict=True))
    check(rng, lambda **a: convolution.forward(**a, **more)[0], arguments, found, dy)


def test_depthwise_channels_do_not_mix(rng: np.random.Generator) -> None:
    x, w = rng.standard_normal((1, 3, 5, 5)), rng.standard_normal((3, 1, 3, 3))
    y, _ = convolution.forward(x, w, padding=1, groups=3)
    alone, _ = convolution.forward(x[:, 1:2], w[1:2], padding=1)
    assert np.allclose(y[:, 1:2], alone, rtol=0, atol=TOLERANCE["two ways", "float64"])


def test_float32_stays_float32(rng: np.random.Generator) -> None:
    arrays = [rng.standard_normal(s).astype(np.float32) for s in ((2, 2, 5), (4, 1, 3), (4,))]
    y, cache = convolution.forward(*arrays, stride=2, padding=1, groups=2)
    assert {a.dtype for a in (y, *convolution.backward(y, cache))} == {np.dtype("float32")}


def test_an_empty_batch_is_allowed() -> None:
    y, cache = convolution.forward(np.ones((0, 2, 5)), np.ones((3, 2, 3)))
    assert y.shape == (0, 3, 3)
    assert not convolution.backward(y, cache)[1].any()


@pytest.mark.parametrize(
    ("x", "weight", "bias", "groups"),
    [
        ((1, 2, 5), (3, 2, 3, 3), None, 1),
        ((1, 2, 5), (3, 1, 3), None, 1),
        ((1, 2, 5), (3, 1, 3), None, 2),
        ((1, 2, 5), (3, 2, 3), (2,), 1),
        ((1, 2, 5), (3, 2, 6), None, 1),
    ],
)
def test_shapes_that_do_not_fit_are_a_sentence(
    x: tuple[int, ...], weight: tuple[int, ...], bias: tuple[int, ...] | None, groups: int
) -> None:
    with pytest.raises(RequestError, match=r"\(.*\): .+\.$"):
        convolution.forward(
            np.ones(x), np.ones(weight), None if bias is None else np.ones(bias), groups=groups
        )
