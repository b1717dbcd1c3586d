"""Signals that a readout is taught: products of sines, a sawtooth, oscillators, a melody.

Here live one class of settings for each kind of signal. What is done with a signal is decided in
`neurogate.tasks.waveform`.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..errors import RequestError
from ..units import Domain, NonNegative, Positive, settings

__all__ = ["SIGNALS", "Melody", "Sawtooth", "Signal", "Sines", "VanDerPol"]

Array = npt.NDArray[Any]
_Rate = Annotated[float, Domain(0, low_open=True, unit="Hz")]
_Stiffness = Annotated[float, Domain(0.01, 100)]
_Speed = Annotated[float, Domain(0, 1000, low_open=True, unit="Hz")]
_NOTES = "CDEFG"
_REST = "-"
_PER_S = 0.001


@settings
class Sines:
    r"""A product of sines, with or without noise.

    .. math:: x(t) = \prod_i \sin 2 \pi f_i t

    Parameters
    ----------
    frequencies_hz : tuple of float
        Their frequencies; at least one.
    noise : float
        Width of the noise: a number from 0 to this is added, drawn anew at each step.

    Examples
    --------
    >>> Sines(frequencies_hz=(5.0,)).values(np.array([0.0, 50.0]), np.random.default_rng(0)).tolist()
    [[0.0], [1.0]]
    """

    kind: ClassVar[str] = "sines"
    names: ClassVar[tuple[str, ...]] = ("x",)
    frequencies_hz: tuple[_Rate, ...] = (5.0,)
    noise: NonNegative = 0.0

    def __attrs_post_init__(self) -> None:
        if not self.frequencies_hz:
            raise ValueError("frequencies_hz is []; it must hold at least one frequency.")

    def values(self, time_ms: Array, rng: np.random.Generator) -> Array:
        """Return the signal (T, R) at some times; `rng` draws the noise."""
        phases = 2 * np.pi * _PER_S * np.multiply.outer(time_ms, self.frequencies_hz)
        clean: Array = np.sin(phases).prod(axis=1)
        noise = self.noise * rng.random(len(clean)) if self.noise else 0.0
        return np.asarray(clean + noise)[:, None]


@settings
class Sawtooth:
    r"""A triangular wave.

    .. math:: x(t) = \arcsin \sin 2 \pi f t

    Parameters
    ----------
    frequency_hz : float

    Examples
    --------
    >>> Sawtooth().values(np.array([25.0]), np.random.default_rng(0)).round(4).tolist()
    [[0.7854]]
    """

    kind: ClassVar[str] = "sawtooth"
    names: ClassVar[tuple[str, ...]] = ("x",)
    frequency_hz: _Rate = 5.0

    def values(self, time_ms: Array, rng: np.random.Generator) -> Array:
        """Return the signal (T, R) at some times; `rng` is not used."""
        wave: Array = np.arcsin(np.sin(2 * np.pi * _PER_S * self.frequency_hz * time_ms))
        return wave[:, None]


@settings
class VanDerPol:
    r"""Both variables of a Van der Pol oscillator, from the point (0.1, 0.1).

    .. math:: \dot x = s \mu (x - \tfrac{100}{3} x^3 - y), \quad \dot y = s x / \mu

    Parameters
    ----------
    mu : float
        Stiffness: 0.5 is nearly harmonic, 5 is a relaxation oscillator. The oscillation needs a time of
        2 / (s mu) to grow where mu is small, and 1.6 mu / s for one period where it is large: beyond 0.01 and
        100 a run would end before it has begun.
    speed_hz : float
        How much faster than the textbook oscillator s, per second.

    Examples
    --------
    >>> VanDerPol(mu=0.5).values(np.arange(0.0, 5.0), np.random.default_rng(0)).shape
    (5, 2)
    """

    kind: ClassVar[str] = "van_der_pol"
    names: ClassVar[tuple[str, ...]] = ("x", "y")
    mu: _Stiffness = 0.5
    speed_hz: _Speed = 20.0

    def values(self, time_ms: Array, rng: np.random.Generator) -> Array:
        """Return the signal (T, R) at ascending times; `rng` is not used.

        Raises
        ------
        RequestError
            If the equations cannot be solved.
        """
        from scipy.integrate import solve_ivp

        speed, mu = self.speed_hz * _PER_S, self.mu

        def slope(_: float, state: Array) -> tuple[float, float]:
            x, y = state
            return speed * mu * (x - 100 / 3 * x**3 - y), speed * x / mu

        span = (0.0, float(time_ms[-1]))
        solved = solve_ivp(slope, span, (0.1, 0.1), "LSODA", time_ms, rtol=1e-10, atol=1e-12)
        if not solved.success:
            raise RequestError(
                f"The Van der Pol oscillator with mu = {mu:g} and speed_hz = {self.speed_hz:g} "
                f"cannot be solved: {solved.message} Choose a smaller mu."
            )
        return np.ascontiguousarray(solved.y.T)


@settings
class Melody:
    """A melody on five notes, one channel each: every note is half a sine, over and over.

    Parameters
    ----------
    notes : str
        Letters C, D, E, F and G, and - for a rest; the default begins the Ode to Joy.
    notes_per_s : float
        Notes in a second.

    Examples
    --------
    >>> Melody(notes="CG").values(np.array([125.0, 375.0]), np.random.default_rng(0)).tolist()
    [[1.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 1.0]]
    """

    kind: ClassVar[str] = "melody"
    names: ClassVar[tuple[str, ...]] = tuple(_NOTES)
    notes: str = "EEFGGFED"
    notes_per_s: Positive = 4.0

    def __attrs_post_init__(self) -> None:
        if not self.notes or set(self.notes) - set(_NOTES + _REST):
            allowed = f"letters {', '.join(_NOTES)} and {_REST}, at least one"
            raise ValueError(f"notes is {self.notes!r}; it must be made of the {allowed}.")

    def values(self, time_ms: Array, rng: np.random.Generator) -> Array:
        """Return the signal (T, R) at some times; `rng` is not used."""
        beat = time_ms * _PER_S * self.notes_per_s
        rows = np.array([[float(note == mine) for mine in _NOTES] for note in self.notes])
        pulse = np.sin(np.pi * (beat % 1.0))
        values: Array = pulse[:, None] * rows[np.floor(beat).astype(np.int64) % len(rows)]
        return values


Signal = Sines | Sawtooth | VanDerPol | Melody

SIGNALS = {signal.kind: signal for signal in (Sines, Sawtooth, VanDerPol, Melody)}
"""Every signal by its name in configurations."""
