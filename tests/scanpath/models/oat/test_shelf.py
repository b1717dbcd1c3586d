"""Shelves: what cannot be one is said in a sentence."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.scanpath.models.oat.shelf import batch, shelf

LOOKS = np.ones((4, 3))


def test_objects_need_not_fill_the_shelf_and_searches_start_in_the_middle() -> None:
    made = shelf(LOOKS, 1, (3, 5), places=[[0, 0], [2, 4], [1, 1], [0, 3]])
    assert (len(made), made.start, made.places[1].tolist()) == (4, (1, 2), [2, 4])


def test_a_batch_keeps_each_shelf() -> None:
    one, two = shelf(LOOKS, 1, (2, 2)), shelf(2 * LOOKS[:2], 0, (1, 4))
    both = batch([one, two])
    np.testing.assert_array_equal(both.looks[0], one.looks)
    np.testing.assert_array_equal(both.looks[1], [[2] * 3, [2] * 3, [0] * 3, [0] * 3])
    assert both.known.tolist() == [[True] * 4, [True, True, False, False]]
    assert (both.targets.tolist(), both.starts.tolist()) == ([1, 0], [[1, 1], [0, 2]])


def test_a_mistake_is_a_sentence() -> None:
    with pytest.raises(RequestError, match="The target is object -1"):
        shelf(LOOKS, -1, (2, 2))
    with pytest.raises(RequestError, match="The places of 4 objects do not fit a shelf of 1 rows and 3"):
        shelf(LOOKS, 0, (1, 3))
    with pytest.raises(RequestError, match="The places of 4 objects do not fit"):
        shelf(LOOKS, 0, (2, 2), places=[[0, 0]])
    for looks in (LOOKS[0], LOOKS[:0], np.full((4, 3), np.nan)):
        with pytest.raises(RequestError, match="The looks of objects have shape"):
            shelf(looks, 0, (2, 2))
    with pytest.raises(RequestError, match="The looks of objects have the shapes"):
        batch([shelf(LOOKS, 0, (2, 2)), shelf(LOOKS[:, :2], 0, (2, 2))])
    with pytest.raises(RequestError, match="The looks of objects have the shapes"):
        batch([])
