r"""Recurrent connections: who sends to whom, how strongly, and how late.

Weights are sorted by the neuron that sends. With Dale's law every weight of a neuron has its sign:
:math:`w_{ij} = |x| g / \sqrt{K}` from excitatory and :math:`-\rho |x| g / \sqrt{K}` from inhibitory
neurons, where x is drawn, g is the gain, :math:`\rho` the inhibitory scale and K the expected number of
inputs of a neuron. A neuron may send to itself.
"""

from __future__ import annotations

from typing import Any, Literal

import attrs
import numpy as np
import numpy.typing as npt

from ..errors import RequestError
from ..neurons.distributions import Constant, Distribution, Gamma
from ..units import Count, Fraction, NonNegative, settings

__all__ = ["MOST_STEPS", "Connections", "Recurrent", "spectral_radius"]

MOST_STEPS = 2**31 - 1
"""Steps of the longest delay that can be counted."""

Array = npt.NDArray[Any]


@attrs.frozen(eq=False)
class Connections:
    """Sparse weights sorted by the neuron that sends.

    Parameters
    ----------
    indptr : (N + 1,) int64 array
        Synapses of neuron j are ``indptr[j]:indptr[j + 1]``.
    targets : (S,) int32 array
        Neuron that receives.
    weights : (S,) array
    delays : (S,) int32 array, or (0,) if every delay is one step
        Steps until a spike arrives, at least 1.
    """

    indptr: Array
    targets: Array
    weights: Array
    delays: Array

    def dense(self) -> Array:
        """Return the (N, N) matrix of weights, row = receiver, column = sender."""
        n = len(self.indptr) - 1
        matrix = np.zeros((n, n))
        senders = np.repeat(np.arange(n), np.diff(self.indptr))
        np.add.at(matrix, (self.targets, senders), self.weights)
        return matrix


@settings
class Recurrent:
    """How neurons connect to each other.

    Parameters
    ----------
    kind : str
        fixed_probability (each pair independently) or fixed_in_degree (each neuron hears equally many).
    probability : float
        Chance of a connection, for fixed_probability.
    in_degree : int
        Inputs of each neuron, for fixed_in_degree.
    weight : Distribution
        Weight before scaling.
    dale : bool
        Whether the sign of a weight is that of its sender; without it weights keep their drawn sign.
    inhibitory_scale : float
        Strength of inhibitory over excitatory weights.
    scaling : str
        gain: weights are multiplied by gain / sqrt(expected inputs); spectral_radius: so that the largest
        absolute eigenvalue of the weight matrix is the gain.
    delay_ms : Distribution
        Transmission delay, rounded to whole steps, at least one; 0 means one step.

    Examples
    --------
    >>> c = Recurrent().draw(100, 20, gain=1.0, dt_ms=1.0, rng=np.random.default_rng(0))
    >>> bool((c.weights[: c.indptr[80]] >= 0).all()), bool((c.weights[c.indptr[80] :] <= 0).all())
    (True, True)
    """

    kind: Literal["fixed_probability", "fixed_in_degree"] = "fixed_probability"
    probability: Fraction = 0.1
    in_degree: Count = 100
    weight: Distribution = Gamma(shape=2.0, scale=0.5)
    dale: bool = True
    inhibitory_scale: NonNegative = 4.0
    scaling: Literal["gain", "spectral_radius"] = "gain"
    delay_ms: Distribution = Constant(value=0.0)

    def draw(
        self, n: int, inhibitory: int, *, gain: float, dt_ms: float, rng: np.random.Generator
    ) -> Connections:
        """Draw the connections of `n` neurons of which the last `inhibitory` inhibit.

        Raises
        ------
        RequestError
            If a neuron would need more inputs than there are neurons.
        """
        if self.kind == "fixed_in_degree" and self.in_degree > n:
            raise RequestError(
                f"reservoir.recurrent.in_degree is {self.in_degree}; "
                f"it must be at most the number of neurons, {n}."
            )
        indptr, targets = self._pairs(n, rng)
        weights = self.weight.sample(rng, len(targets))
        if self.dale:
            weights = np.abs(weights)
            weights[indptr[n - inhibitory] :] *= -self.inhibitory_scale
        delays = self._delays(len(targets), dt_ms, rng)
        return Connections(indptr, targets, weights * self._scale(indptr, targets, weights, gain), delays)

    def _pairs(self, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        if self.kind == "fixed_probability":
            rows = [np.flatnonzero(rng.random(n) < self.probability).astype(np.int32) for _ in range(n)]
            counts = [len(row) for row in rows]
            return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), np.concatenate(rows)
        senders = np.concatenate([rng.choice(n, self.in_degree, replace=False) for _ in range(n)])
        targets = np.repeat(np.arange(n, dtype=np.int32), self.in_degree)
        order = np.argsort(senders, kind="stable")
        counts = np.bincount(senders, minlength=n).tolist()
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), targets[order]

    def _delays(self, count: int, dt_ms: float, rng: np.random.Generator) -> Array:
        drawn_ms = self.delay_ms.sample(rng, count)
        if count and drawn_ms.max() > MOST_STEPS * dt_ms:
            raise RequestError(
                f"reservoir.recurrent.delay_ms gives {drawn_ms.max():g} ms; it must be at most "
                f"{MOST_STEPS} steps of {dt_ms:g} ms."
            )
        steps = np.maximum(np.rint(drawn_ms / dt_ms), 1).astype(np.int32)
        return steps if count and steps.max() > 1 else np.zeros(0, np.int32)

    def _scale(self, indptr: Array, targets: Array, weights: Array, gain: float) -> float:
        n = len(indptr) - 1
        if self.scaling == "spectral_radius":
            if not weights.any():
                return 0.0
            radius = spectral_radius(indptr, targets, weights)
            if radius < 1e-3 * np.abs(weights).max():
                raise RequestError(
                    "reservoir.recurrent.scaling is spectral_radius, but the drawn connections hardly hold a "
                    "loop, so their spectral radius is 0. Connect more densely, or scale by gain."
                )
            return gain / radius
        inputs = self.probability * n if self.kind == "fixed_probability" else self.in_degree
        return float(gain / np.sqrt(inputs)) if inputs else 0.0


def spectral_radius(indptr: Array, targets: Array, weights: Array) -> float:
    """Return the largest absolute eigenvalue of a sparse square matrix.

    Parameters
    ----------
    indptr, targets, weights : arrays
        As in `Connections`; whether they hold columns or rows makes no difference.

    Examples
    --------
    >>> round(spectral_radius(np.array([0, 1, 2]), np.array([1, 0]), np.array([4.0, 0.25])), 6)
    1.0
    """
    from scipy.sparse import csc_array
    from scipy.sparse.linalg import eigs

    n = len(indptr) - 1
    matrix = csc_array((weights, targets, indptr), shape=(n, n))
    if n < 50:
        return float(np.abs(np.linalg.eigvals(matrix.toarray())).max())
    start = np.ones(n)  # a fixed start makes the result repeatable
    return float(np.abs(eigs(matrix, k=1, which="LM", v0=start, return_eigenvectors=False)).max())
