"""What models of gaze share: how they are asked, their map of priority, and their random numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.priority import checked_map
from neurogate.scanpath.path import Scanpath
from neurogate.scanpath.vision.pictures import as_picture

__all__ = ["Model", "Priority", "above", "generators", "priority_of", "size_of"]

Values = NDArray[np.float64]

Priority: TypeAlias = Callable[[Values], Any] | ArrayLike
"""What makes a map (h, w) of a picture (H, W, 3); or the map itself, for all pictures."""


class Model(Protocol):
    """What every model of gaze can do."""

    def scanpaths(self, image: ArrayLike, n_paths: int, seed: int) -> list[Scanpath]:
        """Look at a picture.

        Parameters
        ----------
        image : (H, W) or (H, W, C)
            As `neurogate.scanpath.vision.pictures.as_picture` takes it.
        n_paths : int
            How often.
        seed : int
            Of the random numbers. A path does not depend on how many others are asked for.
        """


def priority_of(source: Priority, image: ArrayLike) -> Values:
    """Return a map of priority that goes from 0 to 1; all 1 if it is flat.

    Parameters
    ----------
    source : callable or (h, w)
        What makes it of a picture, or the map itself.
    image : (H, W) or (H, W, C)
        The picture.

    Raises
    ------
    RequestError
        If the picture or the map is none.

    Examples
    --------
    >>> priority_of([[1, 3]], np.zeros((2, 2))).tolist()
    [[0.0, 1.0]]
    """
    found = checked_map(source(as_picture(image)) if callable(source) else source)
    spread = found.max() - found.min()
    return (found - found.min()) / spread if spread > 0 else np.ones(found.shape)


def size_of(image: ArrayLike) -> tuple[int, int]:
    """Return width and height of a picture.

    Examples
    --------
    >>> size_of(np.zeros((60, 80)))
    (80, 60)
    """
    height, width, _ = as_picture(image).shape
    return width, height


def generators(n_paths: int, seed: int) -> Iterator[np.random.Generator]:
    """Yield a generator of random numbers for each path, from the seed and the number of the path.

    Raises
    ------
    RequestError
        If there are fewer than no paths, or the seed is negative.

    Examples
    --------
    >>> first, second = (each.random() for each in generators(2, seed=1))
    >>> first == next(generators(1, seed=1)).random(), first == second
    (True, False)
    """
    if n_paths < 0 or seed < 0:
        raise RequestError(
            f"There are {n_paths} paths to make with the seed {seed}. Give numbers of at least 0."
        )
    for path in range(n_paths):
        yield np.random.default_rng([seed, path])


def above(least: float, **settings: float) -> None:
    """Complain of the first setting that is not finite and above a limit.

    Examples
    --------
    >>> above(0, fixations=0)
    Traceback (most recent call last):
    neurogate.errors.RequestError: fixations is 0. Give a finite number above 0.
    """
    for name, value in settings.items():
        if not least < value < np.inf:
            raise RequestError(f"{name} is {value:g}. Give a finite number above {least:g}.")
