"""Damped moving averages."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import damped_ema
from neurogate.errors import RequestError
from tests.attention.gradients import check
from tests.tolerances import TOLERANCE

NAMES = ("x", "delta", "alpha", "beta", "gamma", "omega", "state")


def drawn(
    rng: np.random.Generator, length: int, ways: int = 1, channels: int = 3, states: int = 2
) -> dict[str, np.ndarray]:
    shapes = ((2, length, channels), *[(channels * ways, states)] * 4, (channels,))
    return {name: rng.standard_normal(shape) for name, shape in zip(NAMES, shapes, strict=False)}


def near(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.abs(a - b).max(initial=0) <= TOLERANCE["two ways", "float64"])


@settings(max_examples=15)
@given(
    st.integers(0, 6), st.sampled_from(["one", "carried", "two"]), st.integers(1, 4), st.integers(1, 3),
    st.integers(1, 7), st.integers(0, 99),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    length: int, kind: str, channels: int, states: int, lags: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    arguments = drawn(rng, length, 2 if kind == "two" else 1, channels, states)
    if kind == "carried":
        arguments["state"] = rng.standard_normal((2, channels, states))
    y, cache = damped_ema.forward(**arguments, lags=lags)
    dy = rng.standard_normal(y.shape)
    found = dict(zip(NAMES, damped_ema.backward(dy, cache), strict=True))
    named = {name: found[name] for name in arguments}
    check(rng, lambda **a: damped_ema.forward(**a, lags=lags)[0], arguments, named, dy)


def test_the_kernel_is_the_recurrence(rng: np.random.Generator) -> None:
    arguments = drawn(rng, 9) | {"state": rng.standard_normal((2, 3, 2))}
    y, cache = damped_ema.forward(**arguments)
    stepped, state = damped_ema.recurrent(**arguments)
    assert near(y, stepped)
    assert near(cache.state, state)


@pytest.mark.parametrize("cut", [0, 1, 5, 9])
def test_a_carried_state_is_one_pass(cut: int, rng: np.random.Generator) -> None:
    x, *rest = drawn(rng, 9).values()
    whole, last = damped_ema.forward(x, *rest)
    first, cache = damped_ema.forward(x[:, :cut], *rest)
    second, end = damped_ema.forward(x[:, cut:], *rest, cache.state)
    assert near(np.concatenate([first, second], axis=1), whole)
    assert near(end.state, last.state)


def test_two_ways_count_the_present_twice(rng: np.random.Generator) -> None:
    x, *rates, omega = drawn(rng, 7, ways=2).values()
    y, _ = damped_ema.forward(x, *rates, omega)
    back, _ = damped_ema.recurrent(x, *(array[:3] for array in rates), omega)
    ahead, _ = damped_ema.recurrent(x[:, ::-1], *(array[3:] for array in rates), 0 * omega)
    assert near(y, back + ahead[:, ::-1])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rates_that_keep_nothing_are_no_memory(dtype: str, rng: np.random.Generator) -> None:
    """With both sigmoids at 1 each average is what was written last: q is 0, which has no logarithm."""
    drew = {name: array.astype(dtype) for name, array in drawn(rng, 6).items()}
    drew |= {name: np.full_like(drew[name], 100) for name in ("delta", "alpha")}
    (y, cache), (stepped, _) = damped_ema.forward(**drew), damped_ema.recurrent(**drew)
    now = drew["omega"] + (drew["beta"] * drew["gamma"]).sum(axis=1) / np.sqrt(drew["beta"].shape[1])
    expected = now * drew["x"]
    most = TOLERANCE["oracle", dtype] * np.abs(expected).max()
    assert np.abs(y - expected).max() < most
    assert np.abs(stepped - expected).max() < most
    assert all(np.isfinite(found).all() for found in damped_ema.backward(np.ones_like(y), cache)[:-1])


def test_bad_requests_are_sentences(rng: np.random.Generator) -> None:
    with pytest.raises(RequestError, match="cannot go on from a state"):
        damped_ema.forward(**drawn(rng, 4, ways=2), state=np.ones((2, 3, 2)))
    with pytest.raises(RequestError, match=r"the state must be \(2, 3, 2\)"):
        damped_ema.forward(**drawn(rng, 4), state=np.ones((2, 3, 1)))
    with pytest.raises(RequestError, match="a row for each channel or two"):
        damped_ema.forward(**(drawn(rng, 4) | {"gamma": np.ones((3, 3))}))
