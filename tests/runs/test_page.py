"""The frame of a report keeps its promises whatever is put into it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import neurogate.runs.page as module
from neurogate.runs.page import Section, Spread, code, facts, folded, page, paragraph, table
from tests.runs.markup import Markup

STYLE = Path(module.__file__).with_name("page.css").read_text("utf-8")
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=30)
CELLS = st.one_of(WORDS, st.none(), st.booleans(), st.integers(), st.floats())


def schemes() -> list[dict[str, str]]:
    """Return the colours of the light and the dark page."""
    blocks = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[:2]
    return [dict(re.findall(r"--(\w+): (#\w{6})", block)) for block in blocks]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("ink", ["ink", "quiet", "link", "alert"])
@pytest.mark.parametrize("ground", ["paper", "shade"])
def test_text_stands_out_by_day_and_by_night(ink: str, ground: str) -> None:
    light, dark = schemes()
    assert light != dark
    assert min(contrast(scheme[ink], scheme[ground]) for scheme in (light, dark)) >= 4.5


@given(WORDS, st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=4))
def test_whatever_is_written_is_text_and_the_page_stays_whole(
    word: str, rows: list[list[module.Cell]]
) -> None:
    body = table("t", word, [word, "two"], rows) + facts({word: word}) + folded(word, code(word))
    made = Markup.of(page(word, paragraph(word), [Section(word, body)]))
    assert made.problems() == []
    assert made.count("tr") == len(rows) + 1
    assert made.count("script") == 1


def test_markup_in_a_text_is_no_markup() -> None:
    made = page("<b>x</b>", paragraph("<script>alert(1)</script>"), [])
    assert "<b>" not in made
    assert Markup.of(made).count("script") == 1


def test_a_page_asks_nobody_for_anything() -> None:
    made = page("x", "", [])
    assert "default-src 'none'" in made
    assert not re.findall(r'(?:src|href)="(?!#|data:)', made)
    assert "url(" not in STYLE
    assert "@import" not in STYLE


def test_numbers_are_sorted_by_their_value_and_read_without_exponents() -> None:
    made = table("t", "c", ["n"], [[1234567.0], [1e-5], [Spread(1500.0, 20.0)], [None]], heads=0)
    assert re.findall(r'data-value="([^"]*)">([^<]*)<', made) == [
        ("1234567.0", "1234567"),
        ("1e-05", "1e-05"),
        ("1500.0", "1500 ± 20"),
    ]


def test_a_column_of_numbers_is_marked_as_such() -> None:
    made = table("t", "c", ["rule", "error"], [["force", 1.0], ["delta", None]])
    assert made.count('<th scope="col" class="number"') == 1


def test_every_row_is_named_by_its_first_columns() -> None:
    made = table("t", "c", ["a", "b", "c"], [["x", "y", "z"]], heads=2)
    assert made.count('<th scope="row">') == 2


def test_the_same_content_gives_the_same_text() -> None:
    assert page("a", "", [Section("b", "")]) == page("a", "", [Section("b", "")])
