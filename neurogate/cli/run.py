"""`neurogate run`: simulate, store, and say what was learned."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from neurogate.cli.execution import CHECKPOINT_S, checked
from neurogate.cli.options import Name, RunOptions, Switch
from neurogate.errors import Outcome

if TYPE_CHECKING:
    from neurogate.runs.store import Run

__all__ = ["run"]


def run(
    simulation: Name,
    /,
    *,
    options: RunOptions | None = None,
    seed: str | None = None,
    checkpoint: float = CHECKPOINT_S,
    force: Switch = False,
    json: Switch = False,
) -> int:
    """Simulate, learn, and store figures, metrics and arrays in one folder.

    The folder is <out>/<name>-<hash>; the hash stands for every setting, so
    the same settings find their folder again and are not run twice.
    Ctrl-C loses nothing: the same command continues.

    Try:
      neurogate run what_when
      neurogate run what_when --quick --seed 3
      neurogate run what_when --set reservoir.n=500 --set run.replicas=4
      neurogate run my_own.toml --out results --json > summary.json

    Parameters
    ----------
    simulation
        A shipped simulation (see `neurogate list`) or a TOML file (to make one, see `neurogate
        config show --help`).
    options
        What is changed, and where runs are kept.
    seed
        Seed of everything random; the same as --set run.seed=...
    checkpoint
        Seconds between two checkpoints.
    force
        Run again even if the run is stored; the stored one is replaced when the new one is complete.
    json
        Print summary.json on standard output, and everything else on standard error.
    """
    from neurogate.config.loading import load

    options = options or RunOptions()
    seeded = [] if seed is None else [f"run.seed={seed}"]
    settings = load(simulation, overrides=[*options.changes, *seeded], quick=options.quick)
    every_s = checked(checkpoint_every_s=checkpoint).checkpoint_every_s

    from neurogate.cli.progress import shown
    from neurogate.runs.execute import execute

    with shown(settings.task.part) as progress, contextlib.redirect_stdout(sys.stderr):
        stored = execute(settings, options.out, force=force, progress=progress, checkpoint_every_s=every_s)
    if json:
        sys.stdout.write((stored.path / "summary.json").read_text("utf-8"))
    (sys.stderr if json else sys.stdout).write(_report(stored))
    return 0 if stored.outcome is Outcome.DONE else 1


def _report(run: Run) -> str:
    """Say what came out and where it is."""
    from neurogate.cli.table import table

    if run.outcome is not Outcome.DONE:
        why = run.summary.get("divergence", {}).get("message", f"The run ended with outcome {run.outcome}.")
        return f"{why} Its settings and log are in {run.path}.\n"
    pictures = sorted((run.path / "figures").glob("*.png"))
    lines = [table(run.metrics), "", *(f"Figure: {path}" for path in pictures), f"Folder: {run.path}"]
    return "\n".join(lines) + "\n"
