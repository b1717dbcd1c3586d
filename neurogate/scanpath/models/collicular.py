"""Spiking cells of the two superior colliculi, on which the centre of gaze is large, decide where to look."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.scanpath.models.circuit import Circuit
from neurogate.scanpath.models.deciding import Decider, Field
from neurogate.scanpath.models.model import above, priority_of, size_of, whole
from neurogate.scanpath.vision.collicular import Colliculus
from neurogate.scanpath.vision.contrast import CELLS, cells_of
from neurogate.scanpath.vision.smoothing import pooled

__all__ = ["Collicular"]

Values = NDArray[np.float64]
ROWS, COLUMNS = 24, 16
"""Of the cells of one colliculus: along direction, and along eccentricity."""
FINE = 64
"""Cells of the map of priority, along the longer side."""


@attrs.frozen(eq=False, kw_only=True)
class Collicular(Decider):
    r"""As `Spiking`, but cells lie on the maps of the two superior colliculi and move with the eye.

    A cell stands for what lies in its part of the visual field around the centre of gaze, small near it and
    large in the periphery, and sees the most of the priority there. A decision is the centre of the spikes
    of one colliculus, on its map; so saccades are the less exact the longer they are.

    Attention is gated by the objects that gate a reservoir's learning, and is lesioned by them alike: a
    closed gate, ``gates=(ConstantGate(level=0.0),)``, or one that is closed in one phase of a fixation, a
    `LesionGate`. Parameters are those of `Decider`, and:

    Parameters
    ----------
    circuit : Circuit
        With more evidence asked for than in `Spiking`: on these maps more cells see what is near.
    colliculus : Colliculus
        The map.
    degrees : float
        Visual angle of the picture's longer side.
    samples : int
        Places along each side of a cell's part of the field, of which it sees the most. With 7, a cell far
        from the gaze hardly misses anything of a small peak; with 3, it may miss most, in half the time.

    References
    ----------
    Ottes, Van Gisbergen & Eggermont 1986, doi:10.1016/0042-6989(86)90144-6 (the map); Lee, Rohrer & Sparks
    1988, doi:10.1038/332357a0 (saccades to the centre of a population). The composition is of this package.

    Examples
    --------
    >>> bright = np.zeros((24, 32))
    >>> bright[6, 24] = 1.0
    >>> path = Collicular(priority=bright, fixations=2).scanpaths(np.zeros((60, 80)), n_paths=1, seed=1)[0]
    >>> bool(np.hypot(path.x_px[1] - 61.25, path.y_px[1] - 16.25) < 8)
    True
    """

    circuit: Circuit = attrs.field(factory=lambda: Circuit(threshold=60.0))
    colliculus: Colliculus = attrs.field(factory=Colliculus)
    degrees: float = 33.0
    samples: int = 7

    def field(self, image: ArrayLike) -> Field:
        """Return how the model's cells see a picture."""
        above(0, degrees=self.degrees)
        whole(samples=self.samples)
        width, height = size_of(image)
        plane = pooled(priority_of(self.priority, image), cells_of(height, width, FINE))
        return _Colliculi((width, height), plane, self.colliculus, CELLS / self.degrees, self.samples)


@attrs.frozen(eq=False)
class _Colliculi:
    """Cells that see places relative to where the eye rests."""

    size_px: tuple[int, int]
    plane: Values
    map: Colliculus
    scale: float
    """Of places, by degree."""
    samples: int

    @property
    def shape(self) -> tuple[int, int, int]:
        return 2, ROWS, COLUMNS

    def seen(self, gaze: Values) -> tuple[Values, Values]:
        x, y = (gaze * self.plane.shape[::-1] / self._extent).T[:, :, None, None]
        m = self.samples
        inner = ((np.arange(n * m) + 0.5) / m - 0.5 for n in (ROWS, COLUMNS))
        fine = self._on_map(*np.meshgrid(*inner, indexing="ij"))
        px_per_degree = self.scale * max(self.plane.shape) / CELLS
        view = self.map.view(self.plane, (x, y), px_per_degree, *fine)
        most = view.reshape(2, len(gaze), ROWS, m, COLUMNS, m).max(axis=(3, 5))
        cells = self._away(*np.indices(self.shape).reshape(3, -1).astype(float)) + gaze[:, None]
        return np.moveaxis(most, 1, 0).reshape(len(gaze), -1), cells

    def target(self, place: Values, gaze: Values) -> Values:
        return gaze + self._away(*place.T)

    @property
    def _extent(self) -> Values:
        return np.array(self.size_px) * CELLS / max(self.size_px)

    def _away(self, side: Values, row: Values, column: Values) -> Values:
        """Return how far from the gaze what cells stand for is, (..., 2)."""
        return self.scale * np.stack(self.map.field(*self._on_map(row, column), side == 1), axis=-1)

    def _on_map(self, row: Values, column: Values) -> tuple[Values, Values]:
        """Return u and v of cells: up to the far end of a square, and all directions."""
        farthest, _, _ = self.map.of(np.array([CELLS * np.sqrt(2) / self.scale]), np.zeros(1))
        u = (column + 0.5) * float(farthest[0]) / COLUMNS
        return u, self.map.bv_mm * np.pi * ((row + 0.5) / ROWS - 0.5)
