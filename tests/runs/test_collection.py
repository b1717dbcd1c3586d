from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import neurogate.runs
from neurogate import files
from neurogate.config.sweep import Sweep, points
from neurogate.errors import RequestError
from neurogate.runs import store
from neurogate.runs.collection import Collection, load_runs, load_sweep
from neurogate.runs.sweep_folder import open_folder, read_sweep
from tests.runs.made import make, rewritten

Log = pytest.LogCaptureFixture


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    """Return the folder of a sweep of four runs of which three are there."""
    chosen = points(Sweep(grid={"reservoir.gain": [1.5, 0.5]}, seeds=2), {"name": "made"})
    for gain, seed in ((0.5, 1), (0.5, 2), (1.5, 1)):
        make(tmp_path / "runs", seed=seed, gain=gain)
    return open_folder(chosen, "made", tmp_path / "runs", "neurogate sweep made", {"numpy": "2"})


def test_the_rows_of_a_sweep_are_its_runs_and_rules_in_order(sweep: Path) -> None:
    found = load_sweep(sweep)
    assert found.axes == ("reservoir.gain", "run.seed")
    assert [(row["reservoir.gain"], row["run.seed"], row["rule"]) for row in found.rows] == [
        (1.5, 1, "three_factor"),
        (1.5, 1, "force"),
        (0.5, 1, "three_factor"),
        (0.5, 1, "force"),
        (0.5, 2, "three_factor"),
        (0.5, 2, "force"),
    ]
    last = found.rows[-1]
    folder = sweep.parent / last["folder"]
    assert store.load(folder).summary["hash"] == last["hash"]
    assert {key: last[key] for key in ("timing_error_ms", "outcome", "wall_time_s")} == {
        "timing_error_ms": 40.0,
        "outcome": "done",
        "wall_time_s": 0.5,
    }
    assert "probability_r" not in last
    assert (found.sweep["name"], found.sweep["command"]) == ("made", "neurogate sweep made")


def test_runs_that_are_not_there_are_named(sweep: Path) -> None:
    (missing,) = load_sweep(sweep).missing
    assert missing["changes"] == {"reservoir.gain": 1.5, "run.seed": 2}
    folder = make(sweep.parent, seed=2, gain=1.5)
    assert folder.name == missing["folder"]
    assert load_sweep(sweep).missing == ()


def test_a_damaged_run_and_one_under_a_wrong_name_are_missing(sweep: Path, caplog: Log) -> None:
    folders = [row["folder"] for row in load_sweep(sweep).rows[::2]]
    (sweep.parent / folders[0] / "summary.json").unlink()
    shutil.rmtree(sweep.parent / folders[1])
    shutil.copytree(sweep.parent / folders[2], sweep.parent / folders[1])
    found = load_sweep(sweep)
    assert {run["folder"] for run in found.missing} >= set(folders[:2])
    assert {row["folder"] for row in found.rows} == {folders[2]}
    assert "summary.json is missing" in caplog.text


def test_a_run_that_diverged_has_a_row_without_metrics(sweep: Path) -> None:
    make(sweep.parent, seed=1, gain=1.5, outcome="diverged", metrics={})
    first = load_sweep(sweep).rows[0]
    assert (first["rule"], first["outcome"]) == (None, "diverged")
    assert "timing_error_ms" not in first


