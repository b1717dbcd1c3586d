"""What the options of several commands have in common: how they are spelt, and what their help says."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cyclopts import Token

__all__ = ["Name", "RunOptions", "Switch", "Texts", "Whole", "command"]


def _whole(_: object, tokens: Sequence[Token]) -> int:
    """Read a whole number; without this, 2.7 would be rounded."""
    text = tokens[0].value
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text} is not a whole number.") from None


Name = Annotated[str, Parameter(name="NAME_OR_TOML")]
"""A simulation to be run."""

Switch = Annotated[bool, Parameter(negative="", show_default=False)]
"""An option that is given or left out."""

Texts = Annotated[tuple[str, ...], Parameter(negative="", show_default=False)]
"""An option that can be repeated."""

Whole = Annotated[int, Parameter(converter=_whole)]
"""A whole number, which nothing else is taken for."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What is changed in a simulation, and where its runs are kept.

    Parameters
    ----------
    set_
        A setting and its value, as reservoir.n=500; can be repeated. `neurogate config show` lists them.
    quick
        A smaller variant that takes seconds, as the simulation's file defines it.
    backend
        auto, numpy, numba or cuda; the same as --set run.backend=... (see `neurogate doctor`).
    out
        The folder that holds run folders.

    Examples
    --------
    >>> RunOptions(set_=("reservoir.n=500",), backend="numba").changes
    ('reservoir.n=500', 'run.backend=numba')
    """

    set_: Annotated[Texts, Parameter(name="--set")] = ()
    quick: Switch = False
    backend: str | None = None
    out: Path = Path("runs")

    @property
    def changes(self) -> tuple[str, ...]:
        """What is changed, each as it is written after --set."""
        return self.set_ if self.backend is None else (*self.set_, f"run.backend={self.backend}")


def command() -> str:
    """Return the command that is being executed, as a shell takes it.

    Examples
    --------
    >>> command().split()[0]
    'neurogate'
    """
    return shlex.join(["neurogate", *sys.argv[1:]])
