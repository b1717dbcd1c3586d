"""Sweeps of runs that take milliseconds, executed in ways that let thousands of them be disturbed.

Here the driver works itself, in this process or in one that is forked from it and has everything loaded: what
happens to runs, leases and folders is what happens in any sweep. The program itself is called in `command`.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any
from unittest import mock

from neurogate import config, files
from neurogate.config.sweep import Point, Sweep, points
from neurogate.runs import manifest, pool
from neurogate.runs.probe import warm
from neurogate.runs.store import folder_of
from neurogate.runs.sweep import Event, Options, sweep
from neurogate.runs.sweep_folder import open_folder

Tell = Callable[[str], object]
CHANGES = (
    "reservoir.n=20", "task.settling=1", "task.habituation=1", "probes.per_cue=1", "probes.every=2",
    "task.blocks.0.trials=2", "task.blocks.1.trials=1", "task.blocks.2.trials=1",
)  # fmt: skip
PATIENCE_S = 120.0
TIMES = ("wall_time_s", "command")


def tiny(seeds: int, gains: Iterable[float] = (0.5, 1.5), *more: str) -> tuple[Point, ...]:
    """Return points of `what_when` with 20 neurons and a handful of trials; what they need is compiled."""
    base = config.unstructure(config.load("what_when", (*CHANGES, *more)))
    chosen = points(Sweep(grid={"reservoir.gain": tuple(gains)}, seeds=seeds), base)
    warm(chosen[0].simulation)
    return chosen


class Inline(Executor):
    """Does what it is asked for at once, in the process that asks."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001
            future.set_exception(error)
        return future


def inline(jobs: int) -> Executor:
    return Inline()


def run(
    chosen: tuple[Point, ...],
    out: Path,
    workers: Callable[[int], Executor] = inline,
    tell: Callable[[Event], object] = lambda event: None,
    **options: Any,
) -> Counter[Any]:
    """Execute a sweep in this process."""
    folder = open_folder(chosen, chosen[0].simulation.name, out, "neurogate sweep", {})
    with mock.patch.object(pool, "local", workers):
        return sweep(chosen, folder, Options(**{"checkpoint_every_s": 0.0, **options}), tell)


def forked(work: Callable[[], object]) -> int:
    """Do something in a child and return its number; 1 is its exit status if that fails."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        return child
    try:
        logging.disable(logging.CRITICAL)
        work()
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def visible(out: Path) -> list[Path]:
    return sorted(path for path in out.iterdir() if path.name[0] != "." and path.is_dir())


def partial(out: Path) -> list[str]:
    """Say which folders are seen though they are not whole."""
    return [
        f"{path.name}: {found}"
        for path in visible(out)
        if (found := _sweep_flaws(path) if "-sweep-" in path.name else manifest.damage(path))
    ]


def _sweep_flaws(path: Path) -> list[str]:
    try:
        json.loads((path / "sweep.json").read_bytes())
    except (OSError, ValueError) as error:
        return [str(error)]
    return []


def unlike(out: Path, whole: Path, chosen: Iterable[Point], *apart: str) -> list[str]:
    """Say what differs between the runs of two stores: every byte counts but what tells of time."""
    flaws = []
    for point in chosen:
        mine, theirs = (folder_of(point.simulation, place) for place in (out, whole))
        if not mine.exists():
            flaws.append(f"{mine.name} is lost")
            continue
        x, y = told(mine), told(theirs)
        if keys := [key for key in sorted((x.keys() | y.keys()) - {*apart}) if x.get(key) != y.get(key)]:
            flaws.append(f"{mine.name} differs in {', '.join(keys)}")
    return flaws


def differing(out: Path, whole: Path) -> list[str]:
    """Say which runs of a store another one lacks, or has otherwise."""
    pairs = [(run, out / run.name) for run in visible(whole) if "-sweep-" not in run.name]
    return [
        f"{run.name} is missing or differs"
        for run, mine in pairs
        if not mine.exists() or told(run) != told(mine)
    ]


def told(run: Path) -> dict[str, Any]:
    """Return what a stored run says, but for the time that it took and the place where it is."""
    summary = json.loads((run / "summary.json").read_bytes())
    rest = {path.name: files.sha256(path) for path in run.iterdir() if path.suffix in (".toml", ".npz")}
    names = sorted(path.relative_to(run).as_posix() for path in run.rglob("*"))
    return {"files": names, **rest, **{key: value for key, value in summary.items() if key not in TIMES}}
