"""From a configuration to the objects that run it."""

from __future__ import annotations

import os

from neurogate.config.schema import Simulation
from neurogate.network.reservoir import Reservoir
from neurogate.tasks.session import Session

__all__ = ["replica_seeds", "reservoir", "session"]


def replica_seeds(simulation: Simulation) -> tuple[int, ...]:
    """Return one seed per replica: the run's seed and those that follow it.

    Replica b of a run with seed s is the same network as the only replica of a run with seed s + b.

    Examples
    --------
    >>> from neurogate.config import Run
    >>> replica_seeds(Simulation(name="mine", run=Run(seed=7, replicas=3)))
    (7, 8, 9)
    """
    return tuple(range(simulation.run.seed, simulation.run.seed + simulation.run.replicas))


def reservoir(simulation: Simulation) -> Reservoir:
    """Draw the networks of a simulation.

    Raises
    ------
    RequestError
        If something cannot be drawn, or the backend cannot run here.

    Examples
    --------
    >>> from neurogate.network.reservoir import ReservoirSpec
    >>> reservoir(Simulation(name="mine", reservoir=ReservoirSpec(n=50))).shape
    (1, 50, 6)
    """
    outcomes = len(simulation.task.outcomes)
    return Reservoir.build(
        simulation.reservoir,
        replica_seeds(simulation),
        simulation.task.cues + outcomes,
        feedback=1 + outcomes if simulation.reservoir.inputs.feeds_back else 0,
        dtype=simulation.run.dtype,
        backend=simulation.run.backend,
        threads=simulation.run.threads or os.cpu_count() or 1,
    )


def session(simulation: Simulation) -> Session:
    """Make the session that runs a simulation.

    Raises
    ------
    RequestError
        If something cannot be drawn, or the backend cannot run here.

    Examples
    --------
    >>> session(Simulation(name="mine")).total
    856
    """
    return Session(
        reservoir(simulation),
        simulation.features,
        simulation.task,
        simulation.rules,
        simulation.probes,
        replica_seeds(simulation),
        simulation.record,
    )
