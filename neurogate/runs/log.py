"""The lines that neurogate logs during a run, collected for its log.txt."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

__all__ = ["collected_lines"]


@contextlib.contextmanager
def collected_lines() -> Iterator[list[str]]:
    """Yield the list to which every line that neurogate logs meanwhile is added, with date and time.

    Examples
    --------
    >>> with collected_lines() as lines:
    ...     logging.getLogger("neurogate.test").info("Backend: numba.")
    >>> lines[0].endswith(" Backend: numba.")
    True
    """
    lines: list[str] = []
    handler = _Lines(lines)
    logger = logging.getLogger("neurogate")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(min(level or logging.INFO, logging.INFO))
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


class _Lines(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))
