"""The short causal convolution."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import causal_convolution
from neurogate.errors import RequestError
from tests.attention import standin
from tests.attention.gradients import check
from tests.tolerances import TOLERANCE

EXACT = TOLERANCE["arithmetic", "float64"]


@settings(max_examples=12)
@given(st.integers(1, 6), st.integers(1, 5), st.integers(1, 4), st.booleans(), st.integers(0, 99))
def test_gradients_are_those_of_finite_differences(
    length: int, k: int, c: int, carried: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    shapes = {"x": (2, length, c), "weight": (c, 1, k), "bias": (c,), "state": (2, k - 1, c)}
    names = list(shapes) if carried else list(shapes)[:3]
    arguments = {name: rng.standard_normal(shapes[name]) for name in names}
    y, cache = causal_convolution.forward(**arguments)
    dy = rng.standard_normal(y.shape)
    gradients = dict(zip(shapes, causal_convolution.backward(dy, cache), strict=True))
    found = {name: gradient for name, gradient in gradients.items() if gradient is not None}
    check(rng, lambda **a: causal_convolution.forward(**a)[0], arguments, found, dy)


def test_it_is_the_sum_of_its_equation(rng: np.random.Generator) -> None:
    x, w, b = rng.standard_normal((2, 7, 3)), rng.standard_normal((3, 4)), rng.standard_normal(3)
    y, _ = causal_convolution.forward(x, w, b)
    for t in range(7):
        wanted = b + sum(w[:, j] * x[:, t - 3 + j] for j in range(4) if t - 3 + j >= 0)
        assert np.allclose(y[:, t], wanted, rtol=EXACT, atol=EXACT)


@pytest.mark.parametrize("cut", [0, 1, 2, 6, 7])
def test_a_carried_state_is_one_pass(cut: int, rng: np.random.Generator) -> None:
    x, w = rng.standard_normal((2, 7, 3)), rng.standard_normal((3, 4))
    whole, last = causal_convolution.forward(x, w)
    first, cache = causal_convolution.forward(x[:, :cut], w)
    second, end = causal_convolution.forward(x[:, cut:], w, state=cache.state)
    assert np.array_equal(np.concatenate([first, second], axis=1), whole)
    assert np.array_equal(end.state, last.state)


def test_a_weight_of_one_at_the_sample_itself_changes_nothing(rng: np.random.Generator) -> None:
    x = rng.standard_normal((2, 5, 3))
    assert np.array_equal(causal_convolution.forward(x, np.tile([0.0, 0.0, 1.0], (3, 1)))[0], x)


def test_both_shapes_of_the_weight_are_one(rng: np.random.Generator) -> None:
    x, w = rng.standard_normal((2, 5, 3)), rng.standard_normal((3, 4))
    assert np.array_equal(causal_convolution.forward(x, w)[0], causal_convolution.forward(x, w[:, None])[0])


@pytest.mark.parametrize("shapes", [
    ((5, 3), (2, 4), (3,), None), ((5, 3), (3, 2, 4), (3,), None), ((3,), (3, 4), (3,), None),
    ((5, 3), (3, 4), (2,), None), ((5, 3), (3, 4), (3,), (4, 3)), ((5, 3), (3, 0), (3,), None),
])  # fmt: skip
def test_shapes_that_do_not_fit_are_a_sentence(shapes: tuple[tuple[int, ...] | None, ...]) -> None:
    with pytest.raises(RequestError, match=r"x \(.*\): .+\.$"):
        causal_convolution.forward(*(None if shape is None else np.ones(shape) for shape in shapes))


@pytest.mark.parametrize("length", [0, 1, 5])
def test_a_gpu_takes_all_taps_at_once(
    length: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrays = [rng.standard_normal(shape) for shape in ((2, length, 3), (3, 4), (3,), (2, 3, 3))]
    y, cache = causal_convolution.forward(*arrays)
    there = standin.installed(monkeypatch).asarray
    found, cache_there = causal_convolution.forward(*map(there, arrays))
    gradients = causal_convolution.backward(there(y), cache_there)
    pairs = [(found, y), *zip(gradients, causal_convolution.backward(y, cache), strict=True)]
    assert (
        max(np.abs(far.get() - near).max(initial=0) for far, near in pairs)
        <= TOLERANCE["two ways", "float64"]
    )


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_order_in_memory_does_not_matter(order: tuple[int, ...], rng: np.random.Generator) -> None:
    x, dy, state = rng.standard_normal((2, 3, 8, 4)), rng.standard_normal((2, 3, 8, 4)), np.ones((2, 3, 1, 4))
    weight, back = rng.standard_normal((4, 2)), np.argsort(order)
    turned = [np.ascontiguousarray(each.transpose(order)).transpose(back) for each in (x, dy, state)]
    wanted = causal_convolution.backward(dy, causal_convolution.forward(x, weight, state=state)[1])
    found = causal_convolution.backward(
        turned[1], causal_convolution.forward(turned[0], weight, state=turned[2])[1]
    )
    assert all(np.allclose(a, b, rtol=1e-12) for a, b in zip(found, wanted, strict=True) if b is not None)
