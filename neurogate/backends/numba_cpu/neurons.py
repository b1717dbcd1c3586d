"""What happens to a neuron in one step, emitted as one loop that touches each number once.

The equations stand in `numpy_reference.neurons`, the order of a step in `numpy_reference.reservoir`.
"""

from __future__ import annotations

import math
from typing import Any

from ..layout import VOLTAGE_LIMIT_MV
from .lanes import over_neurons

__all__ = ["advance", "lost"]


def _advance(
    v: Any,
    u: Any,
    s: Any,
    h: Any,
    r: Any,
    g: Any,
    external: Any,
    back: Any,
    z: Any,
    gain: Any,
    k: Any,
    v_r: Any,
    v_t: Any,
    v_peak: Any,
    a: Any,
    b: Any,
    dt: Any,
    half_step: Any,
    synapse_decay: Any,
    synapse_rise: Any,
    trace_decay: Any,
    trace_rise: Any,
    readout: Any,
) -> tuple[dict[str, Any], Any, Any]:
    """Move v and u (without the reset) and let the filters decay; the condition is that v reached v_peak.

    `gain` is what the slope of v is multiplied by: the step, or half of it, and over C if k is given.
    Without k, v_r and v_t it is the model of 2003. Without `back` nothing is fed back; without h or g a
    filter is single exponential; without `trace_decay` there is no trace; without `half_step` the
    scheme is Euler. With `readout`, its product with the new r is summed.
    """
    current = (external if back is None else external + back * z) + s

    def moved(x: Any) -> Any:
        square = (x * 0.04 + 5) * x + 140 if k is None else k * (x - v_r) * (x - v_t)
        return x + gain * (square - u + current)

    new_v = moved(v) if half_step is None else moved(moved(v))
    seen = v if half_step is None else new_v
    new_u = u + dt * a * (b * (seen if v_r is None else seen - v_r) - u)
    new_v = new_v.where(new_v < -VOLTAGE_LIMIT_MV, math.nan)
    new = {"v": new_v, "u": new_u}
    new |= _decayed("s", "h", s, h, synapse_decay, synapse_rise, dt)
    new |= _decayed("r", "g", r, g, trace_decay, trace_rise, dt)
    return new, new_v >= v_peak, None if readout is None else readout * new["r"]


def _decayed(x: str, y: str, slow: Any, fast: Any, decay: Any, rise: Any, dt: Any) -> dict[str, Any]:
    if decay is None:
        return {}
    if fast is None:
        return {x: decay * slow}
    return {x: rise * slow + dt * fast, y: decay * fast}


advance = over_neurons(_advance)


def _lost(v: Any, u: Any, s: Any) -> tuple[dict[str, Any], Any, None]:
    """Change nothing; the condition is that a number is not finite."""
    return {}, (v - v + (u - u) + (s - s)).lost(), None


lost = over_neurons(_lost)
