"""What models of gaze share: how they are asked, their map of priority, and their random numbers."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.metric import readable
from neurogate.scanpath.metrics.priority import checked_map
from neurogate.scanpath.path import Scanpath
from neurogate.scanpath.vision.pictures import as_picture

__all__ = [
    "Model", "Priority", "above", "alike", "backend_named", "blocks", "from_to", "generators", "of_each",
    "path_seeds", "priority_of", "seeds_of", "size_of", "whole",
]  # fmt: skip

Values = NDArray[np.float64]

Item = TypeVar("Item")
Key = TypeVar("Key")
Made = TypeVar("Made")
BLOCK = 1 << 18
"""Numbers of an array that are computed at once, if there is a choice: about what a cache holds."""
BACKENDS = {"numba": "numba_cpu", "numpy": "numpy_reference"}
Priority: TypeAlias = Callable[[Values], Any] | ArrayLike
"""What makes a map (h, w) of a picture (H, W, 3); or the map itself, for all pictures."""


class Model(Protocol):
    """What every model of gaze can do: look at one picture, or at many at once."""

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
        return self.batch([image], n_paths, seed)[0]

    def batch(
        self, images: Sequence[ArrayLike], n_paths: int, seed: int | Sequence[int]
    ) -> list[list[Scanpath]]:
        """Look at many pictures at once; paths are those that `scanpaths` returns for each alone.

        Parameters
        ----------
        images : sequence of (H, W) or (H, W, C)
            Of any sizes.
        n_paths : int
            On each.
        seed : int or sequence of int
            Of all pictures, or of each.

        Raises
        ------
        RequestError
            If there are not as many seeds as pictures, or a picture cannot be looked at; it says which.
        """


def seeds_of(seed: int | Sequence[int], images: Sequence[ArrayLike]) -> list[int]:
    """Return the seed of each picture.

    Raises
    ------
    RequestError
        If there is neither one for all nor one for each.

    Examples
    --------
    >>> seeds_of(3, [np.zeros((2, 2))] * 2), seeds_of([3, 4], [np.zeros((2, 2))] * 2)
    ([3, 3], [3, 4])
    """
    if not isinstance(seed, Sequence | np.ndarray):
        return [seed] * len(images)
    if len(seed) != len(images):
        raise RequestError(
            f"There are {len(seed)} seeds for {len(images)} pictures. Give one, or one for each."
        )
    return list(seed)


def of_each(make: Callable[[Item], Made], pictures: Sequence[Item]) -> list[Made]:
    """Return what is made of each picture; a complaint says of which, if there are several.

    Parameters
    ----------
    make : callable
    pictures : sequence
        Or pictures with what belongs to each.

    Raises
    ------
    RequestError
        What `make` complains of, with the number of the picture in front.

    Examples
    --------
    >>> of_each(size_of, [np.zeros((60, 80)), np.zeros((1, 1))])
    Traceback (most recent call last):
    neurogate.errors.RequestError: Picture 1: The picture is 1 x 1 px. Give at least 2 x 2.
    """
    if len(pictures) == 1:
        return [make(pictures[0])]
    return readable(make, pictures, "Picture", None)[0]


def alike(keys: Iterable[Key]) -> dict[Key, list[int]]:
    """Return where each key stands, such as the pictures of each size.

    Examples
    --------
    >>> alike("aba")
    {'a': [0, 2], 'b': [1]}
    """
    found: dict[Key, list[int]] = {}
    for place, key in enumerate(keys):
        found.setdefault(key, []).append(place)
    return found


def blocks(count: int, numbers: int, most: int = BLOCK) -> Iterator[slice]:
    """Yield slices of what is computed at once: as many as have that many numbers together, at least one.

    Parameters
    ----------
    count : int
        Of all.
    numbers : int
        Of each.
    most : int
        Numbers in a block.

    Examples
    --------
    >>> [*blocks(5, 10, 20)]
    [slice(0, 2, None), slice(2, 4, None), slice(4, 6, None)]
    """
    step = max(1, most // numbers)
    return (slice(first, first + step) for first in range(0, count, step))


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
        If there are fewer than no paths, the seed is negative, or one is no whole number.

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
    _whole(n_paths=n_paths, seed=seed)
    for path in range(n_paths):
        yield np.random.default_rng([seed, path])


def path_seeds(n_paths: int, seed: int) -> NDArray[np.int64]:
    """Return the seed of each path for what has no generator, (n_paths,), drawn by `generators`.

    Examples
    --------
    >>> (path_seeds(2, seed=1)[:1] == path_seeds(1, seed=1)).all()
    np.True_
    """
    return np.array([rng.integers(2**63) for rng in generators(n_paths, seed)], dtype=np.int64)


def backend_named(name: str, module: str) -> Any:
    """Return a module of the backend "numba" or "numpy".

    Raises
    ------
    RequestError
        If there is no such backend.

    Examples
    --------
    >>> backend_named("numpy", "first_spike").__name__
    'neurogate.backends.numpy_reference.first_spike'
    """
    if name not in BACKENDS:
        raise RequestError(f"The backend is {name!r}. Give one of {', '.join(BACKENDS)}.")
    return importlib.import_module(f"neurogate.backends.{BACKENDS[name]}.{module}")


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


def from_to(least: float, most: float = np.inf, **settings: float) -> None:
    """Complain of the first setting that is not finite, or not between limits, which may be reached.

    Parameters
    ----------
    least, most : float
        The limits.
    **settings : float
        By name.

    Raises
    ------
    RequestError
        With the name and the limits.

    Examples
    --------
    >>> from_to(0, 1, retention=1.5)
    Traceback (most recent call last):
    neurogate.errors.RequestError: retention is 1.5. Give a number from 0 to 1.
    """
    for name, value in settings.items():
        if not (least <= value <= most and value < np.inf):
            allowed = (
                f"number from {least:g} to {most:g}"
                if most < np.inf
                else f"finite number of at least {least:g}"
            )
            raise RequestError(f"{name} is {value:g}. Give a {allowed}.")


def whole(**settings: float) -> None:
    """Complain of the first setting that is not a whole number above 0.

    Examples
    --------
    >>> whole(fixations=2.5)
    Traceback (most recent call last):
    neurogate.errors.RequestError: fixations is 2.5. Give a whole number.
    """
    above(0, **settings)
    _whole(**settings)


def _whole(**settings: float) -> None:
    for name, value in settings.items():
        if not isinstance(value, int | np.integer):
            raise RequestError(f"{name} is {value}. Give a whole number.")
