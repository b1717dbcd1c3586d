"""The memory of RWKV-4."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import wkv
from neurogate.errors import RequestError
from tests.attention.gradients import check
from tests.tolerances import TOLERANCE

FORMS = ("recurrent", "compiled")
NAMES = ("k", "v", "w", "u", "mean", "mass")


def drawn(rng: np.random.Generator, length: int, channels: int = 3) -> dict[str, np.ndarray]:
    arguments = {name: rng.standard_normal((2, length, channels)) for name in ("k", "v")}
    return arguments | {"w": -np.exp(rng.standard_normal(channels)), "u": rng.standard_normal(channels)}


def near(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.abs(a - b).max(initial=0) <= TOLERANCE["two ways", "float64"])


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=8)
@given(
    length=st.integers(1, 6), channels=st.integers(1, 4), carried=st.booleans(), seed=st.integers(0, 99)
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    form: str, length: int, channels: int, carried: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    arguments = drawn(rng, length, channels)
    if carried:
        arguments |= {name: rng.standard_normal((2, channels)) for name in ("mean", "mass")}

    def forward(**a: np.ndarray) -> tuple[np.ndarray, wkv.Cache]:
        state = wkv.State(a.pop("mean"), a.pop("mass")) if "mean" in a else None
        return wkv.forward(**a, state=state, form=form)

    y, cache = forward(**arguments)
    dy = rng.standard_normal(y.shape)
    *found, dstate = wkv.backward(dy, cache)
    named = dict(zip(NAMES, (*found, *(dstate or ())), strict=False))
    check(rng, lambda **a: forward(**a)[0], arguments, named, dy)


def test_compiled_steps_are_the_steps(rng: np.random.Generator) -> None:
    arguments = drawn(rng, 9)
    caches = [wkv.forward(**arguments, form=form) for form in FORMS]
    assert near(caches[0][0], caches[1][0])
    first, second = (wkv.backward(y, cache)[:4] for y, cache in caches)
    assert all(near(a, b) for a, b in zip(first, second, strict=True))


def test_it_is_the_ratio_of_its_equation(rng: np.random.Generator) -> None:
    k, v, w, u = drawn(rng, 7).values()
    y, _ = wkv.forward(k, v, w, u)
    for t in range(7):
        weights = [np.exp((t - 1 - i) * w + k[:, i]) for i in range(t)] + [np.exp(u + k[:, t])]
        above = sum(weight * v[:, i] for i, weight in enumerate(weights))
        assert near(y[:, t], above / sum(weights))


@pytest.mark.parametrize("cut", [0, 1, 4, 7])
def test_a_carried_state_is_one_pass(cut: int, rng: np.random.Generator) -> None:
    k, v, w, u = drawn(rng, 7).values()
    whole, last = wkv.forward(k, v, w, u)
    first, cache = wkv.forward(k[:, :cut], v[:, :cut], w, u)
    second, end = wkv.forward(k[:, cut:], v[:, cut:], w, u, cache.state)
    assert near(np.concatenate([first, second], axis=1), whole)
    assert near(end.state.mean, last.state.mean)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("bonus", [-1e9, -np.inf])
def test_a_bonus_far_below_leaves_the_present_out(form: str, bonus: float, rng: np.random.Generator) -> None:
    k, v, w, _ = drawn(rng, 5).values()
    y, cache = wkv.forward(k, v, w, np.full(3, bonus), form=form)
    assert all(np.isfinite(array).all() for array in (y, *wkv.backward(y, cache)[:4]))
    v[:, 3] += 1.0
    moved, _ = wkv.forward(k, v, w, np.full(3, bonus), form=form)
    assert np.array_equal(y[:, 3], moved[:, 3])
    assert not near(y[:, 4], moved[:, 4])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_weights_neither_overflow_nor_lose_the_number_type(
    dtype: str, rng: np.random.Generator
) -> None:
    k, v, w, u = (array.astype(dtype) for array in drawn(rng, 6).values())
    for form in FORMS:
        y, cache = wkv.forward(1e4 * k, v, w, u, form=form)
        found = (y, *wkv.backward(v, cache)[:4])
        assert all(array.dtype == dtype and np.isfinite(array).all() for array in found)


@pytest.mark.parametrize("shapes", [
    ((2, 5, 3), (2, 5, 4), (3,), (3,)), ((2, 5, 3), (2, 5, 3), (2,), (3,)), ((5, 3), (5, 3), (3,), (3,)),
])  # fmt: skip
def test_shapes_that_do_not_fit_are_a_sentence(shapes: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(RequestError, match=r"k \(.*\): .+\.$"):
        wkv.forward(*map(np.ones, shapes))
    with pytest.raises(RequestError, match=r"the state must be two of \(2, 3\)"):
        wkv.forward(*map(np.ones, ((2, 5, 3), (2, 5, 3), (3,), (3,))), wkv.State(np.ones((1, 3)), np.ones(3)))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("shape", [(2, 4, 3), (2, 5, 1), (3,)])
def test_a_gradient_of_another_shape_is_a_sentence(form: str, shape: tuple[int, ...]) -> None:
    _, cache = wkv.forward(*map(np.ones, ((2, 5, 3), (2, 5, 3), (3,), (3,))), form=form)
    with pytest.raises(RequestError, match=r"must be shaped as the output, \(2, 5, 3\)"):
        wkv.backward(np.ones(shape), cache)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("other", ["v", "w", "u", "mean", "dy"])
def test_all_is_of_the_number_type_of_k(form: str, other: str, rng: np.random.Generator) -> None:
    mixed = drawn(rng, 5) | {name: rng.standard_normal((2, 3)) for name in ("mean", "mass")}
    mixed |= {"dy": rng.standard_normal((2, 5, 3))}
    mixed = {name: array.astype("float64" if name == other else "float32") for name, array in mixed.items()}

    def run(arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
        k, v, w, u, mean, mass, dy = arrays.values()
        y, cache = wkv.forward(k, v, w, u, wkv.State(mean, mass), form=form)
        *found, dstate = wkv.backward(dy, cache)
        return [y, *cache.state, *found, *(dstate or ())]

    wanted = run({name: array.astype("float32") for name, array in mixed.items()})
    for mine, theirs in zip(run(mixed), wanted, strict=True):
        assert mine.dtype == "float32"
        assert np.array_equal(mine, theirs)


def test_an_unknown_form_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"form is 'fast'\. Choose one of auto, recurrent, compiled\."):
        wkv.forward(*map(np.ones, ((2, 5, 3), (2, 5, 3), (3,), (3,))), form="fast")


@pytest.mark.parametrize("shape", [(0, 5, 3), (2, 0, 3)])
def test_nothing_gives_nothing(shape: tuple[int, ...]) -> None:
    y, cache = wkv.forward(np.ones(shape), np.ones(shape), -np.ones(3), np.zeros(3))
    assert y.shape == shape
    assert [array.shape for array in wkv.backward(y, cache)[:4]] == [shape, shape, (3,), (3,)]
