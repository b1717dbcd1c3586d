"""A report says all that is known, in one file that anyone can read."""

from __future__ import annotations

import html
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from neurogate import files
from neurogate.analysis.intervals import mean_interval
from neurogate.config import Simulation, WaveformSimulation
from neurogate.errors import RequestError
from neurogate.plotting.kinds import KINDS
from neurogate.runs import manifest, store
from neurogate.runs.collection import Collection, load_sweep
from neurogate.runs.execute import execute
from neurogate.runs.report import place_of, report
from neurogate.runs.sweep_page import sweep_page
from tests.plotting.test_waveform import arrays as taught
from tests.runs.fakes import FakeSession, Result, without_figures
from tests.runs.markup import Markup
from tests.runs.reports import COMMAND, GAINS, SEEDS, WHY, diverged_run, drawn_run, sweep_folder

MEGABYTE = 10**6


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> store.Run:
    return drawn_run(tmp_path_factory.mktemp("runs"), description="Learns <b>what</b> & when")


@pytest.fixture(scope="module")
def run_text(run: store.Run) -> str:
    return report(run.path).read_text("utf-8")


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sweep_folder(tmp_path_factory.mktemp("sweeps"))


@pytest.fixture(scope="module")
def sweep_text(sweep: Path) -> str:
    return report(sweep).read_text("utf-8")


def text_of(page: str) -> str:
    """Return what a page says, without its marks."""
    return html.unescape(re.sub(r"<[^>]*>", "", page))


def cells(page: str, table: str) -> list[list[str]]:
    """Return the text of every row of a table."""
    _, _, rest = page.partition(f'<table id="{table}">')
    body = rest.partition("<tbody>")[2].partition("</tbody>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [[text_of(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


@pytest.fixture(params=["run_text", "sweep_text"])
def page(request: pytest.FixtureRequest) -> str:
    text: str = request.getfixturevalue(request.param)
    return text


def test_a_page_is_well_formed_and_everything_in_it_has_a_name(page: str) -> None:
    made = Markup.of(page)
    assert made.problems() == []
    assert made.count("svg") == made.count("figure") == page.count("<desc ") > 0
    assert made.count("table") == made.count("caption") > 0


def test_a_page_needs_nothing_from_outside(page: str) -> None:
    assert not re.findall(r'(?:src|href)="(?!#|data:)', page)
    assert not re.findall(r"url\((?!#)", page)
    assert "default-src 'none'" in page


def test_a_page_is_small(page: str) -> None:
    assert len(page) < 2 * MEGABYTE


def test_the_report_of_a_run_lies_beside_it_and_that_of_a_sweep_inside(run: store.Run, sweep: Path) -> None:
    assert place_of(run.path) == run.path.with_name(f"{run.path.name}-report.html")
    assert place_of(sweep) == sweep / "report.html"


def test_reporting_leaves_the_run_as_it_is(run: store.Run, run_text: str) -> None:
    assert store.load(run.path) == run


def test_the_same_runs_give_the_same_bytes(sweep: Path, sweep_text: str, tmp_path: Path) -> None:
    assert report(sweep, tmp_path / "again.html").read_text("utf-8") == sweep_text


def test_a_run_is_told_with_its_seeds_versions_and_the_command_that_makes_it_again(
    run: store.Run, run_text: str
) -> None:
    said = text_of(run_text)
    assert run.summary["command"] in said
    assert dict(cells(run_text, "versions")) == run.summary["versions"]
    assert f"Seed{run.summary['seeds']['run']}" in said
    assert "Learns <b>what</b> & when" in said
    assert "Simulated 2 trials" in said  # of the log


def test_what_differs_from_the_defaults_comes_before_the_rest(run_text: str) -> None:
    assert cells(run_text, "changed") == [["reservoir.n", "250", "1000", "Number of neurons."]]
    rest = [row[0] for row in cells(run_text, "settings")]
    assert "reservoir.gain" in rest
    assert "reservoir.n" not in rest
    assert run_text.index('id="changed"') < run_text.index('id="settings"')


def test_metrics_stand_side_by_side_and_what_was_not_measured_is_left_empty(run_text: str) -> None:
    rows = {(row[0], row[1]): row[2:] for row in cells(run_text, "results")}
    assert rows["timing error (ms)", ""] == ["18.25", "18.25"]
    assert rows["probability r", ""] == ["", ""]
    assert rows["timing error (ms)", "A"] == ["12", "12"]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "raster"])
