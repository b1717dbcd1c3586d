"""How the documentation is built: `make docs`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import neurogate
from neurogate import units

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

apidoc_modules = [
    {
        "path": "../neurogate",
        "destination": "api",
        "separate_modules": True,
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


class Vocabulary(SphinxDirective):
    """Show one of the tables of `neurogate.units`, so that it is written once."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Turn the mapping into a definition list."""
        table = getattr(units, self.arguments[0])
        entries = (f"``{key}``\n    {meaning}\n" for key, meaning in table.items())
        return self.parse_text_to_nodes("".join(entries))


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("vocabulary", Vocabulary)
