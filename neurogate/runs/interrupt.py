"""Stopping a run between two trials, where its state is whole.

Here lives the answer to Ctrl-C, to a polite kill and to a terminal that is gone. What is kept then is
decided in `neurogate.runs.execute`.
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

    A terminal that is gone (SIGHUP) asks too, unless that is ignored (``nohup``), but never for haste: a
    shell passes on what the system says itself.

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
        if asked.is_set() and number not in hang_up:
            raise KeyboardInterrupt
        asked.set()

    hang_up = [signal.SIGHUP] if hasattr(signal, "SIGHUP") else []
    heard = [number for number in hang_up if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM, *heard)}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
