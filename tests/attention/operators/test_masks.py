"""Masks: which query may look at which key."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.blocks import grid
from neurogate.attention.operators import masks, softmax
from neurogate.errors import RequestError


@pytest.mark.parametrize(("queries", "keys"), [(0, 0), (1, 1), (3, 5), (5, 3)])
def test_a_causal_mask_is_a_window_without_end_behind_and_none_ahead(queries: int, keys: int) -> None:
    assert np.array_equal(masks.causal(queries, keys), masks.sliding_window(queries, keys, 99, 0))


def test_masks_of_later_queries_are_the_last_rows() -> None:
    whole = masks.sliding_window(6, 6, before=2, after=1)
    assert np.array_equal(masks.sliding_window(2, 6, before=2, after=1), whole[4:])


def test_a_window_of_nothing_leaves_a_key_to_itself() -> None:
    assert np.array_equal(masks.sliding_window(4, 4, 0), np.eye(4, dtype=bool))


def test_both_masks_count_and_none_is_no_mask() -> None:
    causal, padding = masks.causal(3, 3), np.array([True, True, False])
    assert np.array_equal(masks.both(causal, padding), causal & padding)
    assert masks.both(None, padding) is padding
    assert masks.both(causal, None) is causal
    assert masks.both(None, None) is None


def test_what_does_not_fit_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"before is -1\. Give a whole number of keys"):
        masks.sliding_window(3, 3, -1, 0)
    with pytest.raises(RequestError, match=r"mask \(3, 3\), other \(2,\): the masks must broadcast"):
        masks.both(masks.causal(3, 3), np.ones(2, bool))
    with pytest.raises(RequestError, match="masks must be of true and false"):
        masks.both(masks.causal(3, 3), np.ones(3))


def test_a_list_is_told_to_be_no_array() -> None:
    with pytest.raises(RequestError, match="other is list"):
        masks.both(masks.causal(2, 2), [True, False])
    with pytest.raises(RequestError, match="mask is list"):
        softmax.forward(np.zeros((2, 2)), [True, False])


def test_a_mask_is_given_again_and_cannot_be_changed() -> None:
    mask = masks.causal(3, 3)
    assert masks.causal(3, 3) is mask
    with pytest.raises(ValueError, match="read-only"):
        mask[0, 1] = True


def test_everything_that_is_kept_cannot_be_changed() -> None:
    assert not any(angle.flags.writeable for angle in grid.angles((2, 3), 4))
