"""What enters a network from outside: input channels, noise, external spikes, feedback."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..neurons.distributions import Constant, Distribution, Normal
from ..units import Fraction, NonNegative, settings

__all__ = ["Inputs", "RateInputs"]

Array = npt.NDArray[Any]


class _Channels:
    """What every kind of input has in common."""

    weight: Distribution
    density: Fraction
    feedback: Distribution

    def draw(self, channels: int, n: int, rng: np.random.Generator) -> Array:
        """Draw the weights (channels, n) of the input channels."""
        weights = self.weight.sample(rng, channels * n).reshape(channels, n)
        return weights if self.density == 1 else weights * (rng.random((channels, n)) < self.density)

    @property
    def feeds_back(self) -> bool:
        """Whether readouts are fed back."""
        return self.feedback != Constant(value=0.0)


@settings
class Inputs(_Channels):
    """How the outside reaches each neuron.

    Parameters
    ----------
    weight : Distribution
        Weight of each channel on each neuron, in the current unit of the neurons.
    density : float
        Share of the neurons that a channel reaches; 1 is dense.
    noise_sd : Distribution
        White current noise, in the current unit of the neurons times sqrt(ms).
    poisson_rate_hz : float
        Rate of the external spikes into each neuron.
    poisson_weight : float
        Weight of an external spike, which passes the neuron's synapse.
    feedback : Distribution
        Weight of each readout that is fed back, on each neuron; 0 feeds nothing back.

    Examples
    --------
    >>> Inputs().draw(2, 5, np.random.default_rng(0)).shape
    (2, 5)
    """

    weight: Distribution = Normal(mean=0.0, sd=6.0)
    density: Fraction = 1.0
    noise_sd: Distribution = Constant(value=0.3)
    poisson_rate_hz: NonNegative = 0.0
    poisson_weight: float = 1.0
    feedback: Distribution = Constant(value=0.0)


@settings
class RateInputs(_Channels):
    """How the outside reaches each unit of a network without spikes.

    Parameters
    ----------
    weight : Distribution
        Weight of each channel on each unit; a drive of 1 is what a unit answers with its full rate.
    density : float
        Share of the units that a channel reaches; 1 is dense.
    noise_sd : Distribution
        White noise of the drive, times sqrt(ms).
    feedback : Distribution
        Weight of each readout that is fed back, on each unit; 0 feeds nothing back.

    Examples
    --------
    >>> RateInputs().draw(2, 5, np.random.default_rng(0)).shape
    (2, 5)
    """

    weight: Distribution = Normal(mean=0.0, sd=1.0)
    density: Fraction = 1.0
    noise_sd: Distribution = Constant(value=0.05)
    feedback: Distribution = Constant(value=0.0)
