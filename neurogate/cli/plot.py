"""`neurogate plot`: draw the figures of a stored run again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

__all__ = ["plot"]


def plot(run: Annotated[Path, Parameter(name="RUN")], /, *, out: Path | None = None) -> int:
    """Draw the figures of a stored run again.

    The stored run stays as it is: the figures go into a folder beside it,
    <RUN>-figures, or wherever --out says.

    Try:
      neurogate plot runs/what_when-0123456789ab --out figures

    Parameters
    ----------
    run
        The folder of a run, as `neurogate run` names it.
    out
        The folder for the figures; made if it is not there.
    """
    from neurogate.errors import RequestError
    from neurogate.runs import store

    stored = store.load(run)
    folder = run.with_name(f"{run.resolve().name}-figures") if out is None else out
    if folder.resolve().is_relative_to(run.resolve()):
        raise RequestError(f"--out {folder} lies inside the stored run, which never changes; choose another.")
    arrays = stored.arrays()
    if not arrays:
        raise RequestError(f"{run} has the outcome {stored.outcome} and nothing to draw; see its log.txt.")
    from neurogate.plotting.overview import overview, save

    figure = overview(arrays)
    try:
        written = save(figure, folder, "overview")
    except OSError as error:
        reason = error.strerror or error
        raise RequestError(
            f"The figures cannot be written to {folder}: {reason}. Choose another --out."
        ) from error
    sys.stdout.write("".join(f"{path}\n" for path in written))
    return 0
