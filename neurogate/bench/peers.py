"""Which simulators neurogate is compared with, on what, and what is missing.

A peer is a module of this package with ``prepare(workload)``, which returns a function that runs once and
returns seconds and mean rate. It is imported only in the process that measures it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping

import attrs

__all__ = ["PEERS", "Peer"]


@attrs.frozen
class Peer:
    """Another way to run the workloads.

    Parameters
    ----------
    name : str
    module : str
        Module of this package that runs it.
    library : str
        What must be importable.
    install : str
        What to type to get it.
    workloads : tuple of str
        What it is measured on.
    on_request : tuple of str
        What else it can do, but so slowly that it must be asked for.

    Examples
    --------
    >>> PEERS["numpy"].missing
    False
    """

    name: str
    module: str
    library: str
    install: str
    workloads: tuple[str, ...]
    on_request: tuple[str, ...] = ()

    @property
    def missing(self) -> bool:
        """Whether its library is not installed."""
        return importlib.util.find_spec(self.library) is None


_A, _B, _C, _D = ("a1000", "a2000"), ("b1000", "b2000"), ("c1", "c10"), ("d1k", "d4k", "d16k")
_BRIAN = 'pip install "neurogate[brian]"'

PEERS: Mapping[str, Peer] = {
    peer.name: peer
    for peer in (
        Peer(
            "brian2-standalone", "brian2_standalone", "brian2", _BRIAN,
            (*_A, "b1000", *_C, *_D, "e64", "e64t2"), ("b2000",),
        ),
        Peer("brian2-cython", "brian2_cython", "brian2", _BRIAN, ("b1000",), ("a1000", "b2000", *_C, *_D)),
        Peer("brian2-numpy", "brian2_numpy", "brian2", _BRIAN, _B, (*_A, *_C, *_D)),
        Peer("numpy", "numpy_port", "numpy", "", (*_A, *_B, *_C, *_D), ("e64",)),
        Peer("nest", "nest_port", "nest", "pip install nest-simulator", (*_C, *_D)),
        Peer("torch", "torch_port", "torch", 'pip install "neurogate[bench]"', ("c1",), ("c10",)),
    )
}  # fmt: skip
"""Peers by name."""
