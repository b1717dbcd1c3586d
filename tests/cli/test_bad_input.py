"""What a user may do wrong: one clear sentence for each mistake, exit code 2, and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurogate.cli import main

Captured = pytest.CaptureFixture[str]

SETTINGS = {
    "unknown key": ("reservoir.colour=3", "reservoir.colour is not a known key"),
    "misspelt key": ("reservoir.gian=1.5", "did you mean gain?"),
    "fraction for a count": ("reservoir.n=2.7", "reservoir.n is 2.7; it must be a whole number"),
    "word for a number": ("features.bin_ms=five", 'features.bin_ms is "five"; it must be a number'),
    "word for a truth value": (
        "reservoir.recurrent.dale=0",
        "reservoir.recurrent.dale is 0; it must be true or false",
    ),
    "not a number": ("reservoir.gain=nan", "reservoir.gain is nan; it must be"),
    "infinite": ("reservoir.gain=inf", "reservoir.gain is inf; it must be"),
    "negative time constant": ("reservoir.synapse.tau_ms=-5.0", "reservoir.synapse.tau_ms"),
    "probabilities above 1": ("task.blocks.0.probability.0=[0.9, 0.2]", "task.blocks[0]"),
    "latency outside the trial": ("task.blocks.0.latency_ms.3=5000.0", "task.blocks[0].latency_ms[3]"),
    "dt that does not divide": ("reservoir.dt_ms=0.3", "reservoir.dt_ms is 0.3 ms; it must divide"),
    "absent backend": ("run.backend=cuda", "The backend 'cuda' cannot run here"),
    "unknown backend": ("run.backend=numbda", 'run.backend is "numbda"'),
    "too much memory": ("reservoir.n=200000", "run.memory_limit_mb is 4,096; it must be at least"),
    "absent array file": (
        'reservoir.synapse.tau_ms={file = "none.npy"}',
        'reservoir.synapse.tau_ms.file is "none.npy"',
    ),
    "entry that is not there": ("task.blocks.7.trials=3", "task.blocks has no entry"),
    "no value": ("reservoir.n", "must be key.path=value"),
}


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    # What is not noticed ends at once instead of being simulated.
    monkeypatch.setattr("neurogate.tasks.session.Session.advance", lambda self: 1 / 0)


def complaint(arguments: list[str], capsys: Captured) -> str:
    """Return what is said of a wrong request, after checking what holds for all of them."""
    before = sorted(Path().rglob("*"))
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert sorted(Path().rglob("*")) == before
    return err


@pytest.mark.parametrize(("change", "said"), SETTINGS.values(), ids=SETTINGS)
def test_a_wrong_setting_is_told_in_one_sentence(change: str, said: str, capsys: Captured) -> None:
    err = complaint(["run", "what_when", "--set", change], capsys)
    assert said in err
    told = [line for line in err.splitlines() if not line.startswith(("The run takes", "Backend:"))]
    assert len(told) == 1, err


def test_all_mistakes_are_told_at_once(capsys: Captured) -> None:
    changes = ["reservoir.n=-1", "reservoir.gian=2", "rules.force.ridge_when=nan", "task.blocks.1.trials=0"]
    arguments = [
        "run",
        "what_when",
        "--seed",
        "-4",
        *(word for change in changes for word in ("--set", change)),
    ]
    err = complaint(arguments, capsys)
    assert len(err.splitlines()) == 5, err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "a"\nrun = [', "is not TOML"),
        ('name = "a"\nname = "b"', "is not TOML"),
        ("\0", "is not TOML"),
        ("name = 'a'\nreservior = {n = 3}", "did you mean reservoir?"),
        ('name = "../a"', "name is"),
    ],
)
@pytest.mark.parametrize("command", [["run"], ["config", "check"], ["config", "show"]])
def test_a_wrong_file_is_told_in_one_sentence(
    command: list[str], text: str, said: str, capsys: Captured
) -> None:
    Path("mine.toml").write_text(text)
    err = complaint([*command, "mine.toml"], capsys)
    assert said in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("command", [["run"], ["config", "check"], ["config", "show"]])
def test_a_name_that_is_nearly_right_is_suggested(command: list[str], capsys: Captured) -> None:
    assert "Did you mean what_when?" in complaint([*command, "what_wen"], capsys)


@pytest.mark.parametrize("out", ["file", "file/runs", "/proc/runs"])
def test_an_output_folder_that_cannot_be_written_to_is_told(out: str, capsys: Captured) -> None:
    Path("file").write_text("")
    err = complaint(["run", "what_when", "--out", out], capsys)
    assert f"Runs cannot be written to {out}: " in err.splitlines()[-1]
    assert "trials" not in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rnu", "what_when"], 'Did you mean "run"?'),
        (["run"], "NAME_OR_TOML"),
        (["run", "what_when", "--qiuck"], "Did you mean --quick?"),
        (["run", "what_when", "reservoir.n=3"], "A setting needs --set before it."),
        (["run", "what_when", "--seed"], "--seed"),
        (
            ["sweep", "what_when", "--fail-fast", "--keep-going"],
            "--fail-fast and --keep-going are opposites; give one of the two.",
        ),
        (
            ["tune", "what_when", "--minimise", "--maximise"],
            "--maximise and --minimise are opposites; give one of the two.",
        ),
        (["run", "what_when", "--seed", "1", "--seed", "2"], "--seed specified multiple times"),
        (["list", "gate"], 'Did you mean "gates"?'),
        (["config", "shwo"], 'Did you mean "show"?'),
        (["plot"], "RUN"),
        (["plot", "nowhere"], "nowhere is not a folder"),
        (["plot", "."], "is not the folder of a run"),
        (["doctor", "now"], "now"),
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_told_in_one_sentence(
    arguments: list[str], said: str, capsys: Captured
) -> None:
    err = complaint(arguments, capsys)
    assert said in err
    assert len(err.splitlines()) == 1
