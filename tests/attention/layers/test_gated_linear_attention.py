"""Gated linear attention: its decays, their limits, and documents that do not see each other."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention import make
from neurogate.attention.layers.gated_linear_attention import RESET, GatedLinearAttention, State
from neurogate.attention.layers.tuned_state import TunedState
from neurogate.attention.operators import lightning, linear_recurrence
from neurogate.attention.operators.pointwise import silu
from neurogate.errors import RequestError
from tests.attention import standin
from tests.attention.gradients import check, check_layer
from tests.tolerances import TOLERANCE

NEAR = TOLERANCE["two ways", "float64"]


def small(**more: Any) -> GatedLinearAttention:
    return GatedLinearAttention(**({"d_model": 8, "heads": 2, "rank": 3, "sd": 0.5} | more))


@settings(max_examples=5)
@given(
    st.integers(1, 6), st.booleans(), st.booleans(), st.sampled_from([None, -0.04]),
    st.sampled_from([0, 1, 3]), st.integers(0, 9),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    length: int, masked: bool, gated: bool, clamp: float | None, kernel: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    layer = small(output_gate=gated, clamp_min=clamp, tau=4.0, expand_v=1.5, chunk=4, kernel=kernel)
    reset = rng.random((2, length)) < 0.3 if masked else None
    check_layer(rng, layer, rng.standard_normal((2, length, 8)), reset=reset)


def test_the_gradient_of_a_carried_state_is_that_of_finite_differences(rng: np.random.Generator) -> None:
    layer, x, state = small(), rng.standard_normal((2, 5, 8)), rng.standard_normal((2, 2, 2, 4))
    y, cache = layer.forward(x, state)
    _, gradients = layer.backward(y, cache)
    towards, step = rng.standard_normal(state.shape), 1e-5
    ends = [float((layer.forward(x, state + sign * step * towards)[0] * y).sum()) for sign in (1, -1)]
    found = float((gradients["state"] * towards).sum())
    most = TOLERANCE["finite differences", "float64"]
    assert found == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=most, abs=most)


def test_a_state_of_convolutions_is_told_that_there_are_none() -> None:
    layer, state = small(kernel=0), small(kernel=3).start(2)
    with pytest.raises(RequestError, match=r"with convolutions, and kernel is 0\. Give state\.memory\."):
        layer.forward(np.ones((2, 4, 8)), state)
    assert layer.forward(np.ones((2, 4, 8)), state.memory)[0].shape == (2, 4, 8)


@pytest.mark.parametrize("made", [lambda: small(kernel=3), lambda: TunedState(d_model=8, heads=2, kernel=3)])
def test_with_convolutions_a_carried_state_is_one_pass(
    made: Callable[[], Any], rng: np.random.Generator
) -> None:
    layer, x = made(), rng.standard_normal((2, 7, 8))
    whole, _ = layer.forward(x)
    for cut in (1, 2, 5):
        first, cache = layer.forward(x[:, :cut])
        second, _ = layer.forward(x[:, cut:], tuple(cache.state))
        assert np.allclose(np.concatenate([first, second], axis=1), whole, rtol=NEAR, atol=NEAR)
    state = layer.start(2)
    for t in range(7):
        y, state = layer.step(x[:, t], state)
        assert np.allclose(y, whole[:, t], rtol=NEAR, atol=NEAR)


def test_with_convolutions_the_gradient_reaches_each_part_of_a_state(rng: np.random.Generator) -> None:
    layer, x = small(kernel=3), rng.standard_normal((2, 3, 8))
    state = {name: rng.standard_normal(a.shape) for name, a in layer.start(2)._asdict().items()}
    y, cache = layer.forward(x, State(**state))
    _, gradients = layer.backward(y, cache)
    check(rng, lambda **a: layer.forward(x, State(**a))[0], state, gradients["state"]._asdict(), y)


def test_a_convolution_that_sees_the_present_alone_is_only_silu(rng: np.random.Generator) -> None:
    plain, other, x = small(), small(kernel=2), rng.standard_normal((2, 5, 8))
    for name in "qkv":
        other.parameters[f"{name}_convolution.weight"][:] = (0.0, 1.0)
        other.parameters[f"{name}.weight"] = plain.parameters[f"{name}.weight"]
    before, after = (layer.forward(x)[1].recurrence for layer in (plain, other))
    for name in ("k", "v"):
        assert np.allclose(getattr(after, name), silu.value(getattr(before, name)), rtol=NEAR, atol=NEAR)


@pytest.mark.parametrize("tau", [16.0, 4.0])
def test_logits_of_0_let_the_memory_halve_in_tau_steps(tau: float, rng: np.random.Generator) -> None:
    layer = small(tau=tau)
    layer.parameters["decay.weight"] *= 0
    _, cache = layer.forward(rng.standard_normal((2, 5, 8)))
    assert np.allclose(np.exp(cache.decays), 0.5 ** (1 / tau), rtol=TOLERANCE["arithmetic", "float64"])


def test_gates_that_are_alike_in_a_head_make_it_lightning_attention(rng: np.random.Generator) -> None:
    q, k, v = (rng.standard_normal((2, 9, 3, 4)) for _ in range(3))
    slopes = np.array([0.5, 0.1, 0.0])
    constant = np.broadcast_to(-slopes[:, None], q.shape).copy()
    channels, _ = linear_recurrence.forward(q, k, v, constant)
    scalars, _ = linear_recurrence.forward(q, k, v, constant[..., :1])
    tiles, _ = lightning.forward(q, k, v, slopes, block=4)
    assert np.allclose(channels, scalars, rtol=NEAR, atol=NEAR)
    assert np.allclose(channels, tiles / math.sqrt(4), rtol=NEAR, atol=NEAR)


def test_where_a_document_begins_nothing_is_known_of_the_one_before(rng: np.random.Generator) -> None:
    layer, x = small(), rng.standard_normal((1, 9, 8))
    reset = np.arange(9)[None] == 4
    together, cache = layer.forward(x, reset=reset)
    alone, _ = layer.forward(x[:, 4:])
    assert (cache.decays[:, 4] == RESET).all()
    size = np.abs(cache.read).max()
    first, last = layer.forward(x[:, :4])[1].state, cache.state
    assert np.abs(last - layer.forward(x[:, 4:])[1].state).max() <= math.exp(RESET) * np.abs(first).max()
    assert np.abs(together[:, 4:] - alone).max() <= 1e3 * math.exp(RESET) * size


def test_no_decay_falls_below_its_bound(rng: np.random.Generator) -> None:
    layer, x = small(clamp_min=-0.05), rng.standard_normal((2, 5, 8))
    _, cache = layer.forward(20 * x)
    assert cache.decays.min() == -0.05
    assert cache.decays.max() > -0.05


def test_documents_that_begin_at_the_same_places_need_saying_once(rng: np.random.Generator) -> None:
    layer, x, reset = small(), rng.standard_normal((2, 5, 8)), np.arange(5) == 3
    each, _ = layer.forward(x, reset=np.tile(reset, (2, 1)))
    assert np.array_equal(layer.forward(x, reset=reset)[0], each)


def test_a_closed_output_gate_lets_nothing_through(rng: np.random.Generator) -> None:
    layer = small()
    layer.parameters["gate.weight"] = np.full((8, 8), -1e3)
    assert not layer.forward(rng.random((2, 5, 8)))[0].any()


@pytest.mark.parametrize("form", ["recurrent", "chunked", "compiled"])
def test_every_form_is_the_same_layer(form: Any, rng: np.random.Generator) -> None:
    x = rng.standard_normal((2, 21, 8))
    y, cache = small(form=form, chunk=8).forward(x)
    wanted, other = small().forward(x)
    assert np.allclose(y, wanted, rtol=NEAR, atol=NEAR)
    mine, theirs = small(form=form, chunk=8).backward(y, cache), small().backward(y, other)
    assert np.allclose(mine[0], theirs[0], rtol=NEAR, atol=NEAR)


def test_both_initialisations_are_those_that_were_published() -> None:
    new, old = (
        GatedLinearAttention(d_model=128),
        GatedLinearAttention(d_model=128, expand_k=1.0, expand_v=2.0, initialisation="xavier"),
    )
    assert new.parameters["q.weight"].std() == pytest.approx(0.02, rel=0.05)
    most = 2**-2.5 * math.sqrt(6 / (128 + 256))
    assert np.abs(old.parameters["v.weight"]).max() == pytest.approx(most, rel=0.01)
    assert not new.parameters["decay.bias"].any()


def test_what_does_not_fit_is_a_sentence(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RequestError, match=r"expand_k is 0\.3; times d_model, 8, it must be a multiple"):
        make("gla", d_model=8, heads=2, expand_k=0.3)
    with pytest.raises(RequestError, match=r"clamp_min is 0\.5; it must be below 0"):
        make("gla", d_model=8, heads=2, clamp_min=0.5)
    layer, x = small(), rng.standard_normal((2, 5, 8))
    with pytest.raises(RequestError, match=r"reset \(2, 4\): reset must be of true and false, and"):
        layer.forward(x, reset=np.zeros((2, 4), bool))
    elsewhere = standin.installed(monkeypatch).asarray(np.zeros((2, 5), bool))
    with pytest.raises(RequestError, match="two libraries are mixed: x is of numpy, reset is of cupy"):
        layer.forward(x, reset=elsewhere)
    with pytest.raises(RequestError, match=r"state must be \(2, 2, 2, 4\)"):
        layer.forward(x, np.zeros((2, 2, 4, 4)))
    with pytest.raises(RequestError, match=r"x \(2, 5, 8\): x must be \(batch, 8\)"):
        layer.step(x, layer.start(2))


def test_a_layer_that_does_not_learn_gives_the_input_the_same_gradient(rng: np.random.Generator) -> None:
    layer, (x, dy) = GatedLinearAttention(d_model=8, heads=2, rank=3), rng.standard_normal((2, 2, 5, 8))
    _, cache = layer.forward(x, layer.start(2))
    (dx, gradients), (wanted, every) = layer.backward(dy, cache, learnt=False), layer.backward(dy, cache)
    assert np.array_equal(dx, wanted)
    assert gradients.keys() == {"norm.weight", "state"} < every.keys()
    assert np.array_equal(gradients["state"], every["state"])
