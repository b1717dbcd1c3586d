"""R12: a sweep sees thousands of runs through, and its driver does not grow."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

from neurogate.runs.index import Index
from tests.reliability.command import TINY, called, last_words, told_done
from tests.reliability.tiny import Tell

EARLY = 0.1
"""The share of the runs after which the driver has its size."""
OFTEN_S, FEW = 0.1, 5


def measure(count: int, folder: Path, tell: Tell) -> dict[str, Any]:
    """Sweep over `count` seeds, and watch the driver; then compare the index."""
    out, said, began_s = folder / "many", folder / "said", time.monotonic()
    sweep = called(*TINY, "--seeds", str(count), "--jobs", "2", "--out", str(out), said=said)
    sizes = _sizes(sweep, said, count, tell)
    flaws = [f"the sweep ended with {code}: {last_words(said)}"] if (code := sweep.wait()) else []
    seconds, live = time.monotonic() - began_s, _lines(Index(out).path)
    called("index", "rebuild", "--out", str(out), said=said).wait()
    (early_kb, _), (last_kb, _) = sizes[0], sizes[-1]
    # A file that is open for a moment is none that stays open.
    early_files, last_files = (min(files for _, files in some) for some in (sizes[:FEW], sizes[-FEW:]))
    flaws += [] if len(live) == count else [f"the index has {len(live)} rows"]
    flaws += [] if _lines(Index(out).path) == live else ["the index that is rebuilt is another one"]
    flaws += [] if last_kb < 1.05 * early_kb else ["the driver grows"]
    flaws += [] if last_files <= early_files else ["open files grow"]
    return {
        "runs": len(told_done(said)), "rows of the index": len(live),
        "milliseconds per run": round(1000 * seconds / count, 1),
        "looks at the driver": len(sizes),
        "memory after a tenth of the runs, MB": early_kb / 1000, "memory at the end, MB": last_kb / 1000,
        "growth of memory, per cent": round(100 * (last_kb / early_kb - 1), 2),
        "open files after a tenth of the runs": early_files, "open files at the end": last_files,
        "flaws": flaws,
    }  # fmt: skip


def _sizes(sweep: subprocess.Popen[bytes], said: Path, count: int, tell: Tell) -> list[tuple[int, int]]:
    """Return the memory and the open files of a driver from when a tenth is done until nearly all is."""
    sizes, done = list[tuple[int, int]](), 0
    while sweep.poll() is None and done < count:
        with contextlib.suppress(OSError):
            size = _memory_kb(sweep.pid), len(os.listdir(f"/proc/{sweep.pid}/fd"))  # noqa: PTH208
            before, done = done, len(told_done(said))
            if EARLY * count <= done < count:
                sizes.append(size)
            if done > before:
                tell(f"{done} of {count} runs, {size[0] / 1000:.1f} MB, {size[1]} open files")
        time.sleep(OFTEN_S)
    return sizes


def _lines(database: Path) -> list[Any]:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return sorted(connection.execute("SELECT * FROM runs"))


def _memory_kb(process: int) -> int:
    """Return what a process has for itself; pages of files come and go as the machine likes."""
    lines = Path(f"/proc/{process}/status").read_text("utf-8").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon:", "VmSwap:")))
