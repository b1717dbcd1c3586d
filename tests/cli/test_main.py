from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

import pytest
from rich.console import Console

import neurogate
from neurogate.cli import main
from neurogate.cli.app import app

Captured = pytest.CaptureFixture[str]


def start(*arguments: str, checkout: Path, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "neurogate", *arguments]
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_shows_where_to_start(arguments: list[str], capsys: Captured) -> None:
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert "neurogate run what_when --quick" in out
    assert all(f" {command} " in out for command in ("run", "list", "config", "plot", "doctor"))
    assert err == ""


@pytest.mark.parametrize(
    "command",
    [
        ["run"],
        ["list"],
        ["config", "show"],
        ["config", "check"],
        ["plot"],
        ["scanpath"],
        ["scanpath", "compare"],
    ],
)
def test_the_help_of_a_command_has_an_example(command: list[str], capsys: Captured) -> None:
    assert main([*command, "--help"]) == 0
    assert f"  {' '.join(['neurogate', *command])} " in capsys.readouterr().out + " "


def test_the_help_of_an_option_is_as_wide_as_the_terminal(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "console", Console(width=300))  # one that was made before keeps its width
    assert main(["sweep", "--help"]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "--draw STR" in line)
    assert " A key and its distribution, " in line
    assert " can be repeated. " in line


def test_version_is_the_version_alone(capsys: Captured) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr() == (f"{neurogate.__version__}\n", "")


def test_an_error_of_ours_is_kept_in_a_file_and_told_in_one_sentence(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("an accident")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr("neurogate.config.shipped.descriptions", broken)
    assert main(["list"]) == 1
    (log,) = tmp_path.iterdir()
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert "(ZeroDivisionError: an accident)" in err
    assert str(log) in err
    assert log.read_text().startswith("Traceback")


@pytest.mark.parametrize("folder", ["gone", "full"])
def test_an_error_of_ours_that_no_file_can_keep_is_told_whole(
    folder: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("an accident")

    class Full(io.BytesIO):
        name = "neurogate.log"

        def write(self, content: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    if folder == "full":
        monkeypatch.setattr(tempfile, "NamedTemporaryFile", lambda **options: Full())
    monkeypatch.setattr("neurogate.config.shipped.descriptions", broken)
    assert main(["list"]) == 1
    first, *lines = capsys.readouterr().err.splitlines()
    assert "(ZeroDivisionError: an " in first
    assert first.endswith(("(No space left on device).", "(No such file or directory)."))
    assert lines[0].startswith("Traceback")
    assert lines[-1].startswith("ZeroDivisionError")


def test_a_reader_that_leaves_early_is_no_error(checkout: Path) -> None:
    with start("config", "show", checkout=checkout, stdout=subprocess.PIPE) as shown:
        assert shown.stdout is not None
        shown.stdout.close()
        assert shown.stderr is not None
        assert shown.stderr.read() == ""


def test_the_exit_code_reaches_the_shell(checkout: Path) -> None:
    with start("run", "what_wen", checkout=checkout) as refused:
        assert refused.stderr is not None
        assert "Did you mean what_when?" in refused.stderr.read()
    assert refused.returncode == 2


def test_ctrl_c_is_a_sentence(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    def interrupted() -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr("neurogate.cli.listing._sims", interrupted)
    assert main(["list"]) == 1
    said = "Cancelled. What is finished is kept; the same command continues from there.\n"
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize(
    "words",
    [
        ["run", "what_when", "--quick", "--set", "reservoir.n=30"],
        ["sweep", "what_when", "--seeds", "2", "--dry-run"],
    ],
)
def test_a_working_directory_that_is_gone_is_the_users_to_mend(
    words: list[str], tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert main(words) == 2
    assert capsys.readouterr().err == (
        "The working directory is gone; enter one that is there, and repeat the command.\n"
    )
