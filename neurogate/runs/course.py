"""A session on its way: advance it, keep it, continue it, stop it between two of its parts.

Here live the loop over the parts (trials, or pieces of a run) and its checkpoints.
What is run is decided in `neurogate.runs.execute`, what a part does in the session.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import attrs

from neurogate.errors import Outcome, RunError
from neurogate.runs.checkpoint import Saved
from neurogate.runs.interrupt import stop_requests

if TYPE_CHECKING:
    from neurogate.tasks.session import Session
    from neurogate.tasks.waveform import WaveformSession

    AnySession = Session | WaveformSession

__all__ = ["EVERY_S", "Course", "Progress", "RunCancelled"]

_LOG = logging.getLogger(__name__)
_TIMES = 200

EVERY_S = 60.0
"""Seconds between two checkpoints, if nothing else is asked for."""

Progress = Callable[[int, int, str], None]
"""Called before the first and after every part with the parts done, those in all and the phase."""


class RunCancelled(RunError):
    """The user stopped a run; what it had done waits in its checkpoint.

    Examples
    --------
    >>> str(RunCancelled("Cancelled after 3 of 8 trials.").outcome)
    'cancelled'
    """

    outcome = Outcome.CANCELLED


class AnyCheckpoint(Protocol):
    """What a course asks of the place where it is kept."""

    @property
    def path(self) -> Path:
        """A file to name in messages."""

    def write(self, saved: Saved) -> None:
        """Keep a state."""


@attrs.define
class Course:
    """A session on its way.

    Parameters
    ----------
    session : neurogate.tasks.session.Session or neurogate.tasks.waveform.WaveformSession
        What advances.
    checkpoint : neurogate.runs.checkpoint.Checkpoint
        Where it is kept, or what writes like one.
    log : list of str
        Lines logged so far; kept with the session.
    every_s : float
        Seconds between two checkpoints, or 200 times what one takes if that is longer; 0 keeps every part.
    part : str
        What a part of the session is called.
    stop : callable
        Says whether to stop before the next part, as a signal does.
    """

    session: AnySession
    checkpoint: AnyCheckpoint
    log: list[str]
    every_s: float = EVERY_S
    part: str = "trial"
    stop: Callable[[], bool] = lambda: False
    _earlier_s: float = attrs.field(default=0.0, init=False)
    _started_s: float = attrs.field(factory=time.monotonic, init=False)
    _due_s: float = attrs.field(init=False)
    _kept_parts: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self._due_s = self._started_s + self.every_s

    @property
    def wall_time_s(self) -> float:
        """Seconds that the run has taken, over all its parts."""
        return self._earlier_s + time.monotonic() - self._started_s

    def resume(self, saved: Saved | None) -> None:
        """Continue from what a checkpoint holds, if there is one that can be trusted."""
        if saved is None:
            return
        self.session.restore(saved.state)
        self._earlier_s, self._kept_parts = saved.wall_time_s, self.session.position
        self.log[:0] = saved.log
        done, total, path = self.session.position, self.session.total, self.checkpoint.path
        _LOG.info("Continued after %d of %d %ss (delete %s to start anew).", done, total, self.part, path)

    def finish(self, progress: Progress) -> None:
        """Simulate the remaining parts.

        Raises
        ------
        RunCancelled
            On Ctrl-C or a polite kill, after the part on its way is done and kept.
        RunDiverged
            If the session says so.
        """
        progress(self.session.position, self.session.total, self.session.phase)
        with stop_requests() as stop:
            while not (self.session.done or stop() or self.stop()):
                self.session.advance()
                progress(self.session.position, self.session.total, self.session.phase)
                if time.monotonic() >= self._due_s:
                    self.keep()
            if not self.session.done:
                self.keep()
        if not self.session.done:
            raise self.cancelled()

    @contextlib.contextmanager
    def secured(self) -> Iterator[None]:
        """Keep the last state if what is done with it fails: no part is simulated twice."""
        try:
            yield
        except BaseException:
            self.keep()
            raise

    def keep(self) -> None:
        """Write the checkpoint; a disk that refuses it costs a line, not the run."""
        began_s = time.monotonic()
        try:
            self.checkpoint.write(Saved(self.session.state(copy=False), self.wall_time_s, self.log))
            self._kept_parts = self.session.position
        except OSError as error:
            reason = error.strerror or error
            _LOG.warning("The checkpoint %s cannot be written (%s).", self.checkpoint.path, reason)
        now_s = time.monotonic()
        took_s = now_s - began_s
        # A large state is kept less often, so that keeping it costs one part in 200 of the time at most; what
        # a kill costs then is less, if one comes in a day (Young 1974, doi:10.1145/361147.361115).
        self._due_s = now_s + max(self.every_s, _TIMES * took_s if self.every_s else 0.0)

    def cancelled(self) -> RunCancelled:
        """Return the error that says where the run stopped and how it goes on."""
        kept = f"continues after {self.part} {self._kept_parts}" if self._kept_parts else "starts it anew"
        done = f"{self.session.position} of {self.session.total} {self.part}s"
        return RunCancelled(f"Cancelled after {done}; no run folder was written. The same command {kept}.")
