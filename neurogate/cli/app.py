"""The commands put together, and mistakes in calling them turned into sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cyclopts import App, CycloptsError, Group, UnusedCliTokensError
from cyclopts.exceptions import RepeatArgumentError

import neurogate
from neurogate.cli.bench import bench
from neurogate.cli.config import app as config
from neurogate.cli.doctor import doctor
from neurogate.cli.export import export
from neurogate.cli.gc import gc
from neurogate.cli.index import app as index
from neurogate.cli.listing import list_
from neurogate.cli.plot import plot
from neurogate.cli.report import report
from neurogate.cli.run import run
from neurogate.cli.runs import runs
from neurogate.cli.scanpath import app as scanpath
from neurogate.cli.scanpath import refuse_mistyped
from neurogate.cli.sweep import sweep
from neurogate.cli.tune import tune
from neurogate.cli.verify import verify
from neurogate.errors import RequestError

if TYPE_CHECKING:
    from cyclopts.help import HelpPanel
    from rich.console import Console, ConsoleOptions

__all__ = ["app", "call"]

_OPPOSITES = (("--fail-fast", "--keep-going"), ("--maximise", "--minimise"))
"""Options that set the same thing, which the parser takes for one that is given twice."""


def _flowing(console: Console, options: ConsoleOptions, panel: HelpPanel) -> Any:
    """Show the help of options as wide as the terminal, wherever docstrings break their lines."""
    from cyclopts.help import DefaultFormatter

    for entry in panel.entries:
        text = getattr(entry.description, "primary_renderable", None)
        if text is not None:
            text.plain = " ".join(text.plain.split())
    return DefaultFormatter()(console, options, panel)


app = App(
    name="neurogate",
    version=neurogate.__version__,
    suppress_keyboard_interrupt=False,
    help_format="plaintext",
    group_arguments=Group("Arguments", help_formatter=_flowing),
    group_parameters=Group("Parameters", help_formatter=_flowing),
    help="""Spiking reservoirs that learn what comes, when, and how probably.

    Start with:   neurogate run what_when --quick

    Other things to try:
      neurogate list                    simulations that are ready to run
      neurogate config show what_when   every setting and what it means
      neurogate run what_when --set reservoir.n=500 --seed 3
      neurogate sweep what_when --quick --grid reservoir.gain=0.5,1,2 --seeds 5
      neurogate scanpath photo.jpg      where spiking cells look at a picture
      neurogate runs                    what is stored; see report and verify
      neurogate doctor                  what is installed, what is missing

    Exit codes: 0 done, 1 the run failed or diverged, 2 the request was wrong,
    3 some runs of a sweep, or pairs of scanpaths, failed.
    """,
)
app.command(run)
app.command(sweep)
app.command(tune)
app.command(scanpath)
app.command(list_, name="list")
app.command(config)
app.command(plot)
app.command(report)
app.command(export)
app.command(doctor)
app.command(bench)
app.command(runs)
app.command(verify)
app.command(gc)
app.command(index)


def call(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code.

    Raises
    ------
    RequestError
        If the arguments make no sense, with the nearest right spelling.

    Examples
    --------
    >>> call(["run", "what_when", "--qiuck"])
    Traceback (most recent call last):
        ...
    neurogate.errors.RequestError: Unknown option: --qiuck. Did you mean --quick? See `neurogate --help`.
    """
    if arguments[0:1] == ["scanpath"] and len(arguments) > 1:
        refuse_mistyped(arguments[1])
    try:
        code = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except UnusedCliTokensError as error:
        words = " ".join(error.unused_tokens or ())
        hint = " A setting needs --set before it." if "=" in words else ""
        raise RequestError(f"{words} is not understood here.{hint} See `neurogate --help`.") from None
    except RepeatArgumentError as error:
        twice = next((" and ".join(pair) for pair in _OPPOSITES if {*pair} <= {*arguments}), "")
        said = f"{twice} are opposites; give one of the two." if twice else f"{error}"
        raise RequestError(f"{said} See `neurogate --help`.") from None
    except CycloptsError as error:
        raise RequestError(" ".join(str(error).split()) + " See `neurogate --help`.") from None
    return code if isinstance(code, int) else 0
