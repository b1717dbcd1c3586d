r"""A network without spikes in NumPy, one step as the sum of its parts: the definition of a rate network.

Order of one step t, all right-hand sides from before the step:

1. drive: d = bias + W_in x(t) + noise + W r - adaptation a, added in this order; a unit adds those whom it
   hears one by one, in ascending order
2. activation: f(d) = d, or d where it is not below 0, or `tanh`
3. adaptation: a = a + adaptation_step (r - a), by the rate from before the step
4. rate: r = r + step (scale f(d) - r)
5. recording, and every 50 steps a look for divergence
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .. import noise
from ..layout import (
    ACTIVATIONS,
    RateArrays,
    RateCodes,
    RecordPlan,
    StateArrays,
    Status,
)
from .stepping import over_steps

__all__ = ["run_rates", "tanh"]

Array = npt.NDArray[Any]
_NO_SPIKES = np.zeros(0)


def run_rates(
    codes: RateCodes,
    network: RateArrays,
    state: StateArrays,
    inputs: Array,
    plan: RecordPlan,
    threads: int = 1,
) -> tuple[StateArrays, Array, Status]:
    r"""Advance every replica by as many steps as there are inputs.

    .. math:: \tau \dot r = -r + \rho f(b + W_{in} x + \xi + W r - \beta a), \qquad \tau_a \dot a = r - a

    with what `RateArrays` hold: W and :math:`\beta` per Hz.

    Parameters
    ----------
    codes : RateCodes
        Activation, step.
    network : RateArrays
        B networks.
    state : StateArrays
        Where they stand; left untouched.
    inputs : (B, T, K) array
        Input channels at each step.
    plan : RecordPlan
        What to record; variables are places in `RATE_ROWS`.
    threads : int
        Not used here; results never depend on it.

    Returns
    -------
    state : StateArrays
        Where they stand after T steps (a replica that diverged stands where that was noticed).
    records : (B, R) array
        The flat recording buffers.
    status : Status
        The code of a replica that diverged is a place in `RATE_ROWS`.

    References
    ----------
    Jaeger 2001, The "echo state" approach to analysing and training recurrent neural networks, GMD
    Report 148.
    Jaeger et al. 2007, doi:10.1016/j.neunet.2007.04.016 (leaky units).

    Examples
    --------
    See `neurogate.network.rate_reservoir.RateReservoir`, which packs these arrays and names the records.
    """

    def advance(one: RateArrays, mine: StateArrays, b: int, t: int) -> Array:
        r, a = mine.values
        _step(codes, one, r, a, inputs[b, t], state.step + t)
        return _NO_SPIKES

    return over_steps(network, state, inputs.shape[1], plan, advance, _find_divergence)


def _find_divergence(state: StateArrays) -> tuple[int, int]:
    """Return 0 and the first unit whose rate is not a finite number, or (-1, 0)."""
    lost = np.flatnonzero(~np.isfinite(state.values[0]))
    return (0, int(lost[0])) if lost.size else (-1, 0)


def _step(codes: RateCodes, network: RateArrays, r: Array, a: Array, inputs: Array, step: int) -> None:
    """Advance one replica by one step in place."""
    drive = network.bias.copy()
    for weights, x in zip(network.input_weights, inputs, strict=True):
        drive = drive + weights * x
    if network.noise_sd.size:
        seed, stream = int(network.seed), noise.STREAMS["membrane"]
        drive = drive + network.noise_sd * noise.normals(seed, stream, step, len(drive), drive.dtype.name)
    for senders, weights in zip(network.sources, network.weights, strict=True):
        drive = drive + weights * r[senders]
    if network.adaptation.size:
        drive = drive - network.adaptation * a
        a += network.adaptation_step * (r - a)
    r += network.step * (network.scale_hz * _activated(codes.activation, drive) - r)


def _activated(activation: int, drive: Array) -> Array:
    if activation == ACTIVATIONS["tanh"]:
        return tanh(drive)
    return np.where(drive < 0, 0, drive) if activation == ACTIVATIONS["rectified"] else drive


def tanh(x: Array) -> Array:
    r"""Return the hyperbolic tangent, from operations that every backend does alike.

    Lambert's continued fraction is cut off where it is good for x / 64, and the angle is doubled six times:

    .. math:: \tanh 2 y = \frac{2 \tanh y}{1 + \tanh^2 y}

    A doubling never makes a relative error larger; the result is good to a few units of the last place.

    Parameters
    ----------
    x : array
        Numbers of any size; beyond 20 the result is 1 in any case.

    Returns
    -------
    array

    References
    ----------
    NIST Digital Library of Mathematical Functions, https://dlmf.nist.gov/4.39.E1 and 4.35.E27.

    Examples
    --------
    >>> tanh(np.array([-np.inf, 0.0, 0.5])).round(6).tolist()
    [-1.0, 0.0, 0.462117]
    """
    y = np.clip(x, -20, 20) * 0.015625
    s = y * y
    above, below = ((s + 378) * s + 17325) * s + 135135, ((s * 28 + 3150) * s + 62370) * s + 135135
    t = y * above / below
    for _ in range(6):
        t = (t + t) / (t * t + 1)
    return t
