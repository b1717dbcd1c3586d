"""Every point of a sweep is a run, stored once; one that diverges is a row or an error, as is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurogate import config
from neurogate.config.sweep import Sweep
from neurogate.errors import Outcome, RunError
from neurogate.runs.over_points import over_points

pytestmark = pytest.mark.usefixtures("in_process")

TINY = {
    "name": "tiny",
    "run": {"backend": "numba", "seed": 7},
    "reservoir": {"n": 10},
    "task": {
        "settling": 0,
        "habituation": 1,
        "blocks": [{"name": "A", "trials": 4, "latency_ms": [300.0], "probability": [[0.5, 0.3]]}],
    },
    "probes": {"per_cue": 2, "every": 2},
    "rules": {"three_factor": {}},
}
GAIN = "reservoir.gain"


def test_each_point_and_seed_is_a_row_and_nothing_is_simulated_twice(tmp_path: Path) -> None:
    told: list[int] = []
    varied = Sweep(grid={GAIN: (0.5, 1.0)}, seeds=2)
    found = over_points(config.structure(TINY), varied, tmp_path, tell=lambda done, how: told.append(done))
    assert [(row[GAIN], row["run.seed"]) for row in found.rows] == [(0.5, 7), (0.5, 8), (1.0, 7), (1.0, 8)]
    assert told == [1, 2, 3, 4]
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("tiny-*/manifest.json")}
    assert over_points(config.structure(TINY), varied, tmp_path).rows == found.rows
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.glob("tiny-*/manifest.json")}


def test_a_point_that_diverges_is_a_row_without_metrics_if_it_may(tmp_path: Path) -> None:
    varied = Sweep(grid={GAIN: (1.0, 1e9)})
    told: list[Outcome] = []
    for _ in ("simulated", "stored already"):
        fine, lost = over_points(
            config.structure(TINY), varied, tmp_path, may_diverge=True, tell=lambda _, how: told.append(how)
        ).rows
        assert (fine["rule"], lost["rule"], lost["outcome"]) == ("three_factor", None, Outcome.DIVERGED)
    assert sorted(told) == 2 * [Outcome.DIVERGED] + 2 * [Outcome.DONE]
    with pytest.raises(RunError, match=r"Of 2 runs of tiny, 1 diverged.* repeat the command"):
        over_points(config.structure(TINY), varied, tmp_path)
