"""How far a run is: a bar on a terminal, plain lines anywhere else, always on standard error.

Here live the two ways of showing progress and the messages beside them. What is counted is decided in
`neurogate.runs.course`.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs

from neurogate.cli.duration import duration

if TYPE_CHECKING:
    from neurogate.runs.course import Progress

__all__ = ["Lines", "messages", "shown"]


@contextlib.contextmanager
def shown(part: str = "trial") -> Iterator[Progress]:
    """Yield the function that shows progress, and show what neurogate logs meanwhile."""
    with messages():
        if not sys.stderr.isatty():
            yield Lines(part)
            return
        with _bar() as progress:
            yield progress


@contextlib.contextmanager
def messages() -> Iterator[None]:
    """Write what neurogate logs to standard error, one plain line each."""
    logger = logging.getLogger("neurogate")
    handler, level = _Messages(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


class _Messages(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        # The stream is looked up now, because a progress bar takes its place for a while.
        sys.stderr.write(record.getMessage() + "\n")


@attrs.define
class Lines:
    """Progress in plain lines: one after every tenth of the work, and one when 10 s brought none.

    Parameters
    ----------
    part : str
        What is counted.

    Examples
    --------
    >>> import contextlib
    >>> with contextlib.redirect_stderr(sys.stdout):
    ...     lines = Lines()
    ...     lines(0, 40, "training")
    ...     lines(1, 40, "training")
    ...     lines(40, 40, "probes")
    probes: 40 of 40 trials
    """

    part: str = "trial"
    _first: int | None = attrs.field(default=None, init=False)
    _shown: int = attrs.field(default=0, init=False)
    _started_s: float = attrs.field(default=0.0, init=False)
    _shown_s: float = attrs.field(default=0.0, init=False)

    def __call__(self, done: int, total: int, phase: str) -> None:
        """Write a line if it is time for one."""
        now = time.monotonic()
        if self._first is None:
            self._first = self._shown = done
            self._started_s = self._shown_s = now
        soon = done < total and (done - self._shown) * 10 < total and now - self._shown_s < 10.0
        if soon or done == self._shown:
            return
        left_s = (now - self._started_s) / (done - self._first) * (total - done)
        left = f", about {duration(left_s)} left" if done < total else ""
        sys.stderr.write(f"{phase}: {done} of {total} {self.part}s{left}\n")
        self._shown, self._shown_s = done, now


@contextlib.contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:11}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=False) as bar:
        tasks: list[TaskID] = []

        def show(done: int, total: int, phase: str) -> None:
            if not tasks:
                tasks.append(bar.add_task(phase, total=total, completed=done))
            bar.update(tasks[0], completed=done, description=phase)

        yield show
