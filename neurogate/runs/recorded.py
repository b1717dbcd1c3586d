"""The trials that a stored run has recorded: what happened in each, and when.

Here lives the way from a configuration to the course of its session, on one clock that starts with its first
trial. What was recorded of each trial stands in the run's arrays, see `neurogate.tasks.record`.
"""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from neurogate.config import Simulation
from neurogate.config.build import replica_seeds
from neurogate.network.reservoir import Reservoir
from neurogate.network.specification import ReservoirSpec
from neurogate.tasks.session import Session

__all__ = ["Trials", "recorded_trials"]

Array = npt.NDArray[Any]


@attrs.frozen(eq=False)
class Trials:
    """Trials of one replica, n of them, one right after the other.

    Parameters
    ----------
    start_s, stop_s : (n,) array
        Beginning and end of each trial, from the beginning of the session.
    cue_s : (n,) array
        When the cue comes.
    outcome_s : (n,) array
        When the outcome comes; NaN where it is left out.
    cue : (n,) int array
        Which cue comes, from 0.
    outcome : (n,) int array
        Which outcome comes, -1 for none.
    latency_ms : (n,) array
        Time from the cue to the outcome that it announces, whether that comes or not.
    block : (n,) int array
        Whose latencies these are; probes belong to the last block.
    is_probe : (n,) bool array
        Whether nothing is learned in the trial.
    """

    start_s: Array
    stop_s: Array
    cue_s: Array
    outcome_s: Array
    cue: Array
    outcome: Array
    latency_ms: Array
    block: Array
    is_probe: Array

    def __len__(self) -> int:
        return len(self.cue)


def recorded_trials(simulation: Simulation, replica: int = 0) -> Trials:
    """Return the trials whose course `simulation.record` keeps, in the order in which it is kept.

    Parameters
    ----------
    simulation : Simulation
    replica : int
        Each replica lives through trials of its own.

    Examples
    --------
    >>> trials = recorded_trials(Simulation(name="mine"))
    >>> len(trials), trials.is_probe.all(), trials.start_s[:2].tolist()
    (32, np.True_, [1812.8, 1815.0])
    """
    task, session = simulation.task, _session(simulation, replica)
    trained = slice(session.before, None)
    probe = session.probe_cues[0]
    last = len(task.blocks) - 1
    cue = np.concatenate([session.schedule.cue[0, trained], probe])
    outcome = np.concatenate([session.schedule.outcome[0, trained], np.full(len(probe), -1)])
    block = np.concatenate([session.schedule.block[trained], np.full(len(probe), last)])
    kept = slice(0 if simulation.record.trials == "all" else task.trials, None)
    number = np.arange(session.before, session.total)[kept]
    due_ms = np.concatenate([session.schedule.latency_ms[0, trained], task.latency_ms()[last, probe]])
    latency_ms, comes = due_ms[kept], outcome[kept] >= 0
    start_ms = number * task.timeline.trial_ms
    cue_ms = start_ms + task.timeline.interval_ms
    return Trials(
        start_s=start_ms / 1000,
        stop_s=(number + 1) * task.timeline.trial_ms / 1000,
        cue_s=cue_ms / 1000,
        outcome_s=np.where(comes, cue_ms + latency_ms, np.nan) / 1000,
        cue=cue[kept],
        outcome=outcome[kept],
        latency_ms=latency_ms,
        block=block[kept],
        is_probe=number >= session.trained,
    )


def _session(simulation: Simulation, replica: int) -> Session:
    """Return a session with the same trials and next to no network: they are drawn from the seed alone."""
    task, seeds = simulation.task, [replica_seeds(simulation)[replica]]
    spec = ReservoirSpec(n=2, dt_ms=simulation.reservoir.dt_ms)
    network = Reservoir.build(spec, seeds, task.channels, backend="numpy")
    return Session(
        network, simulation.features, task, simulation.rules, simulation.probes, seeds, simulation.record
    )
