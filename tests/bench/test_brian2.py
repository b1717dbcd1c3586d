from __future__ import annotations

import warnings
from collections.abc import Iterator

import attrs
import pytest

from neurogate.bench import engine
from neurogate.bench.child import prepare
from neurogate.bench.workloads import WORKLOADS


@pytest.fixture(autouse=True)
def _settings_of_brian2_come_back() -> Iterator[None]:
    # Not at the top: importing Brian2 while tests are collected changes how pytest collects.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        brian2 = pytest.importorskip("brian2", reason="Brian2 is not installed (extra neurogate[brian])")
    brian2.seed(1)
    target, dt = brian2.prefs.codegen.target, brian2.defaultclock.dt
    yield
    brian2.prefs.codegen.target, brian2.defaultclock.dt = target, dt


@pytest.mark.parametrize(("name", "n"), [("a1000", 200), ("b1000", 100), ("c1", 200), ("d1k", 300)])
def test_the_model_in_brian2_is_about_as_active(name: str, n: int) -> None:
    workload = attrs.evolve(WORKLOADS[name], n=n, steps=int(80 / WORKLOADS[name].dt_ms))
    rate_hz = prepare({"workload": attrs.asdict(workload), "peer": "brian2-numpy"})()[1]
    assert rate_hz == pytest.approx(engine.prepare(workload, "float64", "numba")()[1], rel=0.3)
    assert rate_hz > 0
