"""What every experiment over seeds may be asked on its command line, and how a mistake ends it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from neurogate.errors import NeurogateError

__all__ = ["answer", "ask", "reader"]


def reader(
    doc: str | None, seeds: int, quick_seeds: int, *, first_seed: int = 1, stored: str = "the results"
) -> argparse.ArgumentParser:
    """Return a reader of ``--seeds --quick --jobs --out --json``, to which an experiment may add its own.

    Parameters
    ----------
    doc : str
        Of the experiment's module; its first line says what it does.
    seeds, quick_seeds : int
        How many, if nothing is asked.
    first_seed : int
        From where they are counted.
    stored : str
        What ``--json`` prints.

    Examples
    --------
    >>> ask(reader("Measure.", 20, 2), ["--quick"]).seeds
    2
    """
    parser = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    words = f"seeds, counted from {first_seed} (default: {seeds}, quick {quick_seeds})"
    parser.add_argument("--seeds", type=int, metavar="N", help=words)
    parser.add_argument("--quick", action="store_true", help="less of everything, to see that it runs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes")
    parser.add_argument("--out", type=Path, default="runs", metavar="DIR", help="folder (default: runs)")
    parser.add_argument("--json", action="store_true", help=f"print {stored} as JSON")
    parser.set_defaults(usual=(seeds, quick_seeds))
    return parser


def ask(parser: argparse.ArgumentParser, arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; a mistake is a sentence and exit code 2.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Of `reader`.
    arguments : sequence of str, optional
        In place of those that the script was given.

    Returns
    -------
    argparse.Namespace
        ``seeds`` is a number.

    Examples
    --------
    >>> ask(reader("Measure.", 20, 2), ["--seeds", "3"]).seeds
    3
    """
    asked = parser.parse_args(arguments)
    if asked.seeds is None:
        asked.seeds = asked.usual[asked.quick]
    if asked.seeds < 2:
        parser.error(f"--seeds is {asked.seeds}; an interval needs at least 2.")
    if asked.jobs < 1:
        parser.error(f"--jobs is {asked.jobs}; it must be at least 1.")
    return asked


def answer(
    parser: argparse.ArgumentParser,
    work: Callable[[argparse.Namespace], None],
    arguments: Sequence[str] | None = None,
) -> None:
    """Read the command line and do the work; what goes wrong on purpose ends in its sentence.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Of `reader`.
    work : callable
        Takes what was asked.
    arguments : sequence of str, optional
        In place of those that the script was given.

    Examples
    --------
    >>> answer(reader("Measure.", 20, 2), lambda asked: print(asked.out), ["--out", "here"])
    here
    """
    asked = ask(parser, arguments)
    try:
        work(asked)
    except NeurogateError as error:
        parser.exit(error.exit_code, f"{error}\n")
