"""How the documentation is built: `make docs`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import neurogate
from neurogate import units
from neurogate.attention.catalogue import CATALOGUE, agreement

project = "neurogate"
author = "neurogate developers"
copyright = "2026, neurogate developers"
release = version = neurogate.__version__

extensions = [
    "sphinx.ext.apidoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"neurogate {release}"
html_static_path = ["static"]
html_css_files = ["page.css"]

apidoc_modules = [
    {
        "path": "../neurogate",
        "destination": "api",
        "separate_modules": False,
        "module_first": True,
        "exclude_patterns": ["**/__main__.py"],
        "automodule_options": {"members", "show-inheritance"},
    }
]
# A name is documented where it is defined, not again where a package's face repeats it.
autodoc_default_options = {"ignore-module-all": True}
autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
# Types are written for people: a name in them may be that of several classes.
napoleon_use_param = False


def listed(rows: Iterable[Sequence[str]], title: str = "", widths: str = "auto") -> str:
    """Write a table, whose first row is its head."""
    lines = [f".. list-table:: {title}", "   :header-rows: 1", f"   :widths: {widths}", ""]
    for row in rows:
        lines += [f"   {' ' if place else '*'} - {cell}" for place, cell in enumerate(row)]
    return "\n".join(lines) + "\n"


class Vocabulary(SphinxDirective):
    """Show one of the tables of `neurogate.units`, so that it is written once."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Turn the mapping into a definition list."""
        table = getattr(units, self.arguments[0])
        entries = (f"``{key}``\n    {meaning}\n" for key, meaning in table.items())
        return self.parse_text_to_nodes("".join(entries))


class Gates(SphinxDirective):
    """Show the catalogue of gated layers, with their agreement with stored arrays, and then the papers."""

    def run(self) -> list[nodes.Node]:
        """Turn each gate, and each paper, into a row."""
        errors = agreement()
        rows = [["gate", "no.", "gates", "cost", "forward", "backward"]]
        for gate in CATALOGUE:
            near = [f"{error:.0e}".replace("nan", "–") for error in errors.get(gate.name, ())] or ["–", "–"]
            rows.append([f"``{gate.name}``", gate.section, gate.kind, gate.cost, *near])
        papers = dict.fromkeys((gate.section, f"{gate.paper} ({gate.year})") for gate in CATALOGUE)
        return self.parse_text_to_nodes(f"{listed(rows)}\n{listed([['no.', 'paper'], *papers])}")


class Claims(SphinxDirective):
    """Show the tables of claims that an experiment wrote: one for each of its groups."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Turn each claim into a row, and say when and how those of a group were judged."""
        path = Path(__file__).parent / self.arguments[0]
        self.env.note_dependency(str(path))
        stored = json.loads(path.read_text("utf-8"))
        about = stored["machine"]
        head = ("claim, and what it hinges on", "measured", "rivals", "verdict, and what was asked")
        tables = []
        for name, claims in groupby(stored["rows"], itemgetter("group")):
            rows = list(claims)
            asked = f"``--claim {name} --seeds {rows[0]['seeds']}``"
            how = f"{rows[0]['date']}, {about['cores']} cores of an {about['cpu']}: {asked}"
            cells = [head, *(self._cells(claim) for claim in rows)]
            tables.append(listed(cells, f"{self._plain(name).capitalize()}. {how}", "30 14 40 16"))
        return self.parse_text_to_nodes("\n".join(tables))

    def _cells(self, claim: dict[str, Any]) -> tuple[str, ...]:
        rivals = [f"{name} {self._number(found)}" for name, found in claim["baselines"].items()]
        rivals += [f"chance {self._number(claim['null'])}"] if claim["null"] else []
        measured = f"{self._plain(claim['measure'])}: {self._number(claim)}"
        said = f"{self._plain(claim['claim'])} *{self._plain(claim['hinges_on'])}*"
        judged = f"**{claim['verdict']}** {self._plain(claim.get('asked', ''))}".strip()
        return said, measured, self._plain("; ".join(rivals)) or "none", judged

    def _plain(self, text: str) -> str:
        return text.replace("|", "\\|").replace("*", "\\*").replace("_", " ")

    def _number(self, found: dict[str, float]) -> str:
        return f"{found['value']:.3g} ± {found['interval']:.2g}"


class Gaze(SphinxDirective):
    """Show a part of what an experiment found on models of gaze: rows, differences, or their spread."""

    required_arguments = 2
    measures = ("direction", "position", "duration", "nss", "scanmatch")

    def run(self) -> list[nodes.Node]:
        """Turn each model into a row."""
        path = Path(__file__).parent / self.arguments[0]
        self.env.note_dependency(str(path))
        stored = json.loads(path.read_text("utf-8"))
        about = stored["machine"]
        rows = getattr(self, f"_{self.arguments[1]}")(stored)
        return self.parse_text_to_nodes(listed(rows, f"{about['date']}: ``{about['command']}``"))

    def _rows(self, stored: Any) -> Iterator[Sequence[str]]:
        yield "model", *self.measures
        for name, row in stored["rows"].items():
            yield self._named(name), *(self._number(row[measure], "") for measure in self.measures)

    def _differences(self, stored: Any) -> Iterator[Sequence[str]]:
        yield "model", "minus", *self.measures
        for row in stored["differences"]:
            names = self._named(row["row"]), self._named(row["minus"])
            yield *names, *(self._number(row[measure], "+") for measure in self.measures)

    def _spread(self, stored: Any) -> Iterator[Sequence[str]]:
        yield "model", "durations (s)", "amplitudes (px)", "fixations"
        for name, row in stored["spread"].items():
            kinds = (" / ".join(f"{value:g}" for value in row[key]) for key in ("duration_s", "amplitude_px"))
            yield self._named(name), *kinds, f"{row['fixations']:.1f}"

    def _named(self, name: str) -> str:
        return name.replace("_", " ")

    def _number(self, found: Sequence[float], sign: str) -> str:
        mean, low, high = (f"{value:{sign}.3f}".replace("0.", ".") for value in found)
        apart = sign and (found[1] > 0 or found[2] < 0)
        return f"{'**' if apart else ''}{mean}{'**' if apart else ''} ({low} to {high})"


def as_written(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    """Keep Sphinx from looking for what the letters of a shape, as in (k, n), may be called elsewhere.

    Of two names with one meaning, it would take the first for the type of the second.
    """
    for place, line in enumerate(lines):
        head, colon, text = line.partition(": ")
        if not head.startswith((":ivar ", ":vartype ")):
            continue
        literal = bool(set(text) & set("*`|\\"))
        text = f"*{text}*" if head.startswith(":vartype ") and not literal else text
        lines[place] = head.replace(", ", ",\\ ") + colon + text


def setup(app: Sphinx) -> None:
    """Register the directives, and what is done to docstrings after numpydoc's sections were read."""
    app.connect("autodoc-process-docstring", as_written, priority=900)
    app.add_directive("vocabulary", Vocabulary)
    app.add_directive("claims", Claims)
    app.add_directive("gates", Gates)
    app.add_directive("gaze", Gaze)
