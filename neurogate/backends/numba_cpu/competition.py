"""Spiking cells that compete for the next saccade, compiled: one replica's fixation in one call.

The equations and the order of a step are those of `numpy_reference.competition`. Neurons and noise are the
reservoir's own: the same `advance`, `fill_bits` and `add_normals` are compiled in here.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from ..competition import LEAST_CURRENT, Competition, Competitors, Decision
from ..noise import STREAMS
from .compiling import kernel, over_replicas, part
from .lanes import aligned_rows
from .neurons import advance
from .noise import WORDS, add_normals, coefficients, fill_bits

__all__ = ["compete"]

Array = npt.NDArray[Any]
_MEMBRANE = STREAMS["membrane"]
_FLOAT = np.dtype(np.float64)


def compete(
    made: Competition, state: Competitors, drive: Array, bias: Array, returned: Array, course: Array,
    seeds: Array, threads: int | None = None,
) -> tuple[Competitors, Decision]:  # fmt: skip
    """Let cells compete until it is decided where to look.

    Parameters and returns are those of `numpy_reference.competition.compete`; replicas are shared out to
    `threads` threads, which do not change the bits.

    Examples
    --------
    See `neurogate.scanpath.models.deciding`, which makes these arrays.
    """
    new = Competitors(state.values.copy(), state.pool.copy(), state.step.copy())
    batch, n = len(seeds), drive.shape[1]
    steps, place, lost = np.zeros(batch, np.int64), np.zeros((batch, 3)), np.full(batch, -1)
    shape, (parameters, dt, noise), rest = made[1:3], made[3:6], made[6:]
    sd, table = np.full(n, float(noise)), coefficients("float64")
    a, b_, c, d, peak = np.ascontiguousarray(parameters)
    cells = (a, b_, c, d, peak, float(dt), 0.5 * float(dt), np.float64(0.5))

    def work(b: int) -> None:
        rows = aligned_rows(7, n + 1, _FLOAT)
        rows[:3] = new.values[b]
        rows[3, :n], rows[4, :n], rows[5, :n] = drive[b], bias[b], returned[b]
        bits = np.empty(-(-n // WORDS) * WORDS, np.uint32)
        fired = np.empty(n + 1, np.int32)
        steps[b] = _decide(
            np.uint64(seeds[b]), new.step[b], *shape, *rows, cells, rest, np.ascontiguousarray(course[b]),
            new.pool[b], sd, table, bits, fired, place[b],
        )  # fmt: skip
        new.values[b] = rows[:3]
        new.step[b] += steps[b]
        bad = np.flatnonzero(~np.isfinite(rows[0]))
        lost[b] = bad[0] if bad.size else -1

    over_replicas(work, batch, numba.get_num_threads() if threads is None else threads)
    return new, Decision(steps, place, lost)


@kernel
def _decide(
    seed: Any, first: Any, height: Any, width: Any, v: Any, u: Any, e: Any, drive: Any, bias: Any,
    returned: Any, current: Any, cells: Any, rest: Any, course: Any, pool: Any, sd: Any, table: Any,
    bits: Any, fired: Any, place: Any,
) -> Any:  # fmt: skip
    a, b, c, d, v_peak, dt, gain, half = cells
    inhibition, kick, pool_decay, pull_decay, e_decay, r_decay, reach, threshold, silent, longest = rest
    n, peak = sd.shape[0], 0
    for i in range(1, n):
        if e[i] > e[peak]:
            peak = i
    for t in range(longest):
        _drive(drive, bias, returned, current[:n], course[t], r_decay, t >= silent)
        fill_bits(bits, seed, _MEMBRANE, np.uint64(first + t))
        add_normals(current[:n], sd, bits, table)
        held = max(pool[1], LEAST_CURRENT)
        for i in range(n):
            current[i] += held
        current[n] = pool[0]
        count = advance(
            n + 1, fired, None, v, u, 0.0, None, e, None, current, None, None, gain, None, None, None, v_peak,
            a, b, dt, half, None, None, e_decay, None, None,
        )  # fmt: skip
        pooled = count > 0 and fired[count - 1] == n
        for place_of in range(count):
            i = fired[place_of]
            v[i] = c[i]
            u[i] += d[i]
        count -= pooled
        pool[0] *= pool_decay
        pool[1] = pull_decay * pool[1] - inhibition * pooled
        for place_of in range(count):
            pool[0] += kick
            e[fired[place_of]] += 1.0
        if count > 0:
            # What does not fire decays alike, so that only who fires can pass the peak.
            for place_of in range(count):
                if e[fired[place_of]] > e[peak]:
                    peak = fired[place_of]
            peak = _first(e, peak)
            if _gathered(e, peak, height, width, reach, place) >= threshold:
                return t + 1
    _gathered(e, _first(e, peak), height, width, reach, place)
    return longest


@part
def _drive(drive: Any, bias: Any, returned: Any, current: Any, opening: Any, decay: Any, shown: Any) -> None:
    for i in range(current.shape[0]):
        current[i] = drive[i] * (1 - opening * bias[i]) * (1 - returned[i]) if shown else 0.0
        returned[i] *= decay


@part
def _first(e: Any, peak: Any) -> Any:
    """Return the first with as much as the peak: what was less may have decayed to the same."""
    for i in range(peak):
        if e[i] == e[peak]:
            return i
    return peak


@part
def _gathered(e: Any, peak: Any, height: Any, width: Any, reach: Any, place: Any) -> Any:
    """Return the evidence around its peak, and put the centre of it into `place`."""
    which, cell = divmod(peak, height * width)
    row, column = divmod(cell, width)
    top, left = max(row - reach, 0), max(column - reach, 0)
    total = down = across = 0.0
    for i in range(top, min(row + reach + 1, height)):
        for j in range(left, min(column + reach + 1, width)):
            x = e[(which * height + i) * width + j]
            total += x
            down += x * (i - top)
            across += x * (j - left)
    place[0] = which
    place[1] = top + down / total if total > 0 else np.nan
    place[2] = left + across / total if total > 0 else np.nan
    return total
