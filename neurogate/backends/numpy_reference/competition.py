r"""Spiking cells that compete for the next saccade, until one place has gathered enough evidence.

N cells and the pool's one are a reservoir (`numpy_reference.reservoir`) of N + 1 neurons: all cells excite
the pool, which inhibits all. Written for this wiring, one step t of a competition that began t steps ago is,
with right-hand sides from before the step unless said otherwise:

1. currents: :math:`I_i = D_i (1 - o_t b_i)(1 - R_i) + \sigma \xi_i + \max(s, s_{least})`, with D = 0 in the
   first silent steps; that of the pool is :math:`x`
2. all neurons move and fire (half steps), and a v below -1000 mV becomes NaN
3. synapses, after what has just been fired: :math:`x \leftarrow \delta_x x`, plus k for each cell that fired;
   :math:`s \leftarrow \delta_s s`, minus K if the pool fired
4. the evidence e is the trace: :math:`e \leftarrow \delta_e e`, plus 1 if the cell fired; inhibition of
   return decays, :math:`R \leftarrow \delta_R R`
5. if a cell fired: of the window around the cell with the largest e (the first of them), the sum of e is
   compared with the threshold
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .. import noise
from ..competition import LEAST_CURRENT, Competition, Competitors, Decision
from ..layout import VOLTAGE_LIMIT_MV
from .neurons import izhikevich_2003

__all__ = ["compete"]

Array = npt.NDArray[Any]


def compete(
    made: Competition, state: Competitors, drive: Array, bias: Array, returned: Array, course: Array,
    seeds: Array, threads: int = 1,
) -> tuple[Competitors, Decision]:  # fmt: skip
    """Let cells compete until it is decided where to look.

    Parameters
    ----------
    made : Competition
    state : Competitors
        Where they stand; left untouched.
    drive : (B, N) array
        D, at least 0.
    bias : (B, N) array
        b, the share of it that attention takes away where its gate is open.
    returned : (B, N) array
        R, inhibition of return, from 0 to 1.
    course : (B, longest) array
        o, how open the gate of attention is at each step.
    seeds : (B,) int array
        Of the noise; a replica does not depend on which others there are.
    threads : int
        Not used here; results never depend on it.

    Returns
    -------
    state : Competitors
    decision : Decision

    Examples
    --------
    See `neurogate.scanpath.models.deciding`, which makes these arrays.
    """
    new = Competitors(state.values.copy(), state.pool.copy(), state.step.copy())
    batch = len(seeds)
    steps, place, lost = np.zeros(batch, np.int64), np.zeros((batch, 3)), np.full(batch, -1)
    for b in range(batch):
        mine = Competitors(new.values[b], new.pool[b], new.step[b])
        steps[b] = _decide(made, mine, drive[b], bias[b], returned[b].copy(), course[b], int(seeds[b]))
        new.step[b] += steps[b]
        place[b] = _centre(made, mine.values[2, :-1])
        bad = np.flatnonzero(~np.isfinite(mine.values[0]))
        lost[b] = bad[0] if bad.size else -1
    return new, Decision(steps, place, lost)


def _decide(
    made: Competition, state: Competitors, drive: Array, bias: Array, returned: Array, course: Array,
    seed: int,
) -> int:  # fmt: skip
    """Advance one replica in place; return how many steps it took."""
    v, u, e = state.values
    pool = state.pool
    for t in range(made.longest):
        seen = drive * (1 - course[t] * bias) * (1 - returned) if t >= made.silent else np.zeros_like(drive)
        draws = noise.normals(seed, noise.STREAMS["membrane"], int(state.step) + t, len(drive))
        with np.errstate(over="ignore", invalid="ignore"):  # divergence is looked for afterwards
            current = np.append(seen + made.noise * draws + max(pool[1], LEAST_CURRENT), pool[0])
            v[:], u[:], fired = izhikevich_2003(v, u, current, made.parameters, made.dt_ms, "half_step")
        v[~fired & (v < -VOLTAGE_LIMIT_MV)] = np.nan
        pool *= made.excitation_decay, made.inhibition_decay
        for _ in range(np.count_nonzero(fired[:-1])):
            pool[0] += made.kick
        pool[1] -= made.inhibition * fired[-1]
        e[:-1] = made.evidence_decay * e[:-1] + fired[:-1]
        returned *= made.return_decay
        if fired[:-1].any() and _summed(_window(made, e[:-1])[0]) >= made.threshold:
            return t + 1
    return made.longest


def _window(made: Competition, e: Array) -> tuple[Array, int, int, int]:
    """Return the evidence around its peak, and the map, the first row and the first column of it."""
    cells = e.reshape(made.maps, made.rows, made.columns)
    which, row, column = np.unravel_index(int(e.argmax()), cells.shape)
    top, left = max(int(row) - made.reach, 0), max(int(column) - made.reach, 0)
    around = cells[which, top : row + made.reach + 1, left : column + made.reach + 1]
    return around, int(which), top, left


def _centre(made: Competition, e: Array) -> tuple[float, float, float]:
    """Return the map, and the row and column of the centre of what evidence there is around its peak."""
    around, which, top, left = _window(made, e)
    total = _summed(around)
    if not total > 0:
        return which, np.nan, np.nan
    rows, columns = np.indices(around.shape)
    return which, top + _summed(around * rows) / total, left + _summed(around * columns) / total


def _summed(x: Array) -> float:
    """Sum row by row, one number after the other."""
    return float(np.add.accumulate(x.ravel())[-1])
