from __future__ import annotations

import json
from pathlib import Path

import attrs
import pytest

from neurogate.backends import registry
from neurogate.bench import bounds, machine, measure, workloads
from neurogate.cli import bench_table, main

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the measured networks small, and the machine known."""
    small = {name: attrs.evolve(w, n=20, steps=20) for name, w in workloads.WORKLOADS.items()}
    monkeypatch.setattr(workloads, "WORKLOADS", small)
    limits = bounds.Ceilings({10**9: 1e9}, {"float32": 1e9, "float64": 1e9})
    monkeypatch.setattr(bounds, "ceilings", lambda: limits)


ONE = [
    "bench",
    "--workload",
    "d1k",
    "--peer",
    "numpy",
    "--dtype",
    "float64",
    "--backend",
    "numpy",
    "--repeat",
    "1",
]


def test_json_alone_is_on_standard_output(capsys: Captured) -> None:
    assert main([*ONE, "--json"]) == 0
    said = capsys.readouterr()
    (row,) = json.loads(said.out)
    assert (row["workload"], row["dtype"], row["peer"]) == ("d1k", "float64", "numpy")
    assert row["ratio"] > 0
    assert "d1k: round 1 of 1, 2 contenders" in said.err


def test_the_table_has_a_line_for_each_row(capsys: Captured) -> None:
    assert main(ONE) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["workload", "dtype", "seconds"]
    assert lines[1].split()[:2] == ["d1k", "float64"]


def test_results_are_written_only_when_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*ONE, "--peer", "none"]) == 0
    assert list(tmp_path.iterdir()) == []
    assert main([*ONE, "--write"]) == 0
    stored = json.loads((tmp_path / "benchmarks" / "results" / "engine.json").read_text("utf-8"))
    assert stored["rows"][0]["workload"] == "d1k"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--workload", "a10"], "There is no workload 'a10'; choose from a1000,"),
        (["--peer", "matlab"], "There is no peer 'matlab'; choose from brian2-standalone,"),
        (["--repeat", "0"], "--repeat is 0; it must be at least 1."),
        (["attention", "--threads", "1", "0"], "--threads is 0; it must be at least 1."),
        (["attention", "--threads", "1.5"], 'unable to convert "1.5" into int'),
        (["speed"], 'Choose from: "engine", "scale", "attention", "scanpath", "all".'),
        (["--dtype", "float16"], "float16"),
        (["attention", "--backend", "numpy"], "--backend is numpy; layers compute the same with numba."),
        (
            ["attention", "--backend", "cuda", "--threads", "1", "2"],
            "--threads is 1 2, which on",
        ),
    ],
)
def test_a_mistake_is_one_sentence_with_exit_code_2(
    arguments: list[str], sentence: str, capsys: Captured
) -> None:
    assert main(["bench", *arguments]) == 2
    said = capsys.readouterr()
    assert sentence in said.err
    assert (said.out, said.err.count("\n")) == ("", 1)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "file").write_text("")
    assert main([*ONE, "--out", str(tmp_path / "file" / "x")]) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("what", ["engine", "attention"])
def test_a_backend_that_cannot_run_is_told_before_anything_is_measured(
    what: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_without_gpu", lambda: ("there is no NVIDIA driver", "use numba"))
    assert main(["bench", what, "--backend", "cuda"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("The backend 'cuda' cannot run here: ")
    assert (said.out, said.err.count("\n")) == ("", 1)


def test_results_of_a_gpu_have_a_file_of_their_own_and_no_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "choose", lambda name: None)
    monkeypatch.setattr(measure, "measure", lambda who, *_: [measure.Measured(one, [0.5]) for one in who])
    monkeypatch.setattr(machine, "_gpu", lambda: {"gpu": "a GPU"})
    assert (
        main(["bench", "--backend", "cuda", "--workload", "a1000", "--peer", "none", "--out", str(tmp_path)])
        == 0
    )
    (path,) = tmp_path.iterdir()
    stored = json.loads(path.read_text("utf-8"))
    assert (path.name, stored["machine"]["gpu"]) == ("engine_cuda.json", "a GPU")
    assert [(row["backend"], row["seconds"], row["bound_seconds"]) for row in stored["rows"]] == [
        ("cuda", 0.5, None)
    ] * 2


def test_missing_peers_are_named_once_and_leave_a_line_for_our_run() -> None:
    row = {"workload": "c1", "dtype": "float32", "seconds": 0.01, "note": "not installed: pip install nest"}
    rows = [row | {"peer": "nest"}, row | {"peer": "torch", "note": "not installed: pip install torch"}]
    assert (
        bench_table.missing_line(rows)
        == "Not installed: nest (pip install nest), torch (pip install torch).\n"
    )
    assert [line[0] for line in bench_table.engine_table(rows)] == ["workload", "c1"]


def test_a_terminal_gets_a_drawn_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    drawn = bench_table.render("Seconds per run", [["workload", "seconds"], ["a1000", "0.0158"]])
    assert "Seconds per run" in drawn
    assert "\x1b[" in drawn
