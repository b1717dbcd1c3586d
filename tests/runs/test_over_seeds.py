"""Many seeds of one simulation: the same as each alone, stored once, and never silently fewer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neurogate import config
from neurogate.config.build import session
from neurogate.errors import Outcome, RunError
from neurogate.runs import store
from neurogate.runs.over_seeds import over_seeds
from tests.runs.test_over_points import TINY

pytestmark = pytest.mark.usefixtures("in_process")


def test_seeds_are_those_of_runs_by_themselves_and_are_stored_once(tmp_path: Path) -> None:
    told: list[tuple[int, Outcome]] = []
    simulation = config.structure(TINY)
    found = over_seeds(simulation, 2, tmp_path, tell=lambda *news: told.append(news))
    assert told == [(1, Outcome.DONE), (2, Outcome.DONE)]
    assert found.first == 7
    alone = session(config.structure(TINY | {"run": TINY["run"] | {"seed": 8}}))
    while not alone.done:
        alone.advance()
    expected = alone.result()
    for key in ("three_factor.peak_ms", "three_factor.when_weights"):
        np.testing.assert_array_equal(found.arrays[key][1], expected.arrays[key][0])
    error = expected.metrics["three_factor"]["timing_error_ms"]
    assert found.metric("three_factor", "timing_error_ms")[1] == error
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("tiny-*/manifest.json")}
    again = over_seeds(simulation, 2, tmp_path)
    np.testing.assert_array_equal(again.arrays["three_factor.what"], found.arrays["three_factor.what"])
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.glob("tiny-*/manifest.json")}
    assert before


def test_a_seed_that_is_lost_is_named_and_the_others_are_kept(tmp_path: Path) -> None:
    simulation = config.structure(TINY | {"reservoir": {"n": 10, "gain": 1e9}})
    with pytest.raises(RunError, match=r"Of 2 runs of tiny, 2 diverged.* repeat the command"):
        over_seeds(simulation, 2, tmp_path)
    kept = [store.load(path.parent).outcome for path in tmp_path.glob("tiny-*/summary.json")]
    assert kept == [Outcome.DIVERGED] * 2
