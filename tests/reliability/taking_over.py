"""R11: a driver that dies or hangs loses its runs to another; both are the program, with its own heartbeat.

The other has nothing else to do when it happens: it takes over what others leave once its own runs are done.
"""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from neurogate.runs.lease import Leases
from neurogate.runs.upkeep import verify
from tests.reliability.command import LONGEST_S, called, ended, send, under_way, unended, workers
from tests.reliability.tiny import Tell, differing, partial

RUNS = 4
SWEEP = (
    "sweep", "what_when", "--quick", "--set", "reservoir.n=100", "--seeds", str(RUNS), "--jobs", "1",
    "--batch", str(RUNS), "--checkpoint", "1",
)  # fmt: skip
HEARTBEAT_S = Leases().heartbeat_s
MOST_BEATS = 2.2
"""The heart may have beaten just before, and looking for what is left takes a second or two."""


def measure(count: int, folder: Path, tell: Tell) -> dict[str, Any]:
    """Kill a driver, each third time stop it, and see how long the other takes to have all of its runs."""
    rng, seen, taken_s, flaws = random.Random(1), Counter[str](), dict[str, float](), list[str]()
    whole, out = folder / "whole", folder / "shared"
    flaws += ended(called(*SWEEP, "--out", str(whole), said=folder / "said"), folder / "said")
    for trial in range(count):
        signal_ = signal.SIGSTOP if trial % 3 == 2 else signal.SIGKILL
        kind = "a driver that hangs" if signal_ == signal.SIGSTOP else "a driver that is killed"
        out.mkdir()
        seconds = _trial(out, signal_, rng, flaws)
        flaws += differing(out, whole) + partial(out) + unended(out)
        verify(out, flaws.append)
        shutil.rmtree(out)
        seen[f"trials with {kind}"] += 1
        if seconds is None:
            seen["trials that came too late"] += 1
            continue
        seen["runs taken over"] += RUNS
        key = f"seconds until the runs of {kind} are taken over, at most"
        taken_s[key] = max(round(seconds, 2), taken_s.get(key, 0.0))
        if seconds > MOST_BEATS * HEARTBEAT_S:
            flaws.append(f"the runs of {kind} were taken over after {seconds:.1f} s")
        tell(f"{trial + 1} of {count} trials, {len(flaws)} flaws, {kind}: {seconds:.2f} s")
    return {**seen, "seconds between two heartbeats": HEARTBEAT_S, **taken_s, "flaws": flaws}


def _trial(out: Path, hurt: signal.Signals, rng: random.Random, flaws: list[str]) -> float | None:
    """Return the seconds that it takes, or None if the first driver had ended before it was hurt."""
    said = [out.with_suffix(f".{k}.said") for k in range(2)]
    for path in said:
        path.unlink(missing_ok=True)
    first = called(*SWEEP, "--out", str(out), said=said[0])
    _wait(lambda: len(under_way(out, first.pid)) == RUNS, first)
    second = called(*SWEEP, "--out", str(out), said=said[1])
    _wait(lambda: said[1].read_text("utf-8").count("another driver") == RUNS, first, second)
    time.sleep(rng.uniform(0.0, 1.0))
    processes = [first.pid, *(process for process, _ in workers(first.pid))]
    send(hurt, processes if hurt == signal.SIGSTOP else processes[:1])
    if hurt == signal.SIGKILL:
        first.wait()  # as a shell does: until then its number is taken
    began_s, came_in_time = time.monotonic(), len(under_way(out, first.pid)) == RUNS
    _wait(lambda: len(under_way(out, second.pid)) == RUNS, second)
    seconds = time.monotonic() - began_s
    flaws += ended(second, said[1])
    if hurt == signal.SIGSTOP:
        send(signal.SIGCONT, processes)
        flaws += ended(first, said[0])
    return seconds if came_in_time else None


def _wait(until: Callable[[], bool], *sweeps: subprocess.Popen[bytes]) -> None:
    last_s = time.monotonic() + LONGEST_S
    while not until() and all(sweep.poll() is None for sweep in sweeps) and time.monotonic() < last_s:
        time.sleep(0.01)
