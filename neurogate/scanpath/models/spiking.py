r"""Spiking winner-take-all: Izhikevich cells that each stand for a place of the picture."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.scanpath.models.deciding import Decider, Field
from neurogate.scanpath.models.model import priority_of, size_of
from neurogate.scanpath.vision.contrast import CELLS, cells_of
from neurogate.scanpath.vision.smoothing import pooled

__all__ = ["Spiking"]

Values = NDArray[np.float64]


@attrs.frozen(eq=False, kw_only=True)
class Spiking(Decider):
    r"""Spiking cells of a map of priority compete, and the eye goes where most spikes have been.

    Cells lie on a grid of which 32 make the longer side of the picture. How they compete is said by
    `Circuit`, what attention and inhibition of return are by `Attention` and `Return`. The first fixation
    is the centre; how long one lasts comes from the competition, and from :math:`\rho = \max(.3, 1 + s x)`,
    x a normal number for each fixation, as LATER has it.

    The cells are a reservoir in which all excite one that inhibits all, and have its bits: neurons are
    presets of the package, moved by the reservoir's own step (Izhikevich 2003, half steps), the count of
    spikes is its trace, and noise is the same function of seed, step and neuron. What is not shared is the
    list of synapses, which this wiring does not need, and the readout, in place of which a window of the
    map is looked at; so it runs in a kernel of its own.

    Parameters are those of `Decider`.

    Raises
    ------
    RunDiverged
        If a membrane potential leaves its range.

    References
    ----------
    The composition, and the default numbers, are of this package. Its pieces: Izhikevich 2003,
    doi:10.1109/TNN.2003.820440; Koch & Ullman 1985, Human Neurobiology 4:219 (winner-take-all, inhibition
    of return); Purcell et al. 2012, Journal of Neuroscience 32, 3433 (gated accumulation); Carpenter &
    Williams 1995, doi:10.1038/377059a0 (LATER).

    Examples
    --------
    >>> bright = np.zeros((24, 32))
    >>> bright[6, 24] = 1.0
    >>> path = Spiking(priority=bright, fixations=2).scanpaths(np.zeros((60, 80)), n_paths=1, seed=1)[0]
    >>> bool(np.hypot(path.x_px[1] - 61.25, path.y_px[1] - 16.25) < 4), bool(path.duration_s[0] > 0.05)
    (True, True)
    """

    def field(self, image: ArrayLike) -> Field:
        """Return how the model's cells see a picture."""
        width, height = size_of(image)
        return _Grid((width, height), pooled(priority_of(self.priority, image), cells_of(height, width)))


@attrs.frozen(eq=False)
class _Grid:
    """Cells that see the same places wherever the eye is."""

    size_px: tuple[int, int]
    plane: Values

    @property
    def shape(self) -> tuple[int, int, int]:
        return 1, *self.plane.shape

    @property
    def _cell(self) -> Values:
        """Return the size of a cell, about 1."""
        return np.array(self.size_px) * CELLS / max(self.size_px) / self.plane.shape[::-1]

    def seen(self, gaze: Values) -> tuple[Values, Values]:
        rows, columns = np.indices(self.plane.shape)
        cells = (np.stack([columns.ravel(), rows.ravel()], axis=1) + 0.5) * self._cell
        return np.broadcast_to(self.plane.ravel(), (len(gaze), self.plane.size)), cells[None]

    def target(self, place: Values, gaze: Values) -> Values:
        return (place[:, :0:-1] + 0.5) * self._cell
