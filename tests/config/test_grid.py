"""Values are read as they are written, and a range holds the numbers that one would type."""

from __future__ import annotations

import math
import string
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from neurogate.config.grid import MOST, axis, spelt, values
from neurogate.config.listing import inline
from neurogate.config.overrides import segments
from neurogate.config.problems import Flaw

KEY = "reservoir.gain"


class TestLists:
    @pytest.mark.parametrize(
        ("text", "read"),
        [
            ("1e-3,3e-3, 1e-2", (0.001, 0.003, 0.01)),
            ("1,2.5,-3", (1, 2.5, -3)),
            ("true,false,True", (True, False, "True")),
            ("numba", ("numba",)),
            ('"a,b",c', ("a,b", "c")),
            ("'a,b','c\"'", ("a,b", 'c"')),
            (r'"a\",b",c', ('a",b', "c")),
            ("[1, 2],[3, 4]", ([1, 2], [3, 4])),
            ("{uniform=[1,2]},20.0", ({"uniform": [1, 2]}, 20.0)),
            ('[{a=[1,[2,3]]}],"["', ([{"a": [1, [2, 3]]}], "[")),
            ("0.1,0.5:2.0:4,9", (0.1, 0.5, 1.0, 1.5, 2.0, 9)),
            ('"0.5:2.0:4"', ("0.5:2.0:4",)),
            ("tcp://host:1", ("tcp://host:1",)),
        ],
    )
    def test_commas_separate_values_in_toml_or_bare_words(self, text: str, read: tuple[Any, ...]) -> None:
        assert values(KEY, text) == read

    @pytest.mark.parametrize("text", ["", ",", "1,", ",1", "1,,2", "  "])
    def test_a_missing_value_is_refused(self, text: str) -> None:
        with pytest.raises(Flaw, match=r"reservoir\.gain is varied over .*there must be a value"):
            values(KEY, text)

    @pytest.mark.parametrize("text", ["[1,2", "{a=1", "'a", '"a,b', "1,[", "[1]]", "[" * 5000])
    def test_what_is_broken_is_refused_with_the_reason(self, text: str) -> None:
        with pytest.raises(Flaw, match=r"reservoir\.gain is .*must be TOML, but"):
            values(KEY, text)

    @given(
        st.lists(
            st.recursive(
                st.booleans() | st.integers(-(10**6), 10**6) | st.text(string.printable),
                lambda inner: (
                    st.lists(inner) | st.dictionaries(st.text(string.ascii_letters, min_size=1), inner)
                ),
                max_leaves=5,
            ),
            min_size=1,
        )
    )
    def test_whatever_toml_can_write_on_a_line_is_read_back(self, wanted: list[Any]) -> None:
        assert values(KEY, ",".join(map(inline, wanted))) == tuple(wanted)


