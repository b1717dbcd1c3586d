"""R6: the bits of a run do not depend on threads, workers, batches, order, or where it was interrupted."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import attrs
from threadpoolctl import threadpool_limits

from neurogate.config.sharing import groups
from neurogate.config.sweep import Point
from neurogate.runs.execute import execute
from neurogate.runs.together import run_together
from tests.reliability.command import TINY, called
from tests.reliability.tiny import Tell, inline, run, tiny, unlike
from tests.runs.fakes import without_figures

SEEDS = 4
REPLICAS = "run.replicas=8"
"""Of each run, so that its threads have something to share out."""
THREADS, WORKERS, BATCHES = (1, 2, 4, 8), (1, 2, 3, 4), (1, 2, 3, 5, 16)


def measure(count: int, folder: Path, tell: Tell) -> dict[str, Any]:
    """Execute runs in other ways than alone, until `count` are compared with those that were alone."""
    chosen, rng, seen = tiny(SEEDS, (0.5, 1.5), REPLICAS), random.Random(1), Counter[str]()
    whole, out, flaws = folder / "alone", folder / "otherwise", list[str]()
    run(chosen, whole, batch=1)
    ways = {
        "threads": _threads,
        "workers, batches and order": _workers,
        "interruptions, batches and order": _interrupted,
    }
    while seen["comparisons"] < count:
        shuffled = tuple(rng.sample(chosen, len(chosen)))
        over, way = list(ways.items())[seen["sweeps"] % len(ways)]
        named = way(shuffled, out, rng)
        apart = ["config.toml"] if way is _threads else []  # it tells of threads
        seen["sweeps"] += 1
        seen["comparisons"] += len(chosen)
        seen[f"comparisons over {over}"] += len(chosen)
        flaws += [f"with {named}: {flaw}" for flaw in unlike(out, whole, chosen, *apart)]
        shutil.rmtree(out)
        tell(f"{seen['comparisons']} of {count} comparisons, {len(flaws)} flaws")
    return {**seen, "flaws": flaws}


def _threads(chosen: tuple[Point, ...], out: Path, rng: random.Random) -> str:
    """Execute each run alone, its replicas shared out to threads, of which linear algebra has as many."""
    threads = rng.choice(THREADS)
    with threadpool_limits(threads), without_figures():
        for one in (point.simulation for point in chosen):
            execute(attrs.evolve(one, run=attrs.evolve(one.run, threads=threads)), out)
    return f"{threads} threads"


def _workers(chosen: tuple[Point, ...], out: Path, rng: random.Random) -> str:
    """Execute runs by the program itself, in the order of a table."""
    workers, batch = rng.choice(WORKERS), rng.choice(BATCHES)
    rows = [point.changes.values() for point in chosen]
    table = out.with_suffix(".csv")
    table.write_text("".join(",".join(map(str, row)) + "\n" for row in [chosen[0].changes, *rows]), "utf-8")
    how = ("--from", str(table), "--jobs", str(workers), "--batch", str(batch), "--out", str(out))
    called(*TINY, "--set", REPLICAS, *how, said=out.with_suffix(".said")).wait()
    return f"{workers} workers, batches of {batch}"


def _interrupted(chosen: tuple[Point, ...], out: Path, rng: random.Random) -> str:
    """Stop batches before random trials, then go on in other batches, so that runs are unequally far."""
    simulations, stops = [point.simulation for point in chosen], []
    for places in groups(simulations):
        some = [simulations[place] for place in places]
        for _ in range(2):
            stops.append(rng.randrange(10))
            left = iter(range(stops[-1]))
            few = rng.sample(some, rng.randint(1, len(some)))
            for _ended in run_together(few, out, stop=lambda left=left: next(left, None) is None):
                pass
    batch = rng.choice(BATCHES)
    run(chosen, out, inline, batch=batch)
    return f"stops before trials {stops}, then batches of {batch}"
