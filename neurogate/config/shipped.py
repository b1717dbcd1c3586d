"""The simulations that come with neurogate.

Here live their names, descriptions and files. The files themselves are TOML and lie in ``sims/`` of the
checkout, which an installed wheel holds as ``neurogate/_sims``.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path

import neurogate

__all__ = ["descriptions", "folder", "names"]


def folder() -> Path:
    """Return the folder of the shipped TOML files."""
    installed = Path(str(resources.files("neurogate") / "_sims"))
    return installed if installed.is_dir() else Path(neurogate.__file__).parents[1] / "sims"


def names() -> tuple[str, ...]:
    """List the names that `load` knows, sorted.

    Examples
    --------
    >>> "what_when" in names()
    True
    """
    return tuple(sorted(path.stem for path in folder().glob("*.toml")))


def descriptions() -> dict[str, str]:
    """Return what each shipped simulation says of itself, by name.

    Examples
    --------
    >>> sorted(descriptions()) == list(names())
    True
    """
    texts = {name: (folder() / f"{name}.toml").read_text("utf-8") for name in names()}
    return {name: str(tomllib.loads(text).get("description", "")) for name, text in texts.items()}
