"""Synapses that were given mean what was said, or are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from neurogate.errors import RequestError
from neurogate.network.wiring import finite, wires

MOST = 2**31 - 1


@pytest.mark.parametrize("form", [sparse.csr_array, sparse.coo_array, sparse.csc_matrix])
def test_a_stored_zero_is_no_synapse_and_stays_in_the_matrix_that_was_given(form: Any) -> None:
    given = form(([1.0, 0.0, 2.0], ([0, 1, 1], [1, 0, 1])), shape=(2, 2))
    made = wires(given, 0.0, 2, 1.0)
    assert (made.indptr.tolist(), made.targets.tolist(), made.weights.tolist()) == (
        [0, 0, 2],
        [0, 1],
        [1.0, 2.0],
    )
    assert given.nnz == 3


def test_entries_of_a_sparse_matrix_that_cancel_are_no_synapse() -> None:
    given = sparse.coo_array(([1.0, -1.0, 2.0], ([0, 0, 1], [1, 1, 0])), shape=(2, 2))
    assert wires(given, 0.0, 2, 1.0).weights.tolist() == [2.0]
    assert given.nnz == 3


@pytest.mark.parametrize("dt_ms", [0.1, 1.0])
def test_a_delay_has_as_many_steps_as_are_counted_and_no_more(dt_ms: float) -> None:
    weights = np.array([[0.0, 1.0], [0.0, 0.0]])
    assert wires(weights, MOST * dt_ms, 2, dt_ms).delays.tolist() == [MOST]
    for steps in (MOST + 1, 2**32, 2**40, 1e300):
        with pytest.raises(RequestError, match=r"^delay_ms is .*; it must be at most 2147483647 steps of"):
            wires(weights, np.full((2, 2), steps * dt_ms), 2, dt_ms)


@pytest.mark.parametrize(
    ("weights", "delay_ms", "sentence"),
    [
        (sparse.eye_array(3), 0.0, "weights has shape (3, 3); it must be (2, 2), receiver by sender."),
        ([[1.0, 2.0], [3.0]], 0.0, "weights is not an array of numbers; give numbers only."),
        (([0], [[1], [1, 2]], [1.0]), 0.0, "weights[1] is not an array of numbers; give numbers only."),
        (([0], [1]), 0.0, "weights is a tuple of shapes (1,), (1,); it must be senders, targets and weights"),
        (
            np.ones((2, 2)),
            np.ones((3, 3)),
            "delay_ms has shape (3, 3); it must be one for each of 4 weights.",
        ),
        (np.ones((2, 2)), -1.0, "delay_ms is -1; it must be at least 0 ms."),
    ],
)
def test_what_does_not_fit_is_refused(weights: Any, delay_ms: Any, sentence: str) -> None:
    with pytest.raises(RequestError) as caught:
        wires(weights, delay_ms, 2, 1.0)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("value", [None, "1", 1j, [1.0, None], [[1.0], [1.0, 2.0]], {"a": 1}])
def test_what_is_no_number_is_not_made_into_one(value: Any) -> None:
    with pytest.raises(RequestError, match=r"^bias is not an array of numbers; give numbers only\.$"):
        finite("bias", value)