def test_a_sweep_may_be_named_from_inside_and_through_a_link(
    sweep: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to(sweep)
    monkeypatch.chdir(sweep)
    assert load_sweep(Path()).rows == load_sweep(tmp_path / "link").rows == load_sweep(sweep).rows


def test_the_table_of_a_sweep_knows_what_is_missing(sweep: Path) -> None:
    table = load_sweep(sweep).table()
    assert (len(table.rows), table.absent) == (6, ((1.5, 2),))
    assert table.columns[:3] == ("reservoir.gain", "run.seed", "rule")


@pytest.mark.parametrize("place", range(0, 1000, 37))
def test_a_sweep_file_that_was_cut_or_whose_runs_changed_is_refused(sweep: Path, place: int) -> None:
    file = sweep / "sweep.json"
    content = file.read_bytes()
    file.write_bytes(content[: place * len(content) // 1000])
    with pytest.raises(
        RequestError, match=r"is damaged: sweep\.json is not as it was.* command writes it anew"
    ):
        load_sweep(sweep)
    changed = json.loads(content)
    changed["runs"] = changed["runs"][1:]
    files.write_json(file, changed)
    with pytest.raises(RequestError, match="is damaged"):
        load_sweep(sweep)


@pytest.mark.parametrize(
    "change",
    [{"format": "1"}, {"runs": [1]}, {"runs": None}, {"axes": []}, {"name": None, "runs": [{"hash": "a"}]}],
)
def test_a_sweep_file_of_another_shape_is_refused_in_one_sentence(
    sweep: Path, change: dict[str, Any]
) -> None:
    files.write_json(sweep / "sweep.json", json.loads((sweep / "sweep.json").read_text()) | change)
    with pytest.raises(RequestError, match="is damaged"):
        read_sweep(sweep)


@pytest.mark.parametrize("runs", [None, [1], [{"hash": "a"}], [{"hash": None, "folder": "b"}]])
def test_a_sweep_file_that_its_manifest_knows_may_still_be_none(sweep: Path, runs: Any) -> None:
    rewritten(sweep, "sweep.json", runs=runs)
    with pytest.raises(RequestError, match="is damaged"):
        read_sweep(sweep)


def test_a_run_outside_the_folder_is_never_read(sweep: Path) -> None:
    first, *others = json.loads((sweep / "sweep.json").read_text())["runs"]
    outside = {**first, "folder": f"../made-{first['hash'][:12]}"}
    rewritten(sweep, "sweep.json", runs=[outside, *others])
    with pytest.raises(RequestError, match="is damaged"):
        read_sweep(sweep)


def test_a_newer_sweep_is_refused_in_one_sentence(sweep: Path) -> None:
    rewritten(sweep, "sweep.json", format=2, runs="elsewhere")
    with pytest.raises(RequestError, match=r"has format 2; this neurogate knows format 1\. Update neurogate"):
        load_sweep(sweep)


def test_what_is_no_sweep_is_said(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"holds no sweep\.json; name the folder of a sweep"):
        load_sweep(tmp_path)


def test_the_axes_of_all_runs_are_the_settings_that_differ(tmp_path: Path) -> None:
    make(tmp_path, seed=1, gain=0.5)
    make(tmp_path, seed=2, gain=1.5)
    found = load_runs(tmp_path)
    assert set(found.axes) == {"run.seed", "reservoir.gain"}
    assert {(row["run.seed"], row["reservoir.gain"]) for row in found.rows} == {(1, 0.5), (2, 1.5)}
    assert (len(found.rows), found.missing, found.sweep) == (4, (), {})


@pytest.mark.parametrize(
    ("where", "seeds"),
    [
        ([], {1, 2, 3, 4}),
        (["run.seed > 1"], {2, 3, 4}),
        (["run.seed > 1", "timing_error_ms < 25"], {2}),
        (["reservoir.n == 1000"], {1, 2, 3, 4}),
        (["rule == force", "blocks.A.timing_error_ms >= 9"], {3}),
        (["outcome == diverged"], {4}),
        (["name in ['made', 'other']", "wall_time_s < 0.3"], {1}),
        (["task.blocks[0].name == A", "run.seed == 1"], {1}),
    ],
)
def test_conditions_may_name_settings_metrics_and_what_is_known_of_a_run(
    tmp_path: Path, where: list[str], seeds: set[int]
) -> None:
    for seed in (1, 2, 3):
        make(tmp_path, seed=seed)
    make(tmp_path, seed=4, outcome="diverged", metrics={})
    found = load_runs(tmp_path, where)
    hashes = {load_runs(tmp_path, [f"run.seed == {seed}"]).rows[0]["hash"] for seed in seeds}
    assert {row["hash"] for row in found.rows} == hashes


def test_conditions_that_make_no_sense_are_told_at_once(tmp_path: Path) -> None:
    make(tmp_path)
    with pytest.raises(RequestError) as error:
        load_runs(tmp_path, ["reservoir.gain", "reservoir.gain << 2"])
    assert len(error.value.problems) == 2
    with pytest.raises(
        RequestError, match=r"No run has a setting or a metric reservoir\.gian\. Did you mean res"
    ):
        load_runs(tmp_path, ["reservoir.gian < 2"])
    with pytest.raises(RequestError, match="compares"):
        load_runs(tmp_path, ["reservoir.gain < high"])


def test_a_folder_without_runs_has_no_rows(tmp_path: Path) -> None:
    assert load_runs(tmp_path, ["run.seed == 1"]) == Collection(tmp_path, (), ())


def test_a_run_and_a_sweep_are_loaded_by_one_function(sweep: Path) -> None:
    loaded = neurogate.runs.load(str(sweep))
    assert isinstance(loaded, Collection)
    run = neurogate.runs.load(sweep.parent / loaded.rows[0]["folder"])
    assert isinstance(run, store.Run)
    assert run.arrays()["walk"].tolist() == [0]
    assert run.table().rows[0]["timing_error_ms"] == 10.0
    assert [row["folder"] for row in run.table().rows] == [run.path.name] * 2
