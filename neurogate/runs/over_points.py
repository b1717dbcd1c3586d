"""One simulation at every point of a sweep, each run stored: what an experiment asks for.

Here lives the way from a sweep to its rows. What is varied is said in `neurogate.config.sweep`, how runs are
executed in `neurogate.runs.sweep`, what rows hold in `neurogate.runs.collection`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from neurogate import config
from neurogate.config.sweep import Sweep, points
from neurogate.errors import Outcome, RunError
from neurogate.runs.collection import Collection, load_sweep
from neurogate.runs.pool import Workers
from neurogate.runs.sweep import Event, Options, sweep
from neurogate.runs.sweep_folder import open_folder
from neurogate.runs.versions import loaded

__all__ = ["over_points"]


def over_points(
    simulation: config.AnySimulation,
    varied: Sweep,
    out: Path,
    *,
    options: Options | None = None,
    command: str = "",
    may_diverge: bool = False,
    workers: Workers | None = None,
    tell: Callable[[int, Outcome], object] = lambda done, outcome: None,
) -> Collection:
    """Simulate every point of a sweep; what is stored is not simulated again.

    Parameters
    ----------
    simulation : Simulation or WaveformSimulation
    varied : Sweep
        What is varied in it; seeds are counted from its own.
    out : pathlib.Path
        The folder that holds run folders.
    options : Options, optional
        How it is executed.
    command : str
        What a user repeats to go on, kept with the sweep.
    may_diverge : bool
        Whether runs that diverge are rows like others, without metrics, or an error.
    workers : Workers, optional
        Who simulates, if they shall go on with other sweeps; by default workers of its own.
    tell : callable
        Is told how many runs are done, and how the last one ended.

    Raises
    ------
    RunError
        If not every run came to its end; those that did are kept.
    """
    chosen = points(varied, config.unstructure(simulation))
    folder = open_folder(chosen, simulation.name, out, command, loaded())
    done = 0

    def hear(event: Event) -> None:
        nonlocal done
        if how := event.ended.outcome if event.ended else event.stored:
            done += 1
            tell(done, how)

    counts = sweep(chosen, folder, options or Options(), hear, workers)
    fine = (Outcome.DONE, Outcome.DIVERGED) if may_diverge else (Outcome.DONE,)
    lost = ", ".join(f"{n} {outcome}" for outcome, n in counts.items() if n and outcome not in fine)
    if lost:
        raise RunError(
            f"Of {len(chosen)} runs of {simulation.name}, {lost}; {folder} tells more. "
            "Mend that and repeat the command; what is done is not simulated again."
        )
    return load_sweep(folder)
