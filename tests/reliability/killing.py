"""R1: the driver of a sweep or its workers are killed at random moments, a thousand times.

A driver that loses workers is never killed itself: it must end well, and soon, with nothing left to do.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import attrs

from neurogate.config.sweep import Point
from neurogate.runs.upkeep import verify
from tests.reliability.tiny import (
    PATIENCE_S,
    Tell,
    diary,
    ended,
    entries,
    forked,
    forking,
    partial,
    run,
    tiny,
    unlike,
)  # fmt: skip

SEEDS = 8
MOST = 3
"""Workers that one driver loses, at most."""
BOTH = 0.25
"""The share of drivers that are killed just after one of their workers."""
AT_ONCE_S = 0.05


def measure(count: int, folder: Path, tell: Tell) -> dict[str, Any]:
    """Kill and continue until `count` kills are done; each store is completed and compared."""
    chosen, rng, seen = tiny(SEEDS), random.Random(1), Counter[str]()
    flaws: list[str] = []
    run(chosen, folder / "whole", batch=4)
    window_s = _undisturbed(folder / "undisturbed", chosen, flaws)
    while seen["kills"] < count:
        store = _Store(folder / "killed", chosen, rng, seen, flaws, 1.1 * window_s)
        while not store.continued():
            tell(f"{seen['kills']} of {count} kills, {len(flaws)} flaws")
        flaws += unlike(store.out, folder / "whole", chosen)
        store.check_orphans()
        seen["stores completed and compared"] += 1
        seen["runs completed and compared"] += len(chosen)
        problems = verify(store.out, flaws.append).problems
        seen["problems that verify finds at the end"] += problems
        shutil.rmtree(store.out)
    return {**seen, "seconds of a driver that nobody disturbs": round(window_s, 2), "flaws": flaws}


def _undisturbed(out: Path, chosen: tuple[Point, ...], flaws: list[str]) -> float:
    """Return how long a driver takes."""
    out.mkdir()
    began_s = time.monotonic()
    if not ended(forked(lambda: _drive(chosen, out))):
        flaws.append("a driver that nobody disturbed failed or did not end")
    return time.monotonic() - began_s


def _drive(chosen: tuple[Point, ...], out: Path) -> None:
    with diary(out / "acked") as note:
        run(chosen, out, forking, note, jobs=2, batch=4, retries=10**6)


@attrs.define
class _Store:
    out: Path
    chosen: tuple[Point, ...]
    rng: random.Random
    seen: Counter[str]
    flaws: list[str]
    window_s: float
    orphans: set[tuple[int, str]] = attrs.field(factory=set)

    def continued(self) -> bool:
        """Continue the sweep in one driver, which is killed or loses workers; say whether it has ended."""
        self.out.mkdir(exist_ok=True)
        before = self._acked()
        finished = {hash_ for word, hash_ in before if word == "done"}
        driver = forked(lambda: _drive(self.chosen, self.out))
        done = self._ended(driver) if self.rng.random() < 0.5 else self._killed(driver)
        again = [hash_ for word, hash_ in self._acked()[len(before) :] if word == "started"]
        self.flaws += [f"{hash_} was executed again" for hash_ in again if hash_ in finished]
        self.seen["runs begun"] += len(again)
        self._look()
        if done and (missing := self._missing()):
            self.flaws.append(f"a driver ended though {missing} runs are missing")
        return done

    def _ended(self, driver: int) -> bool:
        """Kill workers of a driver, and demand that it ends."""
        before = self.seen["kills"]
        for _ in range(self.rng.randint(1, MOST)):
            self._pause(self.window_s)
            self._kill_worker(children(driver))
            self._look()
        done = ended(driver)
        if self.seen["kills"] > before:
            self.seen["drivers that ended after workers were killed"] += done
        if not done:
            self.flaws.append("a driver failed or did not end after workers were killed")
        return done

    def _killed(self, driver: int) -> bool:
        """Kill a driver, some at once after one of their workers; say whether it had ended well by then."""
        self._pause(self.window_s)
        workers = children(driver)
        if self.rng.random() < BOTH:
            self._kill_worker(workers)
            self._pause(AT_ONCE_S)
        os.kill(driver, signal.SIGKILL)
        _, status = os.waitpid(driver, 0)
        if os.WIFSIGNALED(status):
            self.seen["kills"] += 1
            self.seen["kills of the driver"] += 1
            self.orphans |= workers
            return False
        if status:
            self.flaws.append("a driver failed")
        return status == 0

    def _kill_worker(self, workers: set[tuple[int, str]]) -> None:
        if workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.rng.choice(sorted(workers))[0], signal.SIGKILL)
                self.seen["kills"] += 1
                self.seen["kills of a worker"] += 1

    def _pause(self, longest_s: float) -> None:
        time.sleep(self.rng.uniform(0.0, longest_s))

    def check_orphans(self) -> None:
        """Demand that the workers of drivers that were killed end by themselves."""
        until = time.monotonic() + PATIENCE_S
        while (left := {one for one in self.orphans if _born(one[0]) == one[1]}) and time.monotonic() < until:
            time.sleep(0.02)
        self.seen["workers that ended without their driver"] += len(self.orphans - left)
        self.flaws += [f"worker {process} did not end without its driver" for process, _ in left]

    def _acked(self) -> list[tuple[str, str]]:
        return entries(self.out / "acked")

    def _missing(self) -> int:
        done = {hash_ for word, hash_ in self._acked() if word in ("done", "stored")}
        return sum(point.hash not in done for point in self.chosen)

    def _look(self) -> None:
        """Look for what is partial, and for runs that were said to be done and are not there."""
        self.seen["looks at the store"] += 1
        self.flaws += partial(self.out)
        there = {path.name.rpartition("-")[2] for path in self.out.iterdir()}
        acked = {hash_ for word, hash_ in self._acked() if word == "done"}
        self.flaws += [
            f"{hash_} was said to be done and is lost" for hash_ in acked if hash_[:12] not in there
        ]


def children(process: int) -> set[tuple[int, str]]:
    """Return the children of a process, with when they were born: numbers are given again."""
    found: set[tuple[int, str]] = set()
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            children = map(int, (task / "children").read_text().split())
            found |= {(child, born) for child in children if (born := _born(child))}
    return found


def _born(process: int) -> str:
    """Return when a process was born, or nothing if it has ended."""
    with contextlib.suppress(OSError):
        state, *rest = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return "" if state == "Z" else rest[18]
    return ""
