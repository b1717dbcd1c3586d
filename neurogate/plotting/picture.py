"""A figure with the words that stand for it where it cannot be seen.

Here live that pair and its form inside a web page: SVG with a title and a description, whose names
collide with those of no other figure on the page.
"""

from __future__ import annotations

import html
import io
import re
from pathlib import Path
from textwrap import fill

import attrs
import matplotlib as mpl
from matplotlib.figure import Figure

from neurogate.plotting.style import GREY, STYLE

__all__ = ["ENDINGS", "Picture", "inline_svg", "remark", "save", "settled"]

ENDINGS = (".png", ".pdf", ".svg")
"""Of the files that a picture can be written to."""

_DPI = 150.0
_LETTERS_PER_INCH = 20
_DIGITS = re.compile(r"(\.\d\d)\d+")
_PIXELS_PER_INCH = 150


@attrs.frozen(eq=False)
class Picture:
    """A figure, what it is, and what it shows.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    title : str
        What it is, in a few words.
    description : str
        What it shows, in sentences, for whoever does not see it.
    """

    figure: Figure
    title: str
    description: str


def settled(made: Figure) -> Figure:
    """Lay a figure out once and for all; the layout drifts with every drawing, and files would differ.

    Examples
    --------
    >>> from neurogate.plotting.style import figure
    >>> settled(made := figure(20.0, 10.0)) is made
    True
    """
    with mpl.rc_context({**STYLE, "figure.autolayout": False, "figure.constrained_layout.use": False}):
        if made.axes and (engine := made.get_layout_engine()) is not None:
            engine.execute(made)
        made.set_layout_engine(None)  # with "none" it would be drawn once more before it is written
    return made


def remark(made: Figure, text: str) -> None:
    """Write a line in small print below a figure that is yet to be laid out.

    Examples
    --------
    >>> from neurogate.plotting.style import figure
    >>> made = figure(88.0, 20.0)
    >>> remark(made, "mean over 3 seeds")
    >>> made.get_supxlabel()
    'mean over 3 seeds'
    """
    wrapped = fill(text, int(made.get_figwidth() * _LETTERS_PER_INCH))
    made.supxlabel(wrapped, fontsize=6, x=0.995, ha="right", color=GREY)


def save(picture: Picture, file: Path) -> None:
    """Lay a picture out and write it as PNG (300 dpi), PDF or SVG; the same picture gives the same bytes.

    Parameters
    ----------
    picture : Picture
    file : pathlib.Path
        Ends in one of `ENDINGS`; an SVG holds the words too.

    Examples
    --------
    >>> import tempfile
    >>> from neurogate.plotting.style import figure
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(Picture(figure(20.0, 10.0), "Empty", "Nothing."), Path(folder) / "empty.svg")
    ...     "<title" in (Path(folder) / "empty.svg").read_text()
    True
    """
    settled(picture.figure)
    if file.suffix.lower() == ".svg":
        file.write_text('<?xml version="1.0" encoding="utf-8"?>\n' + inline_svg(picture, "picture"), "utf-8")
        return
    nothing = {".png": ("Software",), ".pdf": ("CreationDate", "Creator", "Producer")}[file.suffix.lower()]
    with mpl.rc_context(STYLE):
        picture.figure.savefig(file, dpi=300, metadata=dict.fromkeys(nothing))


def inline_svg(picture: Picture, name: str) -> str:
    """Write a picture as an ``svg`` element for a web page.

    Parameters
    ----------
    picture : Picture
    name : str
        A name of its own on the page: letters, digits and dashes. Every id begins with it.

    Returns
    -------
    str
        The element, with title and description; the same picture gives the same text.

    Examples
    --------
    >>> from neurogate.plotting.style import figure
    >>> text = inline_svg(Picture(figure(20.0, 10.0), "Empty", "Nothing is drawn."), "empty")
    >>> text.startswith("<svg"), '<desc id="empty-desc">Nothing is drawn.</desc>' in text
    (True, True)
    """
    file = io.StringIO()
    with mpl.rc_context(STYLE):
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        picture.figure.savefig(file, format="svg", dpi=_DPI, metadata=nothing)
    _, _, body = file.getvalue().partition("<svg ")
    attributes, _, inside = body.partition(">")
    view = re.search(r'viewBox="[^"]*"', attributes)
    width = picture.figure.get_figwidth() * _PIXELS_PER_INCH
    words = f'<title id="{name}-title">{html.escape(picture.title)}</title>'
    words += f'<desc id="{name}-desc">{html.escape(picture.description)}</desc>'
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'{view[0] if view else ""} width="{width:.0f}" id="{name}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc">'
    )
    return f"{opening}\n{words}\n{_own(inside, name)}"


def _own(text: str, name: str) -> str:
    """Put the name before every id and style of an SVG; leave out needless digits and the file's own data."""
    text = re.sub(r' d="[^"]*"', lambda path: _DIGITS.sub(r"\1", path[0]), text)
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'(xlink:href="|url\()#', rf"\1#{name}-", text)
    return text.replace('<style type="text/css">*{', f'<style type="text/css">#{name} *{{')
