"""Where people read may go away while a command is at work; what it does then goes on.

Here lives what stands for standard error, and for a terminal, during a command.
"""

from __future__ import annotations

import contextlib
import os
from typing import Any, TextIO, cast

__all__ = ["lasting"]


def lasting(stream: TextIO) -> TextIO:
    r"""Return a stream to be written to whatever becomes of the other end.

    When that is gone (a closed terminal, a pipe that nobody reads, a full disk), nothing more is written.

    Parameters
    ----------
    stream : text stream

    Examples
    --------
    >>> reads, writes = os.pipe()
    >>> os.close(reads)
    >>> with os.fdopen(writes, "w", buffering=1) as stream:
    ...     lasting(stream).write("Is anybody there?\n")
    18
    """
    return cast(TextIO, _Lasting(stream))


class _Lasting:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            self._leave()
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            self._leave()

    def _leave(self) -> None:
        """Let all that follows, what is in the stream's buffer too, go nowhere."""
        with contextlib.suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
