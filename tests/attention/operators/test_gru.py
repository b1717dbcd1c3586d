"""The gated recurrent unit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import gru
from neurogate.backends.numba_cpu import gru as numba_cpu
from neurogate.errors import RequestError
from tests.attention import standin
from tests.attention.gradients import check
from tests.attention.nearness import near
from tests.tolerances import TOLERANCE

FORMS = ("recurrent", "compiled")
NAMES = ("x", "weight", "recurrent_weight", "bias", "recurrent_bias", "state")


def drawn(
    rng: np.random.Generator, length: int = 5, inputs: int = 3, hidden: int = 4
) -> dict[str, np.ndarray]:
    rows = 3 * hidden
    shapes = ((2, length, inputs), (rows, inputs), (rows, hidden), (rows,), (rows,), (2, hidden))
    return {name: rng.standard_normal(shape) for name, shape in zip(NAMES, shapes, strict=True)}


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=12)
@given(
    length=st.integers(0, 6), inputs=st.integers(1, 3), hidden=st.integers(1, 5), biased=st.booleans(),
    carried=st.booleans(), seed=st.integers(0, 99),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    form: str, length: int, inputs: int, hidden: int, biased: bool, carried: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    arguments = drawn(rng, length, inputs, hidden)
    for name in (() if biased else ("bias", "recurrent_bias")) + (() if carried else ("state",)):
        del arguments[name]
    y, cache = gru.forward(**arguments, form=form)
    dy = rng.standard_normal(y.shape)
    found = zip(NAMES, gru.backward(dy, cache), strict=True)
    named = {name: gradient for name, gradient in found if gradient is not None}
    check(rng, lambda **a: gru.forward(**a, form=form)[0], arguments, named, dy)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cut", [0, 1, 4, 5])
def test_a_carried_state_is_one_pass(form: str, cut: int, rng: np.random.Generator) -> None:
    arguments = drawn(rng)
    x, state = arguments.pop("x"), arguments.pop("state")
    whole, last = gru.forward(x, **arguments, state=state, form=form)
    first, cache = gru.forward(x[:, :cut], **arguments, state=state, form=form)
    second, end = gru.forward(x[:, cut:], **arguments, state=cache.state, form=form)
    off = np.abs(np.concatenate([first, second], axis=1) - whole).max()
    assert max(off, np.abs(end.state - last.state).max()) <= TOLERANCE["two ways", "float64"]


@pytest.mark.parametrize("form", FORMS)
def test_a_closed_update_gate_keeps_what_is_new_and_an_open_one_what_was(
    form: str, rng: np.random.Generator
) -> None:
    arguments = drawn(rng)
    for size, wanted in ((-1e3, None), (1e3, arguments["state"])):
        arguments["bias"] = np.concatenate([np.zeros(4), np.full(4, size), np.zeros(4)])
        h, cache = gru.forward(**arguments, form=form)
        found = h if wanted is None else h - wanted[:, None]
        new = cache.gates[2].swapaxes(0, 1) if wanted is None else 0
        assert np.abs(found - new).max() <= TOLERANCE["arithmetic", "float64"]


@pytest.mark.parametrize(("name", "shape"), [
    ("weight", (9, 3)), ("weight", (12, 2)), ("recurrent_weight", (12, 3)), ("bias", (11,)),
    ("recurrent_bias", (4,)), ("state", (2, 3)), ("x", (5, 3)),
])  # fmt: skip
def test_shapes_that_do_not_fit_are_a_sentence(
    name: str, shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    with pytest.raises(RequestError, match=r"\(.*\): .+\.$"):
        gru.forward(**(drawn(rng) | {name: np.ones(shape)}))


def test_an_unknown_form_is_a_sentence(rng: np.random.Generator) -> None:
    with pytest.raises(RequestError, match=r"form is 'fast'\. Choose one of auto, recurrent, compiled\."):
        gru.forward(**drawn(rng), form="fast")


def test_one_bias_without_the_other_is_a_sentence(rng: np.random.Generator) -> None:
    arguments = drawn(rng)
    del arguments["recurrent_bias"]
    with pytest.raises(RequestError, match="both biases or neither"):
        gru.forward(**arguments)


@pytest.mark.parametrize("form", FORMS)
def test_float32_agrees_with_float64(form: str, rng: np.random.Generator) -> None:
    arguments = drawn(rng)
    y, cache = gru.forward(**arguments, form=form)
    dy = rng.standard_normal(y.shape)
    single = {name: array.astype("float32") for name, array in arguments.items()}
    short, kept = gru.forward(**single, form=form)
    assert near(short, y, "float32")
    assert all(map(near, gru.backward(dy, kept), gru.backward(dy, cache), ["float32"] * 6))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("batch", "hidden"), [(0, 3), (1, 1), (3, 0), (5, 7), (8, 256)])
def test_the_few_calls_of_a_cpu_do_what_the_formula_of_a_gpu_says(
    batch: int, hidden: int, dtype: str, rng: np.random.Generator
) -> None:
    weight = rng.standard_normal((3 * hidden, hidden)).astype(dtype)
    x, before = (rng.standard_normal(shape).astype(dtype) for shape in ((3, batch, hidden), (batch, hidden)))
    shift, inner = weight[:hidden].sum(axis=1), gru._by_gate(gru._matrices(weight), before)
    assert near(inner, (before @ weight.T).reshape(batch, 3, hidden).swapaxes(0, 1), dtype)
    (after, wanted), (gates, others) = (
        np.empty((2, batch, hidden), dtype),
        np.empty((2, 4, batch, hidden), dtype),
    )
    gru._step(x, inner, shift, before, after, gates)
    gru._formula(*x, *inner, shift, before, wanted, *others)
    assert near(after, wanted, dtype)
    assert near(gates, others, dtype)


def in_both(arguments: dict[str, np.ndarray]) -> list[gru.Cache]:
    return [gru.forward(**arguments, form=form)[1] for form in FORMS]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@settings(max_examples=30)
@given(
    batch=st.integers(0, 9), length=st.integers(0, 5), hidden=st.integers(0, 9),
    size=st.sampled_from([1, 1e4]), biased=st.booleans(), seed=st.integers(0, 99),
)  # fmt: skip
def test_compiled_steps_are_the_steps(
    batch: int, length: int, hidden: int, size: float, biased: bool, seed: int, dtype: str
) -> None:
    rng = np.random.default_rng(seed)
    arguments = drawn(rng, length, 3, hidden) | {
        "x": size * rng.standard_normal((batch, length, 3)), "state": rng.standard_normal((batch, hidden))
    }  # fmt: skip
    if not biased:
        del arguments["bias"], arguments["recurrent_bias"]
    steps, compiled = in_both({name: array.astype(dtype) for name, array in arguments.items()})
    assert steps.gates.dtype == compiled.gates.dtype == compiled.state.dtype == dtype
    for mine, theirs in zip(compiled, steps, strict=True):
        if isinstance(theirs, np.ndarray):
            assert mine.shape == theirs.shape
            assert near(mine, theirs, dtype)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["x", "state"])
@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_is_not_finite_stays_where_it_is_in_either_form(
    name: str, value: float, rng: np.random.Generator
) -> None:
    arguments = drawn(rng)
    arguments[name][0, 1] = value
    steps, compiled = in_both(arguments)
    assert np.array_equal(np.isfinite(steps.state), np.isfinite(compiled.state))
    assert np.isfinite(compiled.state[1]).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_example_has_its_bits_whatever_is_beside_it_and_however_many_threads(
    dtype: str, rng: np.random.Generator
) -> None:
    x, weight, before = (rng.standard_normal(shape).astype(dtype) for shape in ((9, 6, 21), (21, 7), (9, 7)))
    given_as, bias = x.copy(), weight[:, 0].copy()
    whole = numba_cpu.recurrent(x, weight, bias, before, threads=3)
    assert np.array_equal(x, given_as)
    one = numba_cpu.recurrent(x, weight, bias, before, threads=1)
    assert all(np.array_equal(mine, theirs) for mine, theirs in zip(one, whole, strict=True))
    for b in range(9):
        alone = numba_cpu.recurrent(x[b : b + 1], weight, bias, before[b : b + 1], threads=1)
        assert np.array_equal(alone[0][:, 0], whole[0][:, b])
        assert np.array_equal(alone[1][:, :, 0], whole[1][:, :, b])


@pytest.mark.parametrize(("form", "length", "hidden", "compiled"), [
    ("auto", 15, 4, False), ("auto", 16, 4, True), ("auto", 16, 300, False),
    ("compiled", 3, 300, True), ("recurrent", 16, 4, False),
])  # fmt: skip
def test_long_sequences_of_small_states_are_compiled_and_what_is_asked_for(
    form: str, length: int, hidden: int, compiled: bool, rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    taken = []
    monkeypatch.setattr(numba_cpu, "recurrent", lambda *a: taken.append(a) or gru._steps(*a))
    gru.forward(**drawn(rng, length, 3, hidden), form=form)
    assert bool(taken) == compiled


def test_only_numpy_has_a_compiled_form(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    cupy = standin.installed(monkeypatch)
    there = {name: cupy.asarray(array) for name, array in drawn(rng, 20).items()}
    with pytest.raises(RequestError, match=r"^x \(2, 20, 3\): the compiled form is for NumPy\.$"):
        gru.forward(**there, form="compiled")
    assert gru.forward(**there)[0].shape == (2, 20, 4)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("other", NAMES)
def test_number_types_may_be_mixed(form: str, other: str, rng: np.random.Generator) -> None:
    arguments = drawn(rng)
    y, _ = gru.forward(**arguments)
    mixed = {
        name: array.astype("float64" if name == other else "float32") for name, array in arguments.items()
    }
    assert near(gru.forward(**mixed, form=form)[0].astype("float32"), y, "float32")
    mixed = {
        name: array.astype("float32" if name == other else "float64") for name, array in arguments.items()
    }
    assert near(gru.forward(**mixed, form=form)[0].astype("float32"), y, "float32")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("length", "hidden"), [(0, 4), (5, 0), (0, 0)])
def test_nothing_gives_nothing(length: int, hidden: int, form: str, rng: np.random.Generator) -> None:
    arguments = drawn(rng, length, 3, hidden)
    y, cache = gru.forward(**arguments, form=form)
    found = gru.backward(y, cache)
    assert y.shape == (2, length, hidden)
    assert [gradient.shape for gradient in found] == [array.shape for array in arguments.values()]
    assert not any(gradient.any() for gradient in found[:-1])
