"""What a measure of a map is, and how it is taken of many maps at once, or of viewers by each other.

Its function reads like its definition. Its twin computes what maps and fixations have to give only once for
all that they are compared with.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.fixation_map import fixation_map
from neurogate.scanpath.metrics.metric import readable
from neurogate.scanpath.metrics.priority import cells, checked_map, judged, map_table

__all__ = ["MapMetric", "against_fixations", "against_maps"]

Values = NDArray[np.float64]
Twin = Callable[..., ArrayLike]
Against = Literal["fixations", "maps"]


class MapMetric:
    """A measure of a map, as `against_fixations` or `against_maps` makes it of a function.

    Parameters
    ----------
    function : callable
        Takes a map, what it is compared with, and options, and returns a number.
    twin : callable
        Does the same for many, and returns (n, m). Against fixations: takes a list of maps (H, W), a list of
        cells (L, 2), whole and inside, and the options. Against maps: takes two lists of maps,
        which may be one list.
    against : {"fixations", "maps"}
        What a map is compared with.
    whole : bool
        Whether all of a map is read. Where only some cells are, a number that is missing elsewhere does no
        harm, and the twin returns NaN for each viewer for whom one is missing where it reads.
    left_out : mapping, optional
        Options that `leave_one_out` takes if none are given.
    """

    def __init__(
        self, function: Callable[..., float], twin: Twin, against: Against, *, whole: bool = True,
        left_out: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        functools.update_wrapper(self, function)
        self.left_out = dict(left_out or {})
        self.function, self.twin, self.against, self.whole = function, twin, against, whole

    def __call__(self, *arguments: Any, **options: Any) -> float:
        """Return the measure of one map."""
        return self.function(*arguments, **options)

    def pairwise(
        self, maps: Sequence[ArrayLike], others: Sequence[ArrayLike], /, *,
        complaints: list[str] | None = None, **options: Any,
    ) -> Values:  # fmt: skip
        """Return the measure of every map with everything else.

        Parameters
        ----------
        maps : sequence of (H, W)
            Maps of priority, all of one shape.
        others : sequence of (L, 2), or of (H, W)
            The fixated cells of each viewer; or the empirical maps, where maps are compared with maps (which
            takes less time if they are `maps` themselves).
        complaints : list of str, optional
            Takes a sentence for each map or viewer that is wrong, whose pairs are NaN then; without it the
            first one is an error.
        **options
            Of the measure; they are the same for all.

        Returns
        -------
        (n, m) array

        Raises
        ------
        RequestError
            If shapes differ, or what the measure itself complains of.
        """
        table = np.full((len(maps), len(others)), np.nan)
        several, rows = readable(checked_map if self.whole else map_table, maps, "Map", complaints)
        _alike(several, "maps")
        if not several:
            return table
        if self.against == "fixations":
            shape: Any = several[0].shape
            seen, seats = readable(lambda each: cells(each, shape), others, "Viewer", complaints)
            found: Any = self.twin(several, seen, **options) if seen else []
        elif others is maps:
            found, seats = self.twin(several, several, **options), rows
        else:
            wanted, seats = readable(checked_map, others, "Empirical map", complaints)
            _alike([several[0], *wanted], "maps and empirical maps")
            found = self.twin(several, wanted, **options) if wanted else []
        if len(found):
            table[np.ix_(rows, seats)] = found
        if not self.whole:
            self._complain(table, rows, seats, (maps, others, options), complaints)
        return table

    def _complain(
        self, table: Values, rows: list[int], seats: list[int], given: Any, complaints: list[str] | None
    ) -> None:
        """Let the function itself say, once for each map, what is missing where there is no number."""
        maps, others, options = given
        for row in rows:
            blank = [seat for seat in seats if np.isnan(table[row, seat])]
            said: list[str] = []
            ask = functools.partial(self._one, maps[row], others, options)
            readable(ask, blank, "", said)
            for words in dict.fromkeys(each.split(": ", 1)[1] for each in said):
                if complaints is None:
                    raise RequestError(f"Map {row}: {words}")
                complaints.append(f"Map {row}: {words}")

    def _one(self, priority: ArrayLike, others: Any, options: dict[str, Any], seat: int) -> float:
        return self.function(priority, others[seat], **options)

    def leave_one_out(
        self, fixated: Iterable[ArrayLike], *, shape: tuple[int, int], sigma: float,
        complaints: list[str] | None = None, **options: Any,
    ) -> Values:  # fmt: skip
        """Return how well all other viewers of a picture predict each of them.

        The map is `fixation_map` of the fixations of the others. It is compared with the viewer's fixations,
        or with the map of these.

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
            NaN of who looked nowhere, and where nobody else looked anywhere.

        Raises
        ------
        RequestError
            If there are fewer than two viewers, or a fixation is outside the map.
        """
        given = list(fixated)
        found, options = np.full(len(given), np.nan), {**self.left_out, **options}
        for place, own, others in judged(given, shape, complaints):
            predicted = fixation_map(np.concatenate(others), shape, sigma)
            target = own if self.against == "fixations" else fixation_map(own, shape, sigma)
            found[place] = self.pairwise([predicted], [target], **options)[0, 0]
        return found


def against_fixations(
    twin: Twin, *, whole: bool = True, left_out: Mapping[str, Any] | None = None
) -> Callable[[Callable[..., float]], MapMetric]:
    """Make a measure of a map at fixations.

    Parameters
    ----------
    twin : callable
        Takes many maps and the cells of many viewers (see `MapMetric`).
    whole : bool
        Whether all of a map is read (see `MapMetric`).
    left_out : mapping, optional
        Options of `leave_one_out` (see `MapMetric`).

    Examples
    --------
    >>> from neurogate.scanpath.metrics.nss import nss
    >>> nss.pairwise([[[0, 0], [0, 4]]], [[[1, 1]], [[0, 0]]]).round(4).tolist()
    [[1.7321, -0.5774]]
    """
    return lambda function: MapMetric(function, twin, "fixations", whole=whole, left_out=left_out)


def against_maps(twin: Twin) -> Callable[[Callable[..., float]], MapMetric]:
    """Make a measure of two maps.

    Parameters
    ----------
    twin : callable
        Takes two lists of maps (see `MapMetric`).

    Examples
    --------
    >>> from neurogate.scanpath.metrics.map_likeness import similarity
    >>> similarity.pairwise([[[1, 1]]], [[[0, 1]], [[1, 1]]]).tolist()
    [[0.5, 1.0]]
    """
    return lambda function: MapMetric(function, twin, "maps")


def _alike(maps: list[Values], name: str) -> None:
    shapes = sorted({each.shape for each in maps})
    if len(shapes) > 1:
        raise RequestError(f"There are {name} of shapes {' and '.join(map(str, shapes))}. Give one shape.")
