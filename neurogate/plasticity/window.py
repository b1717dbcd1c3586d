"""A stretch of a trial between two times: what a gate or a rule is told, and which bins lie in it."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

__all__ = ["check_window", "inside"]

Array = npt.NDArray[Any]


def check_window(start_ms: float, stop_ms: float) -> None:
    """Refuse a window that ends before it begins.

    Parameters
    ----------
    start_ms, stop_ms : float

    Raises
    ------
    ValueError
        If `stop_ms` is not above `start_ms`.
    """
    if stop_ms <= start_ms:
        raise ValueError(f"stop_ms is {stop_ms:g}; it must be above start_ms, {start_ms:g} ms.")


def inside(time_ms: Array, start_ms: float, stop_ms: float) -> Array:
    """Say which bins lie in a window, whose bounds are outside, (T,).

    Parameters
    ----------
    time_ms : (T,) array
    start_ms, stop_ms : float

    Examples
    --------
    >>> import numpy as np
    >>> inside(np.array([0.0, 5.0, 10.0]), 0.0, 10.0).tolist()
    [False, True, False]
    """
    open_: Array = (time_ms > start_ms) & (time_ms < stop_ms)
    return open_
