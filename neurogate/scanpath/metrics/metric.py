"""What a measure of two scanpaths is, and how it is taken of all pairs at once.

A metric is a function of two arrays that reads like its definition. Its compiled twin takes many pairs in one
call, and is imported when it is first needed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.path import Scanpath, of_one_size

__all__ = ["Metric", "Pairs", "Places", "both", "fixations", "metric", "packed", "readable", "with_others"]

Values = NDArray[np.float64]
Places = NDArray[np.intp]
Pairs = Callable[..., Values]
_T = TypeVar("_T")


class Metric:
    """A measure of two scanpaths, as `metric` makes it of a function.

    Parameters
    ----------
    function : callable
        Takes two arrays of fixations and options, and returns a number or a named tuple of numbers.
    pairs : callable
        Does the same, compiled, for many pairs: takes a list of arrays of fixations, another, the places of
        each pair in both (2, P), and the options; returns (P,) or (P, values).
    values : sequence of str
        What it returns, if it is several numbers.
    columns : int
        How many columns of the fixations it reads: 2 (x and y), or 3 (the duration too).
    timed : str, optional
        The option that, if given, makes it read durations.
    """

    def __init__(
        self, function: Callable[..., Any], pairs: Pairs, values: Sequence[str], columns: int,
        timed: str | None,
    ) -> None:  # fmt: skip
        functools.update_wrapper(self, function)
        self.function, self.pairs, self.values = function, pairs, tuple(values)
        self.columns, self.timed = columns, timed

    def __call__(self, a: ArrayLike, b: ArrayLike, **options: Any) -> Any:
        """Return the measure of one pair, whose pictures, if both are scanpaths, are of one size."""
        of_one_size(a, b)
        columns = self._columns(options)
        return self.function(fixations(a, columns), fixations(b, columns), **options)

    def pairwise(
        self, paths: Iterable[ArrayLike], others: Iterable[ArrayLike] | None = None, *,
        complaints: list[str] | None = None, **options: Any,
    ) -> Values:  # fmt: skip
        """Return the measure of every path with every other, compiled.

        Parameters
        ----------
        paths : iterable of (L, 2 or 3)
            The first of each pair.
        others : iterable of (L, 2 or 3), optional
            The second; `paths` again if left out.
        complaints : list of str, optional
            Takes a sentence for each path that cannot be compared, whose pairs are NaN then; without it the
            first one is an error.
        **options
            Of the metric.

        Returns
        -------
        (n, m) or (n, m, values) array
            NaN where the measure has no meaning.

        Raises
        ------
        RequestError
            If a path is none, or is on a picture of another size than those before it, or an option makes no
            sense.
        """
        columns, given = self._columns(options), list(paths)
        same = others is None or others is paths
        further = given if same else list(others or ())
        sized = next((path for path in (*given, *further) if isinstance(path, Scanpath)), None)

        def read(path: ArrayLike) -> Values:
            of_one_size(sized, path)
            return fixations(path, columns)

        first, rows = readable(read, given, "Path", complaints)
        second, seats = (first, rows) if same else readable(read, further, "Other path", complaints)
        values = [len(self.values)] if self.values else []
        table = np.full((len(given), len(further), *values), np.nan)
        if first and second:
            places = np.indices((len(first), len(second))).reshape(2, -1)
            found = self.pairs(first, second, places, **options)
            table[np.ix_(rows, seats)] = found.reshape(len(first), len(second), *values)
        return table

    def leave_one_out(self, paths: Iterable[ArrayLike], **options: Any) -> Values:
        """Return how each path compares, on average, with all but itself.

        Parameters
        ----------
        paths : iterable of (L, 2 or 3)
            At least two.
        **options
            Of the metric; and `complaints`, as of `pairwise`.

        Returns
        -------
        (n,) or (n, values) array
            Means over the pairs in which the measure has a meaning.

        Raises
        ------
        RequestError
            If there are fewer than two paths.
        """
        listed = list(paths)
        if len(listed) < 2:
            raise RequestError(f"There are {len(listed)} scanpaths. One is left out, so give at least 2.")
        table = self.pairwise(listed, **options)
        table[np.arange(len(listed)), np.arange(len(listed))] = np.nan
        counts = np.isfinite(table).sum(axis=1)
        return np.where(counts > 0, np.nansum(table, axis=1) / np.maximum(counts, 1), np.nan)

    def _columns(self, options: Mapping[str, Any]) -> int:
        timed = self.timed is not None and options.get(self.timed) is not None
        return 3 if timed else self.columns


def metric(
    *, pairs: Pairs, values: Sequence[str] = (), columns: int = 2, timed: str | None = None
) -> Callable[..., Metric]:
    """Make a metric of a function.

    Parameters
    ----------
    pairs : callable
        Does the same for many pairs (see `Metric`).
    values : sequence of str
        Names of what it returns, if it is several numbers.
    columns : int
        How many columns of the fixations it reads.
    timed : str, optional
        The option that, if given, makes it read durations.

    Examples
    --------
    >>> from neurogate.scanpath.metrics.multimatch import multimatch
    >>> multimatch.values
    ('vector', 'direction', 'length', 'position', 'duration')
    """
    return lambda function: Metric(function, pairs, values, columns, timed)


def fixations(path: ArrayLike, columns: int = 2) -> Values:
    """Return a scanpath as an array of its fixations.

    Parameters
    ----------
    path : Scanpath or (L, C) array
        Columns x, y and, if there is a third, the duration.
    columns : int
        How many are needed.

    Returns
    -------
    (L, columns) float64
        Without a copy if it can be.

    Raises
    ------
    RequestError
        If it is no table of numbers or has too few columns, a number is missing or infinite, or a duration is
        negative.

    Examples
    --------
    >>> fixations([[1, 2, 0.2], [3, 4, 0.3]]).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    try:
        array = np.asarray(path, dtype=np.float64)
    except (TypeError, ValueError):
        raise RequestError(
            "A scanpath is an array of rows of numbers, all of one length; this is none."
        ) from None
    if array.size == 0 and array.ndim < 2:
        array = array.reshape(0, columns)
    if array.ndim != 2 or array.shape[1] < columns:
        words = "x, y" if columns == 2 else "x, y, duration"
        raise RequestError(f"A scanpath is an array of rows {words}; this one has shape {array.shape}.")
    if not np.isfinite(array[:, :columns]).all():
        place = int(np.flatnonzero(~np.isfinite(array[:, :columns]).all(axis=1))[0])
        raise RequestError(
            f"Fixation {place} (of 0 to {len(array) - 1}) has a number that is missing. Leave it out, "
            'or make the scanpath with missing="drop".'
        )
    if columns > 2 and (array[:, 2] < 0).any():
        place = int(np.flatnonzero(array[:, 2] < 0)[0])
        raise RequestError(f"Fixation {place} lasts {array[place, 2]:g}. Give durations of at least 0.")
    return array[:, :columns]


