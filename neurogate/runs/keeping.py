"""What is kept of a run that has ended: its summary, its arrays, its picture.

What a run folder is and how it appears lives in `neurogate.runs.store`.
"""

from __future__ import annotations

import logging
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurogate import config, files
from neurogate.errors import Outcome, RunDiverged, RunError
from neurogate.runs import store

if TYPE_CHECKING:
    from neurogate.config.hashing import Known
    from neurogate.runs.course import AnySession
    from neurogate.tasks.evaluation import Result

__all__ = ["Arrays", "diverged", "done", "keep", "summarise"]

_LOG = logging.getLogger(__name__)
_BESIDE_MB = 0.5  # what a run takes beside its arrays: its picture, settings, log
_OF_DIVERGENCE = ("quantity", "value", "replica", "step", "neuron")

Arrays = Mapping[str, np.ndarray[Any, Any]]


def done(result: Result) -> dict[str, Any]:
    """Return what the summary says of a run that came to its end."""
    return {"outcome": str(Outcome.DONE), "metrics": result.metrics}


def diverged(error: RunDiverged) -> dict[str, Any]:
    """Return what the summary says of a run that left the range in which its numbers mean anything."""
    divergence = {"message": str(error)} | {name: getattr(error, name) for name in _OF_DIVERGENCE}
    return {"outcome": str(Outcome.DIVERGED), "metrics": {}, "divergence": divergence}


def summarise(
    simulation: config.AnySimulation,
    content_hash: str,
    folder: Path,
    session: AnySession,
    facts: Mapping[str, Any],
    wall_time_s: float,
    software: Mapping[str, str],
) -> dict[str, Any]:
    """Return the object of ``summary.json``.

    Parameters
    ----------
    simulation : neurogate.config.Simulation or neurogate.config.WaveformSimulation
    content_hash : str
        Its hash.
    folder : pathlib.Path
        Where the run is going to be.
    session : Session or WaveformSession
        That of this run.
    facts : mapping
        From `done` or `diverged`.
    wall_time_s : float
        What the run has taken.
    software : mapping of str to str
        From `neurogate.runs.versions.versions`.
    """
    return {
        "format": store.FORMAT,
        "name": simulation.name,
        "hash": content_hash,
        **facts,
        "seeds": {"run": simulation.run.seed, "replicas": list(session.seeds)},
        "config": {
            "reservoir.n": simulation.reservoir.n,
            "run.replicas": simulation.run.replicas,
            "run.backend": session.reservoir.backend,
            "run.dtype": simulation.run.dtype,
        },
        "wall_time_s": round(wall_time_s, 3),
        "command": shlex.join(
            ["neurogate", "run", str(folder / "config.toml"), "--out", str(folder.parent), "--force"]
        ),
        "versions": dict(software),
    }


def keep(
    folder: Path,
    simulation: config.AnySimulation,
    summary: Mapping[str, Any],
    arrays: Arrays,
    log: Sequence[str],
    *,
    replace: bool = False,
    draw: bool = True,
    known: Known | None = None,
) -> None:
    """Store a run.

    Parameters
    ----------
    folder : pathlib.Path
    simulation : neurogate.config.Simulation or neurogate.config.WaveformSimulation
    summary : mapping
        From `summarise`.
    arrays : mapping of str to ndarray
    log : sequence of str
    replace : bool
        Whether a folder that is there gives way.
    draw : bool
        Whether the overview is drawn, which takes longer than a small run.
    known : dict, optional
        As for `neurogate.config.dumps`.

    Raises
    ------
    RunError
        If the disk refuses.
    """
    try:
        with store.writing(folder, replace=replace) as hidden:
            (hidden / "config.toml").write_text(config.dumps(simulation, known), "utf-8")
            files.write_arrays(hidden / "arrays.npz", arrays)
            if arrays and draw:
                _draw(hidden / "figures", arrays)
            files.write_json(hidden / "summary.json", summary)
            (hidden / "log.txt").write_text("".join(f"{line}\n" for line in log), "utf-8")
    except OSError as error:
        need_mb = _BESIDE_MB + sum(array.nbytes for array in arrays.values()) / 1e6
        raise RunError(
            f"The run cannot be stored as {folder}: {error.strerror or error}. It takes up to "
            f"{need_mb:.1f} MB. Mend that and repeat the command; it continues from the last checkpoint that "
            "the disk took."
        ) from error


def _draw(folder: Path, arrays: Arrays) -> None:
    """Draw the overview; a figure that fails must not cost the run."""
    from neurogate.plotting.overview import overview, save

    try:
        save(overview(arrays), folder, "overview")
    except Exception:  # noqa: BLE001
        _LOG.warning("No figure could be drawn (see log.txt); `neurogate plot` tries again.", exc_info=True)
