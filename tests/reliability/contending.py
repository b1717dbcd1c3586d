"""R11: two drivers execute one sweep at once, each the program with workers of its own.

In turn both live, one is killed, and one is stopped until the other has ended. How soon a driver has the runs
of another is measured in `taking_over`.
"""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

from neurogate.cli.sweep_progress import changes_text
from neurogate.config.sweep import Point
from neurogate.runs.store import folder_of
from neurogate.runs.upkeep import verify
from tests.reliability.command import TINY, called, ended, send, told_done, under_way, unended, workers
from tests.reliability.tiny import PATIENCE_S, Tell, partial, tiny, unlike

SEEDS = 8
SWEEP = (
    *TINY, "--grid", "reservoir.gain=0.5,1.5", "--seeds", str(SEEDS),
    "--jobs", "2", "--batch", "2", "--checkpoint", "0",
)  # fmt: skip
KINDS = "both live", "one is killed", "one is stopped"
APART_S = 1.0
"""How much later the second driver begins, at most."""


def measure(count: int, folder: Path, tell: Tell) -> dict[str, Any]:
    """Let two drivers share a sweep, `count` times."""
    chosen, rng, seen, flaws = tiny(SEEDS), random.Random(1), Counter[str](), list[str]()
    whole, began_s = folder / "whole", time.monotonic()
    flaws += ended(called(*SWEEP, "--out", str(whole), said=folder / "said"), folder / "said")
    window_s = time.monotonic() - began_s
    for trial in range(count):
        kind, out = KINDS[trial % len(KINDS)], folder / f"shared-{trial}"
        found = _shared(out, chosen, kind, rng, seen, window_s)
        found += unlike(out, whole, chosen) + partial(out) + unended(out)
        verify(out, found.append)
        flaws += [f"trial {trial} ({kind}): {flaw}" for flaw in found]
        shutil.rmtree(out)
        tell(f"{trial + 1} of {count} trials, {len(flaws)} flaws")
    return {**seen, "flaws": flaws}


def _shared(
    out: Path, chosen: tuple[Point, ...], kind: str, rng: random.Random, seen: Counter[str], window_s: float
) -> list[str]:
    """Let two drivers work until they end; say what both executed, or neither."""
    out.mkdir()
    said = [out.with_suffix(f".{k}") for k in range(2)]
    first = called(*SWEEP, "--out", str(out), said=said[0])
    time.sleep(rng.uniform(0.0, APART_S))
    second = called(*SWEEP, "--out", str(out), said=said[1])
    hand, stopped = set[str](), list[int]()
    if kind != "both live":
        time.sleep(rng.uniform(0.0, window_s))
        stopped = [first.pid, *(process for process, _ in workers(first.pid) if kind == "one is stopped")]
        send(signal.SIGSTOP, stopped)
        hand = under_way(out, first.pid)
    if kind == "one is killed":
        first.kill()
        first.wait()  # as a shell does: until then its number is taken
    flaws = ended(second, said[1])
    if kind == "one is stopped":
        send(signal.SIGCONT, stopped)
    was_killed = first.wait(PATIENCE_S) == -signal.SIGKILL
    flaws += [] if was_killed else ended(first, said[0])
    done = _executed(said, chosen, out)
    twice = {name for name, times in done.items() if times > 1}
    flaws += [f"{name} was executed twice" for name in sorted(twice - hand)]
    silent = len(chosen) - len(done)
    flaws += [f"{silent} runs were executed by neither"] if silent and not was_killed else []
    seen.update({
        "trials": 1, f"trials in which {kind}": 1, "runs": len(chosen), "runs said to be done": len(done),
        "trials in which both executed runs": all(map(told_done, said)),
        "runs in the hands of one that was hurt": len(hand), "of these, executed twice": len(twice & hand),
    })  # fmt: skip
    return flaws


def _executed(said: list[Path], chosen: tuple[Point, ...], out: Path) -> Counter[str]:
    """Return how often each run was said to be done."""
    names = {changes_text(one.changes): folder_of(one.simulation, out).name for one in chosen}
    return Counter(names[changes] for path in said for changes in told_done(path))