def both(prepare: Callable[[Any], _T], first: Any, second: Any) -> tuple[_T, _T]:
    """Prepare what is compared for its comparison, once if both sides are one object.

    Parameters
    ----------
    prepare : callable
    first, second : objects
        The sides.

    Examples
    --------
    >>> both(sum, [1, 2], [3])
    (3, 3)
    """
    found = prepare(first)
    return found, found if second is first else prepare(second)


def readable(
    read: Callable[[Any], _T], given: Sequence[Any], name: str, complaints: list[str] | None
) -> tuple[list[_T], list[int]]:
    """Read several things, and go on after one that is wrong if complaints are taken.

    Parameters
    ----------
    read : callable
        Raises RequestError of what is wrong.
    given : sequence
        What to read.
    name : str
        What one of them is called; its place is put behind.
    complaints : list of str, optional
        Takes a sentence for each that is wrong; without it the first one is an error.

    Returns
    -------
    read, places : lists
        What could be read, and where it was.

    Raises
    ------
    RequestError
        If one is wrong and complaints are not taken.

    Examples
    --------
    >>> said = []
    >>> readable(fixations, [[[1, 2]], [1]], "Path", said)[1], said
    ([0], ['Path 1: A scanpath is an array of rows x, y; this one has shape (1,).'])
    """
    found, places = [], []
    for place, each in enumerate(given):
        try:
            found.append(read(each))
            places.append(place)
        except RequestError as error:
            if complaints is None:
                raise RequestError(f"{name} {place}: {error}") from None
            complaints.append(f"{name} {place}: {error}")
    return found, places


def with_others(several: Sequence[_T], name: str) -> list[tuple[_T, list[_T]]]:
    """Return each of several with all others.

    Parameters
    ----------
    several : sequence
        At least two.
    name : str
        What they are called.

    Raises
    ------
    RequestError
        If there are fewer than two.

    Examples
    --------
    >>> with_others("abc", "letters")[1]
    ('b', ['a', 'c'])
    """
    if len(several) < 2:
        raise RequestError(f"There are {len(several)} {name}. One is left out, so give at least 2.")
    return [(own, [*several[:place], *several[place + 1 :]]) for place, own in enumerate(several)]


def packed(paths: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], Places]:
    """Put scanpaths one after the other, for what is compiled.

    Parameters
    ----------
    paths : sequence of (L,) or (L, C) arrays
        All with as many columns, and numbers of one type.

    Returns
    -------
    rows : (sum of L,) or (sum of L, C) array
        All fixations.
    starts : (n + 1,) int
        Path i is ``rows[starts[i]:starts[i + 1]]``.

    Examples
    --------
    >>> packed([np.zeros((2, 2)), np.zeros((3, 2))])[1].tolist()
    [0, 2, 5]
    """
    starts = np.concatenate([[0], np.cumsum([len(path) for path in paths])]).astype(np.intp)
    rows = np.concatenate(paths) if paths else np.zeros((0, 2))
    return np.ascontiguousarray(rows), starts
