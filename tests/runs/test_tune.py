"""A search runs each trial once, judges it by its runs, and goes on whatever happens."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from neurogate import config
from neurogate.runs import pool, store
from neurogate.runs.collection import load_runs
from neurogate.runs.search import Search
from neurogate.runs.study import Trial, open_study
from neurogate.runs.sweep import Event, Options
from neurogate.runs.tune import BEST, Tuned, tune
from neurogate.runs.upkeep import Checked, verify
from tests.reliability.tiny import inline
from tests.runs.test_search import GAIN, asked

pytest.importorskip("optuna", reason="Optuna is not installed (the extra neurogate[tune]).")

SEARCH = asked(seeds=2, at_once=3)
TRIALS = 6

DRIVE = """
import sys
from pathlib import Path
from tests.runs.test_tune import SEARCH, TRIALS, run
run(Path(sys.argv[1]))
"""


def run(out: Path, search: Search = SEARCH, trials: int = TRIALS, **options: Any) -> tuple[Tuned, list[Any]]:
    told: list[Any] = []
    with open_study(search, out, "neurogate tune") as study:
        return tune(study, trials, Options(**{"jobs": 1, **options}), told.append), told


def runs_in(out: Path) -> set[str]:
    return {path.parent.name for path in out.glob("what_when-*/manifest.json")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Tuned, list[Any]]:
    out = tmp_path_factory.mktemp("whole")
    with mock.patch.object(pool, "local", inline):
        return out, *run(out)


def test_the_value_of_a_trial_is_the_mean_over_its_runs(whole: tuple[Path, Tuned, list[Any]]) -> None:
    out, found, told = whole
    assert [trial.number for trial in found.trials] == list(range(TRIALS))
    for trial in found.trials:
        simulations = [point.simulation for point in SEARCH.points(trial.changes)]
        stored = [store.load(store.folder_of(one, out)) for one in simulations]
        values = tuple(run.metrics["three_factor"]["timing_error_ms"] for run in stored)
        assert trial.values == values
        assert trial.value == sum(values) / 2
    assert [event for event in told if isinstance(event, Trial)] == list(found.trials)
    assert sum(isinstance(event, Event) and event.kind == "ended" for event in told) == 2 * TRIALS
    assert found.ranked[0].value == min(trial.value or 0.0 for trial in found.trials)


def test_the_best_configuration_is_one_that_runs(whole: tuple[Path, Tuned, list[Any]]) -> None:
    out, found, _ = whole
    best = config.load(found.folder / BEST)
    first = SEARCH.points(found.ranked[0].changes)[0]
    assert config.content_hash(best) == first.hash
    assert store.folder_of(best, out).is_dir()
    written = (found.folder / BEST).read_text()
    assert written.startswith("# Found by: neurogate tune\n")
    assert f"has the smallest timing_error_ms, {found.ranked[0].value:.6g} on average" in written
    assert "--set run.seed=3 --seeds 5" in written


def test_a_search_that_is_done_runs_nothing(whole: tuple[Path, Tuned, list[Any]]) -> None:
    out, found, _ = whole
    again, told = run(out)
    assert (again, told) == (found, [])


def test_the_folder_of_a_search_disturbs_nobody(whole: tuple[Path, Tuned, list[Any]]) -> None:
    out, _, _ = whole
    assert verify(out) == Checked(runs=2 * TRIALS, sweeps=0, problems=0)
    assert len({row["folder"] for row in load_runs(out).rows}) == 2 * TRIALS


def test_a_search_that_is_killed_is_continued(whole: tuple[Path, Tuned, list[Any]], tmp_path: Path) -> None:
    command = [sys.executable, "-c", DRIVE, str(tmp_path)]
    for wanted in (1, 9):
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while child.poll() is None and len(runs_in(tmp_path)) < wanted:
            time.sleep(0.02)
        child.kill()
        child.wait()
    found, _ = run(tmp_path)
    assert found.trials == whole[1].trials
    assert runs_in(tmp_path) == runs_in(whole[0])


def test_all_rounds_of_a_search_have_the_same_workers(tmp_path: Path) -> None:
    seen: set[int | None] = set()

    def look(event: Any) -> None:
        if isinstance(event, Event) and event.kind == "ended":
            seen.update(child.pid for child in multiprocessing.active_children())

    with open_study(SEARCH, tmp_path) as study:
        assert len(tune(study, TRIALS, Options(jobs=1), look).ranked) == TRIALS > SEARCH.at_once
    assert len(seen) == 1


def test_a_search_that_is_interrupted_goes_on(whole: tuple[Path, Tuned, list[Any]], tmp_path: Path) -> None:
    sent: list[Any] = []

    def interrupt(event: Any) -> None:
        if isinstance(event, Event) and event.kind == "ended" and not sent:
            sent.append(event)
            os.kill(os.getpid(), signal.SIGINT)

    with open_study(SEARCH, tmp_path) as study:
        found = tune(study, TRIALS, Options(jobs=1, batch=1), interrupt)
    assert {trial.state for trial in found.trials} == {"running"}
    assert not (found.folder / BEST).exists()
    assert run(tmp_path)[0].trials == whole[1].trials


@pytest.mark.usefixtures("in_process")
def test_settings_that_diverge_are_pruned_and_the_search_goes_on(tmp_path: Path) -> None:
    search = asked(space={GAIN: {"choice": [0.5, 1e5]}}, at_once=6)
    found, told = run(tmp_path, search)
    states = {trial.changes[GAIN]: trial for trial in found.trials}
    assert (states[0.5].state, states[1e5].state) == ("done", "pruned")
    assert states[1e5].why.startswith("With run.seed 1: Replica 0 diverged: ")
    assert found.ranked
    assert len(runs_in(tmp_path)) == 2  # the same settings are run once
    assert sum(isinstance(event, Trial) for event in told) == TRIALS


@pytest.mark.usefixtures("in_process")
def test_runs_that_fail_are_no_verdict_on_the_settings(tmp_path: Path) -> None:
    found, _ = run(tmp_path, trials=3, timeout_s=1e-9)
    assert [trial.state for trial in found.trials] == ["failed"] * 3
    assert found.trials[0].why.startswith("With run.seed 1 the run is timed-out: ")
    assert found.ranked == ()


@pytest.mark.usefixtures("in_process")
def test_runs_that_failed_are_run_again_by_the_same_call(tmp_path: Path) -> None:
    lost, _ = run(tmp_path, trials=3, timeout_s=1e-9)
    found, _ = run(tmp_path, trials=3)
    assert [trial.state for trial in found.trials] == ["done"] * 3
    assert [trial.changes for trial in found.trials] == [trial.changes for trial in lost.trials]


@pytest.mark.usefixtures("in_process")
def test_what_is_not_measured_and_what_does_not_fit_is_pruned(tmp_path: Path) -> None:
    never = asked("blocks.A.trials_to_timing", at_once=1)
    (trial,) = run(tmp_path, never, trials=1)[0].trials
    assert trial.why == "With run.seed 1 there is no blocks.A.trials_to_timing: it is no finite number."
    apart = asked(where=["reservoir.gain > 1.999"], at_once=2)
    trials = run(tmp_path, apart, trials=2)[0].trials
    assert {trial.state for trial in trials} == {"pruned"}
    assert trials[0].why.startswith("No point meets ")
    assert len(runs_in(tmp_path)) == 1


@pytest.mark.usefixtures("in_process")
def test_another_rule_may_be_judged(tmp_path: Path) -> None:
    search = asked(
        "probability_r", {"rules.force.ridge_what": {"log_uniform": [1.0, 1e4]}}, rule="force", at_once=2
    )
    found, _ = run(tmp_path, search, trials=2)
    for trial in found.trials:
        (point,) = search.points(trial.changes)
        stored = store.load(store.folder_of(point.simulation, tmp_path))
        assert trial.value == stored.metrics["force"]["probability_r"]
    assert found.ranked[0].value == max(trial.value or 0.0 for trial in found.trials)
    assert "largest probability_r" in (found.folder / BEST).read_text()
