"""One simulation over many seeds, each run stored: what an experiment asks for.

Here lives the way from a simulation to the arrays and metrics of all its seeds. How they are simulated is
said in `neurogate.runs.over_points`, how they become replicas in `neurogate.runs.pooled`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from neurogate import config
from neurogate.config.sweep import Sweep
from neurogate.errors import Outcome
from neurogate.runs import store
from neurogate.runs.over_points import over_points
from neurogate.runs.pool import Workers
from neurogate.runs.pooled import stacked
from neurogate.runs.sweep import Options

__all__ = ["Seeds", "over_seeds"]

Array = npt.NDArray[Any]


@attrs.frozen(eq=False)
class Seeds:
    """What the seeds of a simulation left behind.

    Parameters
    ----------
    arrays : mapping of str to array
        Those of all runs, with the seeds as replicas.
    metrics : sequence of mapping
        Of each seed, for each rule.
    first : int
        The first seed; the others follow it.

    Examples
    --------
    >>> first, second = ({"force": {"blocks": {"A": {"mae": mae}}}} for mae in (0.1, None))
    >>> Seeds({}, [first, second]).metric("force", "blocks", "A", "mae").tolist()
    [0.1, nan]
    """

    arrays: Mapping[str, Array]
    metrics: Sequence[Mapping[str, Mapping[str, Any]]]
    first: int = 1

    def metric(self, rule: str, *path: str) -> npt.NDArray[np.float64]:
        """Return a metric of a rule.

        Parameters
        ----------
        rule : str
        *path : str
            Its name; for one of a block ``"blocks"``, the block and the name.

        Returns
        -------
        (seeds,) array
            NaN where there was nothing to measure.
        """
        return np.array([_number(seed[rule], path) for seed in self.metrics])


def _number(value: Any, path: Sequence[str]) -> float:
    for key in path:
        value = value[key]
    return float("nan") if value is None else float(value)


def over_seeds(
    simulation: config.AnySimulation,
    seeds: int,
    out: Path,
    *,
    jobs: int = 1,
    batch: int = 0,
    command: str = "",
    workers: Workers | None = None,
    tell: Callable[[int, Outcome], object] = lambda done, outcome: None,
) -> Seeds:
    """Simulate successive seeds of a simulation; what is stored is not simulated again.

    Parameters
    ----------
    simulation : Simulation or WaveformSimulation
        Its own seed is the first.
    seeds : int
    out : pathlib.Path
        The folder that holds run folders.
    jobs : int
        Processes.
    batch : int
        Seeds that share a session, at most; 0 chooses.
    command : str
        What a user repeats to go on, kept with the sweep.
    workers : Workers, optional
        Who simulates, if they shall go on with other simulations; by default workers of its own.
    tell : callable
        Is told how many runs are done, and how the last one ended.

    Raises
    ------
    RunError
        If not every run came to its end; those that did are kept.
    """
    varied, options = Sweep(seeds=seeds), Options(jobs=jobs, batch=batch)
    found = over_points(simulation, varied, out, options=options, command=command, workers=workers, tell=tell)
    folders = dict.fromkeys(row["folder"] for row in found.rows)
    runs = [store.load(out / name) for name in folders]
    arrays, metrics = stacked([run.arrays() for run in runs]), [run.metrics for run in runs]
    return Seeds(arrays, metrics, simulation.run.seed)
