"""Which software made a run.

Here live the versions that a summary records and that a checkpoint must match. Whether a backend can
run at all is asked of `neurogate.backends.registry`.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from collections.abc import Mapping
from pathlib import Path

import neurogate

__all__ = ["differences", "versions"]


def versions() -> dict[str, str]:
    """Return what can change a run's bits, without importing the packages.

    ``source`` stands for the text of every module of neurogate, so that a changed checkout is noticed.

    Examples
    --------
    >>> list(versions())
    ['python', 'neurogate', 'source', 'numpy', 'numba', 'platform']
    """
    return {
        "python": platform.python_version(),
        "neurogate": neurogate.__version__,
        "source": _source(),
        "numpy": _installed("numpy"),
        "numba": _installed("numba"),
        "platform": platform.platform(),
    }


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Say which entries of `now` were different before; empty if none was.

    Examples
    --------
    >>> differences({"numpy": "2.3.5", "numba": "0.68.1"}, {"numpy": "2.4.0", "numba": "0.68.1"})
    'numpy was 2.3.5 and is 2.4.0'
    """
    changed = {name: value for name, value in now.items() if before.get(name) != value}
    return ", ".join(f"{name} was {before.get(name)} and is {value}" for name, value in changed.items())


def _source() -> str:
    folder = Path(neurogate.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _installed(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "absent"
