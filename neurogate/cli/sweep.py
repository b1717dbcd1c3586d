"""`neurogate sweep`: many runs of one simulation, with some of its settings varied."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from neurogate.cli.execution import ExecutionOptions
from neurogate.cli.options import Name, RunOptions, Switch, command
from neurogate.cli.sweep_options import SweepOptions
from neurogate.errors import Outcome, RunError

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping, Sequence

    from neurogate.config.sweep import Point
    from neurogate.runs.sweep import Options

__all__ = ["sweep"]

_PART_FAILED = 3
_ROWS_SHOWN = 40


def sweep(
    simulation: Name,
    /,
    *,
    varied: SweepOptions | None = None,
    options: RunOptions | None = None,
    execution: ExecutionOptions | None = None,
    fail_fast: Annotated[bool, Parameter(negative="--keep-going", show_default=False)] = False,
    dry_run: Switch = False,
    json: Switch = False,
) -> int:
    """Run a simulation many times, with some of its settings varied.

    Every run gets its own folder, as `neurogate run` would make it, and the
    sweep one that lists them and holds a report. Runs that are stored already
    are not repeated. Ctrl-C, a crash or a killed worker loses nothing that is
    finished: the same command continues.

    Try:
      neurogate sweep what_when --quick --grid reservoir.gain=0.5:2.0:4 --seeds 5
      neurogate sweep what_when --grid reservoir.gain=0.5,1,2 --seeds 20 --dry-run
      neurogate sweep what_when --random 50 --draw reservoir.gain=log_uniform:0.3:3

    Parameters
    ----------
    simulation
        A shipped simulation (see `neurogate list`) or a TOML file, which may have a [sweep] table.
    varied
        How it is varied.
    options
        What is changed in all runs, and where they are kept.
    execution
        How runs are executed.
    fail_fast
        Stop at the first run that fails; by default the others go on.
    dry_run
        List the runs, their memory and the time that they will take, and run nothing but a short probe.
    json
        Print outcomes and the sweep's folder, or what --dry-run lists, as JSON on standard output, and all
        else on standard error.
    """
    from neurogate.backends.registry import require
    from neurogate.cli.progress import messages
    from neurogate.config.sweep import points as resolve
    from neurogate.runs.room import require_room

    options = options or RunOptions()
    base, wanted = (varied or SweepOptions()).sweep(simulation, options.changes, quick=options.quick)
    with messages():
        points = resolve(wanted, base)
    gpu = any(point.simulation.run.backend == "cuda" for point in points)
    how = (execution or ExecutionOptions()).options(fail_fast=fail_fast, gpu=gpu)
    missing = _missing(points, options.out, check=dry_run)
    if not how.scheduler:
        require(*dict.fromkeys(point.simulation.run.backend for point in missing))
    require_room(missing, how.memory_mb)
    if dry_run:
        with contextlib.redirect_stdout(sys.stderr):
            forecast = _forecast(missing, how)
        sys.stdout.write((_plan_json if json else _plan)(points, missing, forecast))
        return 0
    return _run(points, how, options.out, json=json)


def _run(points: Sequence[Point], options: Options, out: Path, *, json: bool) -> int:
    from neurogate.cli.progress import messages
    from neurogate.cli.sweep_progress import shown
    from neurogate.runs.report import report
    from neurogate.runs.sweep import sweep as execute
    from neurogate.runs.sweep_folder import open_folder
    from neurogate.runs.versions import versions

    folder = open_folder(points, points[0].simulation.name, out, command(), versions())
    with contextlib.redirect_stdout(sys.stderr), messages():
        with shown(len(points), folder, options.jobs) as tell:
            counts = execute(points, folder, options, tell)
        page = report(folder)
        table = _write_table(folder)
    if json:
        import json as json_

        outcomes = {str(outcome): count for outcome, count in counts.items()}
        sys.stdout.write(
            json_.dumps({"folder": str(folder), "runs": len(points), "outcomes": outcomes}) + "\n"
        )
    told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
    runs = "1 run" if len(points) == 1 else f"{len(points)} runs"
    lines = [f"{runs}: {told}.", f"Table: {table}", f"Report: {page}"]
    if counts[Outcome.CANCELLED]:
        lines.append("The same command continues where this one stopped.")
    (sys.stderr if json else sys.stdout).write("\n".join(lines) + "\n")
    return _exit_code(counts)


def _exit_code(counts: Counter[Outcome]) -> int:
    if set(+counts) - {Outcome.DONE, Outcome.CANCELLED}:
        return _PART_FAILED
    return 1 if counts[Outcome.CANCELLED] else 0


def _write_table(folder: Path) -> Path:
    from neurogate.files import replacing
    from neurogate.runs import load
    from neurogate.runs.sweep_folder import TABLE

    path = folder / TABLE
    text = load(folder).table().to_csv()
    try:
        with replacing(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise RunError(
            f"The table {path} cannot be written: {error.strerror or error}. Mend that and repeat."
        ) from error
    return path


def _missing(points: Sequence[Point], out: Path, *, check: bool) -> list[Point]:
    """Return the points whose runs are not there; what of the others a sweep would refuse is checked for."""
    from neurogate.runs.store import folder_named, load
    from neurogate.runs.sweep_folder import folder_of, is_there

    folders = [folder_named(point.simulation.name, point.hash, out) for point in points]
    if check:
        is_there(folder_of(points, points[0].simulation.name, out))
        for folder in filter(Path.exists, folders):
            load(folder)
    return [point for point, folder in zip(points, folders, strict=True) if not folder.exists()]


def _forecast(missing: Sequence[Point], options: Options) -> dict[str, Any]:
    """Return what the runs that are missing will take, by a short probe."""
    if not missing:
        return {"memory_mb": 0.0, "jobs": 0, "seconds": 0.0, "batches": []}
    from neurogate.runs.forecast import expected_seconds
    from neurogate.runs.planning import plan

    planned = plan(missing, options.jobs, options.batch, options.memory_mb)
    some = [missing[place].simulation for place in planned.batches[0]]
    width = min(planned.width, len(planned.batches))
    return {
        "memory_mb": planned.each_mb,
        "jobs": planned.width,
        "seconds": expected_seconds(some, len(missing), width, options.scheduler),
        "batches": [[missing[place].hash for place in batch] for batch in planned.batches],
    }


def _plan(points: Sequence[Point], missing: Sequence[Point], forecast: Mapping[str, Any]) -> str:
    """Return the table of runs, and what they will take."""
    from neurogate.cli.duration import duration
    from neurogate.cli.sweep_progress import changes_text

    lines = [f"{point.hash[:12]}  {changes_text(point.changes)}" for point in points[:_ROWS_SHOWN]]
    if len(points) > _ROWS_SHOWN:
        lines.append(f"... and {len(points) - _ROWS_SHOWN} more")
    lines.append(f"{len(points)} runs, {len(points) - len(missing)} of them stored already.")
    if missing:
        time, jobs, each_mb = duration(forecast["seconds"]), forecast["jobs"], forecast["memory_mb"]
        together = min(len(missing), jobs * max(map(len, forecast["batches"])))
        lines.append(
            f"Memory: about {each_mb:.0f} MB a run, {each_mb * together:.0f} MB for {together} at once."
        )
        lines.append(f"Time: about {time} with {jobs} jobs, by a short probe.")
    return "\n".join(lines) + "\n"


def _plan_json(points: Sequence[Point], missing: Sequence[Point], forecast: Mapping[str, Any]) -> str:
    """Return the same for programs, with every run."""
    from neurogate.files import json_text

    left = {point.hash for point in missing}
    runs = [
        {"hash": point.hash, "changes": dict(point.changes), "stored": point.hash not in left}
        for point in points
    ]
    return json_text({"runs": len(points), "stored": len(points) - len(left), **forecast, "points": runs})
