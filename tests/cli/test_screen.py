"""Nobody has to look on: a sweep goes on to its table and its report when its screen is gone."""

from __future__ import annotations

import io
import os
import pty
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from neurogate.cli import main
from neurogate.cli.screen import lasting


class Screen(io.TextIOWrapper):
    """A stream that nobody reads, which takes itself for a terminal if told so."""

    terminal = False

    def isatty(self) -> bool:
        return self.terminal


@pytest.fixture
def unread() -> Iterator[Screen]:
    reads, writes = os.pipe()
    os.close(reads)
    with Screen(os.fdopen(writes, "wb"), line_buffering=True) as stream:
        yield stream
        os.dup2(os.open(os.devnull, os.O_WRONLY), writes)


def test_a_pipe_that_nobody_reads_takes_everything(unread: Screen) -> None:
    with pytest.raises(BrokenPipeError):
        unread.write("anybody?\n")
    stream = lasting(unread)
    for _ in range(2):
        assert stream.write("nobody\n") == 7
        stream.flush()


def test_a_terminal_that_is_closed_takes_everything() -> None:
    screen, terminal = pty.openpty()
    with os.fdopen(terminal, "w", buffering=1) as stream:
        os.close(screen)
        assert lasting(stream).write("nobody\n") == 7
        stream.write("nowhere\n")


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("terminal", [False, True])
def test_a_sweep_ends_well_although_nobody_reads_how_far_it_is(
    terminal: bool,
    tiny: list[str],
    unread: Screen,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unread.terminal = terminal
    monkeypatch.setattr(sys, "stderr", unread)
    assert main(["sweep", *tiny, "--seeds", "2", "--jobs", "1", "--out", str(tmp_path)]) == 0
    said, table, report = capsys.readouterr().out.splitlines()
    assert said == "2 runs: 2 done."
    assert Path(table.partition(": ")[2]).exists()
    assert Path(report.partition(": ")[2]).exists()
