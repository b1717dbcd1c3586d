"""Memory that is used again: what somebody holds never changes, and what nobody holds is not made anew."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.backends import numba_cpu
from neurogate.backends.numba_cpu.rooms import successor


def place(array: np.ndarray) -> int:
    return int(array.ctypes.data)


@given(kept=st.lists(st.booleans(), min_size=1, max_size=12))
def test_what_somebody_holds_is_never_written_over(kept: list[bool]) -> None:
    array, held = np.zeros((2, 3)), []
    for number, keep in enumerate(kept):
        array = successor(array)
        array[...] = number
        if keep:
            held.append((number, array[1:].T))
    for number, view in held:
        assert (view == number).all()


def test_two_rooms_serve_a_line_of_which_one_array_is_held_at_a_time() -> None:
    array = np.zeros((4, 5), np.float32)
    places = set()
    for _ in range(6):
        array = successor(array)
        places.add(place(array))
    assert len(places) == 2


def test_two_successors_of_one_array_do_not_share_memory() -> None:
    array = successor(successor(np.zeros(3)))
    assert not np.shares_memory(successor(array), successor(array))


@pytest.mark.parametrize("piece", [np.s_[1:], np.s_[:, None], np.s_[:]], ids=["rows", "another shape", "all"])
def test_a_successor_is_like_its_array_and_begins_at_a_cache_line(piece: Any) -> None:
    array = successor(np.zeros((3, 2), np.float32))[piece]
    found = successor(array)
    assert (found.shape, found.dtype, place(found) % 64) == (array.shape, array.dtype, 0)
    assert found.flags.c_contiguous


def test_the_memory_of_a_line_is_given_back_when_its_last_array_is_gone() -> None:
    array = successor(successor(np.zeros(3)))
    owner = weakref.ref(array.base)
    del array
    gc.collect()
    assert owner() is None


def test_learning_leaves_every_earlier_p_as_it_was() -> None:
    rng = np.random.default_rng(0)
    w, p = np.zeros((2, 1, 20)), np.tile(np.eye(20), (2, 1, 1))
    states, copies = [], []
    for _ in range(5):
        x, d = rng.standard_normal((2, 3, 20)), rng.standard_normal((2, 3, 1))
        w, p, _ = numba_cpu.recursive_least_squares(w, p, x, d, 0.9, 0.1, 0)
        states.append(p)
        copies.append(p.copy())
    for state, copy in zip(states, copies, strict=True):
        np.testing.assert_array_equal(state, copy)
