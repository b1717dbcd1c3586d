"""NeVA: the eye goes where a task would be solved better, if it were sharp there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, TypeAlias

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.models.model import Model, above, generators, of_each, seeds_of, size_of, whole
from neurogate.scanpath.path import Scanpath, scanpath
from neurogate.scanpath.vision.foveation import Foveation, blurred
from neurogate.scanpath.vision.pictures import as_picture
from neurogate.scanpath.vision.smoothing import resized

__all__ = ["NeVA", "Objective", "Task"]

Values = NDArray[np.float64]


class Objective(Protocol):
    """What a percept is judged by."""

    def loss_and_vjp(self, percept: Values) -> tuple[Values, Values]:
        """Return how badly percepts serve, and what would change that.

        Parameters
        ----------
        percept : (images, paths, 3, h, w)
            What is seen.

        Returns
        -------
        losses : (images, paths)
            Finite; of each percept by itself.
        gradient : (images, paths, 3, h, w)
            Of each loss with respect to its percept.
        """


Task: TypeAlias = Callable[[Values, float], Objective]
"""What gives an objective, of pictures (images, 3, h, w) and the share, t / T, of fixations already made.

An objective that knows what it wants is made a task by ``lambda pictures, share: objective``.
"""


@attrs.frozen(eq=False)
class NeVA(Model):
    r"""Fixations that lower the loss of a task which sees only what the fovea shows.

    At each fixation, places (row, column) from -1 to 1 start in the centre and descend, with the percept of
    `neurogate.scanpath.vision.foveation.Foveation` and its gradient,

    .. math:: r \leftarrow r - \eta \, \text{sign} \frac{dL(\tilde x_r)}{dr};

    whenever the loss is no lower than the lowest so far, r is moved at random besides. The place of the
    lowest loss is fixated and remembered. Places are kept within the picture, which the authors' are not.
    Chance is all that tells paths apart: without restarts, several may be the same.

    Parameters
    ----------
    task : callable
        A `Task`, such as `neurogate.scanpath.models.recognition.Recognition`.
    size : (int, int), optional
        Rows and columns to which pictures are brought for the task; as they are if left out.
    sigma, retention : float
        Of the fovea, and of its memory: 0 forgets all but the last fixation, though the authors call it
        forgetting.
    blur : (int, float)
        Taps and standard deviation, in px, of what is seen without the fovea.
    fixations : int
        In each path.
    steps : int
        Of the descent, for each fixation.
    rate : float
        η.
    restarts : bool
        Whether a place that is no better is drawn anew from the whole picture; else it moves by up to η / 2.
    compat : {"neva"}, optional
        Fixate, as the authors' code does, where the place of the lowest loss *went*: it steps, then stores.
    duration_s : float
        Of each fixation, of which the model says nothing.

    References
    ----------
    Schwinn, Precup, Eskofier & Zanca 2022, Behind the machine's gaze, arXiv:2204.09093. The defaults are
    those of their code.

    Examples
    --------
    >>> class Bright:
    ...     def loss_and_vjp(self, percept):
    ...         return -(percept**2).mean(axis=(2, 3, 4)), -2 * percept / percept[0, 0].size
    >>> image = np.zeros((20, 40))
    >>> image[12:18:2, 4:10] = 1
    >>> model = NeVA(lambda pictures, share: Bright(), fixations=2)
    >>> path = model.scanpaths(image, n_paths=1, seed=0)[0]
    >>> path.x_px.round().tolist(), path.y_px.round().tolist()
    ([6.0, 10.0], [15.0, 15.0])
    """

    task: Task
    size: tuple[int, int] | None = None
    sigma: float = 0.15
    retention: float = 0.1
    blur: tuple[int, float] = (5, 5.0)
    fixations: int = 10
    steps: int = 20
    rate: float = 0.1
    restarts: bool = False
    compat: Literal["neva"] | None = None
    duration_s: float = 0.25

    def __attrs_post_init__(self) -> None:
        """Look whether the settings can be."""
        whole(fixations=self.fixations, steps=self.steps)
        above(0, rate=self.rate)
        if self.compat not in (None, "neva"):
            raise RequestError(f'compat is {self.compat!r}. Give "neva", or leave it out.')

    def batch(
        self, images: Sequence[ArrayLike], n_paths: int, seed: int | Sequence[int]
    ) -> list[list[Scanpath]]:
        """Return so many scanpaths on each picture: those that `scanpaths` returns for it alone.

        Raises
        ------
        RequestError
            If pictures differ in size and no `size` was given, or the task answers with other than a finite
            loss for each percept.
        """
        views = of_each(self._view, images)
        shapes = sorted({view.picture.shape[1:] for view in views})
        if len(shapes) > 1:
            told = " and ".join(f"{w} x {h} px" for h, w in shapes[:2])
            raise RequestError(f"Pictures of {told} are looked at together. Give a size to bring them to.")
        draws = [
            [rng.uniform(-1, 1, (self.fixations, self.steps, 2)) for rng in generators(n_paths, own)]
            for own in seeds_of(seed, images)
        ]
        if not views or not n_paths:
            return [[] for _ in views]
        places = self._places(views, np.moveaxis(np.array(draws), (2, 3), (0, 1)))
        return [
            [self._path(path, view, image) for path in paths]
            for paths, view, image in zip(places, views, images, strict=True)
        ]

    def _view(self, image: ArrayLike) -> Foveation:
        planes = np.moveaxis(as_picture(image), -1, 0)
        planes = planes if self.size is None else resized(planes, self.size)
        return Foveation(planes, blurred(planes, *self.blur), self.sigma, self.retention)

    def _places(self, views: list[Foveation], draws: Values) -> Values:
        """Return places (images, paths, T, 2), given numbers (T, steps, images, paths, 2) from -1 to 1."""
        pictures = np.stack([view.picture for view in views])
        memory = np.zeros((*draws.shape[2:4], *pictures.shape[-2:]))
        places = []
        for t, drawn in enumerate(draws):
            objective = self.task(pictures, t / self.fixations)
            places.append(self._descend(objective, views, memory, drawn))
            memory = _each(Foveation.remembered, views, memory, places[-1])
        return np.stack(places, axis=2)

    def _descend(self, objective: Objective, views: list[Foveation], memory: Values, draws: Values) -> Values:
        r = np.zeros((*memory.shape[:2], 2))
        best, lowest = r, np.full(r.shape[:2], np.inf)
        for drawn in draws:
            losses, gradient = _judged(objective, _each(Foveation.percept, views, memory, r))
            slope = _each(Foveation.gradient, views, memory, r, gradient)
            moved = np.clip(r - self.rate * np.sign(slope), -1, 1)
            better = losses < lowest
            lowest = np.where(better, losses, lowest)
            best = np.where(better[..., None], moved if self.compat == "neva" else r, best)
            other = drawn if self.restarts else np.clip(moved + self.rate / 2 * drawn, -1, 1)
            r = np.where(better[..., None], moved, other)
        return best

    def _path(self, places: Values, view: Foveation, image: ArrayLike) -> Scanpath:
        """Return a path in px of the picture as given; -1 and 1 are the midst of its outermost pixels."""
        height, width = view.picture.shape[1:]
        size = size_of(image)
        y, x = (((r + 1) / 2 * (n - 1) + 0.5) / n for r, n in zip(places.T, (height, width), strict=True))
        durations = np.full(self.fixations, self.duration_s)
        return scanpath(x * size[0], y * size[1], durations, size=size)


def _each(method: Callable[..., Any], views: list[Foveation], *arrays: Values) -> Values:
    """Ask each picture's own fovea, and return what all say."""
    return np.stack([method(view, *own) for view, *own in zip(views, *arrays, strict=True)])


def _judged(objective: Objective, percept: Values) -> tuple[Values, Values]:
    losses, gradient = objective.loss_and_vjp(percept)
    if losses.shape != percept.shape[:2] or gradient.shape != percept.shape:
        raise RequestError(
            f"Of percepts {percept.shape} the task returns losses {losses.shape} and a gradient "
            f"{gradient.shape}. Return {percept.shape[:2]} and {percept.shape}."
        )
    if not np.isfinite(losses).all():
        raise RequestError(
            "The task's loss of a percept is not finite. Look at its parameters, and at the picture."
        )
    return losses, gradient
