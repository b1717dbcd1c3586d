"""What is said of metrics before a run agrees with what a run measures."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurogate.runs.execute import execute
from neurogate.runs.metrics import metrics
from neurogate.runs.row import flat
from tests.runs.test_together import simulation

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.mark.parametrize("name", ["what_when", "nc_sine"])
def test_the_metrics_that_are_named_are_those_that_a_run_measures(name: str, tmp_path: Path) -> None:
    one = simulation(name=name)
    for measured in execute(one, tmp_path).metrics.values():
        assert set(dict(flat(measured))) == set(metrics(one))
