"""Which operators have a kernel of their own on a GPU."""

from __future__ import annotations

import functools
import importlib
from typing import Any

from neurogate.attention.arrays import Namespace

__all__ = ["kernels"]


@functools.cache
def kernels(xp: Namespace, module: str) -> Any:
    """Return a module of compiled operators for a GPU; None on a CPU, where the array form serves.

    Parameters
    ----------
    xp : module
        `numpy` or `cupy`, as the arrays are.
    module : str
        In `neurogate.backends.cuda`.

    Examples
    --------
    >>> import numpy
    >>> kernels(numpy, "rows") is None
    True
    """
    return importlib.import_module(f"neurogate.backends.cuda.{module}") if xp.__name__ == "cupy" else None
