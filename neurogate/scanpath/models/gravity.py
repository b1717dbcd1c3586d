"""G-Eymol: the eye is a mass that details of the picture attract, and that friction brings to rest."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.scanpath.metrics.priority import density
from neurogate.scanpath.models.model import (
    Model,
    Priority,
    above,
    alike,
    blocks,
    generators,
    of_each,
    priority_of,
    seeds_of,
    size_of,
)
from neurogate.scanpath.path import Scanpath, scanpath
from neurogate.scanpath.vision.itti_koch import pyramid
from neurogate.scanpath.vision.smoothing import resized

__all__ = ["Gravity", "detail"]

Values = NDArray[np.float64]
CELLS = 32
"""Of the map, along the longer side."""
STEP_S = 0.002
SHORTEST_S = 0.05
PUSH = 5.0
"""Speed at the start, in sides per second."""


def detail(picture: Values) -> Values:
    r"""Return :math:`|\nabla I|` of a picture's intensity, the mass of its details.

    Examples
    --------
    >>> detail(np.dstack([np.eye(2)] * 3)).round(3).tolist()
    [[1.414, 1.414], [1.414, 1.414]]
    """
    return np.asarray(np.hypot(*np.gradient(picture.mean(axis=2))))


@attrs.frozen(eq=False)
class Gravity(Model):
    r"""The eye's path a(t) in the field of a picture.

    With places in parts of the picture's longer side, and masses :math:`\mu \propto S^\gamma` that sum
    to 1,

    .. math::
        \ddot a = \alpha \sum_p \mu_p (1 - R_p) \frac{p - a}{|p - a|^2 + \epsilon^2} - \lambda \dot a, \qquad
        \dot R_p = \beta \left(e^{-|p - a|^2 / 2 s^2} - R_p\right).

    A fixation is a stretch of at least 50 ms in which the eye is not farther than d from where the stretch
    began, as the authors' program has it (25 px); so the model makes durations of its own, and an eye that
    drifts makes a row of fixations. It starts at the centre with a push of random direction, which is all
    that is random; beyond the border there is a wall.

    Parameters
    ----------
    priority : callable or (h, w)
        The map S, taken from 0 to 1.
    sharpness : float
        γ: what is little weighs less still, so that the eye is not held by the centre of all masses.
    seconds : float
        How long it looks.
    pull : float
        α, in sides² per second².
    friction : float
        λ, per second.
    softening, reach : float
        ε and s, in sides.
    inhibition : float
        β, per second.
    near : float
        d, in sides.
    slow : float, optional
        If given, a fixation is a stretch of at least 50 ms in which the eye is slower than this, in sides per
        second, wherever it goes; what is faster belongs to none, and paths are shorter.

    References
    ----------
    Zanca, Melacci & Gori 2020, doi:10.1109/TPAMI.2019.2920636. The wall, γ, inhibition that
    grows all the time and not three times a second, and the constants are choices of this package.

    Examples
    --------
    >>> two = np.zeros((12, 16))
    >>> two[3, 12] = two[9, 2] = 1.0
    >>> path = Gravity(two).scanpaths(np.zeros((60, 80)), n_paths=1, seed=1)[0]
    >>> len(path) > 2, bool(path.duration_s.min() >= 0.05)
    (True, True)
    """

    priority: Priority = detail
    sharpness: float = 3.0
    seconds: float = 3.0
    pull: float = 100.0
    friction: float = 30.0
    softening: float = 0.03
    reach: float = 0.1
    inhibition: float = 6.0
    near: float = 0.03
    slow: float | None = None

    def batch(
        self, images: Sequence[ArrayLike], n_paths: int, seed: int | Sequence[int]
    ) -> list[list[Scanpath]]:
        """Return so many scanpaths on each picture: those that `scanpaths` returns for it alone."""
        self._check()
        seeds, found = seeds_of(seed, images), [list[Scanpath]() for _ in images]
        for size, own in alike(of_each(size_of, images)).items():
            masses = [self._mass(images[k], size) for k in own]
            drawn = [rng.uniform(0, 2 * np.pi) for k in own for rng in generators(n_paths, seeds[k])]
            shown = np.repeat(np.arange(len(own)), n_paths)
            sides = np.array(size) / max(size)
            for part in blocks(len(shown), 2 * masses[0].size):
                mass = np.stack([masses[k] for k in shown[part]])
                places, speeds = self._moved(mass, sides, np.array(drawn[part]))
                for k, place, speed in zip(shown[part], places, speeds, strict=True):
                    found[own[k]].append(self._path(place, speed, size))
        return found

    def _check(self) -> None:
        above(0, seconds=self.seconds, softening=self.softening, reach=self.reach, near=self.near)
        if self.slow is not None:
            above(0, slow=self.slow)
        above(0, pull=self.pull, friction=self.friction, inhibition=self.inhibition)

    def _mass(self, image: ArrayLike, size: tuple[int, int]) -> Values:
        width, height = (max(1, round(CELLS * side / max(size))) for side in size)
        plane = priority_of(self.priority, image)
        while max(plane.shape) > 2 * CELLS:
            plane = pyramid(plane, 1)[1]
        return density(np.clip(resized(plane, (height, width)), 0, 1) ** self.sharpness)

    def _path(self, places: Values, speed: Values, size: tuple[int, int]) -> Scanpath:
        return _fixations(places * max(size), self._stretches(places, speed), size)

    def _stretches(self, places: Values, speed: Values) -> NDArray[np.intp]:
        """Return where stretches begin and end, (n, 2)."""
        if self.slow is None:
            return _near(places, self.near)
        slow = np.concatenate([[False], speed < self.slow, [False]])
        return np.flatnonzero(np.diff(slow.astype(int))).reshape(-1, 2)

    def _moved(self, mass: Values, size: Values, angles: Values) -> tuple[Values, Values]:
        """Return places (P, T, 2) and speeds (P, T) among masses (P, h, w)."""
        sides = ((np.arange(n) + 0.5) * side / n for n, side in zip(mass.shape[:0:-1], size, strict=True))
        mass = mass.reshape(len(mass), -1)
        cells = np.stack(np.meshgrid(*sides)).reshape(2, -1)
        at, moving = (
            np.tile(size / 2, (len(angles), 1)),
            PUSH * np.stack([np.cos(angles), np.sin(angles)], axis=1),
        )
        returned = np.zeros(mass.shape)
        places, speeds = [], []
        for _ in range(round(self.seconds / STEP_S)):
            away = cells - at[:, :, None]
            distance = (away**2).sum(axis=1)
            drawn = mass * (1 - returned) / (distance + self.softening**2)
            force = self.pull * (away * drawn[:, None]).sum(axis=2)
            moving = (moving + STEP_S * force) / (1 + STEP_S * self.friction)
            at = at + STEP_S * moving
            inside = np.clip(at, 0, size * (1 - 1e-9))
            at, moving = inside, np.where(inside == at, moving, 0.0)
            near = np.exp(-distance / (2 * self.reach**2))
            returned = returned + STEP_S * self.inhibition * (near - returned)
            places.append(at)
            speeds.append(np.hypot(moving[:, 0], moving[:, 1]))
        return np.stack(places, axis=1), np.stack(speeds, axis=1)


def _near(places: Values, reach: float) -> NDArray[np.intp]:
    """Cut a path into stretches that end where it leaves the neighbourhood of their beginning."""
    edges = [0]
    while edges[-1] < len(places):
        rest = places[edges[-1] :]
        away = np.flatnonzero(np.hypot(*(rest - rest[0]).T) > reach)
        edges.append(edges[-1] + int(away[0]) if away.size else len(places))
    return np.column_stack([edges[:-1], edges[1:]])


def _fixations(places: Values, stretches: NDArray[np.intp], size: tuple[int, int]) -> Scanpath:
    """Return the stretches that are long enough."""
    durations = np.diff(stretches, axis=1)[:, 0] * STEP_S
    stretches, durations = stretches[durations >= SHORTEST_S], durations[durations >= SHORTEST_S]
    means = np.array([places[first:last].mean(axis=0) for first, last in stretches]).reshape(-1, 2)
    return scanpath(means[:, 0], means[:, 1], durations, stretches[:, 0] * STEP_S, size=size)
