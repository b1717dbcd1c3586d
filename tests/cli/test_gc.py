from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from neurogate.cli import main
from tests.runs.made import make

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """Return the checkpoint of a run that is done."""
    folder = make(tmp_path)
    checkpoint = folder.with_name(f".{folder.name}.checkpoint")
    checkpoint.write_bytes(bytes(1500))
    os.utime(checkpoint, (time.time() - 10.0,) * 2)
    return checkpoint


def test_what_is_left_over_is_named_and_removed(left: Path, capsys: Captured) -> None:
    out = ["--out", str(left.parent)]
    assert main(["gc", "--dry-run", *out]) == 0
    assert capsys.readouterr().out == (
        f"{left} (its run is done, 1.5 kB) would be removed.\n1 leftovers would be removed, 1.5 kB.\n"
    )
    assert left.exists()
    assert main(["gc", *out]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 leftovers removed, 1.5 kB."
    assert not left.exists()


def test_what_cannot_be_removed_makes_the_exit_code_1(
    left: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "rename", refuse)
    assert main(["gc", "--out", str(left.parent)]) == 1
    assert f"{left} cannot be removed: Read-only file system." in capsys.readouterr().out
