"""A driver that executes runs of nothing under leases, and writes down which; several contend for them."""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

from neurogate.runs.lease import Leases

DIARY = "diary"


def drive(out: Path, runs: int, *, seed: int, heartbeat_s: float = 15.0, work_s: float = 0.002) -> None:
    """Execute every run that has no folder yet and whose lease can be had, until all have folders."""
    order = runs_in(out, runs)
    random.Random(seed).shuffle(order)
    with Leases(heartbeat_s) as leases:
        while missing := [folder for folder in order if not folder.exists()]:
            if sum(execute(folder, leases, work_s) for folder in missing) == 0:
                time.sleep(0.005)


def runs_in(out: Path, runs: int) -> list[Path]:
    return [out / f"run-{i:012x}" for i in range(runs)]


def execute(folder: Path, leases: Leases, work_s: float) -> bool:
    if not leases.acquire(folder):
        return False
    if not folder.exists():
        note(folder)
        time.sleep(work_s)
        folder.mkdir(exist_ok=True)
    leases.release(folder)
    return True


def note(folder: Path) -> None:
    handle = os.open(folder.with_name(DIARY), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(handle, f"{folder.name}\n".encode())
    os.close(handle)


def hold(folder: Path, heartbeat_s: float) -> None:
    """Take a lease, say so, and keep it until killed."""
    with Leases(heartbeat_s) as leases:
        sys.stdout.write(f"{leases.acquire(folder)}\n")
        sys.stdout.flush()
        time.sleep(600.0)


if __name__ == "__main__":
    if sys.argv[1] == "hold":
        hold(Path(sys.argv[2]), float(sys.argv[3]))
    else:
        drive(Path(sys.argv[2]), int(sys.argv[3]), seed=int(sys.argv[4]))
