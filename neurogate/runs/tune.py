"""Searching settings: trials are chosen, run as a sweep, judged, and the next ones chosen by that.

Here lives the loop and what becomes of a trial. Trials are kept in `neurogate.runs.study`, runs where those
of any sweep are; so a search that was stopped, by whatever means, is continued by the same call.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import attrs

from neurogate import config, files
from neurogate.config.listing import inline
from neurogate.config.sweep import Point
from neurogate.errors import Outcome, RequestError
from neurogate.runs import store
from neurogate.runs.interrupt import stop_requests
from neurogate.runs.pool import Workers
from neurogate.runs.row import flat
from neurogate.runs.search import Search
from neurogate.runs.study import Study, Trial
from neurogate.runs.study_folder import written
from neurogate.runs.sweep import Event, Options, sweep
from neurogate.runs.together import Ended

__all__ = ["BEST", "Tuned", "tune"]

BEST = "best.toml"
"""The configuration that was found, in the folder of the search."""

Tell = Callable[[Event | Trial], object]


@attrs.frozen
class Tuned:
    """What a search has found.

    Parameters
    ----------
    folder : pathlib.Path
        Of the search.
    trials : tuple of Trial
        All of them, in the order in which they were chosen.
    ranked : tuple of Trial
        Those that are done, the best first.
    importances : mapping of str to float
        How much each key has to do with a trial being among the best; empty if that cannot be said.
    """

    folder: Path
    trials: tuple[Trial, ...]
    ranked: tuple[Trial, ...]
    importances: Mapping[str, float]


def tune(study: Study, trials: int, options: Options, tell: Tell = lambda event: None) -> Tuned:
    """Search until there are as many trials as asked for, or the user stops it.

    Parameters
    ----------
    study : Study
        Open, as `neurogate.runs.study.open_study` yields it.
    trials : int
        How many there shall be in all, those of earlier calls included.
    options : Options
        How runs are executed.
    tell : callable
        Is told what happens to each run, and each trial as soon as it has ended.

    Raises
    ------
    RequestError
        If the scheduler does not answer, or a stored run is damaged.
    RunError
        If the disk refuses.
    """
    failed: dict[int, Trial] = {}
    with stop_requests() as asked, Workers(options.scheduler) as workers:
        while not asked() and (under_way := _round(study, trials, failed)):
            judged = _finish(study, under_way, options, tell, workers)
            failed |= {trial.number: trial for trial in judged if trial.state == "failed"}
            if any(trial.state == "running" for trial in judged):
                break
    ranked = study.ranked()
    if ranked:
        _write_best(study, ranked[0])
    known = tuple(failed.get(trial.number, trial) for trial in study.trials())
    return Tuned(study.folder, known, tuple(ranked), study.importances())


def _round(study: Study, most: int, failed: Collection[int]) -> list[Trial]:
    """Return the trials that are still to be run, and what is missing to a round of them."""
    known, size = study.trials(), study.search.at_once
    running = [trial for trial in known if trial.state == "running" and trial.number not in failed]
    end = size * math.ceil((len(known) + (not running)) / size)
    return running + [study.ask() for _ in range(len(known), min(end, most))]


def _finish(
    study: Study, trials: Sequence[Trial], options: Options, tell: Tell, workers: Workers
) -> list[Trial]:
    """Run what trials need, note what became of them, and return those of which something was run.

    A trial whose runs failed is told of and not noted: the next call runs it again, as a sweep would.
    """
    points: dict[int, tuple[Point, ...]] = {}
    for trial in trials:
        try:
            points[trial.number] = study.search.points(trial.changes)
        except RequestError as error:
            _end(study, attrs.evolve(trial, state="pruned", why=" ".join(error.problems)), tell)
    ended: dict[str, Ended] = {}

    def note(event: Event) -> None:
        if event.ended is not None:
            ended[event.point.hash] = event.ended
        tell(event)

    needed = {point.hash: point for some in points.values() for point in some}
    sweep(tuple(needed.values()), study.folder, options, note, workers)
    left = [trial for trial in trials if trial.number in points]
    judged = [_judged(trial, points[trial.number], study, ended) for trial in left]
    for trial in judged:
        if trial.state == "failed":
            tell(trial)
        elif trial.state != "running":
            _end(study, trial, tell)
    return judged


def _end(study: Study, trial: Trial, tell: Tell) -> None:
    study.tell(trial)
    tell(trial)


def _judged(trial: Trial, points: Sequence[Point], study: Study, ended: Mapping[str, Ended]) -> Trial:
    """Return what became of a trial, given its points and how runs ended that were not stored before."""
    values, bad, failed = [], [], []
    for point in points:
        run, seed = store.find(study.folder.parent, point.simulation), point.simulation.run.seed
        if run is None:
            end = ended.get(point.hash)
            if end is None or end.outcome is Outcome.CANCELLED:
                return trial
            failed.append(f"With run.seed {seed} the run is {end.outcome}: {end.message}")
        elif run.outcome is not Outcome.DONE:
            bad.append(f"With run.seed {seed}: {run.summary['divergence']['message']}")
        elif (value := _value(study.search, run)) is None:
            bad.append(f"With run.seed {seed} there is no {study.search.metric}: it is no finite number.")
        else:
            values.append(value)
    if failed or bad:
        return attrs.evolve(trial, state="failed" if failed else "pruned", why=(failed or bad)[0])
    return attrs.evolve(trial, state="done", value=math.fsum(values) / len(values), values=tuple(values))


def _value(search: Search, run: store.Run) -> float | None:
    rule = search.rule or next(iter(run.metrics))
    value = dict(flat(run.metrics.get(rule, {}))).get(search.metric)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _write_best(study: Study, best: Trial) -> None:
    """Write the configuration of the best trial, and how it was found."""
    search, first = study.search, study.search.points(best.changes)[0].simulation
    seeds = [point.simulation.run.seed for point in search.points(best.changes)]
    fresh = seeds[-1] + first.run.replicas
    kind = "largest" if search.maximise else "smallest"
    notes = [
        f"Found by: {study.command or 'neurogate.runs.tune'}",
        f"Trial {best.number} of {len(study.trials())} has the {kind} {search.metric}, {best.value:.6g} on "
        f"average over run.seed {', '.join(map(str, seeds))}:",
        *(f"  {key} = {inline(value)}" for key, value in best.changes.items()),
        "The best of many looks better than it is. Other seeds judge it:",
        f"  neurogate sweep {BEST} --set run.seed={fresh} --seeds {max(5, len(seeds))}",
    ]
    lines = [line for note in notes for line in note.splitlines()]
    with written(study.folder), files.replacing(study.folder / BEST) as file:
        file.write("".join(f"# {line}\n" for line in lines).encode())
        file.write(f"\n{config.dumps(first)}".encode())
