"""The winner takes all, and is inhibited: the highest place of a map, then the highest of what is left."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import ArrayLike

from neurogate.scanpath.models.model import (
    Model,
    Priority,
    above,
    from_to,
    generators,
    priority_of,
    seeds_of,
    size_of,
    whole,
)
from neurogate.scanpath.path import Scanpath, scanpath
from neurogate.scanpath.vision.itti_koch import itti_koch

__all__ = ["WinnerTakeAll"]


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
        return [
            self._on(image, n_paths, own) for image, own in zip(images, seeds_of(seed, images), strict=True)
        ]

    def _on(self, image: ArrayLike, n_paths: int, seed: int) -> list[Scanpath]:
        whole(fixations=self.fixations)
        above(0, reach=self.reach)
        from_to(0, 1, retention=self.retention)
        from_to(0, noise=self.noise)
        width, height = size_of(image)
        plane = priority_of(self.priority, image)
        sides = (
            (np.arange(n) + 0.5) * side / n
            for n, side in zip(plane.shape[::-1], (width, height), strict=True)
        )
        grid, reach = np.stack(np.meshgrid(*sides)), self.reach * min(width, height)
        paths = []
        for rng in generators(n_paths, seed):
            places, returned = [np.array([width / 2, height / 2])], np.zeros(plane.shape)
            while len(places) < self.fixations:
                distance = ((grid - places[-1][:, None, None]) ** 2).sum(axis=0)
                returned = np.minimum(1.0, self.retention * returned + np.exp(-distance / (2 * reach**2)))
                wanted = plane * (1 - returned) + self.noise * rng.standard_normal(plane.shape)
                places.append(grid.reshape(2, -1)[:, wanted.argmax()])
            x, y = np.transpose(places)
            paths.append(scanpath(x, y, np.full(self.fixations, self.duration_s), size=(width, height)))
        return paths
