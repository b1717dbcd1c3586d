"""The frame of a report: one HTML page that needs nothing but itself.

Here live the elements (tables that sort, figures with words, settings, code) and their frame; the style and
the script that go inside it lie beside this module. What a report says is decided in
`neurogate.runs.run_page` and `neurogate.runs.sweep_page`.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from neurogate.plotting.picture import Picture

__all__ = ["Cell", "Section", "Spread", "code", "facts", "figure", "folded", "page", "paragraph", "table"]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


@attrs.frozen
class Spread:
    """A mean with the half width of its interval, for a cell of a table; it sorts by the mean.

    Parameters
    ----------
    mean, half_width : float
        NaN for what is not known.

    Examples
    --------
    >>> str(Spread(18.24, 2.5)), str(Spread(18.24, float("nan")))
    ('18.2 ± 2.5', '18.2')
    """

    mean: float
    half_width: float

    def __str__(self) -> str:
        if math.isnan(self.mean):
            return ""
        half = "" if math.isnan(self.half_width) else f" ± {_digits(self.half_width, 2)}"
        return _digits(self.mean, 3) + half


Cell = str | int | float | bool | None | Spread
"""What a cell of a table may hold."""


@attrs.frozen
class Section:
    """A part of the page.

    Parameters
    ----------
    heading : str
    body : str
        HTML, made of the elements of this module.
    """

    heading: str
    body: str


def page(title: str, lead: str, sections: Sequence[Section]) -> str:
    """Put a page together.

    Parameters
    ----------
    title : str
    lead : str
        HTML that stands before the first section.
    sections : sequence of Section

    Returns
    -------
    str
        The whole file; the same content gives the same text.

    Examples
    --------
    >>> made = page("what_when", paragraph("Done."), [Section("Results", paragraph("Well."))])
    >>> made.startswith("<!DOCTYPE html>"), "<h1>what_when</h1>" in made
    (True, True)
    """
    style, script = (Path(__file__).with_name(f"page.{kind}").read_text("utf-8") for kind in ("css", "js"))
    links = "".join(
        f'<li><a href="#part-{number}">{html.escape(section.heading)}</a></li>'
        for number, section in enumerate(sections, start=1)
    )
    parts = "\n".join(
        f'<section aria-labelledby="part-{number}">\n<h2 id="part-{number}">{html.escape(section.heading)}'
        f"</h2>\n{section.body}\n</section>"
        for number, section in enumerate(sections, start=1)
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        f"<title>{html.escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"<header>\n<h1>{html.escape(title)}</h1>\n{lead}\n</header>\n"
        f'<nav aria-label="Parts of this page"><ul>{links}</ul></nav>\n<main>\n{parts}\n</main>\n'
        f'<p id="said" role="status" class="unseen"></p>\n<script>\n{script}</script>\n</body>\n</html>\n'
    )


def paragraph(text: str, *, alert: bool = False) -> str:
    """Write a paragraph.

    Examples
    --------
    >>> print(paragraph("r < 0.5"), paragraph("Diverged.", alert=True))
    <p>r &lt; 0.5</p> <p class="alert">Diverged.</p>
    """
    kind = ' class="alert"' if alert else ""
    return f"<p{kind}>{html.escape(text)}</p>"


def facts(known: Mapping[str, str]) -> str:
    """Write names and what is known of them.

    Examples
    --------
    >>> print(facts({"Outcome": "done"}))
    <dl><div><dt>Outcome</dt><dd>done</dd></div></dl>
    """
    pairs = (
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>"
        for name, value in known.items()
    )
    return f"<dl>{''.join(pairs)}</dl>"


def code(text: str) -> str:
    """Write what is to be typed, or was printed.

    Examples
    --------
    >>> print(code("neurogate run what_when"))
    <pre tabindex="0"><code>neurogate run what_when</code></pre>
    """
    return f'<pre tabindex="0"><code>{html.escape(text)}</code></pre>'


def folded(summary: str, body: str) -> str:
    """Fold HTML away behind a line that opens it; on paper it is open.

    Examples
    --------
    >>> print(folded("More", "<p>all</p>"))
    <details><summary>More</summary><p>all</p></details>
    """
    return f"<details><summary>{html.escape(summary)}</summary>{body}</details>"


def figure(picture: Picture, name: str) -> str:
    """Write a picture under its title, with its description below it.

    The words stand inside the picture too, where screen readers look; so they are kept from hearing the
    description twice.

    Parameters
    ----------
    picture : Picture
    name : str
        A name of its own on the page.
    """
    from neurogate.plotting.picture import inline_svg

    title, words = html.escape(picture.title), html.escape(picture.description)
    caption = f'<figcaption aria-hidden="true">{words}</figcaption>'
    return f"<figure>\n<h3>{title}</h3>\n{inline_svg(picture, name)}\n{caption}\n</figure>"


def table(
    name: str, caption: str, headers: Sequence[str], rows: Iterable[Sequence[Cell]], *, heads: int = 1
) -> str:
    """Write a table that sorts by a column when its header is pressed.

    Parameters
    ----------
    name : str
        A name of its own on the page.
    caption : str
        What the table shows.
    headers : sequence of str
        Of the columns.
    rows : iterable of sequence of Cell
    heads : int
        How many columns, the first ones, name the row.

    Examples
    --------
    >>> made = table("t", "Errors", ["rule", "error (ms)"], [["force", 121.0]])
    >>> '<th scope="row">force</th><td class="number" data-value="121.0">121</td>' in made
    True
    """
    body = list(rows)
    columns = [[row[i] for row in body] for i in range(len(headers))]
    head = "".join(_header(header, column) for header, column in zip(headers, columns, strict=True))
    lines = "\n".join(
        f"<tr>{''.join(_cell(cell, head=i < heads) for i, cell in enumerate(row))}</tr>" for row in body
    )
    return (
        f'<div class="scroll" role="region" aria-labelledby="{name}-caption" tabindex="0">\n'
        f'<table id="{name}">\n<caption id="{name}-caption">{html.escape(caption)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}\n</tbody>\n</table>\n</div>"
    )


def _header(name: str, column: Sequence[Cell]) -> str:
    number = ' class="number"' if any(_value(cell) is not None for cell in column) else ""
    return f'<th scope="col"{number} aria-sort="none"><button type="button">{_broken(name)}</button></th>'


def _cell(cell: Cell, *, head: bool) -> str:
    tag, scope = ("th", ' scope="row"') if head else ("td", "")
    value = _value(cell)
    number = "" if value is None else f' class="number" data-value="{value!r}"'
    text = _broken(cell) if isinstance(cell, str) else html.escape(_text(cell))
    return f"<{tag}{scope}{number}>{text}</{tag}>"


def _broken(text: str) -> str:
    """Let a key path or the name of a folder go on in another line where the column is narrow."""
    return re.sub(r"(?<=[a-z\d][._-])(?=[a-z\d])", "<wbr>", html.escape(text))


def _value(cell: Cell) -> float | int | None:
    """Return the number by which a cell sorts, if it holds one."""
    value = cell.mean if isinstance(cell, Spread) else cell
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    return _digits(cell, 4) if isinstance(cell, float) else str(cell)


def _digits(number: float, digits: int) -> str:
    """Write a number without an exponent where it can be read without."""
    if math.isnan(number):
        return ""
    return f"{number:.0f}" if 10 ** (digits - 1) <= abs(number) < 10**7 else f"{number:.{digits}g}"
