"""Which backends there are, what each lacks, and which one to use.

A backend is a module with the functions named in `FUNCTIONS`. It is imported only when it is chosen, so
asking costs nothing.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
from types import ModuleType

import attrs

from ..errors import RequestError

__all__ = ["FUNCTIONS", "BackendInfo", "choose", "describe"]

FUNCTIONS = ("run_reservoir", "high_pass", "readout", "normalised_delta", "recursive_least_squares")
"""What every backend offers, with the signatures of `numpy_reference`."""

_MODULES = {"numba": ("numba_cpu", "numba"), "numpy": ("numpy_reference", "numpy")}
_log = logging.getLogger("neurogate")


@attrs.frozen
class BackendInfo:
    """One row of the list of backends.

    Parameters
    ----------
    name : str
    available : bool
    reason : str
        Why it can or cannot be used here.
    install : str
        What to type to get it, empty if nothing is missing.
    """

    name: str
    available: bool
    reason: str
    install: str = ""


def describe() -> list[BackendInfo]:
    """List every backend, whether it can run here, and what it lacks.

    Examples
    --------
    >>> [row.name for row in describe()]
    ['numba', 'numpy', 'cuda']
    """
    rows = []
    for name, (_, library) in _MODULES.items():
        there = importlib.util.find_spec(library) is not None
        reason = "the reference, slow" if name == "numpy" else "compiled for this CPU"
        missing = f"the library {library} is not installed"
        install = "" if there else f"pip install {library}"
        rows.append(BackendInfo(name, there, reason if there else missing, install))
    reason = "this release of neurogate holds no CUDA kernels yet"
    return [*rows, BackendInfo("cuda", False, reason, "use numba; a later release will run on GPUs")]


def choose(name: str = "auto") -> tuple[ModuleType, str]:
    """Return the backend's module and the backend's name.

    Parameters
    ----------
    name : str
        "numba", "numpy", "cuda", or "auto": the first that is available, with a log line saying which.

    Raises
    ------
    RequestError
        If the backend is unknown or cannot run here; the message says what to do.

    Examples
    --------
    >>> module, name = choose("numpy")
    >>> name, all(hasattr(module, function) for function in FUNCTIONS)
    ('numpy', True)
    """
    rows = {row.name: row for row in describe()}
    if name == "auto":
        row = next(row for row in rows.values() if row.available)
        _log.info("Backend: %s (%s).", row.name, row.reason)
    elif name in rows:
        row = rows[name]
    else:
        raise RequestError(f"There is no backend {name!r}; choose one of auto, {', '.join(rows)}.")
    if not row.available:
        raise RequestError(
            f"The backend {name!r} cannot run here: {row.reason}. To get one that can: {row.install}."
        )
    return importlib.import_module(f".{_MODULES[row.name][0]}", __package__), row.name
