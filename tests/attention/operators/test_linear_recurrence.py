"""The linear recurrence: its forms are one, and its limits are what they should be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import linear_recurrence, stepped_recurrence
from neurogate.errors import RequestError
from tests.attention.counting import operations, slope
from tests.attention.gradients import check
from tests.attention.nearness import all_near

B, T, H, K, V = 2, 37, 3, 4, 5
STRONG = 20.0
DECAYS = {
    "channel": (B, T, H, K),
    "step": (B, T, H, 1),
    "head": (H, 1),
    "channel of a head": (H, K),
    "none": None,
}
FORMS = [("recurrent", 64), *(("chunked", c) for c in (1, 7, 16, 64, T)), ("compiled", 64)]

Arrays = dict[str, Any]


def drawn(rng: np.random.Generator, decay: str = "channel", strength: float = 1.0, length: int = T) -> Arrays:
    shapes = {"q": (B, length, H, K), "k": (B, length, H, K), "v": (B, length, H, V), "state": (B, H, K, V)}
    arrays: Arrays = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    shape = DECAYS[decay]
    if shape is not None:
        arrays["g"] = -strength * rng.random(tuple(length if n == T else n for n in shape))
    return arrays


def everything(arrays: Arrays, **how: Any) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    o, cache = linear_recurrence.forward(**arrays, **how)
    do, dstate = (rng.standard_normal(a.shape).astype(a.dtype) for a in (o, cache.state))
    gradients = linear_recurrence.backward(do, cache, dstate)
    return [o, cache.state, *(each for each in gradients if each is not None)]


@pytest.mark.parametrize(("form", "chunk"), FORMS)
@pytest.mark.parametrize("decay", DECAYS)
def test_all_forms_are_one(form: Any, chunk: int, decay: str, rng: np.random.Generator) -> None:
    arrays = drawn(rng, decay)
    assert all_near(everything(arrays, form=form, chunk=chunk), everything(arrays, form="recurrent"))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("form", "chunk"), FORMS)
def test_strong_decays_neither_overflow_nor_lose_digits(
    form: Any, chunk: int, dtype: str, rng: np.random.Generator
) -> None:
    arrays = {name: array.astype(dtype) for name, array in drawn(rng, strength=STRONG).items()}
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found = everything(arrays, form=form, chunk=chunk)
    assert all_near(found, everything(arrays, form="recurrent"), dtype)


@pytest.mark.parametrize(("form", "chunk"), FORMS)
def test_a_decay_without_bound_forgets_everything(form: Any, chunk: int, rng: np.random.Generator) -> None:
    arrays = drawn(rng)
    arrays["g"][:, 20] = -np.inf
    o, _ = linear_recurrence.forward(**arrays, form=form, chunk=chunk)
    rest = {name: array[:, 20:] for name, array in arrays.items() if name != "state"}
    alone, _ = linear_recurrence.forward(**rest, form="recurrent")
    assert all_near([o[:, 20:]], [alone])


@pytest.mark.parametrize("form", ["recurrent", "chunked", "compiled"])
@pytest.mark.parametrize("decay", DECAYS)
@settings(max_examples=6)
@given(
    length=st.integers(1, 9), chunk=st.integers(1, 9), seed=st.integers(0, 99), heads=st.integers(1, H),
    width=st.integers(1, K), values=st.integers(1, V),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    form: Any, decay: str, length: int, chunk: int, seed: int, heads: int, width: int, values: int
) -> None:
    rng = np.random.default_rng(seed)
    wide = drawn(rng, decay, length=length)
    arrays = {name: array[..., :heads, :width] for name, array in wide.items() if name in "qkg"}
    arrays |= {"v": wide["v"][..., :heads, :values], "state": wide["state"][:, :heads, :width, :values]}

    def forward(**changed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        o, cache = linear_recurrence.forward(**changed, chunk=chunk, form=form)
        return o, cache.state

    o, cache = linear_recurrence.forward(**arrays, chunk=chunk, form=form)
    dy = rng.standard_normal(o.shape), rng.standard_normal(cache.state.shape)
    gradients = dict(
        zip(("q", "k", "v", "g", "state"), linear_recurrence.backward(dy[0], cache, dy[1]), strict=True)
    )
    check(rng, forward, arrays, {name: each for name, each in gradients.items() if each is not None}, dy)


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
    whole, cache = linear_recurrence.forward(**arrays, state=state, form=form)
    begun, before = linear_recurrence.forward(**first, state=state, form=form)
    rest, after = linear_recurrence.forward(**second, state=before.state, form=form)
    assert all_near([np.concatenate([begun, rest], axis=1), after.state], [whole, cache.state])
    do = rng.standard_normal(whole.shape)
    *late, between = linear_recurrence.backward(do[:, cut:], after, dstate)
    *early, start = linear_recurrence.backward(do[:, :cut], before, between)
    wanted = linear_recurrence.backward(do, cache, dstate)
    assert all_near(
        [*(np.concatenate(pair, axis=1) for pair in zip(early, late, strict=True)), start], [*wanted]
    )


def test_without_decay_it_is_causal_linear_attention(rng: np.random.Generator) -> None:
    arrays = drawn(rng, "none")
    q, k, v = (arrays[name].swapaxes(1, 2) for name in "qkv")
    wanted = (np.tril(q @ k.swapaxes(-1, -2)) @ v).swapaxes(1, 2) * K**-0.5
    assert all_near([linear_recurrence.forward(arrays["q"], arrays["k"], arrays["v"])[0]], [wanted])


def test_a_memory_that_loses_all_holds_the_step_itself(rng: np.random.Generator) -> None:
    arrays = drawn(rng) | {"g": np.full((H, 1), -800.0)}
    wanted = K**-0.5 * (arrays["q"] * arrays["k"]).sum(-1, keepdims=True) * arrays["v"]
    assert all_near([linear_recurrence.forward(**arrays)[0]], [wanted])


@pytest.mark.parametrize("decay", ["step", "head", "channel of a head"])
def test_a_decay_that_is_broadcast_is_one_that_is_written_out(decay: str, rng: np.random.Generator) -> None:
    arrays = drawn(rng, decay)
    wide = arrays | {"g": np.broadcast_to(arrays["g"], (B, T, H, K)).copy()}
    assert all_near(everything(arrays)[:5], everything(wide)[:5])


def test_what_is_compiled_pays_and_is_chosen() -> None:
    assert linear_recurrence.chosen("auto", np.ones((8, 256, 4, 64)), np.ones((8, 256, 4, 64))) == "compiled"
    assert linear_recurrence.chosen("auto", *2 * [np.ones((1, 256, 4, 64))], largest=64 * 63) == "chunked"
    assert linear_recurrence.chosen("auto", *2 * [np.ones((1, 1, 4, 64))]) == "recurrent"
    with pytest.raises(
        RequestError, match=r"form is 'fast'\. Choose one of auto, recurrent, chunked, compiled"
    ):
        linear_recurrence.chosen("fast", np.ones((1, 1, 1, 1)), np.ones((1, 1, 1, 1)))  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["recurrent", "chunked", "compiled"])
def test_no_steps_leave_the_state(form: Any, rng: np.random.Generator) -> None:
    arrays = {name: a[:, :0] if name != "state" else a for name, a in drawn(rng).items()}
    o, cache = linear_recurrence.forward(**arrays, form=form)
    assert o.shape == (B, 0, H, V)
    assert np.array_equal(cache.state, arrays["state"])
    *_, dstate = linear_recurrence.backward(o, cache, np.ones_like(cache.state))
    assert np.array_equal(dstate, np.ones_like(cache.state))


def test_operations_grow_with_the_length_and_those_of_one_chunk_with_its_square() -> None:
    lengths = (256, 512, 1024)

    def run(chunk: int, x: np.ndarray) -> None:
        o, cache = linear_recurrence.forward(x, x, x, -x * x, chunk=chunk, form="chunked")
        linear_recurrence.backward(o, cache)

    for chunk, wanted in ((64, 1.0), (1024, 1.9)):
        counts = [operations(lambda x, c=chunk: run(c, x), np.ones((1, t, 1, 2))) for t in lengths]
        assert slope(lengths, counts) == pytest.approx(wanted, abs=0.15 if chunk > 64 else 0.05)


def test_the_reference_writes_before_it_reads_and_fades_the_old_state_alone() -> None:
    x = np.ones((1, 1, 1, 1))
    o, state, _ = stepped_recurrence.forward(x, 3 * x, 5 * x, np.log(0.5 * x), 8 * x)
    assert (o.item(), state.item()) == pytest.approx((19.0, 19.0))


@pytest.mark.parametrize(("change", "sentence"), [
    ({"k": np.ones((B, T, H, K + 1))}, r"k \(2, 37, 3, 5\).*q and k must be equal"),
    ({"v": np.ones((B, T + 1, H, V))}, r"v \(2, 38, 3, 5\).*as many values as keys"),
    ({"g": np.ones((B, T, H, K + 1))}, r"g \(2, 37, 3, 5\).*g must broadcast to q"),
    ({"state": np.ones((B, H, K, K))}, r"state \(2, 3, 4, 4\): the state must be \(2, 3, 4, 5\)"),
    ({"q": np.ones((B, T, H, K), int)}, r"q is an array of int64"),
    ({"chunk": 0}, r"chunk is 0\. Give a whole number of steps, of at least 1"),
])  # fmt: skip
def test_what_does_not_fit_is_a_sentence(change: Arrays, sentence: str, rng: np.random.Generator) -> None:
    with pytest.raises(RequestError, match=sentence):
        linear_recurrence.forward(**(drawn(rng) | change))
    _, cache = linear_recurrence.forward(**drawn(rng))
    with pytest.raises(RequestError, match=r"do must be shaped as the output"):
        linear_recurrence.backward(np.ones((B, T, H, K)), cache)


@pytest.mark.parametrize("form", ["recurrent", "chunked", "compiled"])
def test_a_state_of_another_number_type_does_not_change_that_of_the_answer(
    form: Any, rng: np.random.Generator
) -> None:
    arrays = {name: a if name == "state" else a.astype("float32") for name, a in drawn(rng).items()}
    o, cache = linear_recurrence.forward(**arrays, form=form)
    assert o.dtype == cache.state.dtype == np.float32
