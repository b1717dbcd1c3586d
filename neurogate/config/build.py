"""From a configuration to the objects that run it."""

from __future__ import annotations

from typing import Any

from neurogate.backends.allotment import cores
from neurogate.config.parts import Run
from neurogate.config.schema import AnySimulation, WaveformSimulation
from neurogate.network.rate_reservoir import AnyReservoir, RateReservoir
from neurogate.network.reservoir import Reservoir
from neurogate.network.specification import ReservoirSpec
from neurogate.tasks.session import Session
from neurogate.tasks.waveform import WaveformSession

__all__ = ["replica_seeds", "reservoir", "session"]


def replica_seeds(simulation: AnySimulation) -> tuple[int, ...]:
    """Return one seed per replica: the run's seed and those that follow it.

    Replica b of a run with seed s is the same network as the only replica of a run with seed s + b.

    Examples
    --------
    >>> from neurogate.config import Run, Simulation
    >>> replica_seeds(Simulation(name="mine", run=Run(seed=7, replicas=3)))
    (7, 8, 9)
    """
    return tuple(range(simulation.run.seed, simulation.run.seed + simulation.run.replicas))


def reservoir(simulation: AnySimulation) -> AnyReservoir:
    """Draw the networks of a simulation.

    Raises
    ------
    RequestError
        If something cannot be drawn, or the backend cannot run here.

    Examples
    --------
    >>> from neurogate.network.specification import ReservoirSpec
    >>> from neurogate.config import Simulation
    >>> reservoir(Simulation(name="mine", reservoir=ReservoirSpec(n=50))).shape
    (1, 50, 6)
    """
    spec = simulation.reservoir
    if isinstance(spec, ReservoirSpec):
        return _spiking(simulation, spec)
    channels, feedback, _ = _widths(simulation)
    return RateReservoir.build(
        spec, replica_seeds(simulation), channels, feedback=feedback, **_carried_out(simulation.run)
    )


def session(simulation: AnySimulation) -> Session | WaveformSession:
    """Make the session that runs a simulation.

    Raises
    ------
    RequestError
        If something cannot be drawn, or the backend cannot run here.

    Examples
    --------
    >>> from neurogate.config import Simulation
    >>> session(Simulation(name="mine")).total
    856
    """
    if isinstance(simulation, WaveformSimulation):
        network, seeds = _spiking(simulation, simulation.reservoir), replica_seeds(simulation)
        return WaveformSession(network, simulation.task, simulation.rule, seeds)
    return Session(
        reservoir(simulation),
        simulation.features,
        simulation.task,
        simulation.rules,
        simulation.probes,
        replica_seeds(simulation),
        simulation.record,
    )


def _spiking(simulation: AnySimulation, spec: ReservoirSpec) -> Reservoir:
    channels, feedback, readouts = _widths(simulation)
    return Reservoir.build(
        spec,
        replica_seeds(simulation),
        channels,
        feedback=feedback,
        readouts=readouts,
        **_carried_out(simulation.run),
    )


def _carried_out(run: Run) -> dict[str, Any]:
    return {"dtype": run.dtype, "backend": run.backend, "threads": run.threads or cores()}


def _widths(simulation: AnySimulation) -> tuple[int, int, int]:
    """Return the numbers of input channels, of channels that carry readouts back, of readouts in the loop."""
    if isinstance(simulation, WaveformSimulation):
        return 0, 0, len(simulation.task.signal.names)
    outcomes = len(simulation.task.outcomes)
    feedback = 1 + outcomes if simulation.reservoir.inputs.feeds_back else 0
    return simulation.task.channels, feedback, 0
