"""What a measure of the next fixation is, and how it is taken of many models, or of viewers by each other."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.fixation_map import fixation_map
from neurogate.scanpath.metrics.metric import readable
from neurogate.scanpath.metrics.priority import Cells, cells, flat_cells, judged, mean_or_nan

__all__ = ["Read", "StepMetric", "of_steps"]

Values = NDArray[np.float64]


class Read(NamedTuple):
    """What is read of maps at one fixation each, in one call of what is compiled; all but the first (L,)."""

    maps: Values  # (L, H, W)
    cells: Cells  # column and row of each fixation, (L, 2)
    value: Values  # of a map there
    below: Values  # how many of its cells are lower
    equal: Values  # how many are as high
    lowest: Values  # value, or 0 if none is below 0
    above: Values  # sum of how far values are above that
    squares: Values  # sum of squared distances from the mean

    @property
    def size(self) -> int:
        """Return how many cells a map has."""
        return int(self.maps[0].size)

    @property
    def mean(self) -> Values:
        """Return the mean of each map."""
        return np.asarray(self.above / self.size + self.lowest)


class StepMetric:
    """A measure of maps at one fixation each, as `of_steps` makes it of a function.

    Parameters
    ----------
    function : callable
        Takes maps (L, H, W), as many cells (L, 2) and options, and returns (L,).
    twin : callable
        Returns the same of what is `Read` of them, and options.
    left_out : mapping, optional
        Options that `leave_one_out` takes if none are given.

    Examples
    --------
    >>> from neurogate.scanpath.metrics.conditional import conditional_auc
    >>> conditional_auc.pairwise([[[[[0, 1], [2, 3]]]]], [[[1, 1]]]).tolist()
    [[0.875]]
    """

    def __init__(
        self, function: Callable[..., Values], twin: Callable[..., Values],
        left_out: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        functools.update_wrapper(self, function)
        self.function, self.twin, self.left_out = function, twin, dict(left_out or {})

    def __call__(self, *arguments: Any, **options: Any) -> Values:
        """Return a number for each fixation of one viewer."""
        return self.function(*arguments, **options)

    def pairwise(
        self, models: Sequence[Sequence[ArrayLike]], viewers: Sequence[ArrayLike], *,
        complaints: list[str] | None = None, **options: Any,
    ) -> Values:  # fmt: skip
        """Return the mean over fixations for every model and every viewer.

        Parameters
        ----------
        models : sequence of sequences of (L, H, W)
            Of each model its maps for each viewer, since it has seen where that viewer looked before.
        viewers : sequence of (L, 2)
            Cells: column and row.
        complaints : list of str, optional
            Takes a sentence for each pair that is wrong, which is NaN then; without it the first one is an
            error.
        **options
            Of the measure.

        Returns
        -------
        (n, m) array
            Means over the fixations in which the measure has a meaning.

        Raises
        ------
        RequestError
            If a model has not as many stacks of maps as there are viewers, or what the measure complains of.
        """
        table = np.full((len(models), len(viewers)), np.nan)
        for row, stacks in enumerate(models):
            if len(stacks) != len(viewers):
                raise RequestError(
                    f"Model {row} has maps for {len(stacks)} viewers, and there are {len(viewers)}. "
                    "Maps follow what a viewer has seen: give each model's maps for each viewer."
                )
            ask = functools.partial(self._mean, options)
            pairs = list(zip(stacks, viewers, strict=True))
            found, seats = readable(ask, pairs, f"Model {row}, viewer", complaints)
            table[row, seats] = found
        return table

    def leave_one_out(
        self, fixated: Iterable[ArrayLike], *, shape: tuple[int, int], sigma: float,
        complaints: list[str] | None = None, **options: Any,
    ) -> Values:  # fmt: skip
        """Return how well all other viewers predict each viewer's fixations, one by one.

        Map l is `fixation_map` of the fixation l of each of the others, so that time counts. Where none of
        them has so many fixations there is no map, and the fixation does not count.

        Parameters
        ----------
        fixated : iterable of (L, 2)
            Cells, column and row, of at least two viewers.
        shape : (int, int)
            Rows and columns of the maps.
        sigma : float
            Of the Gaussian that smooths the maps, in cells.
        complaints : list of str, optional
            Takes a sentence for each viewer that is wrong, who then is not judged and predicts nobody;
            without it the first one is an error.
        **options
            Of the measure; those of `left_out` are taken unless others are given.

        Returns
        -------
        (n,) array
            Means over fixations; NaN of who looked nowhere, and where nobody else looked anywhere.

        Raises
        ------
        RequestError
            If there are fewer than two viewers, or a fixation is outside the map.
        """
        given = list(fixated)
        found, options = np.full(len(given), np.nan), {**self.left_out, **options}
        for place, own, others in judged(given, shape, complaints):
            maps = _by_turn(others, len(own), shape, sigma)
            found[place] = self._mean(options, (maps, own[: len(maps)]))
        return found

    def _mean(self, options: dict[str, Any], pair: tuple[ArrayLike, ArrayLike]) -> float:
        read = _read(*pair)
        values = self.function(*pair, **options) if read is None else self.twin(read, **options)
        return mean_or_nan(values[~np.isnan(values)])


def of_steps(
    twin: Callable[..., Values], left_out: Mapping[str, Any] | None = None
) -> Callable[[Callable[..., Values]], StepMetric]:
    """Make a measure of maps at one fixation each.

    Parameters
    ----------
    twin : callable
        The measure of what is `Read`.
    left_out : mapping, optional
        Options of `leave_one_out` (see `StepMetric`).

    Examples
    --------
    >>> lowest = of_steps(lambda read: read.lowest)(lambda maps, fixated: np.minimum(0, np.min(maps, (1, 2))))
    >>> lowest.pairwise([[[[[0, -1]]]]], [[[1, 0]]]).tolist()
    [[-1.0]]
    """
    return lambda function: StepMetric(function, twin, left_out)


def _read(priorities: ArrayLike, fixated: ArrayLike) -> Read | None:
    """Read maps in one call; nothing if there are none or something is wrong, which the function says."""
    from neurogate.backends.numba_cpu.gaze_steps import read_steps

    maps = np.asarray(priorities, np.float64)
    count = len(np.asarray(fixated).reshape(-1, 2))
    if maps.ndim != 3 or not maps.size or len(maps) != count:
        return None
    places = cells(np.asarray(fixated).reshape(-1, 2), maps.shape[1:])
    table = read_steps(maps.reshape(count, -1), flat_cells([places], maps.shape[2])[0])
    return Read(maps, places, *table.T) if np.isfinite(table).all() else None


def _by_turn(several: Sequence[Cells], count: int, shape: tuple[int, int], sigma: float) -> Values:
    """Return maps of the first fixations of all, of the second ones, and so on, at most so many."""
    maps = np.empty((min(count, max(map(len, several))), *shape))
    for turn, found in enumerate(maps):
        found[:] = fixation_map([own[turn] for own in several if turn < len(own)], shape, sigma)
    return maps
