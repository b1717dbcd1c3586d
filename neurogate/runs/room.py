"""Whether the memory that there is holds a run at all, asked before anything is run.

How many runs go side by side is decided in `neurogate.runs.planning`; what a run needs, in
`neurogate.config.memory`.
"""

from __future__ import annotations

from collections.abc import Sequence

from neurogate.config.sweep import Point
from neurogate.errors import RequestError
from neurogate.units import shown

__all__ = ["require_room"]


def require_room(points: Sequence[Point], limit_mb: float) -> None:
    """Refuse runs of which one needs more memory than all that are under way may take together.

    Such a run would be begun alone, take all that the machine has, and be killed, or another program would.

    Parameters
    ----------
    points : sequence of Point
        Of runs that are not stored yet.
    limit_mb : float
        Memory for all runs under way.

    Raises
    ------
    RequestError
        Naming the run that needs most.

    Examples
    --------
    >>> from neurogate.config.sweep import Sweep, points
    >>> some = points(Sweep(grid={"reservoir.n": [100, 200]}), {})
    >>> require_room(some, 4096.0)
    >>> require_room(some, 8.0)
    Traceback (most recent call last):
        ...
    neurogate.errors.RequestError: The run with reservoir.n=200 needs 12 MB of memory ...
    """
    needed = [sum(point.memory_mb.values()) for point in points]
    most_mb = max(needed, default=0.0)
    if most_mb <= limit_mb:
        return
    point = points[needed.index(most_mb)]
    which = ", ".join(f"{key}={shown(value)}" for key, value in point.changes.items())
    part, part_mb = max(point.memory_mb.items(), key=lambda named: named[1])
    raise RequestError(
        f"The run with {which or 'these settings'} needs {_mb(most_mb)} MB of memory ({part}: "
        f"{_mb(part_mb)} MB, with reservoir.n={point.simulation.reservoir.n}), and all runs under way "
        f"together may take {_mb(limit_mb)} MB. Lower reservoir.n or run.replicas, record less, or allow "
        "more with --memory-mb if the machine has it."
    )


def _mb(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"
