"""A small sweep that simulates, and what executes it and counts what is told."""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path

from neurogate import config
from neurogate.config.sweep import Point, Sweep, points
from neurogate.runs.sweep import Event, Options, sweep
from neurogate.runs.sweep_folder import open_folder
from tests.runs.test_together import SMALL

GRID = Sweep(grid={"reservoir.gain": [0.5, 1.5], "rules.three_factor.eta_when": [0.02, 0.2]}, seeds=3)
BASE = config.unstructure(config.load("what_when", overrides=SMALL))
POINTS = points(GRID, BASE)
SIMULATIONS = [point.simulation for point in POINTS]

DRIVE = """
import sys
from pathlib import Path
from tests.runs.sweeping import POINTS, run
counts, events = run(Path(sys.argv[1]), jobs=2, batch=2, checkpoint_every_s=0.0)
print(sum(event.kind == "ended" for event in events), counts)
"""


def run(out: Path, chosen: tuple[Point, ...] = POINTS, **options: object) -> tuple[Counter, list[Event]]:
    events: list[Event] = []
    folder = open_folder(chosen, "what_when", out, "neurogate sweep what_when", {})
    return sweep(chosen, folder, Options(**options), events.append), events


def kinds(events: list[Event]) -> Counter:
    return Counter(event.kind for event in events)


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)
