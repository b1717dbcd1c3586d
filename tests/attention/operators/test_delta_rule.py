"""The gated delta rule: its forms are one, and its limits are what they should be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import delta_rule, linear_recurrence
from neurogate.errors import RequestError
from tests.attention.counting import operations, slope
from tests.attention.gradients import check
from tests.attention.nearness import all_near

B, T, H, K, V = 2, 37, 3, 4, 5
FORMS = [("recurrent", 64), *(("chunked", c) for c in (1, 7, 16, 64, T)), ("compiled", 64)]
NAMES = ("q", "k", "v", "beta", "g", "state")

Arrays = dict[str, Any]


def drawn(rng: np.random.Generator, strength: float = 1.0, length: int = T) -> Arrays:
    shapes = {"q": (B, length, H, K), "k": (B, length, H, K), "v": (B, length, H, V), "state": (B, H, K, V)}
    arrays: Arrays = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    arrays["k"] /= np.linalg.norm(arrays["k"], axis=-1, keepdims=True)
    arrays["beta"] = rng.random((B, length, H))
    arrays["g"] = -strength * rng.random((B, length, H))
    return arrays


def everything(arrays: Arrays, **how: Any) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    o, cache = delta_rule.forward(**arrays, **how)
    do, dstate = (rng.standard_normal(a.shape).astype(a.dtype) for a in (o, cache.state))
    return [o, cache.state, *delta_rule.backward(do, cache, dstate)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("strength", [0.1, 20.0])
@pytest.mark.parametrize(("form", "chunk"), FORMS)
def test_all_forms_are_one(
    form: Any, chunk: int, strength: float, dtype: str, rng: np.random.Generator
) -> None:
    arrays = {name: array.astype(dtype) for name, array in drawn(rng, strength).items()}
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found = everything(arrays, form=form, chunk=chunk)
    assert all_near(found, everything(arrays, form="recurrent"), dtype)


@pytest.mark.parametrize("form", ["recurrent", "chunked", "compiled"])
@settings(max_examples=15)
@given(
    length=st.integers(1, 9), chunk=st.integers(1, 9), seed=st.integers(0, 99), heads=st.integers(1, H),
    width=st.integers(1, K), values=st.integers(1, V),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    form: Any, length: int, chunk: int, seed: int, heads: int, width: int, values: int
) -> None:
    rng = np.random.default_rng(seed)
    wide = drawn(rng, length=length)
    arrays = {name: wide[name][..., :heads, :width] for name in "qk"}
    arrays |= {"v": wide["v"][..., :heads, :values], "state": wide["state"][:, :heads, :width, :values]}
    arrays |= {name: wide[name][..., :heads] for name in ("beta", "g")}

    def forward(**changed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        o, cache = delta_rule.forward(**changed, chunk=chunk, form=form)
        return o, cache.state

    o, cache = delta_rule.forward(**arrays, chunk=chunk, form=form)
    dy = rng.standard_normal(o.shape), rng.standard_normal(cache.state.shape)
    gradients = dict(zip(NAMES, delta_rule.backward(dy[0], cache, dy[1]), strict=True))
    check(rng, forward, arrays, gradients, dy)


@pytest.mark.parametrize("form", ["recurrent", "chunked", "compiled"])
@pytest.mark.parametrize("cut", [0, 1, 20, T])
def test_a_carried_state_is_one_pass_and_its_gradient_too(
    form: Any, cut: int, rng: np.random.Generator
) -> None:
    arrays = drawn(rng)
    state, dstate = arrays.pop("state"), rng.standard_normal((B, H, K, V))
    first, second = (
        {name: a[:, part] for name, a in arrays.items()} for part in (slice(cut), slice(cut, None))
    )
    whole, cache = delta_rule.forward(**arrays, state=state, form=form)
    begun, before = delta_rule.forward(**first, state=state, form=form)
    rest, after = delta_rule.forward(**second, state=before.state, form=form)
    assert all_near([np.concatenate([begun, rest], axis=1), after.state], [whole, cache.state])
    do = rng.standard_normal(whole.shape)
    *late, between = delta_rule.backward(do[:, cut:], after, dstate)
    *early, start = delta_rule.backward(do[:, :cut], before, between)
    wanted = delta_rule.backward(do, cache, dstate)
    assert all_near(
        [*(np.concatenate(pair, axis=1) for pair in zip(early, late, strict=True)), start], [*wanted]
    )


def test_what_corrects_nothing_only_fades(rng: np.random.Generator) -> None:
    arrays = drawn(rng) | {"beta": np.zeros((B, T, H))}
    o, cache = delta_rule.forward(**arrays)
    left = np.exp(arrays["g"].cumsum(1))
    wanted = np.einsum("bth,bhkv,bthk->bthv", left, arrays["state"], arrays["q"]) * K**-0.5
    assert all_near([o, cache.state], [wanted, left[:, -1, :, None, None] * arrays["state"]])


def test_without_decay_it_is_the_delta_rule(rng: np.random.Generator) -> None:
    arrays = drawn(rng)
    arrays["g"] *= 0
    with_it = delta_rule.forward(**arrays)[0]
    del arrays["g"]
    without, cache = delta_rule.forward(**arrays)
    assert np.array_equal(with_it, without)
    assert delta_rule.backward(without, cache)[4] is None


def test_keys_at_right_angles_are_recalled_and_overwritten() -> None:
    keys = np.eye(4)[[0, 1, 2, 3, 1]][None, :, None]
    values = np.arange(1.0, 6.0)[None, :, None, None]
    _, cache = delta_rule.forward(keys, keys, values, np.ones((1, 5, 1)), scale=1.0)
    assert cache.state.ravel().tolist() == [1.0, 5.0, 3.0, 4.0]


def test_keys_at_right_angles_of_an_empty_memory_make_it_linear_attention(rng: np.random.Generator) -> None:
    q, v = rng.standard_normal((1, K, 1, K)), rng.standard_normal((1, K, 1, V))
    k, beta, g = np.eye(K)[None, :, None], rng.random((1, K, 1)), -rng.random((1, K, 1))
    wanted, _ = linear_recurrence.forward(q, k, beta[..., None] * v, g[..., None])
    assert all_near([delta_rule.forward(q, k, v, beta, g)[0]], [wanted])


@pytest.mark.parametrize("share", [1.0, 2.0])
def test_the_memory_does_not_grow_beyond_what_is_written(share: float, rng: np.random.Generator) -> None:
    arrays = drawn(rng, 0.0, 400)
    arrays |= {"beta": np.full((B, 400, H), share), "v": np.zeros((B, 400, H, V))}
    _, cache = delta_rule.forward(**arrays)
    size = np.linalg.norm(arrays["state"], 2, axis=(-2, -1))
    assert (np.linalg.norm(cache.state, 2, axis=(-2, -1)) <= size * (1 + 1e-9)).all()


def test_no_correction_is_without_bound_however_alike_the_keys(rng: np.random.Generator) -> None:
    arrays = drawn(rng, 0.0, 300)
    arrays |= {"k": np.broadcast_to(arrays["k"][:, :1], arrays["k"].shape), "beta": np.full((B, 300, H), 1.9)}
    found = [delta_rule.forward(**arrays, form=form)[0] for form in ("recurrent", "chunked")]
    assert all_near(found[:1], found[1:])


@pytest.mark.parametrize("form", ["recurrent", "chunked", "compiled"])
def test_no_steps_leave_the_state(form: Any, rng: np.random.Generator) -> None:
    arrays = {name: a[:, :0] if name != "state" else a for name, a in drawn(rng).items()}
    o, cache = delta_rule.forward(**arrays, form=form)
    assert o.shape == (B, 0, H, V)
    assert np.array_equal(cache.state, arrays["state"])
    *_, dstate = delta_rule.backward(o, cache, np.ones_like(cache.state))
    assert np.array_equal(dstate, np.ones_like(cache.state))


def test_operations_grow_with_the_length() -> None:
    lengths = (256, 512, 1024)

    def run(x: np.ndarray) -> None:
        o, cache = delta_rule.forward(x, x, x, x[..., 0], -x[..., 0], form="chunked")
        delta_rule.backward(o, cache)

    counts = [operations(run, np.full((1, t, 1, 2), 0.5)) for t in lengths]
    assert slope(lengths, counts) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(("change", "sentence"), [
    ({"k": np.ones((B, T, H, K + 1))}, r"k \(2, 37, 3, 5\).*q and k must be equal"),
    ({"v": np.ones((B, T + 1, H, V))}, r"v \(2, 38, 3, 5\).*as many values as keys"),
    ({"beta": np.ones((B, T, H, 1))}, r"beta \(2, 37, 3, 1\).*beta and g must be \(batch, length, heads\)"),
    ({"state": np.ones((B, H, K, K))}, r"state \(2, 3, 4, 4\): the state must be \(2, 3, 4, 5\)"),
    ({"v": np.ones((B, T, H, V), int)}, r"v is an array of int64"),
    ({"chunk": 0}, r"chunk is 0\. Give a whole number of steps, of at least 1"),
])  # fmt: skip
def test_what_does_not_fit_is_a_sentence(change: Arrays, sentence: str, rng: np.random.Generator) -> None:
    with pytest.raises(RequestError, match=sentence):
        delta_rule.forward(**(drawn(rng) | change))
