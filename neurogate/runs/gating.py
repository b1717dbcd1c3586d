"""What the gates of a run's rules do over a trial, from its configuration and its stored readouts.

Here lives the way from gates, which `neurogate.plasticity.gates` knows, to the plain arrays that
`neurogate.plotting.gates` draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neurogate.config import AnySimulation, Simulation

if TYPE_CHECKING:
    from neurogate.plasticity.gates import Gate
    from neurogate.plotting.gates import GateCourse

__all__ = ["gate_courses"]

Array = npt.NDArray[Any]


def gate_courses(simulation: AnySimulation, arrays: Mapping[str, Array]) -> dict[str, GateCourse]:
    """Return what the gates of each rule do, for the rules that have gates.

    Parameters
    ----------
    simulation : Simulation or WaveformSimulation
        A taught signal has no gates.
    arrays : mapping of str to array
        Of its run; the error gate needs what was read out in the probes.

    Examples
    --------
    >>> from neurogate.config import Simulation
    >>> course = gate_courses(Simulation(), {})["three_factor"]
    >>> course.high.shape, float(course.high.max())
    ((5, 440), 1.0)
    """
    if not isinstance(simulation, Simulation):
        return {}
    rules = {name: getattr(rule, "gates", ()) for name, rule in simulation.rules.items()}
    return {
        name: _course(simulation, gates, arrays.get(f"{name}.when")) for name, gates in rules.items() if gates
    }


def _course(simulation: Simulation, gates: Sequence[Gate], when: Array | None) -> GateCourse:
    from neurogate.plasticity.gates import GateContext, combine
    from neurogate.plotting.gates import GateCourse
    from neurogate.tasks.clock import Clock

    task = simulation.task
    clock = Clock.of(simulation.reservoir.dt_ms, simulation.features, task.timeline)
    latency_ms = task.latency_ms()
    blocks = [np.append(latencies, np.nan) for latencies in latency_ms]
    calm, alarmed = (
        [
            combine(gates, GateContext(clock.time_ms, outcome_ms, np.full(len(outcome_ms), surprise)))
            for outcome_ms in blocks
        ]
        for surprise in (0.0, np.inf)
    )
    saturation, on = alarmed[0][1], clock.cue_bins
    opening = None
    if saturation and when is not None:
        distance = (task.foretold_ms(clock.time_ms[on]) - latency_ms[..., None]) / task.target_sd(latency_ms)[
            ..., None
        ]
        error = np.abs(np.exp(-0.5 * distance**2) - when)  # (B, blocks, C, T)
        allowed = np.stack([course[:-1, on] for course, _ in alarmed])
        opening = (allowed * np.minimum(1.0, error / saturation)).mean(axis=(0, 2))
    return GateCourse(clock.time_ms, calm[0][0], alarmed[0][0], clock.time_ms[on], opening)
