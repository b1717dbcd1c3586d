"""Which software made a run.

Here live the versions that a summary records and that a checkpoint must match. Whether a backend can
run at all is asked of `neurogate.backends.registry`.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import platform
from collections.abc import Mapping
from pathlib import Path

import neurogate
from neurogate.backends.cuda import sources

__all__ = ["differences", "loaded", "versions"]

_CUPY = ("cupy-cuda13x", "cupy-cuda12x", "cupy-cuda11x", "cupy")


def versions() -> dict[str, str]:
    """Return what can change a run's bits, without importing the packages.

    ``source`` stands for the text of every module and CUDA kernel of neurogate, so that a changed checkout is
    noticed.

    Examples
    --------
    >>> list(versions())
    ['python', 'neurogate', 'source', 'numpy', 'scipy', 'numba', 'cupy', 'platform']
    """
    return {
        "python": platform.python_version(),
        "neurogate": neurogate.__version__,
        "source": _source(),
        "numpy": _installed("numpy"),
        "scipy": _installed("scipy"),
        "numba": _installed("numba"),
        "cupy": _installed(*_CUPY),
        "platform": platform.platform(),
    }


@functools.cache
def loaded() -> dict[str, str]:
    """Return the `versions` when this process asked first: a checkout that changes does not change it.

    Examples
    --------
    >>> loaded() is loaded()
    True
    """
    return versions()


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
    modules, kernels = Path(neurogate.__file__).parent, sources.folder()
    files = [(path, path.relative_to(modules)) for path in modules.rglob("*.py")]
    files += [(path, path.relative_to(kernels)) for path in kernels.glob("*.cu*")]
    ordered = sorted(files, key=lambda pair: pair[1])
    return _digest(tuple((path, name.as_posix(), *_stamp(path)) for path, name in ordered))


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


@functools.lru_cache(maxsize=1)
def _digest(files: tuple[tuple[Path, str, int, int], ...]) -> str:
    """Return the digest of all files; reading them takes longer than a small run."""
    digest = hashlib.sha256()
    for path, name, *_ in files:
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _installed(*names: str) -> str:
    """Return the version of a package that is known by one of these names."""
    for name in names:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            return importlib.metadata.version(name)
    return "absent"
