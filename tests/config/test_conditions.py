"""A condition is a key path, a comparison and a value, and nothing else is evaluated."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.config.conditions import condition, meeting
from neurogate.config.grid import spelt
from neurogate.config.problems import Flaw
from neurogate.errors import RequestError

DEFAULTS = {"run": {"seed": 1}, "reservoir": {"gain": 1.0, "n": 1000}, "blocks": [{"trials": 8}]}


class TestReading:
    @pytest.mark.parametrize(
        ("text", "read"),
        [
            ("reservoir.gain<1.5", ("reservoir.gain", "<", 1.5)),
            ("  reservoir.n  >=  100 ", ("reservoir.n", ">=", 100)),
            ("blocks[0].trials != 8", ("blocks.0.trials", "!=", 8)),
            ("run.dtype==float32", ("run.dtype", "==", "float32")),
            ("run.dtype == 'a b'", ("run.dtype", "==", "a b")),
            ("run.seed in [1, 2]", ("run.seed", "in", [1, 2])),
            ("a == true", ("a", "==", True)),
            ("date >= 2026-11-20", ("date", ">=", "2026-11-20")),
            ("date < 2026-11-20T12:00:00Z", ("date", "<", "2026-11-20T12:00:00Z")),
            ("tau == {uniform = [1, 2]}", ("tau", "==", {"uniform": [1, 2]})),
        ],
    )
    def test_its_three_parts(self, text: str, read: tuple[Any, ...]) -> None:
        assert tuple(condition(text)) == read

    @pytest.mark.parametrize(
        "text",
        [
            *("", "a", "a=1", "a= =1", "a==", "<1", "a<>1", "a===1", "a in 3", "a in [x]", "in [1]", "a==[1"),
            *("a < 1 and b < 2", "a == 1 or b == 2", "1 < a < 2", "a..b == 1"),
        ],
    )
    def test_anything_else_is_refused(self, text: str) -> None:
        with pytest.raises(Flaw, match=r"must be|must name|is not a key path"):
            condition(text)

    @settings(max_examples=2000)
    @given(st.text() | st.text(alphabet=string.printable + "<>=!in[] " * 5))
    def test_any_text_is_read_or_refused(self, text: str) -> None:
        try:
            read = condition(text)
        except Flaw:
            return
        assert spelt(read.key) == read.key


class TestMeaning:
    @pytest.mark.parametrize(
        ("text", "met"),
        [
            ("reservoir.gain < 1.5", [0.5, 1, 1.0]),
            ("reservoir.gain <= 1", [0.5, 1, 1.0]),
            ("reservoir.gain > 1", [1.5, 2]),
            ("reservoir.gain >= 1.5", [1.5, 2]),
            ("reservoir.gain == 1", [1, 1.0]),
            ("reservoir.gain != 1", [0.5, 1.5, 2]),
            ("reservoir.gain in [0.5, 2.0, 7]", [0.5, 2]),
            ("reservoir.gain in []", []),
        ],
    )
    def test_numbers(self, text: str, met: list[float]) -> None:
        meets = meeting([condition(text)], ["reservoir.gain"], DEFAULTS)
        assert [gain for gain in (0.5, 1, 1.0, 1.5, 2) if meets({"reservoir.gain": gain})] == met

    def test_texts_have_their_order_too(self) -> None:
        meets = meeting([condition("date < 2026-11-20")], ["date"], {})
        assert [meets({"date": f"2026-{day}T08:00:00Z"}) for day in ("09-30", "11-19", "11-20")] == [
            True,
            True,
            False,
        ]

    def test_several_must_all_hold(self) -> None:
        meets = meeting([condition("a > 1"), condition("a < 3")], ["a"], {})
        assert [meets({"a": a}) for a in (1, 2, 3)] == [False, True, False]

    def test_keys_that_are_not_varied_keep_their_value(self) -> None:
        meets = meeting([condition("reservoir.n == 1000"), condition("blocks.0.trials < 9")], [], DEFAULTS)
        assert meets({})

    def test_a_key_inside_what_is_varied_is_found_there(self) -> None:
        meets = meeting([condition("blocks.0.trials < 9")], ["blocks"], DEFAULTS)
        assert [meets({"blocks": [{"trials": trials}]}) for trials in (8, 9)] == [True, False]

    def test_tables_are_equal_or_not(self) -> None:
        meets = meeting([condition("tau == {uniform = [1, 2]}")], ["tau"], {})
        assert [meets({"tau": tau}) for tau in ({"uniform": [1.0, 2]}, {"uniform": [1, 3]}, 20.0)] == [
            True,
            False,
            False,
        ]

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            *[("a < 1", "x"), ("a < x", 1), ("a < 1", True), ("a == 1", "1"), ("a != true", 1)],
            *[("a in [1, 'x']", 1), ("a < 1", [1]), ("a < 1", None)],
        ],
    )
    def test_what_cannot_be_compared_is_said(self, text: str, value: Any) -> None:
        meets = meeting([condition(text)], ["a"], {})
        with pytest.raises(RequestError, match=r'^The condition "a .*" compares .* with .*;'):
            meets({"a": value})

    def test_an_unknown_key_gets_the_whole_one(self) -> None:
        with pytest.raises(RequestError, match=r"^gain is not a known key; did you mean reservoir\.gain\?"):
            meeting([condition("gain < 1")], [], DEFAULTS)

    def test_a_table_with_a_varied_key_inside_has_no_one_value(self) -> None:
        with pytest.raises(
            RequestError, match=r"inside which reservoir\.gain is varied; ask for reservoir\.gain"
        ):
            meeting([condition("reservoir == 1")], ["reservoir.gain"], DEFAULTS)
