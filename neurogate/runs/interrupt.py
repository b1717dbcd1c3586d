"""Stopping a run between two trials, where its state is whole.

Here lives the answer to Ctrl-C and to a polite kill. What is kept then is decided in
`neurogate.runs.execute`.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

__all__ = ["stop_requests"]


@contextlib.contextmanager
def stop_requests() -> Iterator[Callable[[], bool]]:
    """Yield a function that says whether the user asked to stop; a second request stops at once.

    Outside the main thread signals cannot be caught and the function always says no.

    Examples
    --------
    >>> with stop_requests() as stop:
    ...     stop()
    False
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return

    def note(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, note) for number in signals}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
