"""The winner takes all, and is inhibited: the highest place of a map, then the highest of what is left."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.scanpath.models.model import (
    Model,
    Priority,
    above,
    alike,
    blocks,
    from_to,
    generators,
    of_each,
    priority_of,
    seeds_of,
    size_of,
    whole,
)
from neurogate.scanpath.path import Scanpath, scanpath
from neurogate.scanpath.vision.itti_koch import itti_koch

__all__ = ["WinnerTakeAll"]

Values = NDArray[np.float64]


@attrs.frozen(eq=False)
class WinnerTakeAll(Model):
    r"""The eye goes to the highest :math:`S_p (1 - R_p) + \epsilon_p`, with an inhibition R of its return.

    After a fixation at r, :math:`R \leftarrow \min(1, \rho R + e^{-|p - r|^2 / 2 s^2})`. The first
    fixation is the centre of the picture.

    Parameters
    ----------
    priority : callable or (h, w)
        The map S, taken from 0 to 1.
    fixations : int
        In each path.
    reach : float
        s, in parts of the picture's shorter side.
    retention : float
        ρ, from 0 to 1.
    noise : float
        Standard deviation of ε, drawn for each cell and fixation; paths are all the same if it is 0.
    duration_s : float
        Of each fixation, of which the model says nothing.

    References
    ----------
    Koch & Ullman 1985, Human Neurobiology 4:219; Itti, Koch & Niebur 1998, doi:10.1109/34.730558.

    Examples
    --------
    >>> model = WinnerTakeAll([[0, 0, 0.5], [0, 0, 0], [1, 0, 0]], fixations=3, reach=0.1)
    >>> [path.x_px.tolist() for path in model.scanpaths(np.zeros((60, 60)), n_paths=1, seed=1)]
    [[30.0, 10.0, 50.0]]
    """

    priority: Priority = itti_koch
    fixations: int = 9
    reach: float = 1 / 6
    retention: float = 1.0
    noise: float = 0.0
    duration_s: float = 0.25

    def batch(
        self, images: Sequence[ArrayLike], n_paths: int, seed: int | Sequence[int]
    ) -> list[list[Scanpath]]:
        """Return so many scanpaths on each picture: those that `scanpaths` returns for it alone."""
        self._check()
        sizes, seeds = of_each(size_of, images), seeds_of(seed, images)
        planes = of_each(functools.partial(priority_of, self.priority), images)
        found: list[list[Scanpath]] = [[] for _ in images]
        durations = np.full(self.fixations, self.duration_s)
        for (size, shape), own in alike(zip(sizes, (plane.shape for plane in planes), strict=True)).items():
            rngs = [rng for k in own for rng in generators(n_paths, seeds[k])]
            shown = np.repeat(own, n_paths)
            for part in blocks(len(rngs), math.prod(shape)):
                places = self._places(np.stack([planes[k] for k in shown[part]]), size, rngs[part])
                for k, (x, y) in zip(shown[part], places, strict=True):
                    found[k].append(scanpath(x, y, durations, size=size))
        return found

    def _check(self) -> None:
        whole(fixations=self.fixations)
        above(0, reach=self.reach)
        from_to(0, 1, retention=self.retention)
        from_to(0, noise=self.noise)

    def _places(self, planes: Values, size: tuple[int, int], rngs: Sequence[np.random.Generator]) -> Values:
        """Return places (paths, 2, fixations) on maps (paths, h, w) of pictures of one size."""
        shape, reach = planes.shape[1:], self.reach * min(size)
        y, x = ((np.arange(n) + 0.5) * side / n for n, side in zip(shape, size[::-1], strict=True))
        at = [np.tile(np.array(size) / 2, (len(planes), 1))]
        returned = np.zeros(planes.shape)
        while len(at) < self.fixations:
            across, down = (x - at[-1][:, :1]) ** 2, (y - at[-1][:, 1:]) ** 2
            distance = across[:, None] + down[:, :, None]
            returned = np.minimum(1.0, self.retention * returned + np.exp(-distance / (2 * reach**2)))
            noise = np.stack([rng.standard_normal(shape) for rng in rngs])
            wanted = planes * (1 - returned) + self.noise * noise
            row, column = np.divmod(wanted.reshape(len(planes), -1).argmax(axis=1), shape[1])
            at.append(np.stack([x[column], y[row]], axis=1))
        return np.stack(at, axis=2)
