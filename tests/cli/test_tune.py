"""`neurogate tune` from a question to a configuration that runs, and what it says on the way."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from neurogate.backends import registry
from neurogate.cli import main

pytest.importorskip("optuna", reason="Optuna is not installed (the extra neurogate[tune]).")

Captured = pytest.CaptureFixture[str]
DRAW = ("--draw", "rules.three_factor.eta_when=log_uniform:0.001:1")
METRIC = ("--metric", "timing_error_ms")


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("in_process")
def test_a_question_becomes_a_configuration_that_runs(tiny: list[str], capsys: Captured) -> None:
    longer = ["tune", *tiny, *METRIC, *DRAW, "--seeds", "2", "--jobs", "1", "--trials"]
    words = [*longer, "3"]
    assert main(words) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == "3 trials: 3 done."
    assert lines[2].split() == ["trial", "timing_error_ms", "rules.three_factor.eta_when"]
    assert [float(line.split()[1]) for line in lines[3:6]] == sorted(float(x.split()[1]) for x in lines[3:6])
    assert "trial 2: rules.three_factor.eta_when=" in err
    assert "[6/6] done: " in err
    best = lines[-1].removeprefix("Best configuration: ")
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["best"]["config"] == best
    assert found["trials"] == {"done": 3, "pruned": 0, "failed": 0, "running": 0}
    stored = set(Path("runs").iterdir())
    assert main(["run", best]) == 0
    assert set(Path("runs").iterdir()) == stored
    capsys.readouterr()
    assert main([*longer, "4"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "4 trials: 4 done."


def test_a_backend_that_cannot_run_is_said_once_and_nothing_is_written(
    tiny: list[str], capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        registry, "_describe", lambda name: registry.BackendInfo(name, name != "cuda", "No", "Go")
    )
    words = ["tune", *tiny, *METRIC, "--trials", "2", "--jobs", "1"]
    for more in ([*DRAW, "--backend", "cuda"], ["--draw", "run.backend=choice:numba,cuda"]):
        assert main([*words, *more]) == 2
        assert capsys.readouterr().err == "The backend 'cuda' cannot run here: No. To mend that: Go.\n"
    assert not Path("runs").exists()


@pytest.mark.usefixtures("in_process")
def test_the_random_keys_of_a_file_are_searched(tiny: list[str], capsys: Captured) -> None:
    changes = [word for word in tiny if word != "--set"][1:]
    assert main(["config", "show", "what_when", "--toml"]) == 0
    text = capsys.readouterr().out.partition("[sweep")[0]
    table = '\n[sweep]\nseeds = 2\n[sweep.grid]\n"run.dtype" = ["float32"]\n[sweep.random]\n'
    Path("mine.toml").write_text(text + table + '"reservoir.gain" = {choice = [1.0, 1e5]}\n')
    words = ["tune", "mine.toml", *METRIC, "--trials", "4", "--jobs", "1"]
    assert main([*words, *(word for change in changes for word in ("--set", change))]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "4 trials: 3 done, 1 pruned."
    assert [line.split()[2] for line in out.splitlines()[3:-2]] == ["1"]  # the same settings stand there once
    assert "reservoir.gain=100000: pruned: With run.seed 1: Replica 0 diverged: " in err


@pytest.mark.usefixtures("in_process")
def test_a_search_without_a_result_says_why(tiny: list[str], capsys: Captured) -> None:
    words = [
        "tune",
        *tiny,
        *METRIC,
        "--draw",
        "reservoir.gain=uniform:1e5:2e5",
        "--trials",
        "2",
        "--jobs",
        "1",
    ]
    assert main(words) == 1
    out, _ = capsys.readouterr()
    assert out.splitlines()[0] == "2 trials: 2 pruned."
    assert out.splitlines()[1].startswith("No trial has a value. With run.seed 1: Replica 0 diverged: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--metric", "timing_eror_ms", *DRAW], "Did you mean timing_error_ms?"),
        (
            [*METRIC, "--draw", "reservoir.gain=normal:1:0.1"],
            "has no bounds; a search needs uniform:low:high",
        ),
        ([*METRIC, "--draw", "reservoir.gian=uniform:0:1"], "did you mean gain?"),
        ([*METRIC, "--draw", "reservoir.gain=uniform:-1:1"], "reservoir.gain is -1"),
        ([*METRIC, "--draw", "reservoir.gain"], "reservoir.gain"),
        ([*METRIC, *DRAW, "--rule", "forse"], "Did you mean force?"),
        ([*METRIC, *DRAW, "--trials", "0"], "--trials is 0; it must be at least 1."),
        ([*METRIC, *DRAW, "--trials", "2.5"], "--trials: 2.5 is not a whole number."),
        ([*METRIC, *DRAW, "--at-once", "0"], "--at-once is 0; it must be at least 1."),
        ([*METRIC, *DRAW, "--jobs", "0"], "--jobs is 0; it must be at least 1."),
        ([*METRIC, *DRAW, "--seeds", "0"], "seeds is 0"),
        ([*DRAW], "--metric"),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_is_written(
    words: list[str], said: str, tiny: list[str], capsys: Captured
) -> None:
    assert main(["tune", *tiny, *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert len(err.splitlines()) == 1
    assert not Path("runs").exists()


def test_a_file_that_does_not_say_where_to_look_needs_a_distribution(capsys: Captured) -> None:
    assert main(["tune", "nc_sine", "--metric", "rmse_free"]) == 2
    assert "Nothing is searched; give a key a distribution" in capsys.readouterr().err
    assert not Path("runs").exists()


def test_optuna_is_asked_for_if_it_is_missing(
    tiny: list[str], capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert main(["tune", *tiny, *METRIC, *DRAW]) == 2
    assert 'pip install "neurogate[tune]"' in capsys.readouterr().err


def test_ctrl_c_says_how_to_go_on(tiny: list[str]) -> None:
    words = [
        "tune",
        *tiny,
        *METRIC,
        *DRAW,
        "--trials",
        "90",
        "--at-once",
        "30",
        "--jobs",
        "1",
        "--batch",
        "1",
    ]
    search = subprocess.Popen(
        [sys.executable, "-m", "neurogate", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    while not list(Path().glob("runs/what_when-*/manifest.json")):
        time.sleep(0.05)
        assert search.poll() is None
    search.send_signal(signal.SIGINT)
    out, _ = search.communicate(timeout=60)
    assert search.returncode == 1
    assert out.splitlines()[0].startswith("30 trials: ")
    assert out.splitlines()[-1] == "The same command continues where this one stopped."
