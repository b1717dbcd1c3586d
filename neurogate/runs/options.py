"""How a sweep is executed, which changes no bit of any run."""

from __future__ import annotations

from typing import Annotated

from neurogate.runs.course import EVERY_S
from neurogate.units import Count, Domain, NonNegative, Positive, settings

__all__ = ["Options"]


@settings
class Options:
    """How a sweep is executed; nothing here changes a bit of any run.

    Parameters
    ----------
    jobs : int
        Processes on this machine.
    batch : int
        Runs that share a session, at most; 0 chooses.
    scheduler : str
        Address of a Dask scheduler, to use its workers instead.
    timeout_s : float
        Seconds that a run may take, as its share of a batch; 0 for as long as it likes. A worker of this
        machine that takes more than twice the time of its whole batch and a minute hangs, and is killed.
    retries : int
        How many workers that die while they have nothing but this run it is given after the first; one that
        dies while others are at work, or of a batch, counts for none, since it is not known which run it was.
    fail_fast : bool
        Whether the first failure stops the sweep.
    checkpoint_every_s : float
        Seconds between two checkpoints.
    memory_mb : float
        Memory that all batches under way may take together.
    """

    jobs: Count = 1
    batch: Annotated[int, Domain(0)] = 0
    scheduler: str = ""
    timeout_s: NonNegative = 0.0
    retries: Annotated[int, Domain(0)] = 2
    fail_fast: bool = False
    checkpoint_every_s: NonNegative = EVERY_S
    memory_mb: Positive = 4096.0
