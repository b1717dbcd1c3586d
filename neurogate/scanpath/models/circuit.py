"""Settings of models in which spiking cells decide where to look: cells, attention, inhibition of return."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from neurogate.backends.competition import Competition
from neurogate.neurons.presets import sample
from neurogate.units import Domain, Fraction, Milliseconds, NonNegative, Positive, settings

__all__ = ["Attention", "Circuit", "Return"]

DT_MS = 0.5
KICK = 0.6
EXCITATION_MS, INHIBITION_MS = 3.0, 6.0
REACH = 2
_Longest = Annotated[float, Domain(DT_MS, 60_000, unit="ms")]


@settings
class Circuit:
    r"""Regular-spiking cells, of which each stands for a place, and a fast-spiking cell that inhibits all.

    A cell's current is :math:`\rho\, I P^\gamma A (1 - R) + \sigma \xi + s` (priority P, attention A,
    inhibition of return R, variability ρ; ξ is a normal number for each cell and step of 0.5 ms). The fast
    cell is driven by each spike of the others, and each of its own takes K from s, which decays with 6 ms.
    Spikes are counted, with a leak; when the count within a window of 5 x 5 cells around its peak reaches
    θ, the eye moves to the centre of that count.

    Parameters
    ----------
    drive : float
        I, in the neurons' unit, mV/ms.
    noise : float
        σ, likewise.
    inhibition : float
        K, likewise.
    threshold : float
        θ, in spikes.
    evidence_ms : float
        Time constant of the count.
    suppression_ms : float
        From the start of a fixation, how long there is no drive.
    longest_ms : float
        After so long, the eye moves to where most evidence is by then.

    Examples
    --------
    >>> Circuit(threshold=0)
    Traceback (most recent call last):
        ...
    ValueError: Circuit.threshold is 0; it must be above 0.
    """

    drive: NonNegative = 27.1
    noise: NonNegative = 9.55
    inhibition: NonNegative = 1.25
    threshold: Positive = 51.2
    evidence_ms: Milliseconds = 362.0
    suppression_ms: NonNegative = 48.5
    longest_ms: _Longest = 1500.0

    def competition(self, shape: tuple[int, int, int], return_ms: float) -> Competition:
        """Return what the backends know of it, for cells on maps, in rows and columns."""
        rng = np.random.default_rng(0)  # these presets are constants: nothing is drawn
        kinds = (("regular_spiking_2003", int(np.prod(shape))), ("fast_spiking_2003", 1))
        parts = [np.stack(list(sample(preset, {}, rng, n).values())) for preset, n in kinds]
        taus = (EXCITATION_MS, INHIBITION_MS, self.evidence_ms, return_ms)
        excitation, inhibition, evidence, returned = (float(np.exp(-DT_MS / tau)) for tau in taus)
        return Competition(
            *shape, np.concatenate(parts, axis=1), DT_MS, self.noise, self.inhibition, KICK, excitation,
            inhibition, evidence, returned, REACH, self.threshold, round(self.suppression_ms / DT_MS),
            round(self.longest_ms / DT_MS),
        )  # fmt: skip


@settings
class Attention:
    r"""How much of a priority counts, by its distance r from where the eye rests.

    .. math:: A = 1 - o (1 - f) (1 - e^{-r^2 / 2 s^2})

    with o the opening of the gates: what is far counts less as far as attention's gate is open.

    Parameters
    ----------
    spread : float
        s, in cells of which 32 make the longer side of the picture.
    floor : float
        f; at 1, attention makes no difference.

    Examples
    --------
    >>> Attention(floor=1.0).spread
    11.9
    """

    spread: Positive = 11.9
    floor: Fraction = 0.076


@settings
class Return:
    r"""Inhibition of return to where the eye has been.

    .. math:: R \leftarrow \min(1, R + a e^{-r^2 / 2 s^2}), \qquad \tau \dot R = -R

    at the beginning of each fixation, and on the way.

    Parameters
    ----------
    amplitude : float
        a; at 0 there is none.
    spread : float
        s, in cells of which 32 make the longer side of the picture.
    tau_ms : float
        τ.

    Examples
    --------
    >>> Return(amplitude=0).amplitude
    0.0
    """

    amplitude: NonNegative = 0.632
    spread: Positive = 1.28
    tau_ms: Milliseconds = 3393.0
