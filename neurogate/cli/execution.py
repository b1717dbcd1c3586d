"""The options that say how many runs are executed, shared by the commands that execute many.

What they do is said in `neurogate.runs.sweep`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from neurogate.cli.options import Whole
from neurogate.errors import RequestError

if TYPE_CHECKING:
    from neurogate.runs.sweep import Options

__all__ = ["CHECKPOINT_S", "ExecutionOptions", "checked"]

CHECKPOINT_S = 60.0
"""Seconds between two checkpoints, if nothing else is asked for."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ExecutionOptions:
    """How runs are executed; nothing here changes a bit of any run.

    Parameters
    ----------
    jobs
        Processes on this machine; by default one for each core that it may use, or one for a GPU. With
        --scheduler, batches at once.
    batch
        How many runs share a simulation loop, at most; 0 chooses by memory.
    memory_mb
        Memory that all runs under way may take together, and a single one at most; by default half of
        what is free here for this command, with --scheduler half of what its workers may take.
    scheduler
        Address of a Dask scheduler, as tcp://host:8786, whose workers are used instead of processes here.
    timeout
        Seconds that a run may take, as its share of its batch; looked at between trials. 0 for as long as
        it likes. A worker here that goes far beyond it, because it hangs, is killed.
    retries
        How often a run is tried again after a worker died that had nothing else. Runs that were under way
        together when one died are tried again whatever this is: nobody knows which of them it was.
    checkpoint
        Seconds between two checkpoints of runs under way.

    Examples
    --------
    >>> ExecutionOptions(jobs=2, timeout=60.0).options().timeout_s
    60.0
    """

    jobs: Whole | None = None
    batch: Whole = 0
    memory_mb: float | None = None
    scheduler: Annotated[str, Parameter(show_default=False)] = ""
    timeout: float = 0.0
    retries: Whole = 2
    checkpoint: float = CHECKPOINT_S

    def options(self, *, fail_fast: bool = False, gpu: bool = False) -> Options:
        """Return what a sweep takes.

        Parameters
        ----------
        fail_fast : bool
            Whether the first failure stops it.
        gpu : bool
            Whether a GPU simulates: a large batch fills it, and processes that share it wait for each other.

        Raises
        ------
        RequestError
            If an option is out of range, or the scheduler does not answer.
        """
        jobs, memory_mb = _room(self.scheduler, self.jobs, gpu)
        return checked(
            jobs=jobs,
            batch=self.batch,
            scheduler=self.scheduler,
            timeout_s=self.timeout,
            retries=self.retries,
            fail_fast=fail_fast,
            checkpoint_every_s=self.checkpoint,
            memory_mb=memory_mb if self.memory_mb is None else self.memory_mb,
        )


def checked(**given: Any) -> Options:
    """Return what a sweep takes, or say which option of the command line is out of range.

    Parameters
    ----------
    **given
        As for `neurogate.runs.sweep.Options`.

    Raises
    ------
    RequestError
        If an option is out of range.

    Examples
    --------
    >>> checked(jobs=0)
    Traceback (most recent call last):
        ...
    neurogate.errors.RequestError: --jobs is 0; it must be at least 1.
    """
    from neurogate.runs.sweep import Options

    try:
        return Options(**given)
    except ValueError as error:
        raise RequestError(_as_option(str(error))) from None


def _as_option(message: str) -> str:
    """Name the option instead of the attribute that it becomes.

    Examples
    --------
    >>> _as_option("Options.timeout_s is -1; it must be at least 0.")
    '--timeout is -1; it must be at least 0.'
    """
    name, _, rest = message.removeprefix("Options.").partition(" ")
    return f"--{name.replace('_every', '').removesuffix('_s').replace('_', '-')} {rest}"


def _room(scheduler: str, jobs: int | None, gpu: bool) -> tuple[int, float]:
    """Return how many batches go at once, and the memory that they may take together."""
    if not scheduler:
        from neurogate.backends.allotment import cores, free_mb

        return (1 if gpu else cores()) if jobs is None else jobs, free_mb() / 2
    from neurogate.runs.cluster import cluster

    threads, each_mb = cluster(scheduler)
    at_once = threads if jobs is None else jobs
    return at_once, each_mb * max(at_once, 1)
