"""The memory of large arrays: kept for those to come, and not given back to the system each time.

It is a choice for the whole process, so nothing here makes it by itself.
"""

from __future__ import annotations

import ctypes

__all__ = ["keep_memory"]

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # as malloc.h of glibc counts them
_MOST = 2**31 - 1


def keep_memory() -> bool:
    """Have the C library keep what arrays give back.

    A forward keeps much for its backward and gives all of it back at once. The C library then returns that
    to the system, so the next forward asks for it page by page, which can take as long as the arithmetic. A
    process that calls this once keeps the most memory that it has needed so far until it ends.

    Returns
    -------
    bool
        Whether it could be done. It is done in glibc, the C library of most Linux systems.

    Examples
    --------
    >>> keep_memory() in (True, False)
    True
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library
        return False
    return all([mallopt(_MMAP_MAX, 0), mallopt(_TRIM_THRESHOLD, _MOST)])
