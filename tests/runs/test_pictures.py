"""What is stored is drawn as it is, missing runs among the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurogate.errors import RequestError
from neurogate.runs.collection import Collection, load_sweep
from neurogate.runs.pictures import first_metric, metrics_of, of_collection, rows_of, shown
from tests.runs.reports import diverged_run, sweep_folder

ROWS = (
    {"rule": "force", "reservoir.gain": 1.0, "probability_r": 0.5, "timing_error_ms": 20.0, "hash": "1"},
    {"rule": "delta", "reservoir.gain": 1.0, "probability_r": 0.4, "timing_error_ms": 30.0, "hash": "1"},
    {"rule": "force", "reservoir.gain": 2.0, "probability_r": 0.3, "timing_error_ms": 25.0, "hash": "2"},
)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    return load_sweep(sweep_folder(tmp_path_factory.mktemp("runs")))


def collection(*rows: dict[str, object], axes: tuple[str, ...] = ("reservoir.gain",)) -> Collection:
    return Collection(Path("runs"), axes, rows)


def test_missing_runs_have_rows_with_their_settings(sweep: Collection) -> None:
    missing = [row for row in rows_of(sweep) if row["outcome"] == "missing"]
    assert [(row["reservoir.gain"], row["run.seed"]) for row in missing] == [(2.0, 2), (2.0, 3)]


def test_a_sweep_is_drawn_with_all_its_lost_runs(sweep: Collection) -> None:
    picture = of_collection(sweep, "timing_error_ms")
    assert picture.title == "timing error (ms) against reservoir.gain by rule"
    assert "Runs without a number: 1 diverged and 2 missing." in picture.description


@pytest.mark.parametrize(
    ("hue", "by"), [(None, " by rule"), ("none", ""), ("run.seed", " by run.seed"), ("rule", " by rule")]
)
def test_rules_are_told_apart_unless_something_else_is_asked_for(
    sweep: Collection, hue: str | None, by: str
) -> None:
    picture = of_collection(sweep, "timing_error_ms", ["reservoir.gain"], hue=hue)
    assert picture.title == f"timing error (ms) against reservoir.gain{by}"


def test_rules_that_are_the_x_are_not_the_hue_too(sweep: Collection) -> None:
    assert of_collection(sweep, "timing_error_ms", ["rule"]).title == "timing error (ms) against rule"


def test_a_setting_that_is_the_hue_is_not_the_x_too(sweep: Collection) -> None:
    picture = of_collection(sweep, "timing_error_ms", hue="reservoir.gain")
    assert picture.title == "timing error (ms) against rule by reservoir.gain"


def test_the_metric_that_matters_most_comes_first() -> None:
    assert metrics_of(collection(*ROWS)) == ["timing_error_ms", "probability_r"]


def test_a_sweep_that_measured_nothing_says_how_its_runs_ended() -> None:
    lost = collection({"rule": None, "reservoir.gain": 1.0, "outcome": "diverged", "hash": "1"})
    with pytest.raises(RequestError, match="measured anything; they are diverged"):
        first_metric(lost)


def test_a_run_that_diverged_has_nothing_to_draw(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="has the outcome diverged and nothing to draw"):
        shown(diverged_run(tmp_path))