class TestRanges:
    @pytest.mark.parametrize(
        ("text", "read"),
        [
            ("0.5:2.0:7", (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)),
            ("0:1:11", (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)),
            ("0:10:11", tuple(range(11))),
            ("0:10:5", (0.0, 2.5, 5.0, 7.5, 10.0)),
            ("0.0:10.0:3", (0.0, 5.0, 10.0)),
            ("3:-3:4", (3, 1, -1, -3)),
            ("1e-4:1e-1:4:log", (0.0001, 0.001, 0.01, 0.1)),
            ("1:1000:4:log", (1, 10, 100, 1000)),
            ("8:0.125:3:log", (8.0, 1.0, 0.125)),
            ("1_000:2_000:2", (1000, 2000)),
            ("1:1:1", (1,)),
            ("0.3:0.3:1:log", (0.3,)),
        ],
    )
    def test_they_hold_both_ends_and_the_numbers_one_would_type(
        self, text: str, read: tuple[Any, ...]
    ) -> None:
        found = values(KEY, text)
        assert found == read
        assert list(map(type, found)) == list(map(type, read))

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("0.5:2.0", "must be first:last:count"),
            ("0.5:2.0:", "must be first:last:count"),
            ("0.5:2.0:7:lin", "must be first:last:count"),
            ("0.5:2.0:7.0", "must be first:last:count"),
            ("1:2:1", "has two ends and 1 value; the last number is no step and must be how many"),
            ("1:1:0", "from 1 to"),
            (f"1:2:{MOST + 1}", "from 1 to"),
            ("1:1:3", "ends must differ"),
            ("0:1:3:log", "above 0"),
            ("-1:-2:3:log", "above 0"),
            ("1e400:1:3", "must be finite"),
            ("1:1e-999999999:3", "must be finite"),
        ],
    )
    def test_ranges_that_make_no_sense_are_refused(self, text: str, words: str) -> None:
        with pytest.raises(Flaw, match=r"^reservoir\.gain") as caught:
            values(KEY, text)
        assert words in str(caught.value)

    @given(
        st.floats(-1e9, 1e9, allow_subnormal=False),
        st.floats(-1e9, 1e9, allow_subnormal=False),
        st.integers(2, 50),
    )
    def test_steps_are_equal(self, first: float, last: float, count: int) -> None:
        if first == last:
            return
        found = values(KEY, f"{first!r}:{last!r}:{count}")
        assert (len(found), found[0], found[-1]) == (count, first, last)
        step = (last - first) / (count - 1)
        exact = [first + step * i for i in range(count)]
        assert all(math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-6) for a, b in zip(found, exact, strict=True))

    @given(st.floats(1e-300, 1e300), st.floats(1e-300, 1e300), st.integers(2, 50))
    def test_logarithmic_steps_are_equal_factors(self, first: float, last: float, count: int) -> None:
        if first == last:
            return
        found = values(KEY, f"{first!r}:{last!r}:{count}:log")
        assert (len(found), found[0], found[-1]) == (count, first, last)
        step = (math.log(last) - math.log(first)) / (count - 1)
        exact = [math.log(first) + step * i for i in range(count)]
        assert all(math.isclose(math.log(a), b, abs_tol=1e-9) for a, b in zip(found, exact, strict=True))

    @given(st.integers(-20, 20), st.integers(1, 10), st.integers(2, 9), st.integers(2, 4))
    def test_a_finer_range_keeps_the_values_bit_for_bit(
        self, low: int, width: int, count: int, by: int
    ) -> None:
        ends = f"{low / 10}:{(low + width) / 10}"
        finer = values(KEY, f"{ends}:{(count - 1) * by + 1}")
        assert finer[::by] == values(KEY, f"{ends}:{count}")


class TestKeys:
    @pytest.mark.parametrize(
        "key", ["task.blocks.0.trials", "task.blocks[0].trials", 'task."blocks"[0].trials']
    )
    def test_a_key_path_has_one_spelling(self, key: str) -> None:
        assert spelt(key) == "task.blocks.0.trials"
        assert axis(f" {key} = 8,9=10 ") == ("task.blocks.0.trials", "8,9=10")

    @pytest.mark.parametrize("text", ["", "reservoir.gain", "reservoir.gain= ", "=1", "  = 1"])
    def test_an_axis_needs_a_key_and_values(self, text: str) -> None:
        with pytest.raises(Flaw, match=r"varies nothing; write key\.path=values"):
            axis(text)

    @pytest.mark.parametrize("key", ["a..b", ".", "a[", "a[x]"])
    def test_what_is_no_key_path_is_refused(self, key: str) -> None:
        with pytest.raises(Flaw, match="is not a key path"):
            axis(f"{key}=1")


def refusal(read: Callable[[str], Any], text: str) -> str:
    """Return what a user would read, or nothing; anything but a Flaw escapes and fails the test."""
    try:
        read(text)
    except Flaw as flaw:
        return str(flaw)
    return ""


@settings(max_examples=2000)
@given(st.text() | st.text(alphabet="0123456789.:,eE+-_[]{}=\"' log"))
@example("1:2:" + "9" * 9)
@example("1e" + "9" * 5000 + ":1:3")
@example("9" * 5000 + ":1:3")
@example("\udcff")
def test_any_text_is_read_or_refused_in_a_sentence(text: str) -> None:
    for read in (axis, lambda text: values(KEY, text)):
        assert len(refusal(read, text)) < 500


@given(st.lists(st.text(string.ascii_letters + ". []=é_-", max_size=70), min_size=1, max_size=4))
def test_spelling_keeps_every_key(keys: list[str]) -> None:
    path = ".".join(f'"{key}"' for key in keys)
    assert segments(spelt(path)) == keys
    assert spelt(spelt(path)) == spelt(path)
