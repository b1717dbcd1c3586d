"""One step of the two Izhikevich models, compiled; the equations stand in `numpy_reference.neurons`.

Each function moves v and u in place, writes the spikes as zeros and ones and returns how many there
were. The loops have no branches, so that they vectorise.
"""

from __future__ import annotations

from typing import Any

from .compiling import kernel

__all__ = ["izhikevich_2003", "izhikevich_2007"]


@kernel
def _count(spikes: Any) -> Any:
    total = 0
    for i in range(spikes.shape[0]):
        total += int(spikes[i] != 0)
    return total


@kernel
def izhikevich_2003(v: Any, u: Any, current: Any, p: Any, dt: Any, half_step: bool, spikes: Any) -> Any:
    """Advance 4-parameter neurons by one step."""
    a, b, c, d, v_peak = p[0], p[1], p[2], p[3], p[4]
    number = v.dtype.type
    k2, k1, k0, half = number(0.04), number(5), number(140), number(0.5) * dt
    one, zero = number(1), number(0)
    if half_step:
        for i in range(v.shape[0]):
            x = v[i]
            x = x + half * (k2 * x * x + k1 * x + k0 - u[i] + current[i])
            x = x + half * (k2 * x * x + k1 * x + k0 - u[i] + current[i])
            w = u[i] + dt * (a[i] * (b[i] * x - u[i]))
            fired = x >= v_peak[i]
            v[i] = c[i] if fired else x
            u[i] = w + d[i] if fired else w
            spikes[i] = one if fired else zero
    else:
        for i in range(v.shape[0]):
            x = v[i]
            w = u[i] + dt * (a[i] * (b[i] * x - u[i]))
            x = x + dt * (k2 * x * x + k1 * x + k0 - u[i] + current[i])
            fired = x >= v_peak[i]
            v[i] = c[i] if fired else x
            u[i] = w + d[i] if fired else w
            spikes[i] = one if fired else zero
    return _count(spikes)


@kernel
def izhikevich_2007(v: Any, u: Any, current: Any, p: Any, dt: Any, half_step: bool, spikes: Any) -> Any:
    """Advance 9-parameter neurons by one step."""
    capacitance, k, v_r, v_t, v_peak = p[0], p[1], p[2], p[3], p[4]
    a, b, c, d = p[5], p[6], p[7], p[8]
    number = v.dtype.type
    half, one, zero = number(0.5) * dt, number(1), number(0)
    if half_step:
        for i in range(v.shape[0]):
            x = v[i]
            x = x + half * ((k[i] * (x - v_r[i]) * (x - v_t[i]) - u[i] + current[i]) / capacitance[i])
            x = x + half * ((k[i] * (x - v_r[i]) * (x - v_t[i]) - u[i] + current[i]) / capacitance[i])
            w = u[i] + dt * (a[i] * (b[i] * (x - v_r[i]) - u[i]))
            fired = x >= v_peak[i]
            v[i] = c[i] if fired else x
            u[i] = w + d[i] if fired else w
            spikes[i] = one if fired else zero
    else:
        for i in range(v.shape[0]):
            x = v[i]
            w = u[i] + dt * (a[i] * (b[i] * (x - v_r[i]) - u[i]))
            x = x + dt * ((k[i] * (x - v_r[i]) * (x - v_t[i]) - u[i] + current[i]) / capacitance[i])
            fired = x >= v_peak[i]
            v[i] = c[i] if fired else x
            u[i] = w + d[i] if fired else w
            spikes[i] = one if fired else zero
    return _count(spikes)
