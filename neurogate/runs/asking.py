"""What every experiment over seeds may be asked on its command line, and how a mistake ends it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from neurogate.backends.allotment import cores
from neurogate.errors import NeurogateError

__all__ = ["answer", "ask", "count", "reader"]


def reader(
    doc: str | None,
    seeds: int,
    quick_seeds: int,
    *,
    first_seed: int = 1,
    least_seeds: int = 2,
    out: str = "runs",
    stored: str = "the results",
    jobs: bool = True,
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
    least_seeds : int
        How few there may be; an interval needs two.
    out : str
        The usual folder.
    stored : str
        What ``--json`` prints; if empty, there is no such option.
    jobs : bool
        Whether several processes may share the work.

    Examples
    --------
    >>> ask(reader("Measure.", 20, 2), ["--quick"]).seeds
    2
    """
    parser = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    parser.set_defaults(usual={})
    count(parser, "seeds", seeds, quick_seeds, f"seeds, counted from {first_seed}", least=least_seeds)
    parser.add_argument("--quick", action="store_true", help="less of everything, to see that it runs")
    if jobs:
        count(parser, "jobs", cores(), cores(), "processes")
    parser.add_argument("--out", type=Path, default=out, metavar="DIR", help=f"folder (default: {out})")
    if stored:
        parser.add_argument("--json", action="store_true", help=f"print {stored} as JSON")
    return parser


def count(
    parser: argparse.ArgumentParser, name: str, usual: int, quick: int, words: str, *, least: int = 1
) -> None:
    """Let a number be asked for.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Of `reader`.
    name : str
        Of the option, without dashes.
    usual, quick : int
        What it is if nothing is asked, and with ``--quick``.
    words : str
        What it counts, for the help.
    least : int
        The smallest that makes sense.

    Examples
    --------
    >>> parser = reader("Measure.", 20, 2)
    >>> count(parser, "neurons", 1000, 300, "of each network")
    >>> ask(parser, []).neurons, ask(parser, ["--quick"]).neurons, ask(parser, ["--neurons", "50"]).neurons
    (1000, 300, 50)
    """
    default = f"{usual}" if usual == quick else f"{usual}, quick {quick}"
    parser.add_argument(f"--{name}", type=int, metavar="N", help=f"{words} (default: {default})")
    parser.get_default("usual")[name] = (usual, quick, least)


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
        ``seeds`` and every other `count` are there.

    Examples
    --------
    >>> ask(reader("Measure.", 20, 2), ["--seeds", "3"]).seeds
    3
    """
    asked = parser.parse_args(arguments)
    for name, (usual, quick, least) in asked.usual.items():
        given = getattr(asked, name)
        value = (quick if asked.quick else usual) if given is None else given
        if value < least:
            need = "an interval needs" if least > 1 else "it must be"
            parser.error(f"--{name} is {value}; {need} at least {least}.")
        setattr(asked, name, value)
    there = next(place for place in (asked.out, *asked.out.absolute().parents) if place.exists())
    if not there.is_dir():
        parser.error(f"--out is {asked.out}, but {there} is no folder; name another.")
    return asked


def answer(
    parser: argparse.ArgumentParser,
    work: Callable[[argparse.Namespace], None],
    arguments: Sequence[str] | None = None,
) -> None:
    """Read the command line and do the work; what goes wrong on purpose, or on the disk, ends in a sentence.

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
    except OSError as error:  # a folder that cannot be made, a full disk
        parser.exit(1, f"{error.filename}: {error.strerror}.\n" if error.strerror else f"{error}\n")
