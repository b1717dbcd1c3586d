"""What saccades and fixations are like on any picture: quantiles of amplitudes, durations and turns."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.group_metric import unpaired
from neurogate.scanpath.metrics.metric import fixations

__all__ = ["Statistics", "saccade_statistics"]

Values = NDArray[np.float64]
_SECTORS = 8


class Statistics(NamedTuple):
    """Quantiles over all scanpaths, NaN of nothing; and shares of directions."""

    amplitude: Values  # of saccades, in the unit of x and y
    duration_s: Values  # of fixations
    turn_deg: Values  # from the direction of one saccade to the next, 0 to 180
    direction: Values  # shares of eight sectors of 45 degrees: right, lower right, down, and so on


@unpaired("It describes many scanpaths together: ask for that of each group, and compare the numbers.")
def saccade_statistics(
    paths: Iterable[ArrayLike], *, quantiles: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95)
) -> Statistics:
    """Return how saccades and fixations of several scanpaths are distributed.

    Parameters
    ----------
    paths : iterable of Scanpath or (L, 3)
        Fixations: x, y, duration.
    quantiles : sequence of float
        0 to 1; between observations they are interpolated.

    Returns
    -------
    Statistics
        Saccades of no length have an amplitude, and no direction.

    Raises
    ------
    RequestError
        If a number is missing, a duration is negative, or a quantile is not from 0 to 1.

    References
    ----------
    Tatler & Vincent 2008, Journal of Eye Movement Research 2(2), 5.

    Examples
    --------
    >>> found = saccade_statistics([[[0, 0, 0.2], [30, 40, 0.3], [30, 90, 0.4]]], quantiles=[0.5])
    >>> found.amplitude.item(), found.duration_s.item(), round(found.turn_deg.item(), 1)
    (50.0, 0.3, 36.9)
    """
    if not all(0 <= q <= 1 for q in quantiles):
        raise RequestError(f"quantiles are {list(quantiles)}. Give numbers from 0 to 1.")
    several = [fixations(path, 3) for path in paths]
    steps = [np.diff(path[:, :2], axis=0) for path in several]
    amplitudes = _joined([np.hypot(*step.T) for step in steps])
    directions = [np.arctan2(step[:, 1], step[:, 0])[np.any(step, axis=1)] for step in steps]
    turns = _joined([np.abs(_wrapped(np.diff(direction))) for direction in directions])
    durations = _joined([path[:, 2] for path in several])
    amplitude, duration_s, turn_deg = (
        _quantiles(values, quantiles) for values in (amplitudes, durations, np.degrees(turns))
    )
    return Statistics(amplitude, duration_s, turn_deg, _shares(_joined(directions)))


def _wrapped(angle: Values) -> Values:
    """Return an angle from -pi to pi."""
    return np.asarray(angle - 2 * math.pi * np.round(angle / (2 * math.pi)))


def _quantiles(values: Values, quantiles: Sequence[float]) -> Values:
    return np.asarray(np.quantile(values, quantiles) if len(values) else np.full(len(quantiles), np.nan))


def _shares(directions: Values) -> Values:
    if not len(directions):
        return np.full(_SECTORS, np.nan)
    sectors = np.round(directions / (2 * math.pi / _SECTORS)).astype(int) % _SECTORS
    return np.asarray(np.bincount(sectors, minlength=_SECTORS) / len(directions))


def _joined(arrays: Sequence[Values]) -> Values:
    return np.concatenate([np.zeros(0), *arrays])
