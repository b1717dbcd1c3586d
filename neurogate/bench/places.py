"""Where gated layers and their peers in PyTorch are measured: on the processor, or on a GPU."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import attrs
import numpy as np

__all__ = ["Place", "place"]


@attrs.frozen
class Place:
    """A library of arrays, and PyTorch on the same device.

    Parameters
    ----------
    xp : module
        `numpy` or `cupy`.
    device : str
        As PyTorch calls it.
    wait : callable
        Returns when all that was begun is done.
    rest : float
        Seconds before each turn, in which threads that wait for more work of the turn before fall asleep:
        OpenBLAS has them wait for 2^28 ticks of the processor's clock, 0.1 s at 2.6 GHz. A GPU needs none.
    warm : float
        Seconds of runs in each turn before the one that counts. After a rest two threads may be on one core
        for some tens of milliseconds, until the system moves one of them.
    """

    xp: Any
    device: str
    wait: Callable[[], object]
    rest: float
    warm: float

    def torch(self, tell: Callable[[str], object]) -> Any:
        """Return PyTorch; or None, and tell why, if it is not installed or cannot compute here."""
        if importlib.util.find_spec("torch") is None:
            tell("attention: no peer, since PyTorch is not there; to get it: pip install 'neurogate[bench]'")
            return None
        torch = importlib.import_module("torch")
        if self.device == "cpu" or torch.cuda.is_available():
            return torch
        tell("attention: no peer, since this PyTorch finds no GPU; install one that is built for CUDA")
        return None

    def done(self, once: Callable[[], object]) -> Callable[[], None]:
        """Return what does something and waits until it is done."""

        def call() -> None:
            once()
            self.wait()

        return call


def place(backend: str) -> Place:
    """Return where a backend computes.

    Parameters
    ----------
    backend : str
        "cuda", which must be able to run, or another.

    Examples
    --------
    >>> place("numba").device
    'cpu'
    """
    if backend != "cuda":
        return Place(np, "cpu", lambda: None, 0.15, 0.25)
    cupy = importlib.import_module("cupy")
    return Place(cupy, "cuda", lambda: cupy.cuda.Device().synchronize(), 0.0, 0.0)
