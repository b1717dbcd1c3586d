"""`neurogate tune`: search settings for the best value of a metric."""

from __future__ import annotations

import contextlib
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from neurogate.cli.execution import ExecutionOptions
from neurogate.cli.options import Name, RunOptions, Switch, Whole, command
from neurogate.cli.sweep_options import SearchOptions
from neurogate.errors import RequestError

if TYPE_CHECKING:
    from neurogate.runs.search import Search
    from neurogate.runs.study import Trial
    from neurogate.runs.sweep import Options
    from neurogate.runs.tune import Tell, Tuned

__all__ = ["tune"]

_PART_FAILED = 3
_ROWS_SHOWN = 10


def tune(
    simulation: Name,
    /,
    *,
    metric: str,
    trials: Whole = 100,
    searched: SearchOptions | None = None,
    rule: Annotated[str, Parameter(show_default=False)] = "",
    maximise: Annotated[bool | None, Parameter(negative="--minimise", show_default=False)] = None,
    at_once: Whole = 8,
    options: RunOptions | None = None,
    execution: ExecutionOptions | None = None,
    json: Switch = False,
) -> int:
    r"""Search settings for the best value of a metric.

    Optuna chooses settings (TPE), a few trials at a time, by what came of those
    before. A trial is the mean over a few seeds, the same ones for every trial.
    The best settings are written as a TOML file that `neurogate run` takes.
    The same command continues a search that was stopped, and with more --trials
    one that had ended; nothing is run twice.

    Try:
      neurogate tune what_when --quick --metric timing_error_ms --trials 40 \
      --draw rules.three_factor.eta_when=log_uniform:0.001:1
      neurogate tune mine.toml --metric probability_r --rule force --seeds 3

    Parameters
    ----------
    simulation
        A shipped simulation (see `neurogate list`) or a TOML file. Of its [sweep] table the random keys are
        searched, with its seeds and conditions.
    metric
        What is judged, as timing_error_ms, or in one block, as blocks.A.timing_error_ms.
    trials
        How many there shall be in all, those of earlier calls included.
    searched
        Where it is searched.
    rule
        The rule whose metric it is; by default the first.
    maximise
        Look for the largest value, or the smallest; by default what is better.
    at_once
        How many trials are chosen together: more keep more processes busy, fewer learn more from each other.
    options
        What is changed in all runs, and where they are kept.
    execution
        How runs are executed.
    json
        Print what was found as JSON on standard output, all else on standard error.
    """
    for name, number in (("--trials", trials), ("--at-once", at_once)):
        if number < 1:
            raise RequestError(f"{name} is {number}; it must be at least 1.")
    options = options or RunOptions()
    base, sweep = (searched or SearchOptions()).sweep(simulation, options.changes, quick=options.quick)
    from neurogate.backends.registry import require
    from neurogate.runs.search import search

    asked = search(base, sweep, metric, rule=rule, maximise=maximise, at_once=at_once)
    how = (execution or ExecutionOptions()).options(gpu="cuda" in asked.backends)
    if not how.scheduler:
        require(*asked.backends)
    tuned = _search(asked, options.out, trials, how)
    if json:
        sys.stdout.write(_json(asked, tuned))
    (sys.stderr if json else sys.stdout).write(_report(asked, tuned, trials))
    if not tuned.ranked or len(tuned.trials) < trials or _count(tuned, "running"):
        return 1
    return _PART_FAILED if _count(tuned, "failed") else 0


def _search(asked: Search, out: Path, trials: int, options: Options) -> Tuned:
    from neurogate.cli.progress import messages
    from neurogate.runs.study import open_study
    from neurogate.runs.tune import tune as execute

    if asked.at_once * asked.seeds < options.jobs:
        sys.stderr.write(
            f"{asked.at_once} trials at once with {asked.seeds} seeds are fewer runs than {options.jobs} "
            "jobs; more --at-once keeps them busy.\n"
        )
    with contextlib.redirect_stdout(sys.stderr), messages(), open_study(asked, out, command()) as study:
        ended = sum(trial.state != "running" for trial in study.trials())
        if ended:
            sys.stderr.write(f"{ended} trials have ended already.\n")
        with _shown(max(0, trials - ended) * asked.seeds, study.folder, options.jobs) as tell:
            return execute(study, trials, options, tell)


@contextlib.contextmanager
def _shown(total: int, folder: Path, jobs: int) -> Iterator[Tell]:
    """Yield what shows runs as a sweep does, and a line for each trial."""
    from neurogate.cli.sweep_progress import shown
    from neurogate.runs.study import Trial

    with shown(total, folder, jobs) as tell_run:

        def tell(event: Any) -> None:
            if isinstance(event, Trial):
                sys.stderr.write(_line(event) + "\n")
            else:
                tell_run(event)

        yield tell


def _line(trial: Trial) -> str:
    from neurogate.cli.sweep_progress import changes_text

    said = f"{trial.value:.4g}" if trial.value is not None else f"{trial.state}: {trial.why}"
    return f"trial {trial.number}: {changes_text(trial.changes)}: {said}"


def _count(tuned: Tuned, state: str) -> int:
    return sum(trial.state == state for trial in tuned.trials)


def _json(asked: Search, tuned: Tuned) -> str:
    from neurogate.files import json_text
    from neurogate.runs.tune import BEST

    best = tuned.ranked[0] if tuned.ranked else None
    found = {
        "folder": str(tuned.folder),
        "metric": asked.metric,
        "maximise": asked.maximise,
        "trials": {state: _count(tuned, state) for state in ("done", "pruned", "failed", "running")},
        "best": None if best is None else {
            "trial": best.number,
            "value": best.value,
            "values": best.values,
            "changes": best.changes,
            "config": str(tuned.folder / BEST),
        },
        "importances": tuned.importances,
    }  # fmt: skip
    return json_text(found)


def _report(asked: Search, tuned: Tuned, trials: int) -> str:
    """Say how many trials ended how, which were the best, and where the best configuration is."""
    from neurogate.runs.tune import BEST

    states = {state: _count(tuned, state) for state in ("done", "pruned", "failed", "running")}
    told = ", ".join(f"{count} {state}" for state, count in states.items() if count)
    lines = [f"{len(tuned.trials)} trials: {told}."] if tuned.trials else []
    if tuned.ranked:
        lines += ["", _table(asked, tuned)]
    if tuned.importances:
        shares = ", ".join(f"{key} {share:.2f}" for key, share in tuned.importances.items())
        lines.append(f"What the best trials depend on: {shares}")
    if tuned.ranked:
        lines.append(f"Best configuration: {tuned.folder / BEST}")
    elif states["running"] < len(tuned.trials):
        why = next((trial.why for trial in tuned.trials if trial.why), "")
        lines.append(f"No trial has a value. {why}".rstrip())
    if len(tuned.trials) < trials or states["running"] or states["failed"]:
        lines.append("The same command continues where this one stopped.")
    return "\n".join(lines) + "\n"


def _table(asked: Search, tuned: Tuned) -> str:
    from neurogate.cli.bench_table import render

    heading = ["trial", asked.metric, *asked.space]
    rows: dict[tuple[str, ...], list[str]] = {}
    for trial in tuned.ranked:
        cells = tuple(_cell(trial.changes[key]) for key in asked.space)
        rows.setdefault(cells, [str(trial.number), f"{trial.value:.4g}", *cells])
    return render("Best trials", [heading, *itertools.islice(rows.values(), _ROWS_SHOWN)])


def _cell(value: Any) -> str:
    from neurogate.config.listing import inline

    return f"{value:.4g}" if isinstance(value, float) else inline(value)
