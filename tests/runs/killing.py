"""Kill a run again and again at random moments; print what was seen.

A child is forked instead of started, so that dozens of kills take seconds.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import random
import signal
import sys
import time
from pathlib import Path

from neurogate.config import Simulation
from neurogate.runs import store
from neurogate.runs.execute import execute
from tests.runs.fakes import FakeSession

SIMULATION = Simulation(name="fake")


def simulate(out: Path, *, force: bool = False) -> store.Run:
    session = functools.partial(FakeSession, total=40, pause_s=0.001)
    return execute(SIMULATION, out, force=force, open_session=session, checkpoint_every_s=0.0)


def killed_after(out: Path, seconds: float, *, force: bool) -> bool:
    """Run in a child and kill it after some time; return whether it was still alive."""
    child = os.fork()
    if child == 0:
        try:
            simulate(out, force=force)
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def problems(out: Path, expected: bytes, *, must_exist: bool) -> list[str]:
    found = [path for path in out.iterdir() if not path.name.startswith(".")] if out.exists() else []
    if any(store.load(path).path and (path / "arrays.npz").read_bytes() != expected for path in found):
        return ["the arrays differ"]
    if must_exist and store.find(out, SIMULATION) is None:
        return ["a stored run is lost"]
    return []


def main(folder: Path, kills: int) -> dict[str, object]:
    whole = simulate(folder / "whole")
    expected = (whole.path / "arrays.npz").read_bytes()
    # What comes first takes its time once; the kills shall fall into all parts of a run alike.
    started = time.monotonic()
    simulate(folder / "timed")
    duration = time.monotonic() - started
    rng, seen, midway = random.Random(1), [], 0
    for kill in range(kills):
        force = kill % 3 == 2
        out = folder / ("whole" if force else f"killed-{kill // 3}")
        midway += killed_after(out, rng.uniform(0.0, 1.1 * duration), force=force)
        seen += problems(out, expected, must_exist=force)
    for out in folder.glob("killed-*"):
        simulate(out)
        seen += problems(out, expected, must_exist=True)
    litter = [path.name for path in folder.glob("killed-*/.*checkpoint*")]
    return {"kills": kills, "kills_midway": midway, "problems": seen, "litter": litter}


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))))
