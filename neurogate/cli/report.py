"""`neurogate report`: one HTML page that tells all about a run or a sweep."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

__all__ = ["report"]


def report(path: Annotated[Path, Parameter(name="RUN_OR_SWEEP")], /, *, out: Path | None = None) -> int:
    """Write one HTML page that tells all about a stored run or sweep.

    The page needs no network and nothing beside it. It holds the figures,
    tables that sort, the configuration, what went wrong, and the command that
    makes everything again.

    Try:
      neurogate report runs/what_when-0123456789ab
      neurogate report runs/what_when-sweep-0123456789ab --out gain.html

    Parameters
    ----------
    path
        The folder of a run, as `neurogate run` names it, or of a sweep.
    out
        The file; by default report.html in the folder of a sweep, <RUN>-report.html beside a run.
    """
    from neurogate.runs.report import report as write

    sys.stdout.write(f"{write(path, out)}\n")
    return 0
