"""Trials are chosen by what is known and by nothing else, and none is lost or doubled."""

from __future__ import annotations

import errno
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from neurogate.errors import RequestError, RunError
from neurogate.runs.lease import Leases, lease_of
from neurogate.runs.search import Search
from neurogate.runs.study import Study, Trial, open_study
from neurogate.runs.study_folder import written
from tests.runs.test_search import ETA, GAIN, asked

pytest.importorskip("optuna", reason="Optuna is not installed (the extra neurogate[tune]).")

SEARCH = asked(at_once=4)
Judge = Callable[[Trial], Trial]


def bowl(trial: Trial) -> Trial:
    """Judge settings by a function whose minimum is known."""
    value = (trial.changes[GAIN] - 1.4) ** 2 + 0.1 * math.log10(trial.changes[ETA] / 0.1) ** 2
    return attrs.evolve(trial, state="done", value=value, values=(value,))


def step(study: Study, judge: Judge = bowl) -> None:
    """Do one round."""
    size = study.search.at_once
    asked = [study.ask() for _ in range(size - len(study.trials()) % size)]
    for trial in asked:
        study.tell(judge(trial))


def after(out: Path, trials: int, search: Search = SEARCH, judge: Judge = bowl) -> list[Trial]:
    with open_study(search, out) as study:
        while len(study.trials()) < trials:
            step(study, judge)
        return study.trials()


def journal(out: Path) -> Path:
    return SEARCH.folder(out) / "journal.log"


def problem(out: Path, search: Search = SEARCH) -> str:
    with pytest.raises(RequestError) as caught, open_study(search, out):
        pass
    (sentence,) = caught.value.problems
    return sentence


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[Trial]:
    return after(tmp_path_factory.mktemp("whole"), 20)


def test_a_search_finds_what_it_looks_for(whole: list[Trial], tmp_path: Path) -> None:
    best = min(trial.value for trial in after(tmp_path, 60) if trial.value is not None)
    assert best < 0.01
    assert best <= min(trial.value for trial in whole if trial.value is not None)

    def hill(trial: Trial) -> Trial:
        return attrs.evolve(bowl(trial), value=-(bowl(trial).value or 0.0))

    up = attrs.evolve(SEARCH, maximise=True)
    with open_study(up, tmp_path) as study:
        while len(study.trials()) < 20:
            step(study, hill)
        ranked = [trial.value for trial in study.ranked() if trial.value is not None]
    assert ranked == sorted(ranked, reverse=True)
    assert [trial.changes for trial in whole] == [trial.changes for trial in after(tmp_path, 20, up)]


def test_the_search_is_the_same_however_often_it_was_interrupted(whole: list[Trial], tmp_path: Path) -> None:
    number = 0
    while number < 20:
        with open_study(SEARCH, tmp_path) as study:
            running = [trial for trial in study.trials() if trial.state == "running"]
            if number % 4 or not running:
                assert study.ask().number == number
                number += 1
            if number % 4 == 0:
                study.tell(bowl(study.trials()[number - 4]))
        for k in range(number - 3, number) if number % 4 == 0 else ():
            with open_study(SEARCH, tmp_path) as study:
                study.tell(bowl(study.trials()[k]))
    with open_study(SEARCH, tmp_path) as study:
        assert study.trials() == whole


def test_more_trials_go_on_as_if_all_had_been_asked_for_at_once(whole: list[Trial], tmp_path: Path) -> None:
    with open_study(SEARCH, tmp_path) as study:
        for _ in range(10):  # two rounds and a half
            study.tell(bowl(study.ask()))
    assert after(tmp_path, 20) == whole


def test_a_lost_journal_is_written_again(whole: list[Trial], tmp_path: Path) -> None:
    after(tmp_path, 8)
    journal(tmp_path).unlink()
    assert after(tmp_path, 20) == whole


def test_a_torn_line_and_a_forgotten_lock_cost_nothing(whole: list[Trial], tmp_path: Path) -> None:
    after(tmp_path, 8)
    with journal(tmp_path).open("ab") as file:
        file.write(b'{"op_code":4,"worker_id":"72cf')
    journal(tmp_path).with_suffix(".log.lock").touch()
    assert after(tmp_path, 20) == whole


