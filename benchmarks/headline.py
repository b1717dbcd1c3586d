"""CPU seconds that one seed of the headline table costs: the simulation `yamada_chao_2025`, all its learners.

    python benchmarks/headline.py [--batch N] [--beside CHECKOUT --beside-batch N]
    python benchmarks/headline.py --whole DIR

A few trials of the seeds of one batch are measured and scaled to all trials. With ``--beside``, another
checkout is measured in turn with this one; the compiled code of each is warm. With ``--whole`` the table of
twenty seeds itself is made on two cores, from nothing into an empty folder, and timed by the clock: first
all learners on the main network, then also the rows of networks without spikes. So are all claims with
``--quick``, for which everything is compiled by then. Writes benchmarks/results/headline.json.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import cast

NAME, FIRST_SEED, ROUNDS, SEEDS, JOBS = "yamada_chao_2025", 201, 2, 20, 2
HERE = Path(__file__).resolve().parent
TRIALS = (12, 2, 2)


def cpu_seconds(batch: int) -> dict[str, float]:
    """Return CPU seconds a seed, by what they are spent on, when so many seeds share a session."""
    from neurogate import config
    from neurogate.config.sharing import share

    simulation = cast(config.Simulation, config.load(NAME))
    whole, probes = simulation.task, simulation.probes
    short = [f"task.blocks.{block}.trials={trials}" for block, trials in enumerate(TRIALS)]
    seeds = [f"run.seed={FIRST_SEED + place}" for place in range(batch)]
    (shared,) = share([config.load(NAME, overrides=[*short, seed]) for seed in seeds])
    session, spent = shared.session, dict[str, list[float]]()
    while not session.done:
        phase, began = session.phase, time.process_time()
        session.advance()
        spent.setdefault(phase, []).append((time.process_time() - began) / batch)
    began = time.process_time()
    session.result()
    times = {
        "habituation": whole.settling + whole.habituation,
        "training": whole.trials,
        "probes": whole.cues * probes.per_cue,
    }
    # The first trials compile, or fetch what was compiled, and fill memory for the first time.
    found = {phase: times[phase] * sum(few[2:]) / len(few[2:]) for phase, few in spent.items()}
    found["judging"] = (time.process_time() - began) / batch
    return {**found, "all": sum(found.values())}


def child(checkout: Path, batch: int) -> dict[str, float]:
    """Measure a checkout in a process of its own."""
    words = [sys.executable, "-B", str(HERE / "headline.py"), "--child", "--batch", str(batch)]
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    printed = subprocess.run(words, cwd=checkout, env=environment, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(printed.stdout)
    return found


def whole(folder: Path) -> list[dict[str, float | str]]:
    """Return the seconds of the table of twenty seeds, with its figures, and of a quick one of all."""
    if folder.exists():
        raise SystemExit(f"{folder} is there, and what is stored is not simulated again; name a new folder.")
    many = ["--seeds", str(SEEDS), "--jobs", str(JOBS), "--claim"]
    main_network = seconds([*many, "adaptation"], folder / "whole")
    without_spikes = seconds([*many, "timing", "probability"], folder / "whole")  # the main one is stored
    case = f"{SEEDS} seeds, {JOBS} jobs, end to end"
    return [
        {"case": case, "seconds": main_network},
        {"case": f"{case}, all learners", "seconds": main_network + without_spikes},
        {"case": "all claims, --quick", "seconds": seconds(["--quick"], folder / "quick")},
    ]


def seconds(words: Sequence[str], folder: Path) -> float:
    """Return the seconds by the clock of the experiment, from what the folder holds."""
    script = HERE.parent / "experiments" / "yamada_chao_2025.py"
    began = time.perf_counter()
    subprocess.run([sys.executable, str(script), *words, "--out", str(folder)], check=True)
    return time.perf_counter() - began


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--batch", type=int, default=5, help="seeds that share a session (default: 5)")
    parser.add_argument("--beside", type=Path, help="another checkout, measured in turn")
    parser.add_argument("--beside-batch", type=int, default=10, help="and its batch (default: 10)")
    parser.add_argument("--whole", type=Path, metavar="DIR", help="time the table of twenty seeds itself")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        sys.stdout.write(json.dumps(cpu_seconds(asked.batch)))
        return
    from neurogate.bench.machine import machine, write

    if asked.whole:
        write(
            HERE / "results" / "headline.json",
            machine("python benchmarks/headline.py --whole DIR"),
            whole(asked.whole),
        )
        return
    chosen = {"this": (HERE.parent, asked.batch)}
    if asked.beside:
        chosen = {"before": (asked.beside.resolve(), asked.beside_batch), **chosen}
    found: dict[str, list[dict[str, float]]] = {name: [] for name in chosen}
    for _ in range(ROUNDS):
        for name, (checkout, batch) in chosen.items():
            found[name].append(child(checkout, batch))
    rows = [
        {
            "case": name,
            "batch": chosen[name][1],
            "cpu_seconds_per_seed": {part: median(one[part] for one in rounds) for part in rounds[0]},
        }
        for name, rounds in found.items()
    ]
    write(HERE / "results" / "headline.json", machine("python benchmarks/headline.py"), rows)
    sys.stdout.write(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
