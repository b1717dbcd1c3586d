"""Constrained Lévy exploration: long jumps at times, in the potential of the saliency."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.scanpath.models.model import (
    Model,
    Priority,
    above,
    generators,
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
        return [
            self._on(image, n_paths, own) for image, own in zip(images, seeds_of(seed, images), strict=True)
        ]

    def _on(self, image: ArrayLike, n_paths: int, seed: int) -> list[Scanpath]:
        whole(fixations=self.fixations, candidates=self.candidates, tries=self.tries)
        above(0, temperature=self.temperature)
        width, height = size_of(image)
        salience = 100 * resized(priority_of(self.priority, image), (height, width))
        force = -np.stack(np.gradient(100 * np.exp(-salience / 100))[::-1])
        paths = []
        for rng in generators(n_paths, seed):
            places = [np.array([width / 2, height / 2])]
            while len(places) < self.fixations:
                places.append(self._next(places[-1], salience, force, rng))
            x, y = np.transpose(places)
            paths.append(scanpath(x, y, np.full(self.fixations, self.duration_s), size=(width, height)))
        return paths

    def _next(self, place: Values, salience: Values, force: Values, rng: np.random.Generator) -> Values:
        here, size = (int(place[1]), int(place[0])), np.array(salience.shape[::-1])
        for _ in range(self.tries):
            angle = rng.uniform(0, 2 * np.pi, self.candidates)
            kick = rng.standard_cauchy(self.candidates) * (size.min() / 3) ** 2
            jumps = 0.05 * (
                force[:, here[0], here[1], None] + kick * np.stack([np.cos(angle), np.sin(angle)])
            )
            drawn = place[:, None] + jumps
            drawn = drawn[:, ((drawn >= 0) & (drawn < size[:, None])).all(axis=0)]
            if not drawn.size:
                continue
            found = salience[drawn[1].astype(int), drawn[0].astype(int)]
            best = int(found.argmax())
            if rng.random() < np.exp(min(0.0, (found[best] - salience[here]) / self.temperature)):
                return np.asarray(drawn[:, best])
        return place
