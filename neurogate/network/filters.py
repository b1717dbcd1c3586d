r"""Synapses and traces: how a spike becomes a current, and how it becomes what a readout sees.

Exponential: :math:`s \leftarrow e^{-dt/\tau} s + J`. Double exponential:
:math:`s \leftarrow e^{-dt/\tau_r} s + dt\,h`, then :math:`h \leftarrow e^{-dt/\tau} h + J`. A spike with
weight w adds so much to J that the current it causes carries the charge :math:`q w` whatever the time
constant: :math:`q w (1 - e^{-dt/\tau}) / dt` for the exponential synapse, and that times
:math:`(1 - e^{-dt/\tau_r}) / dt` for the double exponential one. Traces follow the same equations with a
charge of 1000 ms/s, which makes their unit Hz.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..neurons.distributions import Constant, Distribution, LogUniform
from ..units import Positive, settings
from .short_term import ShortTerm

__all__ = ["Synapse", "Trace", "kick"]

Array = npt.NDArray[Any]
_HZ = 1000.0


@settings
class Synapse:
    """The current that a spike causes in the neuron that receives it.

    Parameters
    ----------
    kind : str
        exponential or double_exponential.
    tau_ms : Distribution
        Decay time constant, one per receiving neuron.
    rise_ms : Distribution
        Rise time constant, one per receiving neuron, for double_exponential.
    charge : float
        Charge of a spike of weight 1, in the current unit of the neurons times ms.
    short_term : ShortTerm, optional
        How the strength of a synapse follows the spikes that it has passed on; by default it does not.

    Examples
    --------
    >>> Synapse().kind
    'exponential'
    """

    kind: Literal["exponential", "double_exponential"] = "exponential"
    tau_ms: Distribution = LogUniform(low=10.0, high=500.0)
    rise_ms: Distribution = Constant(value=2.0)
    charge: Positive = 10.0
    short_term: ShortTerm | None = None


@settings
class Trace:
    """The filtered spike train of a neuron, in Hz: what readouts are built on.

    Parameters
    ----------
    kind : str
        exponential or double_exponential.
    tau_ms : Distribution
        Decay time constant, one per neuron.
    rise_ms : Distribution
        Rise time constant, one per neuron, for double_exponential.

    Examples
    --------
    >>> Trace().tau_ms.low
    30.0
    """

    kind: Literal["exponential", "double_exponential"] = "exponential"
    tau_ms: Distribution = LogUniform(low=30.0, high=150.0)
    rise_ms: Distribution = Constant(value=2.0)

    charge = _HZ


def kick(filter_: Synapse | Trace, tau_ms: Array, rise_ms: Array, dt_ms: float) -> Array:
    """Return what a spike of weight 1 adds to J.

    Parameters
    ----------
    filter_ : Synapse or Trace
    tau_ms, rise_ms : (N,) arrays
        Decay and rise time constants, above 0 ms.
    dt_ms : float
        Step.

    Returns
    -------
    (N,) array

    Examples
    --------
    >>> float(kick(Synapse(charge=10.0), np.array([10.0]), np.array([2.0]), 1.0)[0].round(4))
    0.9516
    """
    single = filter_.charge * -np.expm1(-dt_ms / tau_ms) / dt_ms
    return single if filter_.kind == "exponential" else single * -np.expm1(-dt_ms / rise_ms) / dt_ms
