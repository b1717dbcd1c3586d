"""OAT as a model of gaze: a picture of a shelf is cut into objects, and searches become scanpaths."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.models.model import Model, of_each, seeds_of
from neurogate.scanpath.models.oat.looking import drawn_searches
from neurogate.scanpath.models.oat.model import OAT
from neurogate.scanpath.models.oat.shelf import Shelf, shelf
from neurogate.scanpath.path import Scanpath, scanpath
from neurogate.scanpath.vision.pictures import as_picture
from neurogate.scanpath.vision.smoothing import resized

__all__ = ["ShelfSearch", "cut"]


def cut(image: ArrayLike, shape: tuple[int, int], target: int, size: tuple[int, int]) -> Shelf:
    """Cut a picture into rows and columns of objects, each resized.

    Parameters
    ----------
    image : (H, W) or (H, W, C)
        As `neurogate.scanpath.vision.pictures.as_picture` takes it.
    shape : (int, int)
        Rows and columns.
    target : int
        The object that is searched, counted row by row.
    size : (int, int)
        Height and width of the picture of an object.

    Raises
    ------
    RequestError
        If there are more rows or columns than pixels, or the target is no object.

    Examples
    --------
    >>> cut(np.zeros((60, 80)), (2, 4), target=7, size=(12, 10)).looks.shape
    (8, 3, 12, 10)
    """
    planes = np.moveaxis(as_picture(image), -1, 0)
    if not all(1 <= parts <= n for parts, n in zip(shape, planes.shape[1:], strict=True)):
        raise RequestError(
            f"A picture of {planes.shape[1]} rows and {planes.shape[2]} columns of pixels cannot be cut into "
            f"{shape[0]} x {shape[1]} objects. Give fewer, at least 1."
        )
    rows, columns = (_edges(n, parts) for n, parts in zip(planes.shape[1:], shape, strict=True))
    pairs = itertools.product(itertools.pairwise(rows), itertools.pairwise(columns))
    return shelf([resized(planes[:, a:b, c:d], size) for (a, b), (c, d) in pairs], target, shape)


@attrs.frozen(eq=False)
class ShelfSearch(Model):
    """Searches of a target on a picture of a shelf.

    Parameters
    ----------
    model : OAT
        Trained, on pictures of three channels.
    shape : (int, int)
        Rows and columns of the shelf.
    target : int
        The object that is searched, counted row by row.
    longest : int
        Fixations after which a search ends.
    duration_s : float
        Of each fixation, of which the model says nothing; it rests in the middle of an object.

    Examples
    --------
    >>> from neurogate.scanpath.models.oat.pictures import Patch
    >>> patch = Patch(height=12, width=10, first=2, second=2, pool=2, last_pool=1)
    >>> model = OAT(patch=patch, d_model=36, hidden=8, encoders=1, decoders=1, longest=6)
    >>> path = ShelfSearch(model, (2, 4), target=5).scanpaths(np.zeros((60, 80)), n_paths=1, seed=0)[0]
    >>> set(path.x_px.tolist()) <= {10.0, 30.0, 50.0, 70.0}, set(path.y_px.tolist()) <= {15.0, 45.0}
    (True, True)
    """

    model: OAT
    shape: tuple[int, int]
    target: int
    longest: int = 30
    duration_s: float = 0.25

    def batch(
        self, images: Sequence[ArrayLike], n_paths: int, seed: int | Sequence[int]
    ) -> list[list[Scanpath]]:
        """Return so many scanpaths on each picture: those that `scanpaths` returns for it alone."""
        pairs = list(zip(images, seeds_of(seed, images), strict=True))
        return of_each(lambda pair: self._on(pair[0], n_paths, pair[1]), pairs)

    def _on(self, image: ArrayLike, n_paths: int, seed: int) -> list[Scanpath]:
        patch = self.model.patch
        if patch is None or patch.channels != 3:
            raise RequestError(
                "The model was not made for pictures of three channels. Make it with patch=Patch(channels=3)."
            )
        made = cut(image, self.shape, self.target, (patch.height, patch.width))
        height, width = as_picture(image).shape[:2]
        rows, columns = (_edges(n, parts) for n, parts in zip((height, width), self.shape, strict=True))
        searches = drawn_searches(self.model, made, n_paths, seed, longest=self.longest)
        x, y = _middles(columns)[made.places[:, 1]], _middles(rows)[made.places[:, 0]]
        return [
            scanpath(x[path], y[path], np.full(len(path), self.duration_s), size=(width, height))
            for path in searches
        ]


def _edges(n: int, parts: int) -> NDArray[np.intp]:
    return np.arange(parts + 1) * n // parts


def _middles(edges: NDArray[np.intp]) -> NDArray[np.float64]:
    return np.asarray((edges[1:] + edges[:-1]) / 2)
