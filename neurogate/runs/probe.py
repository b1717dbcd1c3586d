"""A short run like a long one: to compile what the long one needs, and to tell how long it will take."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from typing import Any

import attrs

from neurogate import config
from neurogate.config.build import session
from neurogate.config.family import reseeded
from neurogate.config.sharing import networks, share
from neurogate.errors import RunDiverged
from neurogate.runs.threads import one_thread
from neurogate.runs.versions import loaded

__all__ = ["seconds_per_run", "warm"]

_TINY = 16
_NETWORKS = 4


def warm(simulation: config.AnySimulation) -> None:
    """Prepare a process for a simulation: compile what it needs by tiny ones like it, and read versions.

    One runs alone and two side by side, whose arrays lie in memory otherwise.

    Parameters
    ----------
    simulation : Simulation or WaveformSimulation
    """
    loaded()
    with contextlib.suppress(Exception):  # whatever is wrong will be said of the runs
        short = _short(_tiny(simulation))
        pair = share([short, reseeded(short, simulation.run.seed ^ 1)])
        for tiny in (session(short), *(shared.session for shared in pair)):
            while not tiny.done:
                tiny.advance()


@one_thread()
def seconds_per_run(simulations: Sequence[config.AnySimulation]) -> float:
    """Return the time that one run of many takes in one process, to its judgement, by a few short ones.

    Parameters
    ----------
    simulations : sequence of Simulation or WaveformSimulation
        That can share a session. Those of the first few networks are taken, all of them, since what a
        network takes is shared by its runs.

    Raises
    ------
    RequestError
        If something cannot be drawn, or the backend cannot run here.
    """
    some = [simulations[place] for places in networks(simulations)[:_NETWORKS] for place in places]
    warm(some[0])
    total = session(some[0]).total
    (shared, *_) = share([_short(one) for one in some])
    began, judged_s = time.perf_counter(), 0.0
    with contextlib.suppress(RunDiverged):  # the parts before it tell enough
        while not shared.session.done:
            shared.session.advance()
    simulated_s, parts = time.perf_counter() - began, max(shared.session.position, 1)
    if shared.session.done:
        shared.session.result()
        judged_s = time.perf_counter() - began - simulated_s
    return (simulated_s / parts * total + judged_s) / len(shared.members)


def _tiny(simulation: Any) -> Any:
    return attrs.evolve(simulation, reservoir=attrs.evolve(simulation.reservoir, n=_TINY))


def _short(simulation: Any) -> Any:
    """Return a simulation like another with as few trials, or pieces, as there are kinds of them."""
    task = simulation.task
    if task.part == "piece":
        piece_ms = task.piece_ms
        rule = attrs.evolve(simulation.rule, start_ms=piece_ms, stop_ms=2 * piece_ms)
        return attrs.evolve(simulation, task=attrs.evolve(task, duration_ms=3 * piece_ms), rule=rule)
    blocks = tuple(attrs.evolve(block, trials=1) for block in task.blocks)
    probes = attrs.evolve(simulation.probes, per_cue=1, every=1)
    short = attrs.evolve(task, settling=0, habituation=1, blocks=blocks)
    return attrs.evolve(simulation, task=short, probes=probes)
