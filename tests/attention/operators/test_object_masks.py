"""From queries to objects, and back to where queries look."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import object_masks
from tests.attention.gradients import check

OWNER = np.array([1, 0, 2, 1, 0])
OWNERS = object_masks.plan(OWNER)


@settings(max_examples=12)
@given(
    seed=st.integers(0, 99), batch=st.lists(st.integers(0, 4), max_size=2), objects=st.integers(1, 4),
    more=st.integers(0, 4),
)  # fmt: skip
def test_gradients(seed: int, batch: list[int], objects: int, more: int) -> None:
    rng = np.random.default_rng(seed)
    owners = object_masks.plan(rng.permutation([*range(objects), *rng.integers(objects, size=more)]))
    scores, dy = (rng.standard_normal((*batch, n)) for n in (objects + more, objects))
    _, cache = object_masks.forward(scores, owners)
    found = {"scores": object_masks.backward(dy, cache)}
    check(rng, lambda scores: object_masks.forward(scores, owners)[0], {"scores": scores}, found, dy)


def test_the_first_of_equals_learns() -> None:
    _, cache = object_masks.forward(np.ones((1, 5)), OWNERS)
    assert object_masks.backward(np.array([[1.0, 2.0, 3.0]]), cache).tolist() == [[2.0, 1.0, 3.0, 0.0, 0.0]]


def test_a_query_whose_object_is_nowhere_may_look_everywhere() -> None:
    logits = np.array([[3.0, 1.0, 0.0], [0.0, 2.0, 1.0]])
    seen = object_masks.allowed(logits, OWNER)
    assert seen.tolist() == [[False, True], [True, False], [True, True], [False, True], [True, False]]
