"""Learning of linear readouts by rivals of the delta rule, in NumPy: filtered eligibility, no error, reward.

Samples are visited in order. Readouts are computed with the weights before the sample's own update.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .sums import lane_dot

__all__ = ["decaying_hebb", "filtered_delta", "rewarded_hebb"]

Array = npt.NDArray[Any]


def filtered_delta(
    weights: Array,
    samples: Array,
    traces: Array,
    targets: Array,
    course: Array,
    rate: Array,
    threads: int = 1,
) -> tuple[Array, Array]:
    r"""Learn by the error now, times what the synapse has lately passed on (the rule of e-prop).

    .. math:: \Delta w_k = \eta c (d_k - w_k \cdot x) \frac{e}{1 + |e|^2}

    Parameters
    ----------
    weights : (B, K, N) array
        Left untouched.
    samples : (B, S, N) array
        Presynaptic traces x, which are read.
    traces : (B, S, N) array
        Eligibility e.
    targets : (B, S, K) array
    course : (B, S) array
        The gate c, from 0 to 1.
    rate : (B,) array
        Learning rate :math:`\eta`.
    threads : int
        Not used here; results never depend on it.

    Returns
    -------
    weights : (B, K, N) array
    outputs : (B, S, K) array
        Readouts before each update.

    References
    ----------
    Bellec et al. 2020, doi:10.1038/s41467-020-17236-y.

    Examples
    --------
    >>> x, d, c = np.ones((1, 1, 3)), np.ones((1, 1, 1)), np.ones((1, 1))
    >>> w, z = filtered_delta(np.zeros((1, 1, 3)), x, 2 * x, d, c, np.full(1, 0.5))
    >>> w.round(4).tolist(), z.item()
    ([[[0.0769, 0.0769, 0.0769]]], 0.0)
    """
    weights, outputs = weights.copy(), np.empty_like(targets)
    for b, s in np.ndindex(samples.shape[:2]):
        w, e = weights[b], traces[b, s]
        outputs[b, s] = z = lane_dot(w, samples[b, s])
        w += (rate[b] * course[b, s] * (targets[b, s] - z) / (1 + lane_dot(e, e)))[:, None] * e
    return weights, outputs


def decaying_hebb(
    weights: Array,
    samples: Array,
    targets: Array,
    course: Array,
    rate: Array,
    saturation: float,
    decay: float,
    threads: int = 1,
) -> tuple[Array, Array, Array]:
    r"""Learn by target times trace, with decay: `normalised_delta` without its error.

    .. math:: g_k = c \min(1, |d_k| / \theta), \quad
              \Delta w_k = \eta g_k \left( \frac{d_k x}{1 + |x|^2} - \kappa w_k \right)

    Parameters
    ----------
    weights : (B, K, N) array
        Left untouched.
    samples : (B, S, N) array
    targets : (B, S, K) array
    course : (B, S) array
        The part c of the gate that does not depend on what is to be learned.
    rate : (B,) array
        Learning rate :math:`\eta`.
    saturation : float
        Target :math:`\theta` at which an error gate, which here sees the target, is fully open; 0 for no such
        gate.
    decay : float
        :math:`\kappa`: about the reciprocal of the number of patterns that are told apart.
    threads : int
        Not used here; results never depend on it.

    Returns
    -------
    weights : (B, K, N) array
    outputs, gates : (B, S, K) arrays
        Readouts before each update, and the gates.

    Examples
    --------
    >>> x, d, c = np.ones((1, 1, 3)), np.ones((1, 1, 1)), np.ones((1, 1))
    >>> w, z, g = decaying_hebb(np.ones((1, 1, 3)), x, d, c, np.ones(1), 0.0, 0.5)
    >>> w.tolist(), z.item(), g.item()
    ([[[0.75, 0.75, 0.75]]], 3.0, 1.0)
    """
    weights, theta = weights.copy(), weights.dtype.type(saturation)
    outputs, gates = np.empty_like(targets), np.empty_like(targets)
    for b, s in np.ndindex(samples.shape[:2]):
        w, x, d = weights[b], samples[b, s], targets[b, s]
        outputs[b, s] = lane_dot(w, x)
        gates[b, s] = course[b, s] * (np.minimum(1, np.abs(d) / theta) if saturation > 0 else np.ones_like(d))
        drive = (d / (1 + lane_dot(x, x)))[:, None] * x
        w += (rate[b] * gates[b, s])[:, None] * (drive - decay * w)
    return weights, outputs, gates


def rewarded_hebb(
    weights: Array,
    mean: Array,
    samples: Array,
    targets: Array,
    noise: Array,
    course: Array,
    rate: Array,
    window: float,
    threads: int = 1,
) -> tuple[Array, Array, Array]:
    r"""Learn from exploration, and from how much better than usual it did.

    .. math:: R = -\sum_k (d_k - \xi_k - w_k \cdot x)^2, \quad
              \Delta w_k = \eta c (R - \bar R) \xi_k \frac{x}{1 + |x|^2}, \quad
              \Delta \bar R = c (R - \bar R) / m

    Parameters
    ----------
    weights : (B, K, N) array
        Left untouched, like `mean`.
    mean : (B,) array
        Running mean :math:`\bar R` of the reward.
    samples : (B, S, N) array
    targets, noise : (B, S, K) arrays
        What readouts should be, d, and what is added to them, :math:`\xi`.
    course : (B, S) array
        The gate c, from 0 to 1.
    rate : (B,) array
        Learning rate :math:`\eta`.
    window : float
        Samples m over which the reward is averaged.
    threads : int
        Not used here; results never depend on it.

    Returns
    -------
    weights : (B, K, N) array
    mean : (B,) array
    outputs : (B, S, K) array
        Readouts before each update, without the noise.

    References
    ----------
    Legenstein et al. 2010, doi:10.1523/JNEUROSCI.4284-09.2010.

    Examples
    --------
    >>> x, d, c = np.ones((1, 1, 3)), np.ones((1, 1, 1)), np.ones((1, 1))
    >>> w, r, z = rewarded_hebb(np.zeros((1, 1, 3)), np.full(1, -1.0), x, d, 0.5 * d, c, np.ones(1), 10.0)
    >>> w.round(4).tolist(), r.item(), z.item()
    ([[[0.0938, 0.0938, 0.0938]]], -0.925, 0.0)
    """
    weights, mean, outputs = weights.copy(), mean.copy(), np.empty_like(targets)
    for b, s in np.ndindex(samples.shape[:2]):
        w, x, tried = weights[b], samples[b, s], noise[b, s]
        outputs[b, s] = z = lane_dot(w, x)
        missed = targets[b, s] - tried - z
        better = course[b, s] * (-lane_dot(missed, missed) - mean[b])
        w += (rate[b] * better * tried / (1 + lane_dot(x, x)))[:, None] * x
        mean[b] += better / window
    return weights, mean, outputs
