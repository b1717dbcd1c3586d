"""Adam against its formula step by step, the schedule's ends, clipping, and gradient routing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurogate.attention import make
from neurogate.attention.blocks import encoder
from neurogate.attention.training.adam import Adam, AdamState
from neurogate.attention.training.losses import mean_squared_error
from neurogate.attention.training.routing import Routing, RoutingState
from neurogate.attention.training.steps import clipped, cosine
from neurogate.errors import RequestError


@pytest.mark.parametrize("decoupled", [True, False])
def test_adam_is_its_formula_with_sums_written_out(decoupled: bool) -> None:
    rng = np.random.default_rng(0)
    adam = Adam(rate=0.03, weight_decay=0.2, decoupled=decoupled)
    w, state, gradients = rng.standard_normal(3), AdamState(), []
    parameters = {"w": w.copy()}
    for t in range(1, 6):
        g = rng.standard_normal(3)
        gradients.append(g if decoupled else g + 0.2 * w)
        ages = t - 1 - np.arange(t)[:, None]
        m = (0.1 * 0.9**ages * gradients).sum(axis=0) / (1 - 0.9**t)
        v = (0.001 * 0.999**ages * np.square(gradients)).sum(axis=0) / (1 - 0.999**t)
        w = w * (1 - 0.03 * 0.2 * decoupled) - 0.03 * m / (np.sqrt(v) + 1e-8)
        state = adam.update(parameters, {"w": g}, state)
        assert parameters["w"] == pytest.approx(w, rel=1e-12)


@pytest.mark.parametrize("decoupled", [True, False])
def test_what_is_exempt_steps_as_without_weight_decay_and_all_else_as_with_it(decoupled: bool) -> None:
    rng, names = np.random.default_rng(0), ("layer0.norm1.weight", "q.bias", "gate", "gate.weight", "norm")
    start = {name: rng.standard_normal(3) for name in names}
    pulls = [{name: rng.standard_normal(3) for name in names} for _ in range(3)]

    def after(**options: Any) -> dict[str, np.ndarray]:
        parameters, state = {name: array.copy() for name, array in start.items()}, AdamState()
        for gradients in pulls:
            state = Adam(rate=0.1, decoupled=decoupled, **options).update(parameters, gradients, state)
        return parameters

    free, held = after(weight_decay=0.0), after(weight_decay=0.3)
    found = after(weight_decay=0.3, exempt=("*.norm?.*", "*bias", "gate"))
    for name in names:
        wanted = free if name in names[:3] else held
        assert np.array_equal(found[name], wanted[name]), name
        assert not np.array_equal(free[name], held[name]), name


def test_the_first_step_is_as_long_as_the_rate_whatever_the_gradient() -> None:
    for size in (1e-4, 1e4):
        parameters = {"w": np.zeros(1)}
        Adam(rate=0.1).update(parameters, {"w": np.array([size])}, AdamState())
        assert parameters["w"].item() == pytest.approx(-0.1, rel=1e-3)


def test_what_has_no_gradient_stays_and_float32_stays_float32() -> None:
    parameters = {"a": np.ones(2, np.float32), "b": np.ones(2, np.float32)}
    state = Adam().update(parameters, {"a": np.ones(2, np.float32)}, AdamState())
    assert (parameters["b"] == 1).all()
    assert {a.dtype for a in (parameters["a"], state.mean["a"], state.square["a"])} == {np.dtype("float32")}


def test_the_rate_rises_then_falls_to_the_end() -> None:
    course = [cosine(step, 20, warmup=5, low=0.1) for step in range(21)]
    assert course[4] == course[5] == 1
    assert (np.diff(course[:5]) > 0).all()
    assert (np.diff(course[5:]) < 0).all()
    assert course[-1] == pytest.approx(0.1)
    with pytest.raises(RequestError, match="The warm-up takes 5 of 5 steps"):
        cosine(0, 5, warmup=5)


def test_gradients_are_shortened_together_or_left_alone() -> None:
    gradients = {"a": np.array([3.0, np.nan]), "b": np.array([[4.0]])}
    short = clipped(gradients, 1.0)
    assert np.hypot(short["a"][0], short["b"].item()) == pytest.approx(1.0, rel=1e-5)
    assert short["a"][1] == 0
    assert clipped({"b": gradients["b"]}, 10.0)["b"].item() == 4.0


def test_each_pass_moves_only_its_own() -> None:
    parameters = {"gate": np.ones(2), "w": np.ones(2)}
    seen: list[dict[str, np.ndarray]] = []

    def objective() -> tuple[float, dict[str, np.ndarray]]:
        seen.append({name: array.copy() for name, array in parameters.items()})
        return 1.0, {name: np.ones(2) for name in parameters}

    routing = Routing(Adam(rate=0.5), Adam(rate=0.1))
    routing.step(parameters, {"gate"}, objective, objective, RoutingState())
    before, between = seen
    assert np.array_equal(between["w"], before["w"])
    assert not np.array_equal(between["gate"], before["gate"])
    assert np.array_equal(parameters["gate"], between["gate"])
    assert not np.array_equal(parameters["w"], between["w"])


def test_each_pass_is_clipped_by_the_norm_of_all_parameters() -> None:
    def objective() -> tuple[float, dict[str, np.ndarray]]:
        return 1.0, {"gate": np.array([3.0]), "w": np.array([4.0])}  # of norm 5

    parameters = {"gate": np.ones(1), "w": np.ones(1)}
    routing = Routing(Adam(beta1=0.5), Adam(beta1=0.5), largest_gates=1.0, largest_rest=2.5)
    state, _ = routing.step(parameters, {"gate"}, objective, objective, RoutingState())
    assert state.gates.mean["gate"].item() == pytest.approx(0.5 * 3 / 5, rel=1e-6)
    assert state.rest.mean["w"].item() == pytest.approx(0.5 * 4 / 2, rel=1e-6)


@pytest.mark.parametrize("accumulate", [False, True])
def test_gates_with_a_rate_of_0_are_ordinary_training_of_halved_branches(
    accumulate: bool, rng: np.random.Generator
) -> None:
    x, wanted = rng.standard_normal((2, 6, 5, 8))
    layer, rest, other = make("feature_selection", d_model=8, heads=2), Adam(rate=0.01), AdamState()
    layer.parameters.update(gate1=np.zeros(8), gate2=np.zeros(8))
    plain = {name: array.copy() for name, array in layer.parameters.items() if not name.startswith("gate")}
    last = [name for name in plain if name.startswith(("attention.o", "mlp.out"))]
    told = plain.keys() - {
        "attention.k.bias"
    }  # whose gradient is the rounding of 0, in which Adam sees a sign

    def gated() -> tuple[float, dict[str, np.ndarray]]:
        y, cache = layer.forward(x)
        loss, dy = mean_squared_error(y, wanted)
        return loss, layer.backward(dy, cache)[1]

    def halved() -> tuple[float, dict[str, np.ndarray]]:
        half = plain | {name: plain[name] / 2 for name in last}
        y, cache = encoder.forward(x, half, heads=2, activation="gelu", eps=layer.eps)
        loss, dy = mean_squared_error(y, wanted)
        found = encoder.backward(dy, cache)[1]
        return loss, found | {name: found[name] / 2 for name in last}

    routing, state = Routing(Adam(rate=0.0), rest, 1e9, 1e9, accumulate=accumulate), RoutingState()
    for _ in range(5):
        state, losses = routing.step(layer.parameters, {"gate1", "gate2"}, gated, gated, state)
        loss, gradients = halved()
        assert losses == pytest.approx((loss, loss), rel=1e-9)
        twice = {name: (1 + accumulate) * array for name, array in gradients.items()}
        other = rest.update(plain, twice, other)
        assert not layer.parameters["gate1"].any()
        assert not layer.parameters["gate2"].any()
        assert all(np.allclose(layer.parameters[name], plain[name], rtol=0, atol=1e-9) for name in told)


def test_a_pattern_that_is_no_parameters_is_told_of() -> None:
    weights, still = {"w": np.ones(1)}, {"w": np.zeros(1)}
    with pytest.raises(RequestError, match=r"exempt holds '\*bais', which is the name of no parameter"):
        Adam(exempt=("*bais",)).update(weights, still, AdamState())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_whose_squares_are_too_large_are_shortened_as_others(dtype: str) -> None:
    size = 1e30 if dtype == "float32" else 1e250
    found = clipped({"a": np.full(3, size, dtype), "b": np.zeros((0, 2), dtype)}, 1.0)
    assert np.allclose(found["a"], 3**-0.5)
    assert found["a"].dtype == dtype
