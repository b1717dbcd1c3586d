"""Which backends there are, what each lacks, and which one to use.

A backend is a module with the functions named in `FUNCTIONS`. It is imported only when it is chosen, so
asking costs nothing.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import logging
import sys
from types import ModuleType

import attrs

from ..errors import RequestError

__all__ = ["FUNCTIONS", "BackendInfo", "choose", "describe", "require"]

FUNCTIONS = (
    "run_reservoir", "run_rates", "high_pass", "readout", "normalised_delta", "recursive_least_squares",
    "filtered_delta", "decaying_hebb", "rewarded_hebb",
)  # fmt: skip
"""What every backend offers, with the signatures of `numpy_reference`."""

_MODULES = {
    "numba": ("numba_cpu", "numba"),
    "numpy": ("numpy_reference", "numpy"),
    "cuda": ("cuda", "cupy"),
}
_WHAT = {"numba": "compiled for this CPU", "numpy": "the reference, slow", "cuda": "compiled for this GPU"}
_INSTALL = {"cuda": "pip install 'neurogate[cuda]'"}
_DRIVER = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
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
    return [_describe(name) for name in _MODULES]


def _describe(name: str) -> BackendInfo:
    library = _MODULES[name][1]
    if importlib.util.find_spec(library) is None:
        install = _INSTALL.get(name, f"pip install {library}")
        return BackendInfo(name, False, f"the library {library} is not installed", install)
    if name == "cuda" and (problem := _without_gpu()):
        return BackendInfo(name, False, *problem)
    return BackendInfo(name, True, _WHAT[name])


def _without_gpu() -> tuple[str, str] | None:
    """Ask the driver, which costs less than an import, and return what is wrong and what helps."""
    count = ctypes.c_int(0)
    try:
        driver = ctypes.CDLL(_DRIVER)
        code = driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count))
    except (OSError, AttributeError):
        return "there is no NVIDIA driver", "install the driver if there is a GPU, else use numba"
    if code or not count.value:
        return (
            f"the NVIDIA driver finds no GPU (its code is {code})",
            "see what nvidia-smi and CUDA_VISIBLE_DEVICES say, or use numba",
        )
    return None


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
    require(name)
    if name == "auto":
        row = next(row for row in map(_describe, _MODULES) if row.available)
        _log.info("Backend: %s (%s).", row.name, row.reason)
        name = row.name
    return importlib.import_module(f".{_MODULES[name][0]}", __package__), name


def require(*names: str) -> None:
    """Refuse backends that cannot be chosen here; asking imports none of them.

    Parameters
    ----------
    *names : str
        As for `choose`.

    Raises
    ------
    RequestError
        With one sentence for each that is unknown or cannot run here.

    Examples
    --------
    >>> require("numpy", "nunba")
    Traceback (most recent call last):
        ...
    neurogate.errors.RequestError: There is no backend 'nunba'; choose one of auto, numba, numpy, cuda.
    """
    problems = [problem for name in names if (problem := _problem(name))]
    if problems:
        raise RequestError(problems)


def _problem(name: str) -> str:
    if name == "auto":
        return ""
    if name not in _MODULES:
        return f"There is no backend {name!r}; choose one of auto, {', '.join(_MODULES)}."
    row = _describe(name)
    if row.available:
        return ""
    return f"The backend {name!r} cannot run here: {row.reason}. To mend that: {row.install}."
