r"""One step of the two Izhikevich models, in NumPy.

Order of one step, for both models and both schemes: the current of this step is given; v and u move;
a neuron whose new v has reached v_peak fires; a neuron that fired gets v = c and u = u + d.

Scheme ``euler``: v and u both move by dt from their old values.
Scheme ``half_step`` (Izhikevich 2003): v moves by dt/2 twice, with the old u and the same current; then u
moves by dt from the new v.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["izhikevich_2003", "izhikevich_2007"]

Array = npt.NDArray[Any]


def izhikevich_2003(
    v: Array, u: Array, current: Array, parameters: Array, dt_ms: float, scheme: str
) -> tuple[Array, Array, Array]:
    r"""Advance 4-parameter neurons by one step.

    .. math:: v' = 0.04 v^2 + 5 v + 140 - u + I, \qquad u' = a (b v - u)

    Parameters
    ----------
    v, u, current : (..., N) arrays
        Membrane potential (mV), recovery, and input of this step (the model's units, mV/ms).
    parameters : (..., 5, N) array
        Rows a (1/ms), b, c (mV), d, v_peak (mV).
    dt_ms : float
        Step, above 0 ms.
    scheme : "euler" or "half_step"

    Returns
    -------
    v, u, fired : arrays shaped like `v`

    References
    ----------
    Izhikevich 2003, doi:10.1109/TNN.2003.820440.

    Examples
    --------
    >>> rows = np.array([[0.02], [0.2], [-65.0], [8.0], [30.0]])
    >>> v, u, fired = izhikevich_2003(np.array([29.0]), np.array([0.0]), np.array([0.0]), rows, 1.0, "euler")
    >>> float(v[0]), float(u[0]), bool(fired[0])
    (-65.0, 8.116, True)
    """
    a, b, c, d, v_peak = np.moveaxis(parameters, -2, 0)
    dt = v.dtype.type(dt_ms)

    def slope(x: Array) -> Any:
        return (0.04 * x + 5) * x + 140 - u + current

    if scheme == "euler":
        v, u = v + dt * slope(v), u + dt * a * (b * v - u)
    else:
        half = v.dtype.type(0.5 * dt_ms)
        v = v + half * slope(v)
        v = v + half * slope(v)
        u = u + dt * a * (b * v - u)
    fired = v >= v_peak
    return np.where(fired, c, v), np.where(fired, u + d, u), fired


def izhikevich_2007(
    v: Array, u: Array, current: Array, parameters: Array, dt_ms: float, scheme: str
) -> tuple[Array, Array, Array]:
    r"""Advance 9-parameter neurons by one step.

    .. math:: C v' = k (v - v_r)(v - v_t) - u + I, \qquad u' = a (b (v - v_r) - u)

    Parameters
    ----------
    v, u, current : (..., N) arrays
        Membrane potential (mV), recovery current (pA), and input of this step (pA).
    parameters : (..., 9, N) array
        Rows C (pF), k (nS/mV), v_r, v_t, v_peak (mV), a (1/ms), b (nS), c (mV), d (pA).
    dt_ms : float
        Step, above 0 ms.
    scheme : "euler" or "half_step"

    Returns
    -------
    v, u, fired : arrays shaped like `v`

    References
    ----------
    Izhikevich 2007, Dynamical Systems in Neuroscience, section 8.1.4.

    Examples
    --------
    >>> rows = np.array([[100.0], [0.7], [-60.0], [-40.0], [35.0], [0.03], [-2.0], [-50.0], [100.0]])
    >>> rest = np.array([-60.0]), np.array([0.0]), np.array([0.0])
    >>> v, u, fired = izhikevich_2007(*rest, rows, 1.0, "euler")
    >>> float(v[0]), float(abs(u[0])), bool(fired[0])
    (-60.0, 0.0, False)
    """
    capacitance, k, v_r, v_t, v_peak, a, b, c, d = np.moveaxis(parameters, -2, 0)
    dt = v.dtype.type(dt_ms)

    def slope(x: Array) -> Any:
        return k * (x - v_r) * (x - v_t) - u + current

    if scheme == "euler":
        v, u = v + dt / capacitance * slope(v), u + dt * a * (b * (v - v_r) - u)
    else:
        half = v.dtype.type(0.5 * dt_ms) / capacitance
        v = v + half * slope(v)
        v = v + half * slope(v)
        u = u + dt * a * (b * (v - v_r) - u)
    fired = v >= v_peak
    return np.where(fired, c, v), np.where(fired, u + d, u), fired