def test_every_kind_of_figure_is_there_with_words(run_text: str, kind: str) -> None:
    words = re.search(rf'<desc id="figure-{kind}-desc">([^<]+)</desc>', run_text)
    assert words
    assert len(words[1]) > 40


def test_a_large_raster_stays_small(tmp_path: Path) -> None:
    large = drawn_run(tmp_path, replicas=5, n=4000)
    assert len(large.arrays()["raster_time_ms"]) > 50_000
    assert report(large.path).stat().st_size < 2 * MEGABYTE


def test_a_run_that_diverged_says_where_and_has_no_figures(tmp_path: Path) -> None:
    text = report(diverged_run(tmp_path).path).read_text("utf-8")
    assert Markup.of(text).problems() == []
    assert '<p class="alert">Replica 0 diverged: v_mV was nan' in text
    assert "<svg" not in text
    assert "neurogate run" in text


def test_a_figure_that_cannot_be_drawn_says_why(tmp_path: Path) -> None:
    run = execute(Simulation(name="bare"), tmp_path, open_session=lambda s: FakeSession(s, total=2))  # type: ignore[arg-type,return-value]
    text = report(run.path).read_text("utf-8")
    assert Markup.of(text).problems() == []
    assert "The result has no array" in text


def test_a_taught_signal_is_reported_too(tmp_path: Path) -> None:
    class Taught(FakeSession):
        def result(self) -> Result:
            return Result(taught(), {"least_squares": {"rmse_training": 0.05, "rmse_free": 0.1}})  # type: ignore[arg-type]

    with without_figures():
        run = execute(
            WaveformSimulation(name="taught"),
            tmp_path,
            open_session=lambda s: Taught(s, total=2),  # type: ignore[arg-type,return-value]
        )
    text = report(run.path).read_text("utf-8")
    assert Markup.of(text).problems() == []
    assert [row[0] for row in cells(text, "results")] == ["RMSE training", "RMSE free"]
    assert re.findall(r'<svg [^>]*id="figure-(\w+)"', text) == ["overview", "readout", "learning", "weights"]


def test_runs_without_a_result_are_named_with_why(sweep_text: str) -> None:
    assert "3 of 9 runs have no result." in sweep_text
    told = {(row[0], row[1]): (row[2], row[3]) for row in cells(sweep_text, "lost")}
    assert told[str(2), "3"] == ("missing", WHY)
    assert told[str(2), "2"] == ("missing", "It was not run, or its folder is gone.")
    outcome, why = told["1", "3"]
    assert outcome == "diverged"
    assert "Replica 0 diverged" in why


def test_each_setting_has_the_mean_and_interval_of_its_runs(sweep_text: str) -> None:
    rows = {(row[0], row[1]): row for row in cells(sweep_text, "by-setting")}
    assert len(rows) == len(GAINS) * 2
    mean, half = mean_interval([50.0 + 50.0 + seed for seed in SEEDS])
    row = rows["0.5", "FORCE"]
    assert row[2:4] == ["3", f"{float(mean):.0f} ± {float(half):.2g}"]
    assert rows["1", "FORCE"][2] == "2"
    assert "±" not in rows["2", "FORCE"][3]  # one run has no interval


def test_every_run_and_rule_has_a_row(sweep_text: str) -> None:
    rows = cells(sweep_text, "runs")
    assert len(rows) == 6 * 2 + 3
    assert [row[3] for row in rows].count("diverged") == 1
    assert [row[3] for row in rows].count("missing") == 2


def test_a_sweep_is_told_with_its_command_and_without_what_varies_among_its_settings(sweep_text: str) -> None:
    assert COMMAND in text_of(sweep_text)
    said = [row[0] for table in ("changed", "settings") for row in cells(sweep_text, table)]
    assert "reservoir.n" in said
    assert not {"reservoir.gain", "run.seed"} & set(said)


