"""How fast a sweep is, beside a shell loop over `neurogate run` and beside the engine itself.

Writes benchmarks/results/sweep.json:

    python benchmarks/sweep.py [WORD OF A SWEEP'S NAME]
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, wait
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean

from neurogate import config
from neurogate.bench.machine import machine, write
from neurogate.config.build import session as session_of
from neurogate.config.schema import AnySimulation
from neurogate.config.sharing import batches, share
from neurogate.config.sweep import Point, Sweep, points
from neurogate.runs.planning import LARGEST_BATCH
from neurogate.runs.pool import Workers
from neurogate.runs.probe import warm
from neurogate.runs.sweep import Options, sweep
from neurogate.runs.sweep_folder import open_folder

RESULTS = Path(__file__).parent / "results" / "sweep.json"
JOBS, LOOPED, TRIALS, SHORT = 2, 3, 20, 50
GRIDS = {
    "32 seeds x 8 learning rates": Sweep(
        grid={"rules.three_factor.eta_when": (0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.1, 0.12)}, seeds=32
    ),
    "32 seeds x 8 gains": Sweep(grid={"reservoir.gain": (0.5, 0.7, 0.9, 1.0, 1.1, 1.3, 1.6, 2.0)}, seeds=32),
}


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


def swept(chosen: tuple[Point, ...], out: Path) -> tuple[float, float]:
    """Return seconds until all workers are there with their code, and seconds for the sweep from there on."""
    folder = open_folder(chosen, "what_when", out, "benchmarks/sweep.py", {})
    first = chosen[0].simulation
    began = time.perf_counter()
    with Workers() as workers:
        executor = workers.ready(first, JOBS)
        wait([executor.submit(warm, first) for _ in range(JOBS)])
        ready = time.perf_counter()
        sweep(chosen, folder, Options(jobs=JOBS, memory_mb=8000.0), lambda event: None, workers)
        return ready - began, time.perf_counter() - ready


def beside(chosen: tuple[Point, ...]) -> tuple[float, float]:
    """Return what `engine` does, the mean of as many processes at once as the sweep has."""
    with ProcessPoolExecutor(JOBS, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(engine, [chosen] * JOBS))
    advancing, judging_ = (fmean(seconds) for seconds in zip(*found, strict=True))
    return advancing, judging_


def engine(chosen: tuple[Point, ...]) -> tuple[float, float]:
    """Return seconds that one process needs to advance all runs, and to judge them.

    Both are measured on the first batch: some of its trials, and the judgement of a run with as many probes
    and judgements but few trials.
    """
    simulations = [point.simulation for point in chosen]
    batch = batches(simulations, LARGEST_BATCH, JOBS)[0]
    (shared,) = share([simulations[place] for place in batch])
    session = shared.session
    while session.phase == "habituation":
        session.advance()
    first, began = session.position, time.perf_counter()
    while session.position < first + TRIALS:
        session.advance()
    advancing = (time.perf_counter() - began) / TRIALS * session.total * len(chosen) / len(batch)
    return advancing, judging(simulations[0]) * len(chosen)


def judging(simulation: AnySimulation) -> float:
    """Return seconds that the judgement of one run takes."""
    tables = config.unstructure(simulation)
    shorter = SHORT / sum(block["trials"] for block in tables["task"]["blocks"])
    for block in tables["task"]["blocks"]:
        block["trials"] = round(block["trials"] * shorter)
    tables["probes"]["every"] = max(1, round(tables["probes"]["every"] * shorter))
    short = session_of(config.structure(tables))
    while not short.done:
        short.advance()
    spent = []
    for _ in range(5):
        began = time.perf_counter()
        short.result()
        spent.append(time.perf_counter() - began)
    return sorted(spent)[2]


def main() -> None:
    """Measure, print and store."""
    base = config.unstructure(config.load("what_when", overrides=["reservoir.n=500"], quick=True))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        loop_s = looped(Path(folder) / "loop")
        for name, wanted in GRIDS.items():
            if not all(word in name for word in sys.argv[1:]):
                continue
            chosen = points(wanted, base)
            out = Path(folder) / "sweep"
            start_s, spent_s = swept(chosen, out)
            shutil.rmtree(out)
            advancing_s, judging_s = (seconds / JOBS for seconds in beside(chosen))
            rows.append(
                {
                    "sweep": name, "runs": len(chosen), "jobs": JOBS, "start_seconds": start_s,
                    "seconds": start_s + spent_s, "shell_loop_seconds_per_run": loop_s,
                    "times_shell_loop": loop_s * len(chosen) / (start_s + spent_s),
                    "engine_seconds": advancing_s, "share_of_engine": advancing_s / spent_s,
                    "judging_seconds": judging_s,
                    "overhead_ms_per_run": 1000 * (spent_s - advancing_s - judging_s) / len(chosen),
                }
            )  # fmt: skip
            sys.stdout.write(json.dumps(rows[-1]) + "\n")
            sys.stdout.flush()
    write(RESULTS, machine(" ".join(["python benchmarks/sweep.py", *sys.argv[1:]])), rows)


if __name__ == "__main__":
    main()
