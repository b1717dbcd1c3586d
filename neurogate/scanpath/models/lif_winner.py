"""Itti and Koch's winner-take-all: the integrate-and-fire cell that spikes first is looked at next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.backends.first_spike import DT_MS
from neurogate.scanpath.models.model import (
    Model,
    Priority,
    above,
    alike,
    backend_named,
    from_to,
    of_each,
    path_seeds,
    priority_of,
    seeds_of,
    size_of,
    whole,
)  # fmt: skip
from neurogate.scanpath.path import Scanpath, scanpath
from neurogate.scanpath.vision.contrast import cells_of
from neurogate.scanpath.vision.itti_koch import itti_koch
from neurogate.scanpath.vision.smoothing import pooled

__all__ = ["LifWinner"]

Values = NDArray[np.float64]
PER_MV = 100.0
"""Conductance of inhibition of return, µS, by the winner's potential."""
FAR, WEAK = 4.0, 1e-4
MOST = 128
"""Cells of a map along its longer side; a finer one is averaged, for time grows with their number."""


@attrs.frozen(eq=False)
class LifWinner(Model):
    r"""Cells of a map charge with saliency, and drive a layer in which the first spike wins.

    The winner's place is inhibited in the map: with V its potential there, the conductance grows by

    .. math:: 100\, a V \left(e^{-d^2 / 2 s^2} - 10^{-4} e^{-d^2 / 2 (4 s)^2}\right) \mu S,

    not below 0, and is forgotten with a time constant of 1 s. Layers are those of
    `neurogate.backends.numpy_reference.first_spike`. The first fixation is the centre; a fixation lasts
    until the next winner is found, which is the time of a shift of covert attention, some 50 ms.

    Parameters
    ----------
    priority : callable or (h, w)
        The map of saliency, averaged in 128 cells along its longer side if it has more, and taken from 0
        to 1.
    fixations : int
        In each path.
    inhibition : float
        a; at 0 the winner wins again.
    reach : float
        s, in parts of the longer side.
    noise : float
        Standard deviation of the current of each cell of the map in each step of 0.1 ms, in units of the
        current that a saliency of 1 gives. Paths are all the same if it is 0.
    longest_ms : float
        After so long without a winner, the eye stays where it is.
    backend : {"numba", "numpy"}
        Compiled, or as the equations stand, with the same bits.

    References
    ----------
    Itti, Koch & Niebur 1998, doi:10.1109/34.730558; Itti & Koch 2000, doi:10.1016/S0042-6989(99)00163-7;
    Walther & Koch 2006, doi:10.1016/j.neunet.2006.10.001, whose numbers these are. Implicit steps, and that a
    conductance is not negative, are choices of this package.

    Examples
    --------
    >>> model = LifWinner([[0, 0, 0.5], [0, 0, 0], [1, 0, 0]], fixations=3, noise=0.0)
    >>> [path.x_px.tolist() for path in model.scanpaths(np.zeros((60, 60)), n_paths=1, seed=1)]
    [[30.0, 10.0, 50.0]]
    """

    priority: Priority = itti_koch
    fixations: int = 9
    inhibition: float = 1.0
    reach: float = 0.05
    noise: float = 1.0
    longest_ms: float = 1500.0
    backend: Literal["numba", "numpy"] = "numba"

    def batch(
        self, images: Sequence[ArrayLike], n_paths: int, seed: int | Sequence[int]
    ) -> list[list[Scanpath]]:
        """Return so many scanpaths on each picture: those that `scanpaths` returns for it alone."""
        self._check()
        seeds = [path_seeds(n_paths, own) for own in seeds_of(seed, images)]
        sizes, planes = of_each(size_of, images), of_each(self._plane, images)
        found: list[list[Scanpath]] = [[] for _ in images]
        for shape, own in alike(plane.shape for plane in planes).items() if n_paths else ():
            winners, seconds = self._run(
                np.stack([planes[k] for k in own]), np.stack([seeds[k] for k in own])
            )
            for number, k in enumerate(own):
                mine = slice(number * n_paths, (number + 1) * n_paths)
                found[k] = [
                    _path(won, lasted, shape, sizes[k])
                    for won, lasted in zip(winners[mine], seconds[mine], strict=True)
                ]
        return found

    def _plane(self, image: ArrayLike) -> Values:
        plane = priority_of(self.priority, image)
        if max(plane.shape) <= MOST:
            return plane
        return priority_of(pooled(plane, cells_of(plane.shape[0], plane.shape[1], MOST)), image)

    def _run(self, planes: Values, seeds: NDArray[np.int64]) -> tuple[NDArray[np.int64], Values]:
        """Return who won after each fixation, and how long each lasted, on each picture in turn."""
        n_paths, seeds = seeds.shape[1], seeds.ravel()
        backend = backend_named(self.backend, "first_spike")
        salience = np.repeat(planes.reshape(len(planes), -1), n_paths, axis=0)
        state, first = np.zeros((len(seeds), 3, salience.shape[1])), np.zeros(len(seeds), np.int64)
        winners, steps = [], []
        for _ in range(self.fixations):
            state, lasted, winner = backend.first_spike(
                state, salience, self.noise, first, seeds, round(self.longest_ms / DT_MS)
            )
            state[:, 1] = self._returned(state, winner, planes.shape[1:])
            first = first + lasted
            winners.append(winner)
            steps.append(lasted)
        return np.stack(winners, axis=1), np.stack(steps, axis=1) * DT_MS / 1000

    def _returned(self, state: Values, winner: NDArray[np.int64], shape: tuple[int, ...]) -> Values:
        rows, columns = np.indices(shape).reshape(2, -1)
        at = np.unravel_index(np.maximum(winner, 0), shape)
        square = (rows - at[0][:, None]) ** 2 + (columns - at[1][:, None]) ** 2
        width = 2 * (self.reach * max(shape)) ** 2
        around = np.exp(-square / width) - WEAK * np.exp(-square / (width * FAR**2))
        potential = np.take_along_axis(state[:, 0], np.maximum(winner, 0)[:, None], axis=1)
        grown = state[:, 1] + PER_MV * self.inhibition * np.maximum(potential, 0) * around
        return np.where(winner[:, None] < 0, state[:, 1], np.maximum(grown, 0))

    def _check(self) -> None:
        whole(fixations=self.fixations)
        above(0, reach=self.reach)
        from_to(DT_MS, longest_ms=self.longest_ms)
        from_to(0, inhibition=self.inhibition, noise=self.noise)


def _path(
    winners: NDArray[np.int64], seconds: Values, shape: tuple[int, ...], size: tuple[int, int]
) -> Scanpath:
    """Return the path that begins at the centre; where nobody has won, the eye stays."""
    places = [(size[0] / 2, size[1] / 2)]
    for winner in winners[:-1]:
        row, column = divmod(int(winner), shape[1])
        place = (column + 0.5) * size[0] / shape[1], (row + 0.5) * size[1] / shape[0]
        places.append(place if winner >= 0 else places[-1])
    x, y = np.transpose(places)
    return scanpath(x, y, seconds, size=size)