def test_settings_that_are_pruned_are_avoided(tmp_path: Path) -> None:
    def judge(trial: Trial) -> Trial:
        return attrs.evolve(trial, state="pruned", why="bad") if trial.changes[GAIN] > 1.0 else bowl(trial)

    trials = after(tmp_path, 60, judge=judge)
    first, last = (sum(one.state == "pruned" for one in some) for some in (trials[:12], trials[-30:]))
    assert first >= 6
    assert last <= 16  # by chance, 20
    assert {trial.why for trial in trials if trial.state == "pruned"} == {"bad"}


def test_a_choice_may_be_among_tables_and_lists(tmp_path: Path) -> None:
    values: list[Any] = [20.0, {"uniform": [10.0, 30.0]}, {"log_uniform": [10.0, 500.0]}]
    search = asked(space={"reservoir.synapse.tau_ms": {"choice": values}}, at_once=4)
    nothing = {"state": "done", "value": 0.0, "values": (0.0,)}
    trials = after(tmp_path, 24, search, lambda trial: attrs.evolve(trial, **nothing))
    assert all(trial.changes["reservoir.synapse.tau_ms"] in values for trial in trials)
    assert len({str(trial.changes) for trial in trials}) == 3


def test_importances_tell_what_matters(tmp_path: Path) -> None:
    def judge(trial: Trial) -> Trial:
        value = (trial.changes[ETA] - 0.1) ** 2
        return attrs.evolve(trial, state="done", value=value, values=(value,))

    after(tmp_path, 16, judge=judge)
    with open_study(SEARCH, tmp_path) as study:
        assert study.importances() == {}
        for _ in range(10):
            step(study, judge)
        found = study.importances()
    assert found[ETA] > 0.8
    assert math.isclose(sum(found.values()), 1.0)


def test_a_folder_with_another_search_is_left_alone(tmp_path: Path) -> None:
    after(tmp_path, 4)
    other = attrs.evolve(SEARCH, seeds=3, metric="probability_mae")
    SEARCH.folder(tmp_path).rename(other.folder(tmp_path))
    assert "holds another search (its metric and seeds differ)" in problem(tmp_path, other)


def test_damage_is_told(tmp_path: Path) -> None:
    after(tmp_path, 4)
    written = journal(tmp_path).read_text()
    for damaged in ("nonsense\n" + written, written.replace('"op_code":4', '"op_code":5', 1)):
        journal(tmp_path).write_text(damaged)
        assert "is damaged. Move it away and repeat the command" in problem(tmp_path)
    told = json.loads((SEARCH.folder(tmp_path) / "search.json").read_text())
    (SEARCH.folder(tmp_path) / "search.json").write_text(json.dumps({**told, "format": 2}))
    assert "has format 2; this neurogate knows format 1. Update neurogate." in problem(tmp_path)
    (SEARCH.folder(tmp_path) / "search.json").unlink()
    assert "holds no search.json that can be read" in problem(tmp_path)


def test_one_search_is_done_by_one_process(tmp_path: Path) -> None:
    with Leases() as others:
        others.acquire(SEARCH.folder(tmp_path))
        assert "Another process (process " in problem(tmp_path)
    assert after(tmp_path, 4)


def test_a_lease_that_its_writer_left_empty_keeps_nobody_out(tmp_path: Path) -> None:
    lease_of(SEARCH.folder(tmp_path)).touch()
    assert after(tmp_path, 4)


def refuse_the_lock() -> None:
    """Fail as Optuna's lock does."""
    try:
        raise OSError(errno.ENOSPC, "No space left on device")
    except OSError:
        raise RuntimeError("Error: did not possess lock")  # noqa: B904


def test_a_lock_that_the_disk_refuses_is_a_disk_that_refuses(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"cannot be kept in .*: No space left"), written(tmp_path):
        refuse_the_lock()
    with pytest.raises(RuntimeError, match="ours"), written(tmp_path):
        raise RuntimeError("ours")
