"""What `verify` says of a small store, and what is in it."""

from __future__ import annotations

from pathlib import Path

from neurogate.runs.upkeep import QUARANTINE, Checked, verify


def runs(out: Path) -> list[Path]:
    return sorted(path for path in out.glob("made-*") if "-sweep-" not in path.name)


def sweep_of(out: Path) -> Path:
    (folder,) = out.glob("made-sweep-*")
    return folder


def checked(out: Path) -> tuple[Checked, list[str]]:
    lines: list[str] = []
    return verify(out, lines.append), lines


def quarantined(out: Path) -> list[Path]:
    return sorted((out / QUARANTINE).iterdir()) if (out / QUARANTINE).exists() else []
