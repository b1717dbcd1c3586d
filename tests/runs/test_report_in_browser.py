"""A report in a real browser: quiet, sortable by mouse and keyboard, heard, printed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest

from neurogate.runs.report import report
from tests.runs.browser import ENTER, SPACE, TAB, Browser, browser, missing
from tests.runs.reports import drawn_run, sweep_folder

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

HEADERS = "table#runs thead th"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    out = tmp_path_factory.mktemp("runs")
    return {"run": report(drawn_run(out).path), "sweep": report(sweep_folder(out))}


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture
def sweep(window: Browser, pages: dict[str, Path]) -> Browser:
    window.open(pages["sweep"])
    return window


def column(window: Browser, number: int) -> list[str]:
    """Return the text of a column of the table of all runs, from top to bottom."""
    script = (
        f"return [...document.querySelectorAll('#runs tbody tr')].map(row => row.cells[{number}].textContent)"
    )
    read: list[str] = window.run(script)
    return read


def order(window: Browser) -> list[str]:
    """Return how each column says it is sorted."""
    read: list[str] = window.run(
        f"return [...document.querySelectorAll('{HEADERS}')].map(header => header.getAttribute('aria-sort'))"
    )
    return read


def place(window: Browser, header: str) -> int:
    """Return the number of the column with this header."""
    return int(
        window.run(
            f"return [...document.querySelectorAll('{HEADERS}')].findIndex(h => h.textContent === '{header}')"
        )
    )


@pytest.mark.parametrize("name", ["run", "sweep"])
def test_it_opens_without_a_word_in_the_console_and_asks_for_nothing_but_itself(
    window: Browser, pages: dict[str, Path], name: str
) -> None:
    window.open(Path(pages[name]).parent)  # leaves what earlier pages logged behind
    window.log("browser")
    window.requests()
    window.open(pages[name])
    assert window.log("browser") == []
    asked = [address for address in window.requests() if not address.startswith("data:")]
    assert asked == [pages[name].resolve().as_uri()]


@pytest.mark.parametrize("header", ["timing error (ms)", "probability MAE"])
def test_a_click_on_a_header_sorts_by_numbers_and_a_second_one_the_other_way(
    sweep: Browser, header: str
) -> None:
    number = place(sweep, header)
    before = column(sweep, number)
    numbers = sorted(float(cell) for cell in before if cell)
    empty = [""] * (len(before) - len(numbers))
    assert empty
    for direction, expected in (("ascending", numbers), ("descending", numbers[::-1])):
        sweep.click(f"{HEADERS}:nth-child({number + 1}) button")
        shown = column(sweep, number)
        assert [float(cell) for cell in shown if cell] == expected
        assert shown[len(numbers) :] == empty  # runs without a number stay last
        assert order(sweep)[number] == direction
        assert order(sweep).count("none") == len(order(sweep)) - 1
        assert sweep.run("return document.getElementById('said').textContent") == (
            f"Sorted by {header}, {direction}."
        )


def test_rows_stay_whole_when_they_are_sorted(sweep: Browser) -> None:
    script = "return [...document.querySelectorAll('#runs tbody tr')].map(row => row.textContent)"
    before = sweep.run(script)
    sweep.click(f"{HEADERS}:nth-child(3) button")
    assert sorted(sweep.run(script)) == sorted(before)
    assert sweep.run(script) != before


def test_the_keyboard_reaches_every_header_and_sorts(sweep: Browser) -> None:
    sweep.run("document.querySelector('.scroll:has(#runs)').focus()")
    for number in (0, 1):
        sweep.press(TAB)
        focus = "return document.activeElement.closest('th')?.cellIndex"
        assert sweep.run(focus) == number
    sweep.press(ENTER)
    assert order(sweep)[1] == "ascending"
    sweep.press(SPACE)
    assert order(sweep)[1] == "descending"
    assert column(sweep, 1)[0] == "3"
    shown = sweep.run("return getComputedStyle(document.activeElement).outlineStyle")
    assert shown == "solid"


@pytest.mark.parametrize("name", ["run", "sweep"])
def test_every_picture_and_table_is_heard_by_its_name(
    window: Browser, pages: dict[str, Path], name: str
) -> None:
    window.open(pages[name])
    nodes = window.tell("Accessibility.getFullAXTree")["nodes"]
    heard = [node for node in nodes if not node.get("ignored")]

    def names(*roles: str) -> list[str]:
        return [node["name"]["value"] for node in heard if node["role"]["value"] in roles]

    pictures = names("image", "img", "graphics-document", "SvgRoot")
    count = window.run("return document.querySelectorAll('svg, img').length")
    assert len([words for words in pictures if len(words) > 20]) == count
    tables = window.run("return document.querySelectorAll('table').length")
    folded = window.run("return document.querySelectorAll('details:not([open]) table').length")
    assert len(names("table")) == tables - folded
    assert all(names("table"))
    assert all(names("button"))


def test_it_follows_the_colours_that_the_reader_prefers(sweep: Browser) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        media = [{"name": "prefers-color-scheme", "value": scheme}]
        sweep.tell("Emulation.setEmulatedMedia", features=media)
        grounds.append(sweep.run("return getComputedStyle(document.body).backgroundColor"))
    sweep.tell("Emulation.setEmulatedMedia", features=[])
    assert grounds == ["rgb(255, 255, 255)", "rgb(21, 24, 28)"]


def test_on_paper_it_is_dark_on_white_and_captions_are_smaller_than_the_text(sweep: Browser) -> None:
    features = [{"name": "prefers-color-scheme", "value": "dark"}]
    sweep.tell("Emulation.setEmulatedMedia", media="print", features=features)
    style = "getComputedStyle(document.{})"
    page, caption = style.format("body"), style.format("querySelector('figcaption')")
    colours = sweep.run(f"return [{page}.backgroundColor, {page}.color]")
    sizes = sweep.run(f"return [{caption}, {page}].map(style => parseFloat(style.fontSize))")
    sweep.tell("Emulation.setEmulatedMedia", media="", features=[])
    assert colours == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
    assert sizes[0] < sizes[1] < 13.4  # ten points


def test_nothing_sticks_out_of_a_narrow_window(sweep: Browser) -> None:
    sweep.tell("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=1, mobile=False)
    width = sweep.run("return document.documentElement.scrollWidth")
    sweep.tell("Emulation.clearDeviceMetricsOverride")
    assert width <= 360


def test_on_paper_every_page_of_a_table_has_its_header_and_nothing_is_folded_away(sweep: Browser) -> None:
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(sweep.pdf())).pages]
    settings = [text for text in pages if "reservoir.recurrent." in text or "task.timeline." in text]
    assert len(settings) > 1  # a long table, folded away on the screen
    assert all("meaning" in text for text in settings)
    assert any("timing" in text and "outcome" in text and "missing" in text for text in pages)
    assert sweep.run("return document.querySelectorAll('details[open]').length") == 0
