"""How far a sweep is: a live table on a terminal, one plain line for each event anywhere else.

Always on standard error. What happens is decided in `neurogate.runs.sweep`.
"""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from neurogate.cli.duration import duration

if TYPE_CHECKING:
    from rich.table import Table

    from neurogate.config.sweep import Point
    from neurogate.runs.sweep import Event
    from neurogate.runs.together import Ended

__all__ = ["changes_text", "shown"]

_GOOD, _STOPPED, _DIVERGED = "done", "cancelled", "diverged"


@contextlib.contextmanager
def shown(total: int, folder: Path, jobs: int) -> Iterator[Callable[[Event], None]]:
    """Yield the function that is told what happens to the runs of a sweep.

    Parameters
    ----------
    total : int
        Runs in all.
    jobs : int
        Batches at once.
    folder : pathlib.Path
        That of the sweep, which holds the logs of failures.
    """
    tally = _Tally(total, folder, jobs)
    if not sys.stderr.isatty():
        yield tally.tell_plainly
        tally.tell_stored()
        sys.stderr.write("".join(f"{line}\n" for line in tally.lost()))
        return
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True)
    with Live(get_renderable=tally.table, console=console, refresh_per_second=2) as live:

        def tell(event: Event) -> None:
            tally.count(event)
            lines = [*tally.lost(event), *filter(None, [tally.failure(event)])]
            for line in lines:
                live.console.print(line, markup=False, highlight=False)

        yield tell
        for line in tally.lost():
            live.console.print(line, markup=False, highlight=False)


def changes_text(changes: Mapping[str, Any]) -> str:
    """Write what is special about a run in one line.

    Examples
    --------
    >>> changes_text({"reservoir.gain": 0.5, "run.seed": 3})
    'reservoir.gain=0.5 run.seed=3'
    """
    written = {
        key: f"{value:g}" if isinstance(value, float) else str(value) for key, value in changes.items()
    }
    return " ".join(f"{key}={value}" for key, value in written.items())


@attrs.define
class _Tally:
    """What has happened so far."""

    total: int
    folder: Path
    jobs: int
    outcomes: Counter[str] = attrs.field(factory=Counter)
    stored: int = 0
    running: int = 0
    worked: int = 0
    spent_s: float = 0.0
    _lost: int = 0
    _told: bool = False

    def count(self, event: Event) -> None:
        if event.kind == "stored":
            self.stored += 1
            self.outcomes[str(event.stored or _GOOD)] += 1
        elif event.kind == "started":
            self.running += 1
        elif event.kind == "again":
            self.running -= 1
            self._lost += 1
        elif event.ended is not None:
            self.running -= 1
            self.outcomes[str(event.ended.outcome)] += 1
            if str(event.ended.outcome) != _STOPPED:
                self.worked += 1
                self.spent_s += event.ended.seconds

    @property
    def finished(self) -> int:
        return self.stored + self.worked

    def rate_and_left(self) -> tuple[float, float]:
        """Return runs per minute, and the seconds that the others will take at this rate.

        Runs of a batch end together, so what counts is the time that each has taken, not when it ended.
        """
        rate = 60 * self.jobs * self.worked / self.spent_s if self.spent_s else 0.0
        return rate, (60 * (self.total - self.finished) / rate if rate else float("nan"))

    def lost(self, event: Event | None = None) -> list[str]:
        """Return a line about the runs whose worker died, once something else happens: they are many."""
        if not self._lost or (event is not None and event.kind == "again"):
            return []
        runs, self._lost = self._lost, 0
        what = "1 run loses its worker and is" if runs == 1 else f"{runs} runs lose their worker and are"
        return [f"{what} tried again; what is in checkpoints is kept."]

    def failure(self, event: Event) -> str:
        """Return a line about a run that did not end well, else an empty one."""
        ended = event.ended
        if ended is None or str(ended.outcome) in (_GOOD, _STOPPED):
            return ""
        log = self.log(event.point, ended)
        seen = "" if log is None else f" Log: {log}"
        return f"{ended.outcome}: {changes_text(event.point.changes)}: {ended.message}{seen}"

    def log(self, point: Point, ended: Ended) -> Path | None:
        """Return where the log of a run is: in its folder, or, if it has none, in that of the sweep."""
        from neurogate.runs.store import folder_named
        from neurogate.runs.sweep_folder import log_of

        if str(ended.outcome) == _DIVERGED:
            return folder_named(point.simulation.name, point.hash, self.folder.parent) / "log.txt"
        return log_of(self.folder, point.hash) if ended.log else None

    def tell_plainly(self, event: Event) -> None:
        """Write one line, but none for each run that was there already or has only begun."""
        self.count(event)
        sys.stderr.write("".join(f"{line}\n" for line in self.lost(event)))
        if event.kind in ("stored", "started", "again"):
            return
        self.tell_stored()
        line = self.failure(event)
        if event.kind == "elsewhere":
            line = f"{changes_text(event.point.changes)}: another driver is working on it."
        elif event.ended is not None and not line:
            rate, left_s = self.rate_and_left()
            line = f"{event.ended.outcome}: {changes_text(event.point.changes)}"
            if left_s > 0 and str(event.ended.outcome) != _STOPPED:
                line += f" ({rate:.3g} runs/min, about {duration(left_s)} left)"
        sys.stderr.write(f"[{self.finished}/{self.total}] {line}\n")

    def tell_stored(self) -> None:
        """Say once how many runs were there already."""
        if self.stored and not self._told:
            sys.stderr.write(f"{self.stored} of {self.total} runs are stored already.\n")
        self._told = True

    def table(self) -> Table:
        """Return the live table."""
        from rich.table import Table

        rate, left_s = self.rate_and_left()
        columns = {
            "done": f"{self.outcomes[_GOOD]}/{self.total}",
            "running": str(self.running),
            **{name: str(self.outcomes[name]) for name in ("failed", "diverged", "timed-out")},
            "runs/min": f"{rate:.1f}",
            "left": "-" if left_s != left_s else duration(left_s),
        }
        table = Table(*columns, box=None, pad_edge=False)
        table.add_row(*columns.values())
        return table
