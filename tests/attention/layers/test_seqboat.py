"""SeqBoat."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurogate.attention.layers.seqboat import SeqBoat, State
from neurogate.attention.operators import hard_router, linear, rotary, softmax
from neurogate.attention.operators.batch_norm import Running
from neurogate.attention.operators.pointwise import silu
from neurogate.errors import RequestError
from tests.attention.gradients import check, check_layer
from tests.attention.nearness import near

D, W = 4, 3
KINDS: list[dict[str, Any]] = [
    {"activation": "relu2"}, {"activation": "softmax"}, {"activation": "softmax", "code": "rotary"},
    {"activation": "relu2", "ahead": True, "lags": 4}, {"activation": "softmax", "ahead": True},
    {"prenorm": False}, {"norm": "batch"}, {"norm": "batch", "prenorm": False},
]  # fmt: skip
BATCH = KINDS[6:]


def made(rng: np.random.Generator, route: tuple[float, float] | None = None, **kind: Any) -> SeqBoat:
    """Make a layer off its start, with mixed routing or with one way for all."""
    layer = SeqBoat(d_model=D, d_query=4, d_value=6, averages=2, window=W, positions=5, **kind)
    for name, array in layer.parameters.items():
        layer.parameters[name] = array + 0.5 * rng.standard_normal(array.shape)
    if route is not None:
        layer.parameters.update({"route.weight": np.zeros((2, D)), "route.bias": np.array(route)})
    return layer


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("length", [1, 9])
def test_gradients_are_those_of_finite_differences(
    kind: dict[str, Any], length: int, rng: np.random.Generator
) -> None:
    check_layer(rng, made(rng, **kind), rng.standard_normal((2, length, D)))


def statistics(rng: np.random.Generator) -> Running:
    return Running(rng.standard_normal(D), rng.uniform(0.5, 2, D))


@pytest.mark.parametrize("kind", BATCH)
def test_gradients_with_running_statistics_are_those_of_finite_differences(
    kind: dict[str, Any], rng: np.random.Generator
) -> None:
    more = {"running": statistics(rng), "training": False}
    check_layer(rng, made(rng, **kind), rng.standard_normal((2, 9, D)), **more)


@pytest.mark.parametrize("kind", BATCH)
def test_running_statistics_move_in_training_alone(kind: dict[str, Any], rng: np.random.Generator) -> None:
    layer, x, before = made(rng, **kind), rng.standard_normal((3, 9, D)), statistics(rng)
    y, cache = layer.forward(x, None, before)
    plain, _ = layer.forward(x, None, Running(np.zeros(D), np.full(D, 1 - 1e-5)), training=False)
    p = layer.parameters
    seen = x if layer.prenorm else (plain - p["norm.bias"]) / p["norm.weight"]
    now = Running(seen.mean(axis=(0, 1)), seen.var(axis=(0, 1), ddof=1))
    for found, old, new in zip(cache.running, before, now, strict=True):
        assert near(found, 0.9 * old + 0.1 * new)
    assert np.array_equal(y, layer.forward(x)[0])
    after, cache = layer.forward(x, None, before, training=False)
    assert cache.running is before
    assert not near(after, y)
    none = Running(np.zeros(D), np.ones(D))
    assert np.array_equal(
        layer.forward(x, training=False)[0], layer.forward(x, None, none, training=False)[0]
    )
    assert made(rng).forward(x)[1].running is None


@pytest.mark.parametrize("kind", BATCH)
def test_with_running_statistics_a_sequence_goes_piece_by_piece(
    kind: dict[str, Any], rng: np.random.Generator
) -> None:
    layer, x = made(rng, **kind), rng.standard_normal((3, 13, D))
    more: dict[str, Any] = {"running": statistics(rng), "training": False}
    whole, _ = layer.forward(x, **more)
    first, cache = layer.forward(x[:, :5], **more)
    second, _ = layer.forward(x[:, 5:], cache.state, **more)
    assert near(np.concatenate([first, second], axis=1), whole)
    state = None
    for t in range(13):
        y, state = layer.step(x[:, t], state, **more)
        assert near(y, whole[:, t])


@pytest.mark.parametrize("kind", BATCH)
def test_statistics_of_all_of_a_sequence_leave_no_state_and_take_none(
    kind: dict[str, Any], rng: np.random.Generator
) -> None:
    layer, x = made(rng, **kind), rng.standard_normal((2, 5, D))
    assert layer.forward(x)[1].state is None
    for go_on in (lambda: layer.forward(x, layer.start(2)), lambda: layer.step(x[:, 0], None)):
        with pytest.raises(RequestError, match=r"looks at all of a sequence, .* training=False\.$"):
            go_on()


def test_without_a_chosen_token_attention_adds_nothing(rng: np.random.Generator) -> None:
    layer, x = made(rng, (5.0, -5.0)), rng.standard_normal((2, 7, D))
    y, cache = layer.forward(x)
    p = layer.parameters
    c, _ = linear.forward(silu.value(cache.averaged), p["candidate.weight"], p["candidate.bias"])
    assert np.array_equal(y, silu.value(c + x))
    _, gradients = layer.backward(np.ones_like(y), cache)
    assert not any(gradients[name].any() for name in gradients if name.startswith(("unit", "route", "temp")))


@pytest.mark.parametrize("kind", KINDS[:5])
@pytest.mark.parametrize(("route", "length"), [(None, 9), ((-5.0, 5.0), 9), ((-5.0, 5.0), W)])
def test_packed_tokens_are_dense_attention_under_a_mask_of_ranks(
    kind: dict[str, Any], route: tuple[float, float] | None, length: int, rng: np.random.Generator
) -> None:
    layer, x = made(rng, route, **kind), rng.standard_normal((2, length, D))
    y, cache = layer.forward(x)
    assert route is None or cache.router.active.all()
    assert near(y, dense(layer, x, cache))


def dense(layer: SeqBoat, x: np.ndarray, cache: Any) -> np.ndarray:
    p, m, places = layer.parameters, silu.value(cache.averaged), np.arange(x.shape[1])
    mapped = {n: silu.value(m @ p[f"unit.{n}.weight"].T + p[f"unit.{n}.bias"]) for n in "zrv"}
    q, k = (mapped["z"] * p[f"unit.{n}.scale"] + p[f"unit.{n}.shift"] for n in "qk")
    if layer.code == "rotary":
        angles = rotary.angles(places.astype(float), 4)
        q, k = (rotary.forward(each, *angles, interleaved=True)[0] for each in (q, k))
    active = cache.router.active
    rank = np.cumsum(active, axis=1)
    lag = rank[:, :, None] - rank[:, None]
    mask = active[:, None] & (lag <= W) & (lag >= (-W if layer.ahead else 0))
    mask &= True if layer.ahead else places[:, None] >= places
    scale = 0.5 if layer.activation == "softmax" else 1 / (2 * W if layer.ahead else W)
    scores = scale * q @ k.swapaxes(1, 2)
    if layer.code == "bias":
        scores = scores + p["unit.relative"][np.clip(places - places[:, None] + 4, 0, 8)]
    weights = (
        softmax.forward(scores, mask)[0]
        if layer.activation == "softmax"
        else np.maximum(scores, 0) ** 2 * mask
    )
    h = (weights @ mapped["v"] * mapped["r"]) @ p["unit.o.weight"].T + p["unit.o.bias"]
    c = m @ p["candidate.weight"].T + p["candidate.bias"]
    u, _ = linear.forward(m, p["route.weight"], p["route.bias"])
    weight, _ = hard_router.forward(u, p["temperature"])
    return silu.value(c + weight[..., None] * h + x)


@pytest.mark.parametrize("kind", KINDS[:3])
def test_what_comes_later_changes_nothing_before(kind: dict[str, Any], rng: np.random.Generator) -> None:
    layer, x = made(rng, **kind), rng.standard_normal((2, 9, D))
    before, _ = layer.forward(x)
    for t in (1, 5, 8):
        moved = x.copy()
        moved[:, t] += rng.standard_normal(D)
        assert near(layer.forward(moved)[0][:, :t], before[:, :t])


@pytest.mark.parametrize("kind", KINDS[:3])
@pytest.mark.parametrize("cut", [0, 1, 5, 9])
def test_a_carried_state_is_one_pass(kind: dict[str, Any], cut: int, rng: np.random.Generator) -> None:
    layer, x = made(rng, **kind), rng.standard_normal((3, 13, D))
    whole, _ = layer.forward(x)
    first, cache = layer.forward(x[:, :cut])
    second, _ = layer.forward(x[:, cut:], cache.state)
    assert near(np.concatenate([first, second], axis=1), whole)
    assert cache.state.keys.shape[1] <= W


def test_the_gradient_reaches_a_given_state(rng: np.random.Generator) -> None:
    layer, x = made(rng, (-5.0, 5.0), activation="softmax"), rng.standard_normal((2, 4, D))
    state = layer.forward(rng.standard_normal((2, 6, D)))[1].state
    real = {name: getattr(state, name) for name in ("averages", "keys", "values")}

    def forward(**a: np.ndarray) -> np.ndarray:
        return layer.forward(x, State(**(state._asdict() | a)))[0]

    y, cache = layer.forward(x, state)
    dy = rng.standard_normal(y.shape)
    found = layer.backward(dy, cache)[1]["state"]
    check(rng, forward, real, {name: getattr(found, name) for name in real}, dy)


def test_memory_grows_with_the_chosen_tokens_times_the_window(rng: np.random.Generator) -> None:
    sizes = []
    for length in (24, 48, 96):
        _, cache = made(rng, (-5.0, 5.0)).forward(rng.standard_normal((1, length, D)))
        sizes.append(cache.unit.attention.weights.size)
    assert sizes == [24 * 2 * W, 48 * 2 * W, 96 * 2 * W]


def test_squares_do_not_sum_to_one_and_a_softmax_does(rng: np.random.Generator) -> None:
    x = rng.standard_normal((1, 6, D))
    for activation, one in (("softmax", True), ("relu2", False)):
        _, cache = made(rng, (-5.0, 5.0), activation=activation).forward(x)
        assert near(cache.unit.attention.weights.sum(axis=-1), np.ones(1)) is one


def test_bad_requests_are_sentences() -> None:
    with pytest.raises(ValueError, match="d_query is 5; it must be even"):
        SeqBoat(d_query=5, code="rotary")
    for kind in ({"ahead": True}, {"lags": 3}):
        layer = SeqBoat(d_model=D, d_query=4, d_value=6, averages=2, window=W, **kind)
        with pytest.raises(RequestError, match="cannot go on from a state"):
            layer.forward(np.ones((1, 2, D)), layer.start(1))
        with pytest.raises(RequestError, match="cannot go on from a state"):
            layer.step(np.ones((1, D)), None)
