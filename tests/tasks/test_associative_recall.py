"""Associative recall with several queries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.errors import RequestError
from neurogate.tasks.associative_recall import FIGURE_2, UNASKED, AssociativeRecall


@settings(max_examples=10)
@given(st.integers(1, 5), st.integers(0, 6), st.floats(0.01, 2.0), st.booleans(), st.integers(0, 99))
def test_each_label_is_the_value_of_its_key(
    pairs: int, more: int, power: float, fill: bool, seed: int
) -> None:
    length = 4 * pairs + 2 * more
    task = AssociativeRecall(
        vocabulary=2 * length, length=length, pairs=pairs, power=power, fill=fill, seed=seed
    )
    inputs, labels = task.draw(3)
    for row, asked in zip(inputs, labels, strict=True):
        value_of = dict(zip(row[0 : 2 * pairs : 2], row[1 : 2 * pairs : 2], strict=True))
        places = np.flatnonzero(asked != UNASKED)
        assert len(value_of) == len(set(value_of.values())) == len(places) == pairs
        assert places.min() >= 2 * pairs
        assert all(asked[place] == value_of[row[place]] for place in places)
        assert fill or not row[2 * pairs :][asked[2 * pairs :] == UNASKED].any()


def test_keys_and_values_are_drawn_from_their_own_halves() -> None:
    inputs, _ = AssociativeRecall(vocabulary=40, length=32, pairs=8).draw(50)
    keys, values = inputs[:, 0:16:2], inputs[:, 1:16:2]
    assert (set(keys.ravel()), set(values.ravel())) == (set(range(1, 20)), set(range(20, 40)))


def test_a_small_power_asks_sooner() -> None:
    def mean_place(power: float) -> float:
        _, labels = AssociativeRecall(length=64, pairs=4, power=power).draw(200)
        return float(np.nonzero(labels != UNASKED)[1].mean())

    assert mean_place(0.01) < mean_place(1.0) < mean_place(3.0)


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    first, same, other = (FIGURE_2[64].draw(5), FIGURE_2[64].draw(5), AssociativeRecall(seed=1).draw(5))
    assert np.array_equal(first.inputs, same.inputs)
    assert not np.array_equal(first.inputs, other.inputs)


@pytest.mark.parametrize(("wrong", "told"), [
    ({"length": 15}, "length is 15; it must be even"), ({"length": 12, "pairs": 4}, "at least 4 pairs, 16"),
    ({"vocabulary": 64}, "vocabulary is 64; it must be above length, 64"),
    ({"power": 10000}, "power is 10000.*; with 28 gaps to choose from it is too large"),
    ({"power": 230}, "power is 230.*; with 28 gaps to choose from it is too large"),
])  # fmt: skip
def test_settings_that_contradict_each_other_are_a_sentence(wrong: dict[str, int], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        AssociativeRecall(**wrong)


def test_what_is_no_number_of_sequences_is_a_sentence() -> None:
    for examples in (-1, 1.5):
        with pytest.raises(RequestError, match=rf"examples is {examples}\. Give a whole number"):
            AssociativeRecall().draw(examples)  # type: ignore[arg-type]
