"""What a sweep costs beside its engine, and how fast it is beside a shell loop over `neurogate run`.

Writes benchmarks/results/sweep.json, in some six minutes on two quiet cores:

    python benchmarks/sweep.py [WORD OF A SWEEP'S NAME]

All parts come from one and the same sweep, so that what else the machine does weighs on all of them alike.
Each worker notes how long it makes networks and advances trials (the engine), how long it judges, and how
long its batches take; the driver, how long the sweep takes. All else is overhead: planning, leases,
checkpoints, storing (a folder of five files that survives a power cut), waiting for the disk, and one worker
waiting for the other at the end. There are two measures of it:

* by the clock: the engine's share of the seconds of all workers, from when they are ready to the end; and
  what is left of the sweep's own seconds, for each run.
* by the processors' time (``_cpu``): the same of what workers and driver use, summed. Nobody waits or is idle
  here, so a busy machine changes it least; two jobs side by side make it twice what the clock says.

The shell loop does one run after another, each with its figure. The sweep is held against it with the start
of its workers, its table and its report.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, wait
from pathlib import Path
from typing import Any

import attrs

from neurogate import config
from neurogate.bench.machine import machine, write
from neurogate.config.schema import AnySimulation
from neurogate.config.sweep import Point, Sweep, points
from neurogate.runs import load, together
from neurogate.runs.pool import Workers
from neurogate.runs.probe import warm
from neurogate.runs.report import report
from neurogate.runs.sweep import Options, sweep
from neurogate.runs.sweep_folder import open_folder
from neurogate.tasks.session import Session

RESULTS = Path(__file__).parent / "results" / "sweep.json"
JOBS, LOOPED = 2, 3
GRIDS = {
    "32 seeds x 8 learning rates": Sweep(
        grid={"rules.three_factor.eta_when": (0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.1, 0.12)}, seeds=32
    ),
    "4 seeds x 8 gains": Sweep(grid={"reservoir.gain": (0.5, 0.7, 0.9, 1.0, 1.1, 1.3, 1.6, 2.0)}, seeds=4),
}
PARTS = {"engine": ((together, "share"), (Session, "advance")), "judging": ((Session, "result"),)}


@attrs.define
class Spent:
    """Seconds by the clock and of the processor."""

    clock: float = 0.0
    cpu: float = 0.0

    @contextlib.contextmanager
    def more(self) -> Iterator[None]:
        """Add what is spent meanwhile."""
        clock, cpu = time.perf_counter(), time.process_time()
        yield
        self.clock += time.perf_counter() - clock
        self.cpu += time.process_time() - cpu


class Measured(Executor):
    """Workers that note what they spend on each batch."""

    def __init__(self, workers: Executor, notes: Path) -> None:
        self.workers, self.notes = workers, notes

    def submit(self, work: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """Let a worker do something and note what it spends."""
        return self.workers.submit(measured, self.notes, functools.partial(work, *given, **named))


@attrs.define
class MeasuredWorkers(Workers):
    """Those of one sweep."""

    notes: Path = attrs.field(kw_only=True)

    def ready(self, simulation: AnySimulation, width: int) -> Executor:
        """Return workers that note what they spend."""
        return Measured(super().ready(simulation, width), self.notes)


def measured(notes: Path, work: Callable[[], Any]) -> Any:
    """Do a batch, and write down what its parts took."""
    spent = {name: Spent() for name in (*PARTS, "all")}
    with contextlib.ExitStack() as undone:
        for name, places in PARTS.items():
            for owner, function in places:
                undone.enter_context(timed(owner, function, spent[name]))
        with spent["all"].more():
            done = work()
    seconds = {name: attrs.asdict(one) for name, one in spent.items()}
    (notes / f"{os.getpid()}-{time.monotonic_ns()}.json").write_text(json.dumps(seconds))
    return done


@contextlib.contextmanager
def timed(owner: Any, name: str, spent: Spent) -> Iterator[None]:
    """Note meanwhile what each call of a function takes."""
    before = getattr(owner, name)

    @functools.wraps(before)
    def function(*given: Any, **named: Any) -> Any:
        with spent.more():
            return before(*given, **named)

    setattr(owner, name, function)
    try:
        yield
    finally:
        setattr(owner, name, before)


def looped(out: Path) -> float:
    """Return seconds for each run of a shell loop, the median of a few."""
    spent = []
    for seed in range(LOOPED + 1):
        words = [sys.executable, "-m", "neurogate", "run", "what_when", "--quick", "--set", "reservoir.n=500"]
        began = time.perf_counter()
        subprocess.run(
            [*words, "--seed", str(1000 + seed), "--out", str(out)], check=True, capture_output=True
        )
        spent.append(time.perf_counter() - began)
    return sorted(spent[1:])[LOOPED // 2]  # the first one may compile


def swept(chosen: tuple[Point, ...], out: Path) -> dict[str, Spent]:
    """Return what a sweep took: its start, itself, its report, and the parts of its workers, summed."""
    notes, first = out.with_name(f"{out.name} notes"), chosen[0].simulation
    notes.mkdir()
    spent = {name: Spent() for name in ("start", "sweep", "report")}
    folder = open_folder(chosen, "what_when", out, "benchmarks/sweep.py", {})
    with MeasuredWorkers(notes=notes) as workers:
        with spent["start"].more():
            executor = Workers.ready(workers, first, JOBS)
            wait([executor.submit(warm, first) for _ in range(JOBS)])
        with spent["sweep"].more():
            sweep(chosen, folder, Options(jobs=JOBS, memory_mb=8000.0), lambda event: None, workers)
    with spent["report"].more():
        report(folder)
        load(folder).table().to_csv()
    for path in notes.iterdir():
        for name, seconds in json.loads(path.read_text()).items():
            part = spent.setdefault(name, Spent())
            part.clock, part.cpu = part.clock + seconds["clock"], part.cpu + seconds["cpu"]
    return spent


def row(name: str, runs: int, loop_s: float, spent: dict[str, Spent]) -> dict[str, Any]:
    """Return what the parts of a sweep come to."""
    engine, judging, driver = spent["engine"], spent["judging"], spent["sweep"]
    known, all_cpu_s = engine.clock + judging.clock, spent["all"].cpu + driver.cpu
    seconds = sum(spent[part].clock for part in ("start", "sweep", "report"))
    return {
        "sweep": name, "runs": runs, "jobs": JOBS,
        "seconds": seconds, "start_seconds": spent["start"].clock, "report_seconds": spent["report"].clock,
        "shell_loop_seconds_per_run": loop_s, "times_shell_loop": loop_s * runs / seconds,
        "share_of_engine": engine.clock / (JOBS * driver.clock),
        "overhead_ms_per_run": 1000 * (driver.clock - known / JOBS) / runs,
        "share_of_engine_cpu": engine.cpu / all_cpu_s,
        "engine_ms_per_run_cpu": 1000 * engine.cpu / runs,
        "judging_ms_per_run_cpu": 1000 * judging.cpu / runs,
        "overhead_ms_per_run_cpu": 1000 * (all_cpu_s - engine.cpu - judging.cpu) / runs,
    }  # fmt: skip


def main() -> None:
    """Measure, print and store."""
    base = config.unstructure(config.load("what_when", overrides=["reservoir.n=500"], quick=True))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        loop_s = looped(Path(folder) / "loop")
        for name, wanted in GRIDS.items():
            if all(word in name for word in sys.argv[1:]):
                chosen = points(wanted, base)
                rows.append(row(name, len(chosen), loop_s, swept(chosen, Path(folder) / name)))
                sys.stdout.write(json.dumps(rows[-1]) + "\n")
                sys.stdout.flush()
    write(RESULTS, machine(" ".join(["python benchmarks/sweep.py", *sys.argv[1:]])), rows)


if __name__ == "__main__":
    main()
