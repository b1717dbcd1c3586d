r"""Reservoirs without spikes: what they are made of, and how they are drawn.

Both are leaky units, :math:`\tau \dot r = -r + \rho f(b + W_{in} x + \xi + W r / \rho)`, and differ in f
and W. An echo-state network has :math:`f = \tanh` and sparse random W; a bank of leaky integrators has no W,
so each unit is a filter of the inputs and nothing else. The rate r is the trace that readouts see: in Hz,
with :math:`\rho` the rate of a unit whose f is 1, so that `neurogate.network.features` sees numbers like
those of spiking neurons. It counts from a resting rate, and is negative below it. Units of both kinds may
adapt. Here lives no arithmetic of a step; that is `neurogate.backends.numpy_reference.rates`.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..errors import RequestError
from ..neurons.distributions import Constant, Distribution, LogUniform, Normal
from ..units import Count, Domain, Milliseconds, NonNegative, Positive, settings
from .drawing import generator
from .inputs import RateInputs
from .recurrent import spectral_radius

__all__ = ["Adaptation", "AnyRateSpec", "EchoState", "Leaky", "draw"]

Array = npt.NDArray[Any]


@settings
class Adaptation:
    r"""A slow copy of its own rate that is taken from the drive of a unit.

    .. math:: \tau_a \dot a = r - a, \qquad d \leftarrow d - \beta a / \rho

    A linear unit that is driven on and on thus ends at 1 / (1 + β) of the rate that it would have without.

    Parameters
    ----------
    strength : Distribution
        β of each unit; below 0 it drives itself.
    tau_ms : Distribution
        Time constant of each unit's adaptation; by default as those of the excitatory neurons that adapt.

    References
    ----------
    Benda and Herz 2003, A universal model for spike-frequency adaptation, doi:10.1162/089976603322385063.

    Examples
    --------
    >>> Leaky(adaptation=Adaptation()).adaptation.strength.value
    1.0
    """

    strength: Distribution = Constant(value=1.0)
    tau_ms: Distribution = LogUniform(low=100.0, high=3300.0)


@settings
class EchoState:
    r"""An echo-state network: leaky tanh units with random recurrent weights.

    Each unit hears `in_degree` others. Weights are scaled so that the largest absolute eigenvalue of W is
    `spectral_radius`. Below 1 a network forgets where it began; above, it does so only while inputs drive
    its units into the bends of tanh, and the memory of those inputs is longer.

    Parameters
    ----------
    n : int
        Number of units.
    dt_ms : float
        Time step.
    spectral_radius : float
        Of the recurrent weights; 0 leaves the units unconnected.
    in_degree : int
        How many others a unit hears.
    weight : Distribution
        Recurrent weight before scaling.
    tau_ms : Distribution
        Time constant of each unit.
    bias : Distribution
        Constant drive of each unit.
    inputs : RateInputs
    rate_hz : float
        Rate of a unit whose tanh is 1.
    adaptation : Adaptation, optional
        Off by default.

    References
    ----------
    Jaeger 2001, GMD Report 148; Lukosevicius 2012, doi:10.1007/978-3-642-35289-8_36.

    Examples
    --------
    >>> EchoState(n=100).kind
    'echo_state'
    >>> EchoState(n=5)
    Traceback (most recent call last):
        ...
    ValueError: in_degree is 10; it must be at most the number of units, 5.
    """

    kind: ClassVar[str] = "echo_state"

    n: Annotated[int, Domain(1, 1_000_000)] = 1000
    dt_ms: Milliseconds = 1.0
    spectral_radius: NonNegative = 1.7
    in_degree: Count = 10
    weight: Distribution = Normal(mean=0.0, sd=1.0)
    tau_ms: Distribution = LogUniform(low=5.0, high=300.0)
    bias: Distribution = Normal(mean=0.0, sd=0.2)
    inputs: RateInputs = RateInputs()
    rate_hz: Positive = 20.0
    adaptation: Adaptation | None = None

    activation: ClassVar[str] = "tanh"

    def __attrs_post_init__(self) -> None:
        if self.in_degree > self.n:
            raise ValueError(
                f"in_degree is {self.in_degree}; it must be at most the number of units, {self.n}."
            )


@settings
class Leaky:
    """A bank of leaky integrators: units that filter the inputs and do not hear each other.

    Parameters
    ----------
    n : int
        Number of units.
    dt_ms : float
        Time step.
    rectified : bool
        Whether what drives a unit counts only where it is above 0; without that all is linear.
    tau_ms : Distribution
        Time constant of each unit.
    bias : Distribution
        Constant drive of each unit.
    inputs : RateInputs
    rate_hz : float
        Rate of a unit that is driven by 1.
    adaptation : Adaptation, optional
        Off by default.

    Examples
    --------
    >>> Leaky().activation, Leaky(rectified=True).activation
    ('linear', 'rectified')
    """

    kind: ClassVar[str] = "leaky"

    n: Annotated[int, Domain(1, 1_000_000)] = 1000
    dt_ms: Milliseconds = 1.0
    rectified: bool = False
    tau_ms: Distribution = LogUniform(low=10.0, high=3000.0)
    bias: Distribution = Constant(value=0.0)
    inputs: RateInputs = RateInputs()
    rate_hz: Positive = 20.0
    adaptation: Adaptation | None = None

    @property
    def activation(self) -> str:
        """What becomes of the drive, one of `neurogate.backends.layout.ACTIVATIONS`."""
        return "rectified" if self.rectified else "linear"


AnyRateSpec = EchoState | Leaky
"""What a reservoir without spikes is made of."""


def draw(spec: AnyRateSpec, seed: int, channels: int, feedback: int) -> dict[str, Array]:
    """Draw one network.

    Parameters
    ----------
    spec : EchoState or Leaky
    seed : int
    channels, feedback : int
        As for `neurogate.network.rate_reservoir.RateReservoir.build`.

    Returns
    -------
    dict of str to array
        The fields of `RateArrays` in float64, without replica axis.

    Raises
    ------
    RequestError
        If the settings cannot be drawn.

    Examples
    --------
    >>> one = draw(EchoState(n=30), 1, channels=2, feedback=0)
    >>> one["input_weights"].shape, one["sources"].shape
    ((2, 30), (10, 30))
    """
    n, dt_ms = spec.n, spec.dt_ms
    sources, weights = _recurrent(spec, generator(seed, 1))
    back = spec.inputs.feedback.sample(generator(seed, 5), feedback * n).reshape(-1, n)
    noise_sd = spec.inputs.noise_sd.sample(generator(seed, 6), n) / np.sqrt(dt_ms)
    return {
        "seed": np.uint64(seed),
        "bias": spec.bias.sample(generator(seed, 0), n),
        "input_weights": np.concatenate([spec.inputs.draw(channels, n, generator(seed, 4)), back]),
        "noise_sd": noise_sd,
        "sources": sources,
        "weights": weights / spec.rate_hz,
        "step": _share(spec, "tau_ms", spec.tau_ms, generator(seed, 3)),
        "scale_hz": np.full(n, spec.rate_hz),
        **_adaptation(spec, seed),
    }


def _adaptation(spec: AnyRateSpec, seed: int) -> dict[str, Array]:
    if (adaptation := spec.adaptation) is None:
        return {"adaptation": np.zeros(0), "adaptation_step": np.zeros(0)}
    share = _share(spec, "adaptation.tau_ms", adaptation.tau_ms, generator(seed, 8))
    strength = adaptation.strength.sample(generator(seed, 7), spec.n)
    return {"adaptation": strength / spec.rate_hz, "adaptation_step": share}


def _recurrent(spec: AnyRateSpec, rng: np.random.Generator) -> tuple[Array, Array]:
    """Draw whom each unit hears, in ascending order, and how strongly: (D, N) each."""
    if isinstance(spec, Leaky) or not spec.spectral_radius:
        return np.zeros((0, spec.n), np.int32), np.zeros((0, spec.n))
    n, degree = spec.n, spec.in_degree
    sources = np.stack([np.sort(rng.choice(n, degree, replace=False)) for _ in range(n)]).astype(np.int32)
    weights = spec.weight.sample(rng, n * degree)
    largest = spectral_radius(degree * np.arange(n + 1), sources.ravel(), weights) if weights.any() else 0.0
    if largest <= 1e-3 * np.abs(weights).max():
        raise RequestError(
            "reservoir.spectral_radius cannot be reached: the drawn connections hardly hold a loop. Raise "
            "reservoir.in_degree, or choose a reservoir.weight that is not 0."
        )
    weights = weights.reshape(n, degree) * (spec.spectral_radius / largest)
    return np.ascontiguousarray(sources.T), np.ascontiguousarray(weights.T)


def _share(spec: AnyRateSpec, name: str, distribution: Distribution, rng: np.random.Generator) -> Array:
    """Return the share of its way that each unit goes in a step, by a time constant of its own."""
    tau_ms = distribution.sample(rng, spec.n)
    if tau_ms.min() <= 0:
        raise RequestError(
            f"reservoir.{name} gives {tau_ms.min():g} ms for unit {tau_ms.argmin()}; every time constant "
            "must be above 0 ms. Choose a distribution of positive numbers."
        )
    share: Array = -np.expm1(-spec.dt_ms / tau_ms)
    return share
