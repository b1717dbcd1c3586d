r"""Integrate-and-fire cells of which the first to spike wins.

All cells obey :math:`C \dot V = I - G_l V - G_i (V - E_i) - G_e (V - E_e)`, and one step is implicit, so
that no conductance is too large:

.. math::
    V \leftarrow \frac{C V + \Delta (I + G_i E_i + G_e E_e)}{C + \Delta (G_l + G_i + G_e)}

In each step the map of saliency S moves, with :math:`I = S + \sigma \xi` and :math:`G_i` from inhibition of
return, which forgets; then the layer of the winner, with :math:`I = G_{in} V_{map}`, and the inhibiting cell.
The first cell of the layer to reach the threshold (of several, the highest) wins. It drives the inhibiting
cell until that fires, and in the step after that :math:`G_i` is large in the whole layer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .. import noise
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

__all__ = ["first_spike"]

Array = npt.NDArray[Any]


def first_spike(
    state: Array, salience: Array, noise_sd: float, first: Array, seeds: Array, longest: int,
    threads: int = 1,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """Let layers run until a cell has won and all are inhibited.

    Parameters
    ----------
    state : (B, 3, N) array
        Potential of the map (mV), conductance of inhibition of return (µS), potential of the layer (mV); left
        untouched.
    salience : (B, N) array
        S, in nA.
    noise_sd : float
        σ, in nA.
    first : (B,) int array
        Steps before this one, the counter of the noise.
    seeds : (B,) int array
        A replica does not depend on which others there are.
    longest : int
        Steps after which nobody has won.
    threads : int
        Not used here; results never depend on it.

    Returns
    -------
    state : (B, 3, N) array
    steps : (B,) int array
        How long it took.
    winner : (B,) int array
        -1 if there is none.

    Examples
    --------
    >>> _, steps, winner = first_spike(
    ...     np.zeros((1, 3, 2)), np.array([[0.5, 1.0]]), 0.0, np.zeros(1, int), np.zeros(1, int), 1000
    ... )
    >>> winner.tolist(), bool(400 < steps[0] < 600)
    ([1], True)
    """
    new = state.copy()
    found = [
        _run(mine, s, noise_sd, int(step), int(seed), longest)
        for mine, s, step, seed in zip(new, salience, first, seeds, strict=True)
    ]
    steps, winner = np.array(found, dtype=np.int64).reshape(-1, 2).T
    return new, steps, winner


def _run(
    state: Array, salience: Array, noise_sd: float, first: int, seed: int, longest: int
) -> tuple[int, int]:
    """Advance one replica in place; return how many steps it took and who won."""
    mapped, returned, layer = state
    winner, inhibitor, held = -1, 0.0, 0.0
    for t in range(longest):
        draws = noise.normals(seed, noise.STREAMS["membrane"], first + t, len(salience))
        mapped[:] = _moved(mapped, MAP, salience + noise_sd * draws, returned, INHIBITED_MV)
        returned *= FORGETTING
        layer[:] = _moved(layer, WINNERS, INPUT * mapped, held, INHIBITED_MV)
        if held:
            return t + 1, winner
        inhibitor = _moved(inhibitor, WINNERS, 0.0, EXCITED * (winner >= 0), EXCITED_MV)
        held = INHIBITED * (inhibitor >= THRESHOLD_MV)
        if winner < 0 and (layer >= THRESHOLD_MV).any():
            winner = int(layer.argmax())
    return longest, winner


def _moved(v: Any, cell: tuple[float, float], current: Any, conductance: Any, pull_mV: float) -> Any:
    """Advance potentials by one step."""
    capacitance, leak = cell
    driven = capacitance * v + DT_MS * (current + conductance * pull_mV)
    return driven / (capacitance + DT_MS * (leak + conductance))
