"""Learning of linear readouts, in NumPy: the delta rule with gates, and recursive least squares.

Samples are visited in order. Readouts are computed with the weights before the sample's own update.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .sums import lane_dot

__all__ = [
    "delta_sample",
    "least_squares_sample",
    "normalised_delta",
    "readout",
    "recursive_least_squares",
]

Array = npt.NDArray[Any]


def readout(weights: Array, samples: Array, threads: int = 1) -> Array:
    r"""Read samples out with fixed weights, :math:`z_k = w_k \cdot x`.

    Parameters
    ----------
    weights : (B, K, N) array
    samples : (B, S, N) array
    threads : int
        Not used here; results never depend on it.

    Returns
    -------
    (B, S, K) array

    Examples
    --------
    >>> readout(np.ones((1, 1, 3)), np.ones((1, 2, 3))).tolist()
    [[[3.0], [3.0]]]
    """
    return lane_dot(weights[:, None], samples[:, :, None])


def normalised_delta(
    weights: Array,
    samples: Array,
    targets: Array,
    course: Array,
    rate: Array,
    saturation: float,
    threads: int = 1,
) -> tuple[Array, Array, Array]:
    r"""Learn by the gated, normalised delta rule.

    .. math:: \delta_k = d_k - w_k \cdot x, \quad g_k = c \min(1, |\delta_k| / \theta), \quad
              \Delta w_k = \eta g_k \delta_k x / (1 + |x|^2)

    Parameters
    ----------
    weights : (B, K, N) array
        Left untouched.
    samples : (B, S, N) array
        Presynaptic traces x.
    targets : (B, S, K) array
    course : (B, S) array
        The part c of the gate that does not depend on the error, from 0 to 1.
    rate : (B,) array
        Learning rate :math:`\eta`.
    saturation : float
        Error :math:`\theta` at which the gate is fully open; 0 means that it does not depend on the error.
    threads : int
        Not used here; results never depend on it.

    Returns
    -------
    weights : (B, K, N) array
    outputs : (B, S, K) array
        Readouts before each update.
    gates : (B, S, K) array

    Examples
    --------
    >>> x, d, c = np.ones((1, 1, 3)), np.ones((1, 1, 1)), np.ones((1, 1))
    >>> w, z, g = normalised_delta(np.zeros((1, 1, 3)), x, d, c, np.ones(1), 0.0)
    >>> w.tolist(), z.item(), g.item()
    ([[[0.25, 0.25, 0.25]]], 0.0, 1.0)
    """
    weights = weights.copy()
    outputs, gates = np.empty_like(targets), np.empty_like(targets)
    for b, s in np.ndindex(samples.shape[:2]):
        w, x = weights[b], samples[b, s]
        outputs[b, s] = z = lane_dot(w, x)
        gates[b, s] = delta_sample(w, x, z, targets[b, s], course[b, s], rate[b], saturation)
    return weights, outputs, gates


def delta_sample(
    w: Array, x: Array, z: Array, target: Array, course: Any, rate: Any, saturation: float
) -> Array:
    """Learn from one sample, in place, by the rule of `normalised_delta`; return the gates (K,).

    Parameters
    ----------
    w : (K, N) array
        Weights, changed.
    x : (N,) array
    z, target : (K,) arrays
        Readouts before the update, and what they should be.
    course, rate : float
        Of this sample, in the type of `w`.
    saturation : float

    Examples
    --------
    >>> w = np.zeros((1, 3))
    >>> delta_sample(w, np.ones(3), np.zeros(1), np.ones(1), 1.0, 1.0, 0.0).tolist(), w.tolist()
    ([1.0], [[0.25, 0.25, 0.25]])
    """
    error = target - z
    theta = w.dtype.type(saturation)
    gate: Array = course * (np.minimum(1, np.abs(error) / theta) if saturation > 0 else np.ones_like(error))
    w += (rate * gate * error / (1 + lane_dot(x, x)))[:, None] * x
    return gate


def recursive_least_squares(
    weights: Array,
    inverse: Array,
    samples: Array,
    targets: Array,
    forgetting: float,
    leak: float,
    turn: int,
    threads: int = 1,
) -> tuple[Array, Array, Array]:
    r"""Learn by recursive least squares (the rule of FORCE).

    .. math:: c = P x, \quad \gamma = \lambda + x \cdot c, \quad
              w_k \leftarrow w_k + (d_k - w_k \cdot x) c / \gamma, \quad
              P \leftarrow (P - c c^T / \gamma) / \lambda

    With forgetting (:math:`\lambda < 1`) the plain recursion forgets its ridge too and winds up. After
    each sample one coordinate, in turn, gets back what all have lost: the same update with
    :math:`\lambda = 1` for the sample :math:`\sqrt{N \mu} e_i` and its own readout as target, where
    :math:`\mu` is `leak`; it changes P and no weight.

    Parameters
    ----------
    weights : (B, K, N) array
        Left untouched, like `inverse`.
    inverse : (B, N, N) array
        P; only its lower triangle is used.
    samples : (B, S, N) array
    targets : (B, S, K) array
    forgetting : float
        :math:`\lambda`, above 0 and at most 1.
    leak : float
        :math:`\mu` = ridge (1 - :math:`\lambda`); 0 leaves the plain recursion.
    turn : int
        Number of samples seen before, which says whose turn it is.
    threads : int
        Not used here; results never depend on it.

    Returns
    -------
    weights : (B, K, N) array
    inverse : (B, N, N) array
        Its upper triangle is meaningless.
    outputs : (B, S, K) array
        Readouts before each update.

    References
    ----------
    Sussillo & Abbott 2009, doi:10.1016/j.neuron.2009.07.018. Gay 1996, Dynamically
    regularized fast RLS, ICASSP (for the leak).

    Examples
    --------
    >>> w, p, z = recursive_least_squares(
    ...     np.zeros((1, 1, 1)), np.ones((1, 1, 1)), np.ones((1, 1, 1)), np.ones((1, 1, 1)), 1.0, 0.0, 0)
    >>> w.item(), p.item(), z.item()
    (0.5, 0.5, 0.0)
    """
    weights, inverse = weights.copy(), inverse.copy()
    outputs = np.empty_like(targets)
    for b, s in np.ndindex(samples.shape[:2]):
        w, x = weights[b], samples[b, s]
        outputs[b, s] = z = lane_dot(w, x)
        least_squares_sample(w, inverse[b], x, z, targets[b, s], forgetting, leak, turn + s, True)
    return weights, inverse, outputs


def least_squares_sample(
    w: Array,
    p: Array,
    x: Array,
    z: Array,
    target: Array,
    forgetting: float,
    leak: float,
    turn: int,
    divided: bool,
) -> None:
    r"""Learn from one sample, in place, by the rule of `recursive_least_squares`.

    Parameters
    ----------
    w : (K, N) array
        Weights, changed.
    p : (N, N) array
        P, changed in its lower triangle.
    x : (N,) array
    z, target : (K,) arrays
        Readouts before the update, and what they should be.
    forgetting, leak : float
    turn : int
        Samples seen before.
    divided : bool
        Whether the gain is :math:`c / \gamma`, or c alone as in the code of Nicola & Clopath 2017.

    Examples
    --------
    >>> w, p = np.zeros((1, 1)), np.ones((1, 1))
    >>> least_squares_sample(w, p, np.ones(1), np.zeros(1), np.ones(1), 1.0, 0.0, 0, False)
    >>> w.item(), p.item()
    (1.0, 0.5)
    """
    n, number = len(x), p.dtype.type
    c = _symmetric_product(p, x)
    gamma = number(forgetting) + lane_dot(x, c)
    error = target - z
    w += (error / gamma if divided else error)[:, None] * c
    _downdate(p, c, gamma, forgetting)
    if leak > 0:
        i, mu = turn % n, number(n * leak)
        column = np.concatenate([p[i, :i], p[i:, i]])
        _downdate(p, column, 1 / mu + column[i], 1.0)


def _symmetric_product(p: Array, x: Array) -> Array:
    """Return P x from the lower triangle: row i adds its dot product to c_i and P_ij x_i to c_j < i."""
    c = np.zeros_like(x)
    for i in range(x.shape[0]):
        c[i] += lane_dot(p[i, :i], x[:i]) + p[i, i] * x[i]
        c[:i] += p[i, :i] * x[i]
    return c


def _downdate(p: Array, c: Array, gamma: Any, forgetting: float) -> None:
    """Subtract c c' / gamma from the lower triangle and divide by the forgetting factor."""
    scaled = c / gamma
    grow = p.dtype.type(1.0 / forgetting)
    for i in range(c.shape[0]):
        p[i, : i + 1] = (p[i, : i + 1] - scaled[i] * c[: i + 1]) * grow
