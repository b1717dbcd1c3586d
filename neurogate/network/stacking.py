"""Replicas side by side: arrays of single networks become the arrays of a batch.

What the arrays hold is written down in `neurogate.backends.layout`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..backends.layout import NetworkArrays

__all__ = ["joined", "stack"]

Array = npt.NDArray[Any]
_ALWAYS_FLOAT64 = ("poisson_mean", "poisson_none")
_SYNAPSES = ("targets", "weights", "delays")
_NARROWED = ("parameters", "synapse_decay", "synapse_rise", "trace_decay", "trace_rise", "trace_kick")


def stack(replicas: Sequence[Mapping[str, Array]], dtype: str) -> NetworkArrays:
    """Stack replicas, padding the synapses of the sparser ones; real numbers get the simulation's type.

    Rows that are the same in all neurons of each replica become one number per replica.

    Parameters
    ----------
    replicas : sequence of mapping
        The arrays of each network by name, without replica axis; real numbers in float64.
    dtype : "float64" or "float32"

    Examples
    --------
    >>> one = dict.fromkeys(NetworkArrays._fields, np.ones(3))
    >>> stacked = stack([one, {**one, "weights": np.ones(2)}], "float32")
    >>> stacked.synapse_decay.tolist(), stacked.weights.tolist(), stacked.bias.dtype.name
    ([[1.0], [1.0]], [[1.0, 1.0, 1.0], [1.0, 1.0, 0.0]], 'float32')
    """
    fields = {name: _stacked(name, [one[name] for one in replicas], dtype) for name in NetworkArrays._fields}
    return NetworkArrays(**fields)


def joined(batches: Sequence[NetworkArrays]) -> NetworkArrays:
    """Put batches side by side, as if they had been stacked at once.

    Parameters
    ----------
    batches : sequence of NetworkArrays
        With as many neurons, inputs and readouts, of one number type, and each either with or without
        noise, external spikes, delays and traces.

    Examples
    --------
    >>> one = dict.fromkeys(NetworkArrays._fields, np.ones(3))
    >>> both = joined([stack([one], "float32"), stack([{**one, "synapse_decay": np.arange(3.0)}], "float32")])
    >>> both.synapse_decay.tolist(), both.weights.shape
    ([[1.0, 1.0, 1.0], [0.0, 1.0, 2.0]], (2, 3))
    """
    return NetworkArrays(
        *(
            _concatenated(name, parts)
            for name, parts in zip(NetworkArrays._fields, zip(*batches, strict=True), strict=True)
        )
    )


def _concatenated(name: str, parts: Sequence[Array]) -> Array:
    width = max(part.shape[-1] for part in parts)
    if name in _SYNAPSES:
        fill = 1 if name == "delays" else 0
        parts = [np.pad(p, ((0, 0), (0, width - p.shape[-1])), constant_values=fill) for p in parts]
    elif name in _NARROWED:
        parts = [np.broadcast_to(p, (*p.shape[:-1], width)) for p in parts]
    return np.concatenate(parts)


def _stacked(name: str, parts: Sequence[Array], dtype: str) -> Array:
    if name in _NARROWED and all((part == part[..., :1]).all() for part in parts):
        parts = [part[..., :1] for part in parts]
    width = max((part.shape[-1] for part in parts if part.ndim == 1), default=0)
    fill = 1 if name == "delays" else 0  # a replica in which every delay is one step comes without delays
    padded = [np.pad(p, (0, width - len(p)), constant_values=fill) if p.ndim == 1 else p for p in parts]
    stacked = np.stack(padded)
    real = stacked.dtype == np.float64 and name not in _ALWAYS_FLOAT64
    with np.errstate(over="ignore"):  # what does not fit becomes infinite, and the run is found to diverge
        return np.ascontiguousarray(stacked, dtype if real else None)
