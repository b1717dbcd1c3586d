"""Constrained Lévy exploration: long jumps at times, in the potential of the saliency."""

from __future__ import annotations

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
    generators,
    of_each,
    priority_of,
    seeds_of,
    size_of,
    whole,
)
from neurogate.scanpath.path import Scanpath, scanpath
from neurogate.scanpath.vision.itti_koch import itti_koch
from neurogate.scanpath.vision.smoothing import resized

__all__ = ["LevyExploration"]

Values = NDArray[np.float64]
Whole = NDArray[np.intp]
MOST = 1 << 22
"""Cells of maps that are looked at together."""


@attrs.frozen(eq=False)
class LevyExploration(Model):
    r"""The eye falls in a potential and is kicked at random, by Cauchy's law.

    With the saliency S from 0 to 100 and :math:`V = 100 e^{-S / 100}`, candidates for the next place are

    .. math::
        r' = r + \tfrac{1}{10}\left(-\tfrac{1}{2} \nabla V + \tfrac{1}{2} \xi (\cos\theta, \sin\theta)\right),

    θ uniform, ξ of Cauchy's law with scale :math:`(2 F)^2` and F a sixth of the shorter side. Of those within
    the picture, the one of the highest S is taken if it is higher than here, else with the probability
    :math:`e^{(S' - S) / T}`; else others are drawn. The first fixation is the centre.

    Parameters
    ----------
    priority : callable or (h, w)
        The map S.
    fixations : int
        In each path.
    candidates : int
        Drawn at once.
    temperature : float
        T.
    tries : int
        After so many refusals the eye stays.
    duration_s : float
        Of each fixation, of which the model says nothing.

    References
    ----------
    Boccignone & Ferraro 2004, doi:10.1016/j.physa.2003.09.011. In the authors' code the gradient is looked
    up in the wrong place, and jumps go down and right only: not so here.

    Examples
    --------
    >>> path = LevyExploration(np.eye(6)).scanpaths(np.zeros((60, 80)), n_paths=1, seed=1)[0]
    >>> len(path), path.outside.any().item(), (path.x_px[0].item(), path.y_px[0].item())
    (9, False, (40.0, 30.0))
    """

    priority: Priority = itti_koch
    fixations: int = 9
    candidates: int = 50
    temperature: float = 25.0
    tries: int = 100
    duration_s: float = 0.25

    def batch(
        self, images: Sequence[ArrayLike], n_paths: int, seed: int | Sequence[int]
    ) -> list[list[Scanpath]]:
        """Return so many scanpaths on each picture: those that `scanpaths` returns for it alone."""
        whole(fixations=self.fixations, candidates=self.candidates, tries=self.tries)
        above(0, temperature=self.temperature)
        seeds, found = seeds_of(seed, images), [list[Scanpath]() for _ in images]
        for size, own in alike(of_each(size_of, images)).items() if n_paths else ():
            for part in blocks(len(own), math.prod(size), MOST):
                salience = np.stack([self._salience(images[k], size) for k in own[part]])
                rngs = [rng for k in own[part] for rng in generators(n_paths, seeds[k])]
                paths = self._looked(salience, size, rngs)
                for number, k in enumerate(own[part]):
                    found[k] = paths[number * n_paths : (number + 1) * n_paths]
        return found

    def _salience(self, image: ArrayLike, size: tuple[int, int]) -> Values:
        return np.asarray(100 * resized(priority_of(self.priority, image), size[::-1]))

    def _looked(
        self, salience: Values, size: tuple[int, int], rngs: Sequence[np.random.Generator]
    ) -> list[Scanpath]:
        """Return paths on the first map, then those on the second, and so on."""
        potential = 100 * np.exp(-salience / 100)
        force = -np.stack(np.gradient(potential, axis=(1, 2))[::-1])
        shown = np.repeat(np.arange(len(salience)), len(rngs) // len(salience))
        places = [np.tile(np.array(size) / 2, (len(rngs), 1))]
        while len(places) < self.fixations:
            places.append(self._next(places[-1], salience, force, shown, rngs))
        durations = np.full(self.fixations, self.duration_s)
        return [scanpath(x, y, durations, size=size) for x, y in np.stack(places, axis=2)]

    def _next(
        self, at: Values, salience: Values, force: Values, shown: Whole, rngs: Sequence[np.random.Generator]
    ) -> Values:
        """Return where paths go; those that are refused too often stay."""
        reached, waiting = at.copy(), np.arange(len(at))
        for _ in range(self.tries):
            own = [rngs[k] for k in waiting.tolist()]
            here = (shown[waiting], *at[waiting, ::-1].T.astype(int))
            candidates = at[waiting].T[:, :, None] + self._jumps(force[:, *here], salience.shape[1:], own)
            place, value = _highest(candidates, salience, shown[waiting])
            chance = np.exp(np.minimum(0.0, (value - salience[here]) / self.temperature))
            asked = [rng.random() if each > -np.inf else np.inf for rng, each in zip(own, value, strict=True)]
            taken = np.array(asked) < chance
            reached[waiting[taken]] = place[taken]
            waiting = waiting[~taken]
            if not waiting.size:
                break
        return reached

    def _jumps(self, pull: Values, shape: tuple[int, ...], rngs: Sequence[np.random.Generator]) -> Values:
        """Return by how much candidates are away, (2, paths, candidates)."""
        n = self.candidates
        drawn = np.array([(rng.uniform(0, 2 * np.pi, n), rng.standard_cauchy(n)) for rng in rngs])
        angle, kick = drawn[:, 0], drawn[:, 1] * (min(shape) / 3) ** 2
        return np.asarray(0.05 * (pull[:, :, None] + kick * np.stack([np.cos(angle), np.sin(angle)])))


def _highest(candidates: Values, salience: Values, shown: Whole) -> tuple[Values, Values]:
    """Return of each path the highest candidate, (paths, 2), and how high it is: -inf if all are outside."""
    size = np.array(salience.shape[:0:-1])[:, None, None]
    inside = ((candidates >= 0) & (candidates < size)).all(axis=0)
    x, y = np.where(inside, candidates, 0).astype(int)
    value = np.where(inside, salience[shown[:, None], y, x], -np.inf)
    best = np.arange(len(shown)), value.argmax(axis=1)
    return candidates[:, *best].T, value[best]
