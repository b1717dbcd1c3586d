"""Outcomes that do not always come at the same time after their cue."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import RequestError
from ..neurons.distributions import Distribution, FromFile, Gamma, LogUniform, Normal, Uniform
from ..units import Fraction, settings, shown

__all__ = ["Jitter"]

Array = npt.NDArray[Any]
_ATTEMPTS = 1000


@settings
class Jitter:
    """How far outcomes come from the latency of their cue.

    Each outcome takes one of the distributions by its odds, and from this its own shift. Times that would
    leave the cue are drawn anew, so that long tails end where the cue does.

    Parameters
    ----------
    shift_ms : tuple of Distribution
        What is added to the latency. ``{uniform = [-100, 100]}`` spreads it evenly, ``{gamma = [1, 150]}``
        is exponential from the latency on, so that the hazard of the outcome is constant. Several make a
        mixture: ``[0, -200, 200]`` has outcomes on time, early and late.
    odds : tuple of float
        How often each of them is taken; they sum to 1. Left out: all equally often.

    Examples
    --------
    >>> from neurogate.neurons.distributions import Constant
    >>> jitter = Jitter(shift_ms=(Constant(value=0.0), Constant(value=-200.0)), odds=(0.9, 0.1))
    >>> shifts = jitter.sample(np.random.default_rng(0), 1000)
    >>> sorted(set(shifts.tolist())), bool(0.05 < (shifts < 0).mean() < 0.15)
    ([-200.0, 0.0], True)
    """

    shift_ms: tuple[Distribution, ...] = (Normal(mean=0.0, sd=50.0),)
    odds: tuple[Fraction, ...] = ()

    def problems(self) -> Iterator[str]:
        """Say what does not fit together; a task asks for it, so that all its mistakes are heard at once."""
        if not self.shift_ms:
            yield "shift_ms is empty; it must hold at least one distribution."
        for i, distribution in enumerate(self.shift_ms):
            if isinstance(distribution, FromFile):
                yield f"shift_ms[{i}] is a file, which holds only so many numbers; give a distribution."
        if self.odds and len(self.odds) != len(self.shift_ms):
            yield (
                f"odds holds {len(self.odds)} numbers; it must hold one per distribution in shift_ms, "
                f"{len(self.shift_ms)}."
            )
        elif self.odds and abs(sum(self.odds) - 1) > 1e-9:
            yield f"odds is {shown(self.odds)}; the odds must sum to 1, not to {sum(self.odds):g}."

    def outside(self, latency_ms: float, low_ms: float, high_ms: float) -> str | None:
        """Say which times after a latency are not allowed: what is bounded must lie in (low, high].

        Of distributions without bounds it is enough that the mean does, since other times are drawn anew.
        """
        for i, distribution in enumerate(self.shift_ms):
            first, last = (latency_ms + shift for shift in _bounds(distribution))
            if not low_ms < first <= last <= high_ms:
                times = f"{first:g} ms" if first == last else f"{first:g} to {last:g} ms"
                return f"jitter.shift_ms[{i}] makes a latency of {latency_ms:g} ms one of {times}"
        return None

    def frequent_ms(self, latency_ms: float) -> tuple[float, float]:
        """Return the first and the last time at which outcomes may be most frequent.

        The odds of several distributions are not weighed: one of little odds counts like any other. What has
        no bounds counts with its mean, and if it is skewed with all that lies between the latency and that.

        Parameters
        ----------
        latency_ms : float

        Examples
        --------
        >>> from neurogate.neurons.distributions import Constant
        >>> Jitter(shift_ms=(Constant(value=0.0), Constant(value=-200.0))).frequent_ms(600.0)
        (400.0, 600.0)
        """
        shifts = [shift for distribution in self.shift_ms for shift in _bounds(distribution)]
        shifts += [0.0 for distribution in self.shift_ms if isinstance(distribution, Gamma)]
        return latency_ms + min(shifts), latency_ms + max(shifts)

    def sample(self, rng: np.random.Generator, n: int) -> Array:
        """Return `n` independent shifts in ms."""
        odds = self.odds or (1 / len(self.shift_ms),) * len(self.shift_ms)
        which = (rng.random(n)[:, None] >= np.cumsum(odds)[:-1]).sum(axis=1)
        shifts: Array = np.stack([d.sample(rng, n) for d in self.shift_ms])[which, np.arange(n)]
        return shifts

    def times(
        self, rng: np.random.Generator, latency_ms: Array, window_ms: tuple[float, float], step_ms: float
    ) -> Array:
        """Return when outcomes come, each at its own shift from its latency.

        Parameters
        ----------
        rng : numpy.random.Generator
        latency_ms : (n,) array
        window_ms : (float, float)
            Times must be above the first and at most the second.
        step_ms : float
            Times are whole multiples of it.

        Raises
        ------
        RequestError
            If some time is still outside after 1000 draws.
        """
        (low, high), n = window_ms, len(latency_ms)
        times, missing = np.zeros(n), np.arange(n)
        for _ in range(_ATTEMPTS):
            drawn = latency_ms[missing] + self.sample(rng, len(missing))
            times[missing] = np.rint(drawn / step_ms) * step_ms
            missing = missing[(times[missing] <= low) | (times[missing] > high)]
            if not missing.size:
                return times
        raise RequestError(
            f"jitter moves outcomes from {latency_ms[missing[0]]:g} ms out of the cue nearly always: they "
            f"must come after {low:g} and by {high:g} ms. Make the jitter smaller."
        )


def _bounds(distribution: Distribution) -> tuple[float, float]:
    """Return the least and the greatest value of a distribution, or its mean twice if it has no bounds."""
    if isinstance(distribution, Uniform | LogUniform):
        return distribution.low, distribution.high
    mean = math.nan if isinstance(distribution, FromFile) else distribution.mean
    return mean, mean
