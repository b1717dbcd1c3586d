"""Reading HTML strictly: what is nested wrongly, named twice, or cannot be heard."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import NamedTuple

_ALONE = {"meta", "link", "br", "hr", "img", "input", "wbr"}
_NAMING = ("aria-labelledby", "aria-describedby", "for", "headers")


class Tag(NamedTuple):
    """An element: its name, its attributes and the elements around it."""

    name: str
    attributes: dict[str, str]
    around: tuple[str, ...]


class Markup(HTMLParser):
    """A page, read to its end."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[Tag] = []
        self.open: list[str] = []
        self.misnested: list[str] = []

    @classmethod
    def of(cls, text: str) -> Markup:
        """Read a page."""
        made = cls()
        made.feed(text)
        made.close()
        return made

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(Tag(tag, {name: value or "" for name, value in attrs}, tuple(self.open)))
        if tag not in _ALONE:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(Tag(tag, {name: value or "" for name, value in attrs}, tuple(self.open)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.misnested.append(tag)
        else:
            self.open.pop()

    def count(self, name: str) -> int:
        """Return how many elements have this name."""
        return sum(tag.name == name for tag in self.tags)

    def problems(self) -> list[str]:
        """Say what is wrong, one line for each."""
        return list(self._problems())

    def _problems(self) -> Iterator[str]:
        yield from (f"{tag} ends where it is not open" for tag in self.misnested)
        yield from (f"{tag} is not closed" for tag in self.open)
        names = Counter(tag.attributes["id"] for tag in self.tags if "id" in tag.attributes)
        yield from (f"{count} elements are called {name}" for name, count in names.items() if count > 1)
        for tag in self.tags:
            told = (name for key in _NAMING for name in tag.attributes.get(key, "").split())
            yield from (
                f"{tag.name} is named by {name}, which is not there" for name in told if name not in names
            )
            if tag.name == "img" and not tag.attributes.get("alt"):
                yield "an img has no alt"
            heard = tag.attributes.get("role") == "img" and "aria-labelledby" in tag.attributes
            if tag.name == "svg" and not heard:
                yield "an svg has no name"
        yield from self._headings()

    def _headings(self) -> Iterator[str]:
        levels = [int(tag.name[1]) for tag in self.tags if tag.name in ("h1", "h2", "h3", "h4")]
        if levels.count(1) != 1 or levels[:1] != [1]:
            yield f"the levels of headings are {levels}; there must be one h1, which comes first"
        for before, after in itertools.pairwise(levels):
            if after > before + 1:
                yield f"h{after} follows h{before}"
