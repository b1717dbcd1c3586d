"""`neurogate config`: show what a simulation is made of, check a file."""

from __future__ import annotations

import shutil
import sys
import textwrap
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

__all__ = ["app", "check", "show"]

app = App(name="config", help="Show every setting of a simulation, or check a file.", help_format="plaintext")


@app.command
def show(
    simulation: Annotated[str, Parameter(name="NAME_OR_TOML")] = "what_when",
    /,
    *,
    set_: Annotated[tuple[str, ...], Parameter(name="--set", negative="", show_default=False)] = (),
    quick: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    toml: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Show every setting of a simulation: its value, what it means, what is allowed.

    Try:
      neurogate config show what_when | less
      neurogate config show what_when --set reservoir.n=500
      neurogate config show what_when --toml > my_own.toml

    Parameters
    ----------
    simulation
        A shipped simulation (see `neurogate list`) or a TOML file.
    set_
        A setting and its value, as reservoir.n=500; can be repeated.
    quick
        The smaller variant.
    toml
        Print TOML instead, to be edited and given to `neurogate run`.
    """
    from neurogate.config.loading import load

    settings = load(simulation, overrides=set_, quick=quick)
    if toml:
        from neurogate.config.structuring import dumps

        sys.stdout.write(dumps(settings))
        return 0
    from neurogate.config.listing import describe

    width = min(shutil.get_terminal_size().columns, 100)
    for row in describe(settings):
        text = textwrap.fill(f"{row.meaning} Must be {row.allowed}.".strip(), width - 4)
        sys.stdout.write(f"{row.key} = {row.value}\n{textwrap.indent(text, '    ')}\n")
    return 0


@app.command
def check(file: Annotated[Path, Parameter(name="FILE")], /) -> int:
    """Check a TOML file and name all its mistakes at once; nothing is run.

    Try:
      neurogate config check my_own.toml

    Parameters
    ----------
    file
        The file. Its `quick` table is checked too.
    """
    from neurogate.config.loading import load
    from neurogate.runs.store import folder_of

    folder = folder_of(load(file), Path("runs"))
    sys.stdout.write(f"{file} is in order; its run will be stored in {folder}.\n")
    return 0
