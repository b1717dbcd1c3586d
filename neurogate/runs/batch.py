"""A batch of a sweep on its way, and what becomes of its runs when a worker dies of them or hangs.

Who has it, and who is told of it, is up to `neurogate.runs.sweep`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import attrs

from neurogate.config.sweep import Point
from neurogate.runs.pool import died

__all__ = ["Batch", "why_given_up"]

_TIMES, _MORE_S = 2.0, 60.0  # what a batch may take beyond its time: a trial, judging, the disk


@attrs.define(eq=False)
class Batch:
    """Points that share a session, and what is known of the workers that had it.

    Parameters
    ----------
    points : list of Point
    told : set of str
        Hashes of runs of which it is told how they ended.
    logged : dict of str to int
        When each had failed before.
    suspect : bool
        Whether a worker died while it and others were under way.
    deaths : int
        Workers that died while nothing else was under way.
    begun_s : float
        When a worker was given it, on the clock of `time.monotonic`.
    """

    points: list[Point]
    told: set[str] = attrs.field(factory=set)
    logged: dict[str, int] = attrs.field(factory=dict)
    suspect: bool = False
    deaths: int = 0
    begun_s: float = attrs.field(factory=time.monotonic)

    def hangs(self, timeout_s: float) -> bool:
        """Say whether it takes far longer than the time of all its runs, after which a worker ends by itself.

        Parameters
        ----------
        timeout_s : float
            What each run may take.

        Examples
        --------
        >>> Batch([], begun_s=time.monotonic() - 61.0).hangs(5.0)
        True
        """
        return time.monotonic() - self.begun_s > _TIMES * timeout_s * len(self.points) + _MORE_S

    def again(self, left: Sequence[Point], *, alone: bool) -> list[Batch]:
        """Return the batches in which runs are tried again: one by one if their worker had nothing else.

        Parameters
        ----------
        left : sequence of Point
            Those whose end nobody has told.
        alone : bool
            Whether nothing else was under way when a worker died.

        Examples
        --------
        >>> first, second = Point({}, None, "a"), Point({}, None, "b")
        >>> [len(one.points) for one in Batch([first, second]).again([first, second], alone=True)]
        [1, 1]
        """
        if alone and len(left) > 1:
            return [Batch([point], suspect=True) for point in left]
        return [Batch([*left], suspect=True, deaths=self.deaths + alone)] if left else []


def why_given_up(deaths: int, error: BaseException) -> str:
    """Say why a run is not tried again.

    Parameters
    ----------
    deaths : int
        Workers that it had to itself and that died.
    error : BaseException
        What the last of them left.

    Examples
    --------
    >>> why_given_up(1, OSError())
    'Its worker died once; it was killed, or needs more memory than there is.'
    """
    times = "once" if deaths == 1 else f"{deaths} times"
    if died(error):
        return f"Its worker died {times}; it was killed, or needs more memory than there is."
    return f"Its worker failed {times}, at last with {type(error).__name__}: {error}"
