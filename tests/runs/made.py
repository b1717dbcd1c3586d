"""Stored runs that nothing was simulated for: the folders are real, the numbers are made up."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from neurogate import files
from neurogate.config import Simulation, content_hash, dumps, structure
from neurogate.runs import manifest, store

Metrics = Mapping[str, Mapping[str, Any]]


def make(
    out: Path, *, outcome: str = "done", metrics: Metrics | None = None, arrays: Any = None, **settings: Any
) -> Path:
    """Store a run, replacing the one that is there; `settings` are those of the reservoir and ``seed``."""
    out.mkdir(exist_ok=True)
    seed, name = settings.pop("seed", 1), settings.pop("name", "made")
    simulation = structure({"name": name, "run": {"seed": seed}, "reservoir": settings})
    assert isinstance(simulation, Simulation)
    folder = store.folder_of(simulation, out)
    with store.writing(folder, replace=True) as hidden:
        (hidden / "config.toml").write_text(dumps(simulation), "utf-8")
        files.write_arrays(hidden / "arrays.npz", arrays or {"walk": np.arange(seed)})
        (hidden / "figures").mkdir()
        (hidden / "figures" / "overview.png").write_bytes(b"picture")
        files.write_json(
            hidden / "summary.json",
            {
                "name": simulation.name,
                "hash": content_hash(simulation),
                "outcome": outcome,
                "metrics": measured(seed) if metrics is None else metrics,
                "wall_time_s": 0.25 * seed,
            },
        )
        (hidden / "log.txt").write_text("done\n")
    return folder


def measured(seed: int) -> Metrics:
    """Return metrics as a run has them: numbers, what could not be measured, and blocks."""
    blocks = {"A": {"timing_error_ms": 3.0 * seed}}
    metrics = {"timing_error_ms": 10.0 * seed, "probability_r": None, "blocks": blocks}
    return {"three_factor": metrics, "force": {**metrics, "timing_error_ms": 20.0 * seed}}


def rewritten(folder: Path, name: str, **changes: object) -> None:
    """Change what a file says and list it anew, as a newer version would have written it."""
    files.write_json(folder / name, {**json.loads((folder / name).read_text("utf-8")), **changes})
    (folder / "manifest.json").unlink()
    manifest.write(folder)


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with its content."""
    inside = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in inside}


def copies(run: Path, count: int) -> list[Path]:
    """Copy a run folder under other names."""
    return [Path(shutil.copytree(run, run.with_name(f"copy-{i:012x}"))) for i in range(count)]
