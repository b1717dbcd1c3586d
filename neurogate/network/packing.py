"""The arrays of one network, as every backend wants them, from what a user gave.

What was given is checked in `neurogate.network.given`; replicas are put side by side in
`neurogate.network.stacking`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..neurons.models import MODELS
from .given import Given
from .wiring import wires

__all__ = ["replica", "row_name"]

Array = npt.NDArray[Any]


def row_name(parameter: str) -> str:
    """Return what messages call the row of a parameter.

    Examples
    --------
    >>> row_name("a")
    "parameters['a']"
    """
    return f"parameters[{parameter!r}]"


def replica(model: str, given: Given, b: int, dt_ms: float) -> dict[str, Any]:
    """Return the arrays of one replica by name, see `NetworkArrays`; float64, no replica axis.

    Parameters
    ----------
    model : str
    given : Given
        With rows for each parameter (see `row_name`), ``bias``, ``noise_sd``, and ``tau_ms``, ``kick`` and
        perhaps ``rise_ms`` of ``synapse`` and perhaps ``trace``.
    b : int
        Which replica.
    dt_ms : float

    Raises
    ------
    RequestError
        If a parameter is outside its domain, or weights or delays do not fit.

    Examples
    --------
    >>> rows = {row_name(name): x for name, x in zip("abcd", (0.02, 0.2, -65.0, 8.0))}
    >>> rows |= {row_name("v_peak"): 30.0, "bias": 1.0, "noise_sd": 0.0, "inhibitory": False}
    >>> rows |= {"synapse.tau_ms": 5.0, "synapse.kick": 2.0}
    >>> one = replica("izhikevich_2003", Given(rows, {}, ([0], [1], [3.0]), 0.0, 2, None), 0, 1.0)
    >>> one["bias"].tolist(), one["targets"].tolist(), one["weights"].tolist()
    ([1.0, 1.0], [1], [6.0])
    """
    named = {name: given.row(row_name(name), b) for name in MODELS[model].names}
    weights, delays = (x[b % len(x)] for x in (given.weights, given.delay_ms))
    synapses = wires(weights, delays, given.n, dt_ms)
    noise_sd = given.row("noise_sd", b) / np.sqrt(dt_ms)
    none = np.zeros(0)
    return {
        "seed": np.uint64(given.seeds[b]),
        "parameters": MODELS[model].pack(named),
        "bias": given.row("bias", b),
        "input_weights": given.stack("input_weights", b),
        "noise_sd": noise_sd if given.rows["noise_sd"].any() else none,
        "poisson_mean": none,
        "poisson_none": none,
        "poisson_weight": none,
        "feedback_weights": given.stack("feedback_weights", b),
        "synapse_decay": _decay(given, "synapse.tau_ms", b, dt_ms),
        "synapse_rise": _decay(given, "synapse.rise_ms", b, dt_ms),
        **_trace(given, b, dt_ms),
        "indptr": synapses.indptr,
        "targets": synapses.targets,
        "weights": given.row("synapse.kick", b)[synapses.targets] * synapses.weights,
        "delays": synapses.delays,
        **dict.fromkeys(("use", "facilitation_decay", "depression_decay"), none),
    }


def _trace(given: Given, b: int, dt_ms: float) -> dict[str, Array]:
    if "trace.tau_ms" not in given.rows:
        return dict.fromkeys(("trace_decay", "trace_rise", "trace_kick"), np.zeros(0))
    return {
        "trace_decay": _decay(given, "trace.tau_ms", b, dt_ms),
        "trace_rise": _decay(given, "trace.rise_ms", b, dt_ms),
        "trace_kick": given.row("trace.kick", b),
    }


def _decay(given: Given, name: str, b: int, dt_ms: float) -> Array:
    if name not in given.rows:
        return np.zeros(given.n)
    with np.errstate(divide="ignore"):  # 0 ms leaves nothing
        return np.exp(-dt_ms / given.row(name, b))
