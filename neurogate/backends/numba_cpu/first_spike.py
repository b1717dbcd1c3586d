"""Integrate-and-fire cells of which the first to spike wins, compiled: one replica's fixation in one call.

The equations are those of `numpy_reference.first_spike`.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from ..first_spike import (
    DT_MS,
    EXCITED,
    EXCITED_MV,
    FORGETTING,
    INHIBITED,
    INHIBITED_MV,
    INPUT,
    MAP,
    THRESHOLD_MV,
    WINNERS,
)
from ..noise import STREAMS
from .compiling import kernel, over_replicas, part
from .noise import WORDS, add_normals, coefficients, fill_bits

__all__ = ["first_spike"]

Array = npt.NDArray[Any]
_MEMBRANE = STREAMS["membrane"]
_MAP, _MAP_LEAK = MAP
_LAYER, _LAYER_LEAK = WINNERS


def first_spike(
    state: Array, salience: Array, noise_sd: float, first: Array, seeds: Array, longest: int,
    threads: int | None = None,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """Let layers run until a cell has won and all are inhibited.

    Parameters and returns are those of `numpy_reference.first_spike.first_spike`; replicas are shared out to
    `threads` threads, which do not change the bits.

    Examples
    --------
    >>> _, steps, winner = first_spike(
    ...     np.zeros((1, 3, 2)), np.array([[0.5, 1.0]]), 0.0, np.zeros(1, int), np.zeros(1, int), 1000
    ... )
    >>> winner.tolist(), bool(400 < steps[0] < 600)
    ([1], True)
    """
    new, salience = state.copy(order="C"), np.ascontiguousarray(salience, np.float64)
    batch, n = salience.shape
    found, sd, table = np.zeros((batch, 2), np.int64), np.full(n, float(noise_sd)), coefficients("float64")

    def work(b: int) -> None:
        bits, current = np.empty(-(-n // WORDS) * WORDS, np.uint32), np.empty(n)
        found[b] = _run(
            *new[b], salience[b], sd, int(first[b]), np.uint64(seeds[b]), longest, bits, current, table
        )

    over_replicas(work, batch, numba.get_num_threads() if threads is None else threads)
    return new, found[:, 0], found[:, 1]


@kernel
def _run(
    mapped: Any, returned: Any, layer: Any, salience: Any, sd: Any, first: Any, seed: Any, longest: Any,
    bits: Any, current: Any, table: Any,
) -> Any:  # fmt: skip
    winner, inhibitor, held = -1, 0.0, 0.0
    for t in range(longest):
        for i in range(len(current)):
            current[i] = salience[i]
        fill_bits(bits, seed, _MEMBRANE, np.uint64(first + t))
        add_normals(current, sd, bits, table)
        reached = _step(mapped, returned, layer, current, held)
        if held > 0:
            return t + 1, winner
        inhibitor = _moved(inhibitor, _LAYER, _LAYER_LEAK, 0.0, EXCITED if winner >= 0 else 0.0, EXCITED_MV)
        held = INHIBITED if inhibitor >= THRESHOLD_MV else 0.0
        if winner < 0 and reached:
            winner = 0
            for i in range(1, len(layer)):
                if layer[i] > layer[winner]:
                    winner = i
    return longest, winner


@part
def _step(mapped: Any, returned: Any, layer: Any, current: Any, held: Any) -> Any:
    """Move both layers; say whether a cell reached the threshold."""
    reached = 0
    for i in range(len(current)):
        v = _moved(mapped[i], _MAP, _MAP_LEAK, current[i], returned[i], INHIBITED_MV)
        returned[i] *= FORGETTING
        w = _moved(layer[i], _LAYER, _LAYER_LEAK, INPUT * v, held, INHIBITED_MV)
        mapped[i], layer[i] = v, w
        reached |= w >= THRESHOLD_MV
    return reached > 0


@part
def _moved(v: Any, capacitance: Any, leak: Any, current: Any, conductance: Any, pull_mV: Any) -> Any:
    driven = capacitance * v + DT_MS * (current + conductance * pull_mV)
    return driven / (capacitance + DT_MS * (leak + conductance))
