"""Measures that are not of two scanpaths: of groups of searches, and of what has no pairs and says so.

A group is what one model or viewer did in many searches, in a number of its own: a behaviour, or a curve.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Never

import numpy as np
from numpy.typing import NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.metric import readable, with_others

__all__ = ["GroupMetric", "Unpaired", "of_groups", "unpaired"]

Values = NDArray[np.float64]


class GroupMetric:
    """A measure of two groups, as `of_groups` makes it of a function.

    Parameters
    ----------
    function : callable
        Takes a group and the one that it is measured by, and returns a number.
    pool : callable
        Makes one group of several, in which each counts once.
    kind : callable
        Returns what must be alike in groups that are pooled, as the length of a curve.
    """

    def __init__(
        self, function: Callable[..., float], pool: Callable[[Sequence[Any]], Any],
        kind: Callable[[Any], Hashable],
    ) -> None:  # fmt: skip
        functools.update_wrapper(self, function)
        self.function, self.pool, self.kind = function, pool, kind

    def __call__(self, *arguments: Any, **options: Any) -> float:
        """Return the measure of one group by another."""
        return self.function(*arguments, **options)

    def pairwise(
        self, groups: Sequence[Any], others: Sequence[Any] | None = None, *,
        complaints: list[str] | None = None,
    ) -> Values:  # fmt: skip
        """Return the measure of every group by every other.

        Parameters
        ----------
        groups : sequence
            As of models.
        others : sequence, optional
            As of people; `groups` again if left out.
        complaints : list of str, optional
            Takes a sentence for each pair that cannot be compared, which is NaN then; without it the first
            one is an error.

        Returns
        -------
        (n, m) array

        Raises
        ------
        RequestError
            What the measure itself complains of.
        """
        wanted = groups if others is None else others
        table = np.full((len(groups), len(wanted)), np.nan)
        for row, own in enumerate(groups):
            ask = functools.partial(self.function, own)
            found, seats = readable(ask, wanted, f"Group {row} by group", complaints)
            table[row, seats] = found
        return table

    def leave_one_out(self, groups: Sequence[Any], *, complaints: list[str] | None = None) -> Values:
        """Return how far each group is from all others taken together.

        Parameters
        ----------
        groups : sequence
            At least two, as of viewers.
        complaints : list of str, optional
            As of `pairwise`. Who is unlike most groups is told then, and counts for nobody.

        Returns
        -------
        (n,) array

        Raises
        ------
        RequestError
            If there are fewer than two groups, or what the measure itself complains of.
        """
        pairs = with_others(groups, "groups")
        common = Counter(map(self.kind, groups)).most_common(1)[0][0]

        def ask(it: tuple[Any, list[Any]]) -> float:
            own, others = it
            alike = [group for group in others if self.kind(group) == common]
            return self.function(own, self.pool(others if complaints is None else alike or others))

        found, places = readable(ask, pairs, "Group", complaints)
        values = np.full(len(pairs), np.nan)
        values[places] = found
        return values


class Unpaired:
    """What is told of scanpaths, but not of pairs of them, as `unpaired` makes it of a function.

    Parameters
    ----------
    function : callable
    instead : str
        A sentence that says what to do instead.
    """

    def __init__(self, function: Callable[..., Any], instead: str) -> None:
        functools.update_wrapper(self, function)
        self.function, self.instead = function, instead

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Return what the function does."""
        return self.function(*arguments, **options)

    def pairwise(self, *arguments: Any, **options: Any) -> Never:
        """Refuse.

        Raises
        ------
        RequestError
            Always; it says what to do instead.
        """
        raise RequestError(f"{self.function.__name__} is not a measure of two. {self.instead}")

    leave_one_out = pairwise


def of_groups(
    pool: Callable[[Sequence[Any]], Any], kind: Callable[[Any], Hashable] = type
) -> Callable[[Callable[..., float]], GroupMetric]:
    """Make a measure of groups.

    Parameters
    ----------
    pool : callable
        Makes one group of several (see `GroupMetric`).
    kind : callable
        Returns what must be alike in groups that are pooled.

    Examples
    --------
    >>> from neurogate.scanpath.metrics.search import curve_mismatch
    >>> curve_mismatch.pairwise([[0.0, 1.0]], [[0.5, 1.0], [0.0, 0.25]]).tolist()
    [[0.5, 0.75]]
    """
    return lambda function: GroupMetric(function, pool, kind)


def unpaired(instead: str) -> Callable[[Callable[..., Any]], Unpaired]:
    """Let a function say that it is not of pairs.

    Parameters
    ----------
    instead : str
        A sentence that says what to do instead.

    Examples
    --------
    >>> unpaired("Take minima.")(min).pairwise([[1], [2]])
    Traceback (most recent call last):
    neurogate.errors.RequestError: min is not a measure of two. Take minima.
    """
    return lambda function: Unpaired(function, instead)
