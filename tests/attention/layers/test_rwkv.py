"""The time mix of RWKV-4."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.layers.rwkv import RwkvTimeMix, State
from tests.attention.gradients import check, check_layer
from tests.tolerances import TOLERANCE


@pytest.mark.parametrize("length", [1, 6])
def test_gradients_are_those_of_finite_differences(length: int, rng: np.random.Generator) -> None:
    check_layer(rng, RwkvTimeMix(d_model=4, place=2), rng.standard_normal((2, length, 4)))


def test_the_gradient_reaches_a_given_state(rng: np.random.Generator) -> None:
    layer, x = RwkvTimeMix(d_model=4), rng.standard_normal((2, 3, 4))
    for name in ("k", "v", "r", "o"):
        layer.parameters[f"{name}.weight"] = rng.standard_normal((4, 4))
    state = {name: rng.standard_normal((2, 4)) for name in State._fields}
    y, cache = layer.forward(x, State(**state))
    dy = rng.standard_normal(y.shape)
    _, gradients = layer.backward(dy, cache)
    check(rng, lambda **a: layer.forward(x, State(**a))[0], state, gradients["state"]._asdict(), dy)


def test_mixes_of_one_see_no_earlier_sample_but_through_the_memory(rng: np.random.Generator) -> None:
    layer, x = RwkvTimeMix(d_model=4), rng.standard_normal((1, 5, 4))
    for name in ("k", "v", "r"):
        layer.parameters[f"mix.{name}"] = np.ones(4)
    layer.parameters["bonus"] = np.full(4, 1e9)  # the present outweighs the past
    moved = x.copy()
    moved[:, 2] += 1.0
    before, after = (layer.forward(each)[0] for each in (x, moved))
    moves = np.abs(after - before).max(axis=(0, 2)) > TOLERANCE["two ways", "float64"]
    assert moves.tolist() == [False, False, True, False, False]


def test_a_mix_of_one_leaves_no_trace_of_a_large_earlier_sample(rng: np.random.Generator) -> None:
    layer, x = RwkvTimeMix(d_model=4), rng.standard_normal((1, 2, 4))
    for name in ("k", "v", "r"):
        layer.parameters[f"mix.{name}"] = np.ones(4)
    state = layer.start(1)
    y, cache = layer.forward(x, state._replace(last=np.full((1, 4), 1e20)))
    assert np.array_equal(y, layer.forward(x, state)[0])
    _, gradients = layer.backward(np.ones_like(y), cache)
    assert not gradients["state"].last.any()


def test_decays_are_spread_from_slow_to_fast() -> None:
    first, last = (RwkvTimeMix(d_model=8, place=place, layers=3).parameters["decay"] for place in (0, 2))
    assert (first[0], first[-1], last[0], last[-1]) == (-5.0, 3.0, -5.0, 3.0)
    assert (np.diff(first) > 0).all()
    assert (first[1:-1] > last[1:-1]).all()


def test_a_layer_that_does_not_exist_is_a_sentence() -> None:
    with pytest.raises(ValueError, match="place is 3; it must be below layers, 3"):
        RwkvTimeMix(place=3, layers=3)
