"""Parts of a batch: all examples once, the numbers of the whole, and threads as they were."""

from __future__ import annotations

import threading

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from neurogate.attention.examples import over_examples
from neurogate.attention.pieces import threads
from neurogate.bench import attention
from neurogate.bench.places import place
from neurogate.bench.turns import limited
from neurogate.errors import RequestError


@given(st.integers(1, 40), st.integers(1, 50))
def test_parts_are_of_all_examples_in_order_and_as_large_as_each_other(count: int, shares: int) -> None:
    parts = over_examples(lambda part: np.arange(count)[part].tolist(), count, shares)
    assert [number for part in parts for number in part] == list(range(count))
    assert len(parts) == min(count, shares)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize("case", attention.CASES, ids=lambda case: case.layer)
def test_sequences_that_threads_share_have_the_numbers_of_the_whole(case, monkeypatch) -> None:
    monkeypatch.setattr(attention, "WIDTH", 16)
    here = place("numba")
    layer, inputs = attention._made(case, "float64", here), attention._drawn(case, 5, 256, "float64", here)
    whole, *shared = [
        attention._ours(layer, inputs, "forward+backward", case.moved, shares) for shares in (1, 2, 3)
    ]
    for parted in shared:
        assert parted.keys() == whole.keys()
        for name, array in whole.items():
            far = 1e-10 * (abs(array).max() + 1e-3)
            np.testing.assert_allclose(parted[name], array, rtol=0, atol=far, err_msg=name)


def test_within_a_part_work_is_done_alone_and_then_everything_is_as_before() -> None:
    def libraries() -> list[int]:
        return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]

    def work(part: slice) -> tuple[int, list[int], str]:
        everyone.wait(10)  # nobody takes two
        return threads() * numba.get_num_threads(), libraries(), threading.current_thread().name

    with limited(2):
        before, own, everyone = libraries(), threads(), threading.Barrier(min(threads(), 2))
        parts = over_examples(work, 8)
        assert [seen[:2] for seen in parts] == [(1, [1] * len(before))] * own or own == 1
        assert len({name for *_, name in parts}) == own
        assert (libraries(), threads()) == (before, own)


def test_a_part_of_a_batch_of_one_is_done_alone_too_and_one_share_is_not() -> None:
    with limited(2):
        assert over_examples(lambda part: threads(), 1, 2) == [1]
        assert over_examples(lambda part: threads(), 4, 1) == [threads()]


def test_what_goes_wrong_in_a_part_is_told_and_threads_are_as_before() -> None:
    def work(part: slice) -> None:
        raise RuntimeError(f"from {part.start}")

    before = threads()
    with pytest.raises(RuntimeError, match=r"from [02]"):
        over_examples(work, 4, 2)
    assert threads() == before


@pytest.mark.parametrize(("count", "shares"), [(0, 2), (4, 0), (4, 1.5), (True, 1)])
def test_no_example_and_no_share_are_refused(count, shares) -> None:
    with pytest.raises(RequestError, match=r"is .*Give a whole number of (examples|parts), of at least 1"):
        over_examples(lambda part: part, count, shares)
