"""`neurogate export`: a stored run as a file that other programs read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from neurogate.cli.options import Whole
from neurogate.errors import RequestError

__all__ = ["export"]


def export(path: Annotated[Path, Parameter(name="RUN")], /, *, nwb: Path, replica: Whole = 0) -> int:
    r"""Write what a stored run has recorded as a file that other programs read.

    A file of Neurodata Without Borders holds spikes, trials, readouts and what
    else was recorded, with the configuration as metadata. The run must have
    recorded spikes.

    Try:
      neurogate run what_when --quick --set record.trials=all \
      --set 'record.variables=["spikes", "when", "what"]'
      neurogate export runs/what_when-0123456789ab --nwb what_when.nwb

    Parameters
    ----------
    path
        The folder of a run, as `neurogate run` names it.
    nwb
        The new file, whose name ends in .nwb.
    replica
        Which network of the run, counted from 0.
    """
    from neurogate.runs.store import load
    from neurogate.runs.sweep_folder import is_sweep

    if is_sweep(path):
        raise RequestError(f"{path} is a sweep; name one of its runs, which lie beside it.")
    run = load(path)
    from neurogate.runs.nwb import export as write

    write(run, nwb, replica=replica)
    sys.stdout.write(f"{nwb}\n")
    return 0
