"""The promises of `make reliability`, tried a few times each; the full counts are in benchmarks/results."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neurogate.config import shipped

Measured = Callable[[str, int], dict[str, Any]]


@pytest.fixture
def measured(tmp_path: Path, checkout: Path) -> Measured:
    """Measure a figure in a process of its own, from which others can be forked."""

    def measure(figure: str, count: int) -> dict[str, Any]:
        results = tmp_path / "results.json"
        options = ["--only", figure, "--count", str(count), "--results", str(results)]
        command = [sys.executable, "-m", "benchmarks.reliability", *options, "--folder", str(tmp_path)]
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(
            command, cwd=checkout, env=environment, capture_output=True, text=True, check=False
        )
        assert results.exists(), done.stderr
        (row,) = json.loads(results.read_text("utf-8"))["rows"]
        found: dict[str, Any] = row["found"]
        assert found["flaws"] == []
        assert row["flaws"] == done.returncode == 0
        return found

    return measure


def test_killing_drivers_and_workers_loses_nothing_and_changes_no_bit(measured: Measured) -> None:
    found = measured("R1", 2)
    assert found["kills"] >= 2
    assert found["runs completed and compared"] == 16 * found["stores completed and compared"] > 0
    assert 0 <= found["runs begun again"] <= found["runs under way at kills"]
    assert found["problems that verify finds at the end"] == 0


def test_every_damaged_file_is_found_and_exactly_those_runs_are_executed_again(measured: Measured) -> None:
    found = measured("R2", 12)
    assert found["detected"] == found["set aside"] == found["executed again"] == 12
    assert found["clean reads"] == 120


def test_a_damaged_folder_of_a_sweep_is_found_or_made_anew_and_its_runs_stay(measured: Measured) -> None:
    found = measured("R2-sweep", 9)
    assert found["harmed"] == found["made anew by the same command"] == 9
    assert 0 < found["set aside by verify"] == found["refused in a sentence"] < 9


def test_a_disk_that_refuses_costs_a_sentence_and_nothing_that_is_stored(measured: Measured) -> None:
    found = measured("R3", 12)
    assert found["trials"] == 12
    assert found["places that write"] > 30


def test_what_diverges_is_found_at_once_in_its_own_run_and_in_no_other(measured: Measured) -> None:
    found = measured("R4", 40)
    assert found["harmed"] == 40
    assert 0 < found["steps until it is found, at most"] <= 100
    assert found["runs beside one that was harmed"] == 4 * 3
    assert found["unharmed runs of shipped simulations"] == 3 * len(shipped.names())


def test_no_configuration_ends_in_anything_but_a_simulation_or_sentences(measured: Measured) -> None:
    found = measured("R5", 200)
    assert found["configurations"] >= 200
    assert found["sweep tables, axes and spellings of keys"] >= 80


def test_threads_workers_batches_order_and_interruptions_change_no_bit(measured: Measured) -> None:
    assert measured("R6", 24)["comparisons"] == 24


def test_two_drivers_execute_each_run_once(measured: Measured) -> None:
    found = measured("R11", 2)
    assert found["runs said to be done"] > 16
    assert found["trials in which one is killed"] == 1


def test_another_driver_takes_over_what_one_that_is_killed_was_at(measured: Measured) -> None:
    found = measured("R11-takeover", 1)
    assert found["runs taken over"] == 4
    took_s = found["seconds until the runs of a driver that is killed are taken over, at most"]
    assert 0.0 < took_s < 2.0 * found["seconds between two heartbeats"]


def test_a_sweep_that_is_killed_twice_goes_on_and_is_the_sweep_that_was_not(measured: Measured) -> None:
    found = measured("resuming", 1)
    assert found["checkpoints when the sweep was killed"] > 0
    assert found["runs compared"] == 8
    assert found["workers killed"] == 1


def test_a_driver_does_not_grow_and_the_index_is_what_the_folders_say(measured: Measured) -> None:
    found = measured("R12", 60)
    assert found["runs"] == found["rows of the index"] == 60
    assert found["looks at the driver"] > 0


def test_a_figure_in_portions_is_kept_after_each_and_goes_on_where_it_was_cut_off(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure(count: int, _folder: Path, _tell: object, done: int) -> dict[str, Any]:
        return {"kills": count, "flaws": [f"kill {done}"]}

    monkeypatch.setitem(sys.modules, "tests.reliability.made_up", types.SimpleNamespace(measure=measure))
    script = runpy.run_path(str(checkout / "benchmarks" / "reliability.py"))
    measured, figures = script["_measured"], script["FIGURES"]
    figures["R1"] = figures["R1"]._replace(module="made_up")
    whole = list(measured("R1", 120, {}, None))
    assert [(row["count"], row.get("of")) for row in whole] == [(50, 120), (100, 120), (120, None)]
    assert whole[-1]["found"] == {"kills": 120, "flaws": ["kill 0", "kill 50", "kill 100"]}
    assert list(measured("R1", 120, whole[0], None)) == whole[1:]
    assert list(measured("R1", 120, whole[-1], None)) == whole
    assert list(measured("R1", 20, whole[0], None))[-1]["found"]["kills"] == 20
