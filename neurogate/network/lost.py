"""How a run that left the finite numbers is reported.

What is watched is said by the backends; which quantities those are, by each kind of reservoir.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..backends.layout import Status
from ..errors import RunDiverged, first_of

__all__ = ["raise_lost"]


def raise_lost(status: Status, watched: Callable[[int], Sequence[tuple[str, npt.NDArray[Any]]]]) -> None:
    """Raise what tells of every replica that was lost; do nothing if none was.

    Parameters
    ----------
    status : Status
        What was lost in each replica, at which step, and in which neuron.
    watched : callable
        Takes a replica, returns its watched quantities with their names, in the order of the codes.

    Raises
    ------
    RunDiverged
        With the replica that was lost first; the others go with it.

    Examples
    --------
    >>> fine = Status(*np.array([[-1], [0], [0]]))
    >>> raise_lost(fine, lambda b: [])
    """
    others: list[RunDiverged] = []
    for b in np.flatnonzero(status.code >= 0)[::-1]:
        quantity, row = watched(int(b))[status.code[b]]
        neuron, step = int(status.neuron[b]), int(status.step[b])
        others.append(RunDiverged(quantity, float(row[neuron]), replica=int(b), step=step, neuron=neuron))
    if others:
        raise first_of(others)
