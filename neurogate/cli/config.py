"""`neurogate config`: show what a simulation is made of, check a file."""

from __future__ import annotations

import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from neurogate.cli.options import Name, Switch, Texts

if TYPE_CHECKING:
    from collections.abc import Collection

    from neurogate.config.schema import AnySimulation
    from neurogate.config.sweep import Sweep

__all__ = ["app", "check", "show"]

app = App(name="config", help="Show every setting of a simulation, or check a file.", help_format="plaintext")


@app.command
def show(
    simulation: Name = "what_when",
    /,
    *,
    set_: Annotated[Texts, Parameter(name="--set")] = (),
    quick: Switch = False,
    toml: Switch = False,
) -> int:
    """Show every setting of a simulation: its value, what it means, what is allowed.

    If its file has a [sweep] table, that comes last: what `neurogate sweep` varies, or
    where `neurogate tune` searches.

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
    from neurogate.config.loading import read
    from neurogate.config.sweep_table import load_search

    loaded = read(simulation, overrides=set_, quick=quick)
    _, sweep = load_search(simulation)
    write = _toml if toml else _rows
    write(loaded.simulation, sweep, loaded.sweep)
    return 0


def _toml(settings: AnySimulation, sweep: Sweep, given: Collection[str]) -> None:
    from neurogate.config.structuring import dumps, plain

    sys.stdout.write(dumps(settings))
    if given:
        table = {key: value for key, value in plain(sweep).items() if key in given}
        sys.stdout.write("\n" + dumps({"sweep": table}))


def _rows(settings: AnySimulation, sweep: Sweep, given: Collection[str]) -> None:
    from neurogate.config.listing import describe

    for row in describe(settings):
        _row(row.key, row.value, f"{row.meaning} Must be {row.allowed}.")
    for row in describe(sweep):
        if row.key.partition(".")[0] in given:
            _row(f"sweep.{row.key}", row.value, row.meaning)


def _row(key: str, value: str, meaning: str) -> None:
    width = min(shutil.get_terminal_size().columns, 100)
    text = textwrap.fill(meaning.strip(), width - 4)
    sys.stdout.write(f"{key} = {value}\n{textwrap.indent(text, '    ')}\n")


@app.command
def check(file: Annotated[Path, Parameter(name="FILE")], /) -> int:
    """Check a TOML file and name all its mistakes at once; nothing is run.

    Try:
      neurogate config check my_own.toml

    Parameters
    ----------
    file
        The file. Its `quick` table is checked too, and every point and bound of its `sweep` table.
    """
    from neurogate.config.loading import read
    from neurogate.runs.store import folder_of

    loaded = read(file)
    folder = folder_of(loaded.simulation, Path("runs"))
    varied = _varied(file, loaded.sweep)
    sys.stdout.write(f"{file} is in order; its run will be stored in {folder}.{varied}\n")
    return 0


def _varied(file: Path, given: Collection[str]) -> str:
    """Look at every point of a sweep, and every bound of a search; say how many there are."""
    from neurogate.config.sweep import Sweep, points
    from neurogate.config.sweep_table import load_search
    from neurogate.runs.search import check_bounds

    base, sweep = load_search(file)
    found = points(sweep, base) if sweep != Sweep() else ()
    if not sweep.random or "samples" in given:
        return f" Its sweep has {len(found)} points." if found else ""
    check_bounds(sweep, base)
    return f" `neurogate tune` searches {len(sweep.random)} of its settings."
