"""The machine and the software that numbers were measured with, beside the numbers in one file."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import neurogate

from ..files import replacing
from .bounds import Ceilings

__all__ = ["machine", "write"]

_PACKAGES = ("numpy", "numba", "brian2", "nest-simulator", "torch", "cupy-cuda12x", "cupy-cuda13x")


def machine(command: str, limits: Ceilings | None = None, *, gpu: bool = False) -> dict[str, Any]:
    """Describe the machine by its kind and not by its name, the versions and the command.

    Parameters
    ----------
    command : str
    limits : Ceilings, optional
        What was measured of the machine.
    gpu : bool
        Whether to describe the GPU too, which must be there.

    Examples
    --------
    >>> list(machine("neurogate bench"))[:4]
    ['cpu', 'cores', 'system', 'python']
    """
    found: dict[str, Any] = {
        "cpu": _cpu(), "cores": os.cpu_count(), "system": platform.system(),
        "python": platform.python_version(), "neurogate": neurogate.__version__,
    }  # fmt: skip
    found |= _gpu() if gpu else {}
    found |= {name: version for name in _PACKAGES if (version := _version(name))}
    found |= {"date": date.today().isoformat(), "command": command}
    if limits is not None:
        found["bytes_per_second"] = {str(size): rate for size, rate in limits.bytes_per_second.items()}
        found["flops_per_second"] = dict(limits.flops_per_second)
    return found


def write(path: Path, described: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Store rows and the machine in a file of JSON, whole or not at all.

    Parameters
    ----------
    path : Path
        Its folder is made if need be.
    described : mapping
        From `machine`.
    rows : sequence of mapping
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"machine": described, "rows": list(rows)}, indent=1)
    with replacing(path) as file:
        file.write(f"{text}\n".encode())


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _gpu() -> dict[str, Any]:
    from cupy import cuda

    device = cuda.Device()
    name = cuda.runtime.getDeviceProperties(device.id)["name"].decode()
    return {"gpu": name, "multiprocessors": int(device.attributes["MultiProcessorCount"])}


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
