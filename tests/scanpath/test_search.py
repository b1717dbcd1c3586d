"""A search stays in its space, repeats itself, and is drawn to what is better."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.errors import RequestError
from neurogate.scanpath.search import Even, Log, search, setting

SPACE = {"even": Even(-2.0, 3.0), "log": Log(0.01, 100.0), "which": ("a", "b", "c")}


def far(settings: dict[str, Any]) -> float:
    return -abs(settings["even"] - 1) - abs(math.log10(settings["log"]) + 1) - (settings["which"] != "b")


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_every_place_of_the_cube_is_a_setting_of_the_space(at: list[float]) -> None:
    found = setting(SPACE, at)
    assert -2 <= found["even"] <= 3
    assert 0.01 <= found["log"] <= 100
    assert found["which"] in "abc"


def test_the_corners_of_the_cube_are_those_of_the_space() -> None:
    assert setting(SPACE, [0, 0, 0]) == {"even": -2.0, "log": 0.01, "which": "a"}
    assert setting(SPACE, [1, 1, 1]) == {"even": 3.0, "log": 100.0, "which": "c"}


@given(st.integers(0, 1000), st.integers(1, 12))
def test_a_search_repeats_itself_and_its_draws_do_not_depend_on_how_many_there_are(seed: int, n: int) -> None:
    tried = search(SPACE, far, n, seed)
    assert tried == search(SPACE, far, n, seed)
    assert len(tried) == n
    assert search(SPACE, far, 2 * n, seed)[: (n + 1) // 2] == tried[: (n + 1) // 2]


def test_moving_around_the_best_finds_more_than_drawing_on() -> None:
    searched = [search(SPACE, far, 40, seed) for seed in range(20)]

    def best(share: slice) -> float:
        return float(np.mean([max(one.score for one in tried[share]) for tried in searched]))

    assert best(slice(20, 40)) > best(slice(0, 20)) + 0.1


def test_a_setting_without_a_score_is_never_the_best() -> None:
    tried = search(SPACE, lambda found: math.nan if found["even"] > 0 else 1.0, 8, 1)
    assert all((one.score == -math.inf) == (one.settings["even"] > 0) for one in tried)


@pytest.mark.parametrize(("space", "trials"), [({}, 3), (SPACE, 0)])
def test_nothing_to_try_is_a_sentence(space: Any, trials: int) -> None:
    with pytest.raises(RequestError, match=r"Give at least one\."):
        search(space, far, trials, 1)
