"""Seeds side by side: the replicas of all runs in order, and nothing that does not belong together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neurogate.config.sweep import Sweep, points
from neurogate.errors import RequestError
from neurogate.runs.collection import Collection, load_sweep
from neurogate.runs.pooled import pooled, stacked
from neurogate.runs.sweep_folder import open_folder
from tests.runs.made import make


def arrays(seed: int) -> dict[str, np.ndarray]:
    return {
        "latency_ms": np.array([[300.0]]),
        "force.peak_ms": np.full((1, 4), 10.0 * seed),
        "mean_rate_hz": np.array([float(seed)]),
        "raster_neuron": np.arange(seed),
    }


@pytest.fixture
def swept(tmp_path: Path) -> Collection:
    """Return a sweep of two gains and three seeds, one of which diverged at the second gain."""
    out = tmp_path / "runs"
    for gain in (0.5, 1.5):
        for seed in (1, 2, 3):
            lost = (gain, seed) == (1.5, 2)
            kept = {} if lost else arrays(seed if gain == 0.5 else 10 + seed)
            make(out, seed=seed, gain=gain, arrays=kept, outcome="diverged" if lost else "done")
    chosen = points(Sweep(grid={"reservoir.gain": (0.5, 1.5)}, seeds=3), {"name": "made"})
    return load_sweep(open_folder(chosen, "made", out, "neurogate sweep made", {}))


def test_seeds_become_replicas_in_their_order(swept: Collection) -> None:
    found = pooled(swept, {"reservoir.gain": 0.5})
    assert found["force.peak_ms"][:, 0].tolist() == [10.0, 20.0, 30.0]
    assert found["mean_rate_hz"].tolist() == [1.0, 2.0, 3.0]
    assert found["latency_ms"].tolist() == [[300.0]]
    assert found["raster_neuron"].tolist() == [0]


def test_a_run_that_diverged_is_left_out(swept: Collection) -> None:
    assert pooled(swept, {"reservoir.gain": 1.5})["mean_rate_hz"].tolist() == [11.0, 13.0]


def test_runs_that_differ_in_more_than_seeds_are_not_mixed(swept: Collection) -> None:
    with pytest.raises(RequestError, match=r"differ in reservoir\.gain, not only in their seeds"):
        pooled(swept)


def test_a_point_without_runs_is_named(swept: Collection) -> None:
    with pytest.raises(RequestError, match=r"No finished run.*7\.0"):
        pooled(swept, {"reservoir.gain": 7.0})


def test_what_has_no_replicas_must_agree() -> None:
    other = arrays(2) | {"latency_ms": np.array([[600.0]])}
    with pytest.raises(RequestError, match="latency_ms differs"):
        stacked([arrays(1), other])


def test_what_some_runs_lack_is_left_out() -> None:
    first, second = arrays(1) | {"null.leading_deg": np.zeros((1, 2))}, arrays(2)
    for runs in ([first, second], [second, first]):
        assert set(stacked(runs)) == set(second)