def test_runs_of_a_sweep_that_other_software_made_are_counted(tmp_path: Path, sweep_text: str) -> None:
    assert "made by other software" not in text_of(sweep_text)
    folder = sweep_folder(tmp_path)
    for path in sorted(tmp_path.glob("swept-[0-9a-f]*"))[:2]:
        summary = json.loads((path / "summary.json").read_text("utf-8"))
        summary["versions"]["numpy"] = "9.9"
        files.write_json(path / "summary.json", summary)
        (path / "manifest.json").unlink()
        manifest.write(path)
    told = text_of(report(folder).read_text("utf-8"))
    assert "Runs made by other software than that which began the sweep: 2 (numpy was" in told
    assert "and is 9.9)" in told


def test_a_sweep_of_which_no_run_is_there_is_reported(tmp_path: Path) -> None:
    folder = sweep_folder(tmp_path)
    for path in tmp_path.iterdir():
        if path.is_dir() and not path.name.startswith(folder.name):
            path.rename(tmp_path / f".gone-{path.name}")
    text = report(folder).read_text("utf-8")
    assert Markup.of(text).problems() == []
    assert "9 of 9 runs have no result." in text
    assert "<svg" not in text


def test_runs_that_are_deleted_while_their_sweep_is_reported_end_nothing(tmp_path: Path) -> None:
    found = load_sweep(sweep_folder(tmp_path))
    before = sweep_page(found)
    for row in found.rows[:4:2]:
        shutil.rmtree(tmp_path / row["folder"])
    assert sweep_page(found) == before


def test_a_sweep_of_thousands_of_runs_gives_a_page_that_can_be_opened(sweep: Path) -> None:
    small, rng = load_sweep(sweep), np.random.default_rng(0)
    about = {"outcome": "done", "rule": "force", "wall_time_s": 1.0, "folder": small.rows[0]["folder"]}
    settings = zip(rng.random(4000).tolist(), rng.random(4000).tolist(), range(4000), strict=True)
    rows = [
        {"reservoir.gain": g, "rules.force.ridge_when": r, "run.seed": s, **about, "hash": f"{s:06d}",
         "timing_error_ms": 100.0 * g + r, "probability_mae": r, "when_what_angle_deg": 80.0 + g}
        for g, r, s in settings
    ]  # fmt: skip
    missing = tuple({"hash": f"m{i}", "folder": f"m-{i}", "changes": {}} for i in range(1000))
    axes = ("reservoir.gain", "rules.force.ridge_when", "run.seed")
    runs = [{"hash": row["hash"], "folder": row["folder"], "changes": {}} for row in rows]
    text = sweep_page(Collection(small.out, axes, tuple(rows), missing, {**small.sweep, "runs": runs}))
    assert len(text) < 2 * MEGABYTE
    assert Markup.of(text).problems() == []
    assert "the first 1500 of 5000 rows" in text


def test_a_report_inside_a_stored_run_is_refused(run: store.Run) -> None:
    with pytest.raises(RequestError, match="lies inside the stored run"):
        report(run.path, run.path / "report.html")


def test_what_is_neither_run_nor_sweep_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="is not a folder"):
        report(tmp_path / "nothing")
    with pytest.raises(RequestError, match="is not the folder of a run"):
        report(tmp_path)


def test_a_damaged_run_is_not_reported(tmp_path: Path) -> None:
    run = diverged_run(tmp_path)
    summary = run.path / "summary.json"
    summary.write_text(json.dumps({**run.summary, "wall_time_s": 0.0}))
    with pytest.raises(RequestError, match=r"summary\.json"):
        report(run.path)


def test_a_place_that_cannot_be_written_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    run = diverged_run(tmp_path / "runs")
    with pytest.raises(RequestError, match="is a folder"):
        report(run.path, tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(RequestError, match=r"cannot be written to .*file/report\.html"):
        report(run.path, tmp_path / "file" / "report.html")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "runs"]
