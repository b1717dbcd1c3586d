"""Clipped softmax and gated heads: limits, starts, and what a gate may look at."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention import make
from neurogate.attention.layers.quantizable import HeadGatedAttention, QuantizableAttention
from neurogate.errors import RequestError
from tests.attention.gradients import check_layer
from tests.tolerances import TOLERANCE

NEAR = TOLERANCE["two ways", "float64"]
GATES = [("unconditional", "linear"), *((gate, form) for gate in ("token", "head")
         for form in ("linear", "mlp", "mlp2", "all_features"))]  # fmt: skip


def small(**more: Any) -> QuantizableAttention:
    return QuantizableAttention(**({"d_model": 12, "heads": 3, "sd": 0.5} | more))


@settings(max_examples=10)
@given(
    st.integers(0, 9), st.sampled_from(GATES), st.booleans(), st.sampled_from([(0.0, 1.0), (-0.1, 1.1)]),
    st.integers(1, 5),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    seed: int, gate: tuple[str, str], flag: bool, limits: tuple[float, float], length: int
) -> None:
    rng = np.random.default_rng(seed)
    layer = small(gate=gate[0], predictor=gate[1], low=limits[0], high=limits[1], causal=flag, projected=flag,
                  fine_tuning=flag, opening=0.25 if flag else None)  # fmt: skip
    mask = rng.random((2, 1, 1, length)) < 0.7
    check_layer(rng, layer, rng.standard_normal((2, length, 12)), mask=mask)


@pytest.mark.parametrize(("gate", "form"), GATES)
def test_an_open_gate_is_plain_attention_and_a_closed_one_leaves_nothing(
    gate: str, form: str, rng: np.random.Generator
) -> None:
    layer, plain = small(gate=gate, predictor=form), small()
    x = rng.standard_normal((2, 5, 12))
    name = "gate" if gate == "unconditional" else "gate.out.bias"
    layer.parameters[name] += 1e3
    assert np.array_equal(layer.forward(x)[0], plain.forward(x)[0])
    layer.parameters[name] -= 2e3
    assert not layer.forward(x)[0].any()


@pytest.mark.parametrize(("gate", "form"), GATES)
def test_gates_start_a_quarter_open_where_a_linear_map_predicts_them_or_as_far_as_is_said(
    gate: str, form: str
) -> None:
    shape: dict[str, Any] = {"d_model": 24, "heads": 3, "gate": gate, "predictor": form}
    name = "gate" if gate == "unconditional" else "gate.out.bias"
    found, plain, other, said = (
        layer.parameters[name]
        for layer in (HeadGatedAttention(**shape), HeadGatedAttention(**shape, opening=None),
                      QuantizableAttention(**shape), HeadGatedAttention(**shape, opening=0.75))
    )  # fmt: skip
    assert np.array_equal(plain, other)
    assert np.allclose(said, np.log(3), atol=NEAR)
    if form in ("linear", "all_features") and gate != "unconditional":
        assert np.allclose(found, -np.log(3), atol=NEAR)
    else:
        assert np.array_equal(found, plain)
    if gate == "unconditional":
        assert (found == 0).all()
    else:
        widths = {"linear": 8, "mlp": 2, "mlp2": 8, "all_features": 24}
        assert 0 < np.abs(plain).max() <= widths[form] ** -0.5
        assert plain.std() > 0


@pytest.mark.parametrize(("gate", "form"), GATES)
def test_fine_tuning_starts_as_plain_attention(gate: str, form: str, rng: np.random.Generator) -> None:
    layer = small(gate=gate, predictor=form, fine_tuning=True, opening=0.25, fine_tuning_sd=0.0)
    x = rng.standard_normal((2, 5, 12))
    assert np.allclose(layer.forward(x)[0], small().forward(x)[0], atol=NEAR)


def test_alpha_is_a_limit_that_shrinks_with_the_length_in_training() -> None:
    assert small(alpha=4.0, length=8).limits == (-0.5, 1.0)
    assert make("clipped_attention", d_model=12, heads=3).limits == (-0.025, 1.0)


def test_a_gate_of_each_token_looks_at_its_own_alone(rng: np.random.Generator) -> None:
    layer = small(gate="token", predictor="mlp2")
    x = rng.standard_normal((1, 5, 12))
    moved = x.copy()
    moved[0, 2, 3] += 1  # of the first head's features
    gates, after = (layer.forward(each)[1].gate.values for each in (x, moved))
    changed = np.abs(after - gates)[0, :, :, 0] > 0
    assert np.argwhere(changed).tolist() == [[0, 2]]


def test_a_gate_of_the_sequence_is_not_causal(rng: np.random.Generator) -> None:
    layer = HeadGatedAttention(d_model=12, heads=3, sd=0.5, gate="head")
    x = rng.standard_normal((1, 5, 12))
    moved = x.copy()
    moved[0, 4] += 1
    assert np.abs(layer.forward(moved)[0] - layer.forward(x)[0])[0, 0].max() > 1e-4


def test_a_head_that_is_sure_is_clipped_to_one_key(rng: np.random.Generator) -> None:
    layer = small(low=-0.1, high=1.1)
    layer.parameters["q.weight"] *= 100
    _, cache = layer.forward(rng.standard_normal((1, 4, 12)))
    assert (cache.attention.weights == 0).any()
    assert (cache.attention.weights == 1).any()


@pytest.mark.parametrize(("settings", "said"), [
    ({"heads": 5}, "heads is 5; it must divide d_model, 12"),
    ({"low": 0.1}, "they must be <= 0 and >= 1"),
    ({"low": -0.1, "alpha": 4.0}, "give one of the two"),
    ({"opening": 1.0}, "opening is 1.0; it must lie between 0 and 1"),
    ({"fine_tuning": True, "opening": 0.5, "gate": "none"}, "fine_tuning is true; it needs a gate"),
])  # fmt: skip
def test_settings_that_contradict_each_other_are_a_sentence(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(RequestError, match=said):
        make("head_gated", **({"d_model": 12, "heads": 3} | settings))
