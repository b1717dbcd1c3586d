"""A past that fades by e^-20 in a step is forgotten: nothing overflows, nor loses the digits of the rest."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from neurogate.attention import make
from neurogate.attention.catalogue import CATALOGUE
from neurogate.attention.layer import Layer
from neurogate.attention.operators import delta_rule, lightning
from tests.attention.examples import EXAMPLES, example_layer
from tests.attention.gradients import check_along_one_line
from tests.attention.nearness import all_near, near

STRONG = -20.0
FORMS = ("recurrent", "chunked", "compiled")


def of_mamba(name: str) -> Callable[[Layer], Mapping[str, float]]:
    one = math.log(math.expm1(1))  # the softplus of it is 1
    return lambda layer: {f"{name}.weight": 0, f"{name}.log_rate": math.log(-STRONG), f"{name}.shift": one}


def of_gla(layer: Any) -> Mapping[str, float]:
    return {"decay.weight": 0, "decay.bias": STRONG * layer.tau}  # the log-sigmoid of it is itself


DECAYS: Mapping[str, tuple[int, Callable[[Any], Mapping[str, Any]]]] = {
    "gla": (1, of_gla),
    "vig": (0, of_gla),
    "gated_delta_net": (4, of_mamba("decay")),
    "rwkv_time_mix": (3, lambda layer: {"decay": math.log(-STRONG)}),
    "h3": (0, lambda layer: {"diagonal.log_step": 0, "diagonal.log_decay": math.log(-STRONG)}),
    "hybrid_stack": (0, of_mamba("layers.1.mixer.decay")),
}
"""How many steps each reaches back by other means, and the parameters that make it forget.

0 are all: a stack attends as well, ViG looks both ways, and H3's bilinear rule rings at so strong a decay.
"""


def forgetful(name: str, **settings: Any) -> Layer:
    layer = make(name, **(EXAMPLES[name].settings | settings))
    for key, value in DECAYS[name][1](layer).items():
        layer.parameters[key] = np.full_like(layer.parameters[key], value)
    return layer


def given(name: str, length: int, rng: np.random.Generator) -> tuple[np.ndarray, Mapping[str, Any]]:
    width = EXAMPLES[name].shapes[0][-1]
    return rng.standard_normal((2, length, width)), {"grid": (2, length // 2)} if name == "vig" else {}


def test_every_layer_whose_decay_is_learnt_is_tried() -> None:
    learnt = {e.name for e in CATALOGUE if any("decay" in key for key in example_layer(e.name).parameters)}
    assert learnt == DECAYS.keys()


@pytest.mark.parametrize("name", DECAYS)
def test_gradients_are_those_of_finite_differences(name: str, rng: np.random.Generator) -> None:
    x, more = given(name, 8, rng)
    check_along_one_line(rng, forgetful(name), x, **more)


@pytest.mark.parametrize("name", DECAYS)
def test_single_precision_stays_with_double(name: str, rng: np.random.Generator) -> None:
    layer = forgetful(name)
    x, more = given(name, 80, rng)
    found = [layer.forward(each, **more) for each in (x, x.astype("float32"))]
    (y, cache), (single, other) = found
    assert np.abs(single - y).max() <= 1e-3 * np.abs(y).max()
    (dx, gradients), (dsingle, others) = layer.backward(y, cache), layer.backward(single, other)
    assert np.abs(dsingle - dx).max() <= 1e-3 * np.abs(dx).max()
    assert all(np.isfinite(array).all() for array in (*gradients.values(), *others.values()))


@pytest.mark.parametrize("name", [name for name, (reach, _) in DECAYS.items() if reach])
def test_what_was_is_forgotten(name: str, rng: np.random.Generator) -> None:
    layer, reach = forgetful(name), DECAYS[name][0]
    x, _ = given(name, 8, rng)
    moved = x.copy()
    moved[:, 0] += 1
    (y, _), (after, _) = layer.forward(x), layer.forward(moved)
    assert np.abs(after - y)[:, reach:].max() <= 1e-6 * np.abs(y).max()
    assert np.abs(after - y)[:, :reach].max() > 1e-3


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["gla", "vig", "gated_delta_net"])
def test_every_form_of_a_layer_is_the_same(name: str, form: Any, rng: np.random.Generator) -> None:
    x, more = given(name, 70, rng)
    (y, cache), (same, other) = (
        forgetful(name, form=each, chunk=16).forward(x, **more) for each in ("recurrent", form)
    )
    layer = forgetful(name)
    (dx, gradients), (dsame, others) = layer.backward(y, cache), layer.backward(y, other)
    assert near(same, y)
    assert near(dsame, dx)
    assert all(near(others[key], gradients[key]) for key in gradients)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("chunk", [1, 7, 16, 64])
def test_the_delta_rule_corrects_an_empty_memory(form: Any, chunk: int, rng: np.random.Generator) -> None:
    q, k, v, do = rng.standard_normal((4, 2, 70, 3, 4))
    beta, g = rng.random((2, 70, 3)), np.full((2, 70, 3), STRONG)
    o, cache = delta_rule.forward(q, k, v, beta, g, chunk=chunk, form=form)
    alone = 0.5 * beta * (q * k).sum(axis=-1)  # K to the power of -1/2 is a half
    size = np.abs(alone[..., None] * v).max()
    assert np.abs(o - alone[..., None] * v).max() <= 1e-6 * size
    wanted, before = delta_rule.forward(q, k, v, beta, g, form="recurrent")
    assert near(o, wanted)
    assert all_near(delta_rule.backward(do, cache)[:5], delta_rule.backward(do, before)[:5])


@pytest.mark.parametrize("block", [16, 64])
@pytest.mark.parametrize("slope", [0.0, 0.3, -STRONG])
def test_tiles_of_lightning_are_its_steps(block: int, slope: float, rng: np.random.Generator) -> None:
    q, k, v, do = rng.standard_normal((4, 2, 70, 3, 4))
    slopes = np.array([slope, 0.05, 0.0])
    o, cache = lightning.forward(q, k, v, slopes, block=block, form="chunked")
    wanted, before = lightning.forward(q, k, v, slopes, form="recurrent")
    assert near(o, wanted)
    assert all_near(lightning.backward(do, cache)[:3], lightning.backward(do, before)[:3])
