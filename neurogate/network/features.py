r"""What readouts see: tonic and phasic forms of the traces, in bins.

With r the trace (Hz), mu and sigma its mean and the deviation of x over an habituation period, and
:math:`\kappa` a rate scale: the tonic trace is :math:`x = (r - \mu) / \kappa`, followed by one constant
input; the phasic trace is what a depressing synapse passes on, a high-pass of x with equal gain for
every neuron, :math:`m \leftarrow m + (\Delta / \tau)(x - m)`, :math:`h = \gamma (x - m)` with
:math:`\gamma_i = \mathrm{median}(\sigma') / \sigma'_i`, :math:`\sigma' = \sqrt{\sigma^2 + 0.01}`.
"""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from ..units import Milliseconds, NonNegative, Positive, settings
from .rate_reservoir import AnyReservoir

__all__ = ["Features", "Moments", "Scaling"]

Array = npt.NDArray[Any]


@settings
class Features:
    r"""How traces become the inputs of readouts.

    Parameters
    ----------
    bin_ms : float
        Time between two looks at the traces.
    rate_scale_hz : float
        Rate difference that counts as 1 in the tonic trace.
    constant : float
        Value of the constant input that follows the tonic traces.
    phasic_tau_ms : float
        Time constant of the high-pass of the phasic trace.
    equal_gain : bool
        Whether every neuron has the same gain in the phasic trace; else :math:`\gamma` is 1. Without it, and
        with a very long time constant, *when* reads what *what* reads.

    Examples
    --------
    >>> Features().bin_ms
    5.0
    """

    bin_ms: Milliseconds = 5.0
    rate_scale_hz: Positive = 20.0
    constant: NonNegative = 3.0
    phasic_tau_ms: Milliseconds = 300.0
    equal_gain: bool = True

    def __attrs_post_init__(self) -> None:
        if self.phasic_tau_ms < self.bin_ms:
            raise ValueError(
                f"phasic_tau_ms is {self.phasic_tau_ms:g}; it must be at least bin_ms, {self.bin_ms:g} ms."
            )


@attrs.frozen(eq=False)
class Moments:
    """Running sums from which the mean and deviation of the traces follow.

    Parameters
    ----------
    count : int
        Bins seen.
    total, square : (B, N) float64 arrays
        Sums of the traces and of their squares.
    """

    count: int
    total: Array
    square: Array

    @classmethod
    def zeros(cls, shape: tuple[int, int]) -> Moments:
        """Return the moments of nothing."""
        return cls(0, np.zeros(shape), np.zeros(shape))

    def add(self, traces: Array) -> Moments:
        """Return the moments after (B, T, N) more traces."""
        exact = traces.astype(np.float64)
        return Moments(
            self.count + traces.shape[1], self.total + exact.sum(1), self.square + (exact**2).sum(1)
        )


@attrs.frozen(eq=False)
class Scaling:
    """The mean and gain of each neuron, fixed after habituation.

    Parameters
    ----------
    features : Features
    mean, gain : (B, N) arrays

    Examples
    --------
    >>> moments = Moments.zeros((1, 2)).add(np.array([[[0.0, 10.0], [2.0, 10.0]]]))
    >>> Scaling.of(Features(), moments, "float64").mean.tolist()
    [[1.0, 10.0]]
    """

    features: Features
    mean: Array
    gain: Array

    @classmethod
    def of(cls, features: Features, moments: Moments, dtype: str) -> Scaling:
        """Fix mean and gain from the moments of an habituation period."""
        mean = moments.total / moments.count
        variance = np.maximum(moments.square / moments.count - mean**2, 0)
        deviation = np.sqrt(variance / features.rate_scale_hz**2 + 0.01)
        gain = np.median(deviation, axis=1, keepdims=True) / deviation
        if not features.equal_gain:
            gain = np.ones_like(gain)
        return cls(features, mean.astype(dtype), gain.astype(dtype))

    def tonic(self, traces: Array) -> Array:
        """Return x and the constant, (B, T, N + 1)."""
        x = np.empty((*traces.shape[:2], traces.shape[2] + 1), traces.dtype)
        x[..., :-1] = (traces - self.mean[:, None]) * traces.dtype.type(1 / self.features.rate_scale_hz)
        x[..., -1] = self.features.constant
        return x

    def phasic(self, reservoir: AnyReservoir, tonic: Array, memory: Array) -> tuple[Array, Array]:
        """Return h, (B, T, N), and the running mean after the last bin, (B, N)."""
        rate = self.features.bin_ms / self.features.phasic_tau_ms
        signals = np.ascontiguousarray(tonic[..., :-1])
        filtered: tuple[Array, Array] = reservoir.call("high_pass")(signals, self.gain, memory, rate)
        return filtered
