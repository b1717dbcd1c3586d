"""R12: one driver sees thousands of runs through, and is no larger at the end than at the beginning."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from neurogate import config, files
from neurogate.config.sweep import Sweep, points
from neurogate.errors import Outcome
from neurogate.runs import store
from neurogate.runs.index import Index
from neurogate.runs.sweep import Event
from neurogate.runs.together import Ended
from tests.reliability.tiny import CHANGES, Tell, forking, run

TOGETHER = 50
EARLY = 0.1
"""The share of the runs after which the driver has its size."""


def measure(count: int, folder: Path, tell: Tell) -> dict[str, Any]:
    """Sweep over `count` runs that simulate nothing, and watch the driver; then compare the index."""
    base = config.unstructure(config.load("what_when", CHANGES))
    chosen = points(Sweep(seeds=count), base)
    out, sizes, ended = folder / "many", list[tuple[int, int]](), list[Path]()
    index, began = Index(out), time.monotonic()

    def note(event: Event) -> None:
        if event.kind != "ended":
            return
        ended.append(store.folder_of(event.point.simulation, out))
        if len(ended) % TOGETHER == 0:
            index.update(*ended[-TOGETHER:])
            sizes.append((_memory_kb(), len(os.listdir("/proc/self/fd"))))  # noqa: PTH208
        if len(ended) % 500 == 0:
            tell(f"{len(ended)} of {count} runs, {sizes[-1][0] / 1000:.1f} MB, {sizes[-1][1]} open files")

    with mock.patch("neurogate.runs.worker.run_together", stored):
        counts = run(chosen, out, forking, note, jobs=2, batch=TOGETHER)
    seconds = time.monotonic() - began
    live = index.rows()
    same = _is_rebuilt(index, live, tell)
    (early_kb, early_files), (last_kb, last_files) = sizes[int(EARLY * len(sizes))], sizes[-1]
    flaws = [] if counts == {Outcome.DONE: count} else [f"the runs ended as {dict(counts)}"]
    flaws += [] if len(live) == count else [f"the index has {len(live)} rows"]
    flaws += [] if same else ["the index that is rebuilt is another one"]
    flaws += [] if last_kb < 1.05 * early_kb else ["the driver grows"]
    flaws += [] if last_files <= early_files else ["open files grow"]
    return {
        "runs": len(ended), "rows of the index": len(live), "milliseconds per run": 1000 * seconds / count,
        "memory after a tenth of the runs, MB": early_kb / 1000, "memory at the end, MB": last_kb / 1000,
        "growth of memory, per cent": 100 * (last_kb / early_kb - 1),
        "open files after a tenth of the runs": early_files, "open files at the end": last_files,
        "flaws": flaws,
    }  # fmt: skip


def stored(simulations: Sequence[config.AnySimulation], out: Path, **options: Any) -> Iterator[Ended]:
    """Store runs for which nothing was simulated."""
    for simulation in simulations:
        hash_ = config.content_hash(simulation)
        metrics = {"three_factor": {"timing_error_ms": float(simulation.run.seed)}}
        about = {"name": simulation.name, "hash": hash_, "outcome": "done", "wall_time_s": 0.0}
        with store.writing(store.folder_of(simulation, out)) as hidden:
            (hidden / "config.toml").write_text(config.dumps(simulation), "utf-8")
            files.write_json(hidden / "summary.json", {**about, "metrics": metrics})
        yield Ended(hash_, Outcome.DONE)


def _is_rebuilt(index: Index, live: list[Any], tell: Tell) -> bool:
    """Rebuild the index from the folders alone; say whether its rows are the same."""
    kept = index.path.with_suffix(".live")
    shutil.copyfile(index.path, kept)
    index.rebuild()
    tell("the index is rebuilt")
    return index.rows() == live and _lines(kept) == _lines(index.path)


def _lines(database: Path) -> list[Any]:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return sorted(connection.execute("SELECT * FROM runs"))


def _memory_kb() -> int:
    """Return what this process has for itself; pages of files come and go as the machine likes."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon:", "VmSwap:")))
