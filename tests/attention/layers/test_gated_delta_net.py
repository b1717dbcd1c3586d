"""Gated DeltaNet: its options, its state, and what its memory may hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention import make
from neurogate.attention.layers.gated_delta_net import GatedDeltaNet, State
from neurogate.errors import RequestError
from tests.attention import plain
from tests.attention.gradients import check_layer
from tests.attention.nearness import near
from tests.tolerances import TOLERANCE

NEAR = TOLERANCE["two ways", "float64"]


def small(**more: Any) -> GatedDeltaNet:
    return GatedDeltaNet(**({"d_model": 6, "heads": 2, "head_width": 3} | more))


@settings(max_examples=8)
@given(st.integers(1, 6), st.booleans(), st.booleans(), st.booleans(), st.integers(1, 4), st.integers(0, 9))
def test_gradients_are_those_of_finite_differences(
    length: int, negative: bool, longhorn: bool, more: bool, kernel: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    layer = small(allow_negative=negative, key_eps=0.1, correction="longhorn" if longhorn else "sigmoid",
                  input_gate=more, skip=more, share_bias=more, kernel=kernel, chunk=4)  # fmt: skip
    check_layer(rng, layer, rng.standard_normal((2, length, 6)))


def test_gradients_of_a_carried_state_join_the_pieces(rng: np.random.Generator) -> None:
    layer, x, dy = small(), rng.standard_normal((2, 9, 6)), rng.standard_normal((2, 9, 6))
    _, cache = layer.forward(x)
    _, before = layer.forward(x[:, :4])
    _, after = layer.forward(x[:, 4:], before.state)
    dx, whole = layer.backward(dy, cache)
    dlast, late = layer.backward(dy[:, 4:], after)
    assert np.allclose(dlast, dx[:, 4:], rtol=NEAR, atol=NEAR)
    towards = [1e-6 * rng.standard_normal(a.shape) for a in before.state]
    moved = [State(*(a + sign * b for a, b in zip(before.state, towards, strict=True))) for sign in (1, -1)]
    ends = [float((layer.forward(x[:, 4:], state)[0] * dy[:, 4:]).sum()) for state in moved]
    found = sum(float((d * b).sum()) for d, b in zip(late["state"], towards, strict=True))
    most = TOLERANCE["finite differences", "float64"]
    assert found == pytest.approx((ends[0] - ends[1]) / 2, rel=1e2 * most, abs=1e-6 * most)
    assert whole.keys() == late.keys() - {"state"}


def test_a_share_of_0_leaves_nothing_to_read(rng: np.random.Generator) -> None:
    layer = small(share_bias=True)
    layer.parameters["share.weight"] *= 0
    layer.parameters["share.bias"] -= 1e3
    _, cache = layer.forward(rng.standard_normal((2, 5, 6)))
    assert not cache.read.any()


def test_decays_at_the_start_are_those_of_mamba() -> None:
    layer = GatedDeltaNet(d_model=4, heads=500, head_width=1)
    step = np.log1p(np.exp(layer.parameters["decay.shift"]))
    assert 1e-3 <= step.min() < 2e-3 < 0.05 < step.max() <= 0.1 * (1 + 1e-9)
    assert 0 < np.exp(layer.parameters["decay.log_rate"]).max() <= 16


@pytest.mark.parametrize("form", ["recurrent", "chunked", "compiled"])
def test_every_form_is_the_same_layer(form: Any, rng: np.random.Generator) -> None:
    x = rng.standard_normal((2, 21, 6))
    y, cache = small(form=form, chunk=8).forward(x)
    wanted, other = small().forward(x)
    assert np.allclose(y, wanted, rtol=NEAR, atol=NEAR)
    mine, theirs = small(form=form, chunk=8).backward(y, cache), small().backward(y, other)
    assert np.allclose(mine[0], theirs[0], rtol=NEAR, atol=NEAR)


def test_with_the_published_widths_it_has_six_times_the_square_of_the_width() -> None:
    layer = GatedDeltaNet(d_model=64, heads=3, head_width=16)
    maps = [
        a.size for name, a in layer.parameters.items() if name.split(".")[0] in ("q", "k", "v", "gate", "o")
    ]
    assert sum(maps) == 6 * 64 * 64


def test_what_does_not_fit_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"expand_v is 0\.5; times head_width, 3, it must be whole"):
        make("gated_delta_net", head_width=3, expand_v=0.5)


@pytest.mark.parametrize(
    "options",
    [{}, {"allow_negative": True}, {"longhorn": True}, {"input_gate": True}, {"skip": True}],
    ids=str,
)
def test_it_is_its_equation_step_by_step(options: dict[str, bool], rng: np.random.Generator) -> None:
    more: dict[str, Any] = {name: on for name, on in options.items() if name != "longhorn"}
    layer = small(share_bias=True, correction="longhorn" if "longhorn" in options else "sigmoid", **more)
    p = {name: a + 0.3 * rng.standard_normal(a.shape) for name, a in layer.parameters.items()}
    layer.parameters.update(p)
    x = rng.standard_normal((2, 7, 6))
    x[1] *= 1e-3  # where both norms feel their epsilons
    y, cache = layer.forward(x)
    for i in range(2):
        wanted, memory = plain.gated_delta_net(p, x[i], 2, **options)
        assert near(y[i], wanted)
        assert near(cache.state.memory[i], memory)
