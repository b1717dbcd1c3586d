"""A sweep as users give it is killed twice, first itself and then one of its workers, and goes on.

Unlike those of R1 its runs take seconds and differ in three settings, and its report is written.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from neurogate.runs.upkeep import verify
from tests.reliability.command import alive, called, unended, workers
from tests.reliability.tiny import PATIENCE_S, Tell, differing, partial, visible

GRID = (
    "reservoir.gain=0.5,1.5", "rules.three_factor.eta_when=0.03,0.1", "rules.three_factor.eta_what=0.02,0.05",
)  # fmt: skip
RUNS = 8
"""Points of the grid, each of which is run with as many seeds as are asked for."""
LONGEST_S = 900.0


def measure(count: int, folder: Path, tell: Tell) -> dict[str, Any]:
    """Sweep three settings by `count` seeds, undisturbed and killed twice, and compare every run."""
    whole, out, flaws = folder / "whole", folder / "killed", list[str]()
    began_s = time.monotonic()
    _end(_sweep(count, whole), flaws)
    seen: dict[str, Any] = {"seconds of a sweep that nobody disturbs": round(time.monotonic() - began_s)}
    tell(f"undisturbed: {seen}")
    seen |= _driver_killed(_sweep(count, out), out)
    tell(f"killed once: {seen}")
    seen |= _worker_killed(_sweep(count, out), out, flaws)
    runs = [path for path in visible(whole) if "-sweep-" not in path.name]
    flaws += differing(out, whole) + partial(out) + unended(out)
    if len(runs) != RUNS * count:
        flaws.append(f"{len(runs)} runs are stored, of {RUNS * count}")
    verify(out, flaws.append)
    return {**seen, "runs compared": len(runs), "flaws": flaws}


def _sweep(seeds: int, out: Path) -> subprocess.Popen[bytes]:
    grid = (word for setting in GRID for word in ("--grid", setting))
    size = ("--quick", "--set", "reservoir.n=200", "--seeds", str(seeds), "--jobs", "2")
    words = ("sweep", "what_when", *grid, *size, "--checkpoint", "1", "--out", str(out))
    return called(*words)


def _end(sweep: subprocess.Popen[bytes], flaws: list[str]) -> None:
    if code := sweep.wait(LONGEST_S):
        flaws.append(f"a sweep ended with {code}")


def _driver_killed(sweep: subprocess.Popen[bytes], out: Path) -> dict[str, Any]:
    """Kill a sweep as soon as there is a checkpoint, and wait until its workers have ended by themselves."""
    _wait(sweep, lambda: any(out.glob(".*.checkpoint")))
    its = workers(sweep.pid)
    sweep.kill()
    sweep.wait()
    _wait(sweep, lambda: not alive(its), ended=True)
    checkpoints = len([*out.glob(".*.checkpoint")])
    return {"checkpoints when the sweep was killed": checkpoints, "runs stored then": len(_stored(out))}


def _worker_killed(sweep: subprocess.Popen[bytes], out: Path, flaws: list[str]) -> dict[str, Any]:
    """Kill a worker as soon as one more run is stored, and demand that the sweep ends well."""
    before = len(_stored(out))
    _wait(sweep, lambda: len(_stored(out)) > before)
    its = sorted(workers(sweep.pid))[:1]
    for process, _ in its:
        os.kill(process, signal.SIGKILL)
    stored = len(_stored(out))
    _end(sweep, flaws)
    return {"workers killed": len(its), "runs stored when a worker was killed": stored}


def _wait(sweep: subprocess.Popen[bytes], until: Callable[[], bool], *, ended: bool = False) -> None:
    last_s = time.monotonic() + PATIENCE_S
    while not until() and time.monotonic() < last_s and (ended or sweep.poll() is None):
        time.sleep(0.02)


def _stored(out: Path) -> list[Path]:
    return [*out.glob("what_when-????????????/manifest.json")]
