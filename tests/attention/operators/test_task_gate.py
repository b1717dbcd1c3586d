"""Gates of tasks: annealing, and the compensation of its gradient."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import task_gate
from neurogate.errors import RequestError
from tests.attention.gradients import check


@settings(max_examples=10)
@given(st.integers(0, 99), st.lists(st.integers(0, 5), min_size=1, max_size=3), st.floats(0.1, 3.0))
def test_gradients(seed: int, shape: list[int], scale: float) -> None:
    rng = np.random.default_rng(seed)
    e, dy = rng.standard_normal((2, *shape))
    _, cache = task_gate.forward(e, scale=scale)
    found = {"embedding": task_gate.backward(dy, cache)}
    check(rng, lambda embedding: task_gate.forward(embedding, scale=scale)[0], {"embedding": e}, found, dy)


def test_hard_gates_are_the_limit_of_soft_ones_and_learn_nothing(rng: np.random.Generator) -> None:
    e = rng.standard_normal(50)
    hard, cache = task_gate.forward(e, scale=1.0, hard=True)
    np.testing.assert_allclose(task_gate.forward(e, scale=1e6)[0], hard, atol=1e-12)
    assert (task_gate.backward(np.ones(50), cache) == 0).all()


def test_the_scale_rises_in_a_line_from_its_inverse_to_the_largest() -> None:
    scales = [task_gate.annealed(b, 5, largest=8.0) for b in range(5)]
    assert scales[0] == 1 / 8
    assert scales[-1] == pytest.approx(8.0)
    np.testing.assert_allclose(np.diff(scales), (8 - 1 / 8) / 4)
    assert task_gate.annealed(0, 1) == 1 / 800


def test_compensation_makes_the_gradient_that_of_the_largest_scale_at_small_gates() -> None:
    e, dy = np.full(3, 0.3), np.arange(1.0, 4.0)
    for scale in (0.1, 2.0, 30.0):
        raw = task_gate.backward(dy, task_gate.forward(e, scale=scale)[1])
        wanted = dy * 800.0 * 0.5 / (np.cosh(0.3) + 1)  # s(x) s(-x) = 1 / (2 cosh x + 2)
        np.testing.assert_allclose(task_gate.compensated(raw, e, scale=scale), wanted, rtol=1e-12)


def test_embeddings_are_kept_within_six() -> None:
    e = np.array([-7.0, -6.0, 0.1, 5.9, np.inf])
    assert task_gate.clamped(e).tolist() == [-6.0, -6.0, 0.1, 5.9, 6.0]
    assert task_gate.clamped(e.astype("float32"), reach=2).dtype == "float32"
    with pytest.raises(RequestError, match=r"reach is 0\. Give a number that is above 0"):
        task_gate.clamped(e, reach=0)


def test_compensation_stays_finite_at_extremes() -> None:
    e = np.array([-6.0, 6.0])
    assert np.isfinite(task_gate.compensated(np.ones(2), e, scale=800.0)).all()
