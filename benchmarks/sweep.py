"""What a sweep costs beside its engine, and how fast it is beside a shell loop over `neurogate run`.

Writes benchmarks/results/sweep.json, in some five minutes on two quiet cores:

    python benchmarks/sweep.py [WORD OF A SWEEP'S NAME]

All parts come from one and the same sweep, so that what else the machine does weighs on all of them alike.
Each worker notes what it spends on making networks and advancing trials (the engine), on judging, and on its
batches as a whole; the driver, what it spends on the sweep. All else is overhead: planning, leases,
checkpoints, storing (a folder of five files that survives a power cut), waiting for the disk, and one worker
waiting for the other at the end. There are three measures of it:

* by the clock: the engine's share of the seconds of all workers, from when they are ready to the end; and
  what is left of the sweep's own seconds, for each run. Runs are stored while others are judged, which
  storing slows down; so judging counts with the processor's time that it uses, and not by the clock.
  The least that it can be on a disk is measured beside it: the same files made anew by system calls alone, by
  as many processes and threads (``bare_folders``).
  What of it is a worker's wait for the other's last batch, and what passes with no batch (planning, leases),
  is told apart; the first is of a sweep, however many runs it has, if one core is faster than the other.
* beside the engine by itself (``share_of_engine_alone``): the same batches once more, by as many processes,
  with nothing but networks made and trials advanced; its seconds over those of the sweep, from when workers
  are ready. It comes a minute later than the sweep, so a machine that changes its speed moves it.
* by the processors' time (``_cpu``): the same of what workers and driver use, summed. Nobody waits or is idle
  here, so a busy machine changes it least; two jobs side by side make it twice what the clock says. What
  storing, checkpoints and the driver have of the overhead is told apart.

The shell loop does one run after another, each with its figure; a few are measured before and after the
sweep, which is held against them with the start of its workers, its table and its report. Rules do not act
on networks, so learning rates are swept with one simulation for each seed; gains need one for each run.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from pathlib import Path
from statistics import median
from typing import Any

import attrs

from neurogate import config
from neurogate.bench.machine import machine, write
from neurogate.config.schema import AnySimulation
from neurogate.config.sharing import share
from neurogate.config.sweep import Point, Sweep, points
from neurogate.files import sync_folder
from neurogate.runs import load, together
from neurogate.runs.options import Options
from neurogate.runs.planning import plan
from neurogate.runs.pool import Workers, local
from neurogate.runs.probe import warm
from neurogate.runs.report import report
from neurogate.runs.store import folder_named
from neurogate.runs.sweep import sweep
from neurogate.runs.sweep_folder import open_folder
from neurogate.runs.threads import one_thread
from neurogate.tasks.session import Session

RESULTS = Path(__file__).parent / "results" / "sweep.json"
JOBS, LOOPED, MEMORY_MB = 2, 2, 8000.0
GRIDS = {
    "32 seeds x 8 learning rates": Sweep(
        grid={"rules.three_factor.eta_when": (0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.1, 0.12)}, seeds=32
    ),
    "2 seeds x 8 gains": Sweep(grid={"reservoir.gain": (0.5, 0.7, 0.9, 1.0, 1.1, 1.3, 1.6, 2.0)}, seeds=2),
}
PARTS = {
    "engine": ((together, "share"), (Session, "advance")),
    "judging": ((Session, "result"),),
    "storing": ((together, "keep"),),
    "checkpoints": ((together, "write_together"),),
}


@attrs.define
class Spent:
    """Seconds by the clock and of the processor: of one thread, or of all that a process has."""

    clock: float = 0.0
    cpu: float = 0.0
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)

    @contextlib.contextmanager
    def more(self, used: Callable[[], float] = time.process_time) -> Iterator[None]:
        """Add what is spent meanwhile."""
        clock, cpu = time.perf_counter(), used()
        yield
        self.add(time.perf_counter() - clock, used() - cpu)

    def add(self, clock: float, cpu: float) -> None:
        """Add seconds."""
        with self._lock:
            self.clock, self.cpu = self.clock + clock, self.cpu + cpu


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

    def ready(self, simulation: AnySimulation, width: int, *how: Any) -> Executor:
        """Return workers that note what they spend."""
        return Measured(super().ready(simulation, width, *how), self.notes)


def warmed(notes: Path, simulation: AnySimulation) -> None:
    """Let each worker read what is compiled: none has a second turn before all had their first."""
    warm(simulation)
    (notes / f"{os.getpid()}.warm").touch()
    while len(list(notes.glob("*.warm"))) < JOBS:
        time.sleep(0.01)


def measured(notes: Path, work: Callable[[], Any]) -> Any:
    """Do a batch, and write down what its parts took."""
    spent = {name: Spent() for name in (*PARTS, "batches")}
    with contextlib.ExitStack() as undone:
        for name, places in PARTS.items():
            for owner, function in places:
                undone.enter_context(timed(owner, function, spent[name]))
        with spent["batches"].more():
            done = work()
    seconds = {name: (one.clock, one.cpu) for name, one in spent.items()}
    name = f"{os.getpid()}-{time.monotonic_ns()}.json"  # one clock for all processes
    (notes / name).write_text(json.dumps(seconds))
    return done


@contextlib.contextmanager
def timed(owner: Any, name: str, spent: Spent) -> Iterator[None]:
    """Note meanwhile what each call of a function takes."""
    before = getattr(owner, name)

    @functools.wraps(before)
    def function(*given: Any, **named: Any) -> Any:
        with spent.more(time.thread_time):
            return before(*given, **named)

    setattr(owner, name, function)
    try:
        yield
    finally:
        setattr(owner, name, before)


def looped(out: Path, seeds: Sequence[int]) -> list[Spent]:
    """Return what the runs of a shell loop take."""
    words = [sys.executable, "-m", "neurogate", "run", "what_when", "--quick", "--set", "reservoir.n=500"]
    spent, environment = [Spent() for _ in seeds], dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as users have it: the first run keeps what others load
    for seed, one in zip(seeds, spent, strict=True):
        with one.more(_of_children):
            given = ["--seed", str(seed), "--out", str(out)]
            subprocess.run([*words, *given], env=environment, check=True, capture_output=True)
    return spent


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def swept(chosen: tuple[Point, ...], out: Path) -> dict[str, Spent]:
    """Return what a sweep took: its start, itself, its report, and the parts of its workers, summed."""
    notes, first = out.with_name(f"{out.name} notes"), chosen[0].simulation
    notes.mkdir()
    spent = {name: Spent() for name in ("start", "sweep", "report")}
    folder = open_folder(chosen, "what_when", out, "benchmarks/sweep.py", {})
    with MeasuredWorkers(notes=notes) as workers:
        with spent["start"].more():
            executor = Workers.ready(workers, first, JOBS)
            wait([executor.submit(warmed, notes, first) for _ in range(JOBS)])
        with spent["sweep"].more():
            sweep(chosen, folder, Options(jobs=JOBS, memory_mb=MEMORY_MB), lambda event: None, workers)
    with spent["report"].more():
        report(folder)
        load(folder).table().to_csv()
    runs = [folder_named(point.simulation.name, point.hash, folder.parent) for point in chosen]
    spent["alone"] = alone(chosen)
    spent["bare"] = bare(runs, out.with_name(f"{out.name} bare"))
    spent["end"] = Spent(waited(path.stem for path in notes.glob("*.json")))
    for path in notes.glob("*.json"):
        for name, seconds in json.loads(path.read_text()).items():
            spent.setdefault(name, Spent()).add(*seconds)
    return spent


def alone(chosen: tuple[Point, ...]) -> Spent:
    """Return what the batches of a sweep take in as many processes that only simulate."""
    spent, cut = Spent(), plan(chosen, JOBS, 0, MEMORY_MB).batches
    simulations = [point.simulation for point in chosen]
    with tempfile.TemporaryDirectory() as notes, local(JOBS) as workers:
        wait([workers.submit(warmed, Path(notes), simulations[0]) for _ in range(JOBS)])
        with spent.more():
            list(workers.map(simulate, [[simulations[place] for place in batch] for batch in cut]))
    return spent


def simulate(simulations: Sequence[AnySimulation]) -> None:
    """Simulate a batch, and keep nothing of it."""
    with one_thread():
        for shared in share(simulations):
            while not shared.session.done:
                shared.session.advance()


def waited(ends: Iterable[str]) -> float:
    """Return the seconds that workers had nothing left to do while others were at their last batches."""
    last: dict[str, float] = {}
    for worker, at in (name.split("-") for name in ends):
        last[worker] = max(last.get(worker, 0.0), int(at) / 1e9)
    return sum(max(last.values()) - at for at in last.values())


def bare(folders: Sequence[Path], out: Path) -> Spent:
    """Return what it takes to make these folders once more with nothing but what makes and syncs files."""
    spent = Spent()
    kept = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders]
    out.mkdir()
    with ProcessPoolExecutor(JOBS) as workers:
        wait([workers.submit(made, [], out) for _ in range(JOBS)])
        began = time.perf_counter()
        used = list(workers.map(made, (kept[job::JOBS] for job in range(JOBS)), [out] * JOBS))
        spent.add(time.perf_counter() - began, sum(used))
    return spent


def made(kept: Sequence[Mapping[str, bytes]], out: Path) -> float:
    """Make folders as whole or absent as those of runs; return the seconds of the processor."""

    def make(contents: Mapping[str, bytes]) -> None:
        hidden = Path(tempfile.mkdtemp(dir=out, prefix="."))
        for name, content in contents.items():
            with (hidden / name).open("wb", buffering=0) as file:
                file.write(content)
                os.fsync(file.fileno())
        sync_folder(hidden)
        hidden.rename(out / hidden.name[1:])
        sync_folder(out)

    began = time.process_time()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(make, kept))
    return time.process_time() - began


def row(name: str, runs: int, loop: Sequence[Spent], spent: dict[str, Spent]) -> dict[str, Any]:
    """Return what the parts of a sweep come to."""
    engine, judging, driver, batches = (spent[part] for part in ("engine", "judging", "sweep", "batches"))
    seconds = sum(spent[part].clock for part in ("start", "sweep", "report"))
    loop_s, cpu_s = median(one.clock for one in loop), batches.cpu + driver.cpu
    cpu = {part: spent[part].cpu for part in PARTS} | {"driver": driver.cpu}
    cpu["bare_folders"] = spent["bare"].cpu
    no_batch = driver.clock - (batches.clock + spent["end"].clock) / JOBS
    cpu["overhead"] = cpu_s - engine.cpu - judging.cpu
    return {
        "sweep": name, "runs": runs, "jobs": JOBS,
        "seconds": seconds, "start_seconds": spent["start"].clock, "report_seconds": spent["report"].clock,
        "shell_loop_seconds_per_run": loop_s, "times_shell_loop": loop_s * runs / seconds,
        "times_shell_loop_cpu": median(one.cpu for one in loop) * runs / cpu_s,
        "share_of_engine": engine.clock / (JOBS * driver.clock),
        "share_of_engine_alone": spent["alone"].clock / driver.clock,
        "share_of_engine_cpu": engine.cpu / cpu_s,
        "overhead_ms_per_run": 1000 * (driver.clock - (engine.clock + judging.cpu) / JOBS) / runs,
        "between_batches_ms_per_run": 1000 * no_batch / runs,
        "last_batches_ms_per_run": 1000 * spent["end"].clock / JOBS / runs,
        "bare_folders_ms_per_run": 1000 * spent["bare"].clock / runs,
        "ms_per_run_cpu": {part: 1000 * seconds / runs for part, seconds in cpu.items()},
    }  # fmt: skip


def main() -> None:
    """Measure, print and store."""
    base = config.unstructure(config.load("what_when", overrides=["reservoir.n=500"], quick=True))
    chosen = {name: grid for name, grid in GRIDS.items() if all(word in name for word in sys.argv[1:])}
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        loop, seeds = Path(folder) / "loop", itertools.count(1000)
        looped(loop, [next(seeds)])  # it may compile
        before = looped(loop, [next(seeds) for _ in range(LOOPED)])
        for name, wanted in chosen.items():
            runs = points(wanted, base)
            spent = swept(runs, Path(folder) / name)
            after = looped(loop, [next(seeds) for _ in range(LOOPED)])
            rows.append(row(name, len(runs), [*before, *after], spent))
            sys.stdout.write(json.dumps(rows[-1]) + "\n")
            sys.stdout.flush()
            before = after
    write(RESULTS, machine(" ".join(["python benchmarks/sweep.py", *sys.argv[1:]])), rows)


if __name__ == "__main__":
    main()
