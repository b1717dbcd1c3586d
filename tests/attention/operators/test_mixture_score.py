"""The score of a mixture of experts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.layers.gate_network import GateNetwork
from neurogate.attention.operators import mixture_score
from neurogate.errors import RequestError
from tests.attention.gradients import check
from tests.attention.nearness import near


@settings(max_examples=5)
@given(seed=st.integers(0, 99), batch=st.integers(0, 4), experts=st.integers(0, 5))
def test_gradients(seed: int, batch: int, experts: int) -> None:
    rng = np.random.default_rng(seed)
    arguments = {name: rng.standard_normal((batch, experts)) for name in ("gates", "scores")}
    y, cache = mixture_score.forward(**arguments)
    dy = rng.standard_normal(y.shape)
    found = dict(zip(arguments, mixture_score.backward(dy, cache), strict=True))
    check(rng, lambda **given: mixture_score.forward(**given)[0], arguments, found, dy)


def test_it_is_linear_in_the_scores_of_experts(rng: np.random.Generator) -> None:
    gates, one, other = rng.standard_normal((3, 2, 4))
    apart = (2 * mixture_score.forward(gates, one)[0], 3 * mixture_score.forward(gates, other)[0])
    assert near(mixture_score.forward(gates, 2 * one + 3 * other)[0], apart[0] + apart[1])
    wanted = [sum(g * e for g, e in zip(*rows, strict=True)) for rows in zip(gates, one, strict=True)]
    assert near(mixture_score.forward(gates, one)[0], np.array(wanted))


def test_without_a_history_the_score_is_0_whatever_experts_say(rng: np.random.Generator) -> None:
    items, target = rng.standard_normal((2, 3, 4)), rng.standard_normal((2, 4))
    gates, _ = GateNetwork(d_model=4, hidden=5, experts=3).forward(items, target, np.zeros(3, bool))
    logits, cache = mixture_score.forward(gates, rng.standard_normal((2, 3)))
    assert logits.tolist() == [0.0, 0.0]
    assert not mixture_score.backward(np.ones(2), cache)[1].any()


def test_shapes_that_do_not_fit_are_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"gates \(2, 3\), scores \(2, 4\)"):
        mixture_score.forward(np.ones((2, 3)), np.ones((2, 4)))
    with pytest.raises(RequestError, match=r"dlogits \(3,\)"):
        mixture_score.backward(np.ones(3), mixture_score.forward(np.ones((2, 3)), np.ones((2, 3)))[1])
