"""The arrays of a competition of spiking cells for the next saccade, which its two backends share.

Here live plain tuples; nothing is computed. Every array starts with the replica axis B; a replica is one
scanpath. The equations stand in `numpy_reference.competition`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy.typing as npt

__all__ = ["LEAST_CURRENT", "Competition", "Competitors", "Decision"]

Array = npt.NDArray[Any]

LEAST_CURRENT = -200.0
"""Inhibition saturates: from below, half steps of 0.25 ms would throw a cell up again."""


class Competition(NamedTuple):
    """What competes and when it is decided: N cells on maps of one shape, and the cell of the pool."""

    maps: int  # of N = maps x rows x columns cells
    rows: int  # of a map
    columns: int  # of a map
    parameters: Array  # (5, N + 1): rows a, b, c, d, v_peak; the last neuron is that of the pool
    dt_ms: float  # step
    noise: float  # standard deviation of the current, for each cell and step
    inhibition: float  # current that a spike of the pool takes from every cell
    kick: float  # current that a spike of a cell gives the pool
    excitation_decay: float  # of the pool's current, by step
    inhibition_decay: float  # of what it takes from the cells
    evidence_decay: float  # of the count of spikes
    return_decay: float  # of inhibition of return
    reach: int  # a window goes so many cells to each side
    threshold: float  # evidence in a window that is enough
    silent: int  # steps without drive
    longest: int  # steps after which it is decided anyhow


class Competitors(NamedTuple):
    """The state of a batch of competitions."""

    values: Array  # (B, 3, N + 1): v, u and evidence
    pool: Array  # (B, 2): synaptic current of the pool's cell, and of each other (at most 0)
    step: Array  # (B,): the counter of the noise


class Decision(NamedTuple):
    """How a batch of competitions ended."""

    steps: Array  # (B,): how long it took
    place: Array  # (B, 3): map, row and column; row and column are NaN if there is no evidence at all
    lost: Array  # (B,): a neuron whose v is not finite, or -1
