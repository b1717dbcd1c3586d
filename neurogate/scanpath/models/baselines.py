"""Baselines that do not remember: each fixation is drawn alike, from everywhere, the centre, or any map."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.scanpath.metrics.priority import density
from neurogate.scanpath.models.model import (
    Model,
    Priority,
    generators,
    of_each,
    priority_of,
    seeds_of,
    size_of,
    whole,
)
from neurogate.scanpath.path import Scanpath, scanpath
from neurogate.scanpath.vision.priors import centre_bias

__all__ = ["CentreBias", "Drawn", "Uniform"]

Values = NDArray[np.float64]


@attrs.frozen(eq=False)
class Drawn(Model):
    """Fixations drawn from a map, each alone: within a cell, all places are as likely.

    Parameters
    ----------
    priority : callable or (h, w)
        The map, at least 0.
    fixations : int
        In each path.
    duration_s : float
        Of each, of which the model says nothing.

    Examples
    --------
    >>> paths = Drawn([[0, 1], [0, 0]]).scanpaths(np.zeros((60, 80)), n_paths=2, seed=1)
    >>> len(paths), bool((paths[0].x_px >= 40).all()), bool((paths[0].y_px < 30).all())
    (2, True, True)
    """

    priority: Priority
    fixations: int = 9
    duration_s: float = 0.25

    def batch(
        self, images: Sequence[ArrayLike], n_paths: int, seed: int | Sequence[int]
    ) -> list[list[Scanpath]]:
        """Return so many scanpaths on each picture: those that `scanpaths` returns for it alone."""
        planes = of_each(functools.partial(priority_of, self.priority), images)
        return _drawn(planes, self, images, n_paths, seed)


@attrs.frozen
class Uniform(Model):
    """Fixations anywhere.

    Parameters
    ----------
    fixations : int
        In each path.
    duration_s : float
        Of each, of which the model says nothing.
    """

    fixations: int = 9
    duration_s: float = 0.25

    def batch(
        self, images: Sequence[ArrayLike], n_paths: int, seed: int | Sequence[int]
    ) -> list[list[Scanpath]]:
        """Return so many scanpaths on each picture: those that `scanpaths` returns for it alone."""
        return _drawn([np.ones((1, 1))] * len(images), self, images, n_paths, seed)


@attrs.frozen
class CentreBias(Model):
    """Fixations around the centre, whatever there is to see.

    Parameters
    ----------
    spread : float
        Standard deviation, in widths and heights of the picture, of what is cut off at its border.
    fixations : int
        In each path.
    duration_s : float
        Of each, of which the model says nothing.

    References
    ----------
    Tatler 2007, doi:10.1167/7.14.4.
    """

    spread: float = 0.25
    fixations: int = 9
    duration_s: float = 0.25

    def batch(
        self, images: Sequence[ArrayLike], n_paths: int, seed: int | Sequence[int]
    ) -> list[list[Scanpath]]:
        """Return so many scanpaths on each picture: those that `scanpaths` returns for it alone."""
        return _drawn([centre_bias((48, 64), self.spread)] * len(images), self, images, n_paths, seed)


def _drawn(
    planes: Sequence[Values], model: Drawn | Uniform | CentreBias, images: Sequence[ArrayLike], n_paths: int,
    seed: int | Sequence[int],
) -> list[list[Scanpath]]:  # fmt: skip
    whole(fixations=model.fixations)
    found, durations = [], np.full(model.fixations, model.duration_s)
    sizes = of_each(size_of, images)
    for plane, size, own in zip(planes, sizes, seeds_of(seed, images), strict=True):
        cells = np.cumsum(density(plane))
        draws = np.array([rng.random((3, model.fixations)) for rng in generators(n_paths, own)])
        where, *within = np.moveaxis(draws.reshape(n_paths, 3, model.fixations), 1, 0)
        row, column = np.divmod(np.searchsorted(cells / cells[-1], where, side="right"), plane.shape[1])
        x, y = (column + within[0]) * size[0] / plane.shape[1], (row + within[1]) * size[1] / plane.shape[0]
        found.append([scanpath(*places, durations, size=size) for places in zip(x, y, strict=True)])
    return found
