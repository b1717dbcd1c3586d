"""How long something takes, for people."""

from __future__ import annotations

__all__ = ["duration"]

_UNITS = ((86400.0, 86400.0, "d"), (3600.0, 3600.0, "h"), (120.0, 60.0, "min"))


def duration(seconds: float) -> str:
    """Write a time with one unit.

    Parameters
    ----------
    seconds : float
        At least 0.

    Examples
    --------
    >>> duration(42.0), duration(300.0), duration(5400.0), duration(198000.0)
    ('42 s', '5.0 min', '1.5 h', '2.3 d')
    """
    for least, size, unit in _UNITS:
        if seconds >= least:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"
