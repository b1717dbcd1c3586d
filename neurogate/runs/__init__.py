"""From a configuration to a stored run: execute, store, find again, resume, sweep.

`neurogate.runs.execute` drives a session and stores what comes out, `neurogate.runs.store` knows what
a run folder looks like, `neurogate.runs.checkpoint` keeps an unfinished run. What is simulated is
decided in `neurogate.tasks` and `neurogate.config`; how it is shown, in `neurogate.plotting` and
`neurogate.cli`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neurogate.runs.collection import Collection
    from neurogate.runs.store import Run

__all__ = ["load"]


def load(path: str | os.PathLike[str]) -> Run | Collection:
    """Read a stored run, or the runs of a sweep.

    Parameters
    ----------
    path : str or path
        The folder of a run or of a sweep.

    Returns
    -------
    neurogate.runs.store.Run or neurogate.runs.collection.Collection
        Of a run, every file is checked. Both have a `table`, which goes on to CSV, pandas and xarray; a run
        has `arrays` and `metrics`, a sweep `rows`, `axes` and what is `missing`.

    Raises
    ------
    RequestError
        If `path` is neither, or is damaged.

    Examples
    --------
    >>> load("runs/what_wen-0123456789ab")
    Traceback (most recent call last):
        ...
    neurogate.errors.RequestError: runs/what_wen-0123456789ab is not a folder; give the folder of a run, ...
    """
    from pathlib import Path

    from neurogate.runs import collection, store
    from neurogate.runs.sweep_folder import is_sweep

    folder = Path(path)
    return collection.load_sweep(folder) if is_sweep(folder) else store.load(folder)
