"""R1: the driver of a sweep or one of its workers is killed at random moments, a thousand times."""

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
from tests.reliability.tiny import Tell, diary, ended, entries, forked, forking, partial, run, tiny, unlike

SEEDS = 16
LONGEST_S = 1.2


def measure(count: int, folder: Path, tell: Tell) -> dict[str, Any]:
    """Kill and continue until `count` kills are done; each store is then completed and compared."""
    chosen, rng, seen = tiny(SEEDS), random.Random(1), Counter[str]()
    flaws: list[str] = []
    run(chosen, folder / "whole", batch=4)
    while seen["kills"] < count:
        store = _Store(folder / "killed", chosen, rng, seen, flaws)
        while not store.continued(count):
            tell(f"{seen['kills']} of {count} kills, {len(flaws)} flaws")
        flaws += unlike(store.out, folder / "whole", chosen)
        seen["stores completed and compared"] += 1
        seen["runs completed and compared"] += len(chosen)
        problems = verify(store.out, flaws.append).problems
        seen["problems that verify finds at the end"] += problems
        shutil.rmtree(store.out)
    return {**seen, "flaws": flaws}


@attrs.define
class _Store:
    out: Path
    chosen: tuple[Point, ...]
    rng: random.Random
    seen: Counter[str]
    flaws: list[str]

    @property
    def acked(self) -> Path:
        return self.out / "acked"

    def continued(self, count: int) -> bool:
        """Continue the sweep in a driver until that is killed, or done; say whether it is done."""
        self.out.mkdir(exist_ok=True)
        finished = {hash_ for word, hash_ in entries(self.acked) if word == "done"}
        lines = len(entries(self.acked))
        driver, lives = forked(self._drive), True
        while lives and self.seen["kills"] < count:
            time.sleep(self.rng.uniform(0.0, LONGEST_S))
            lives = self._kill(driver)
        done = ended(driver) if lives else False
        if lives and not done:
            self.flaws.append("a driver failed or did not end")
        again = [hash_ for word, hash_ in entries(self.acked)[lines:] if word == "started"]
        self.flaws += [f"{hash_} was executed again" for hash_ in again if hash_ in finished]
        self.seen["runs begun"] += len(again)
        self._look()
        return done or not self.missing()

    def _drive(self) -> None:
        with diary(self.acked) as note:
            run(self.chosen, self.out, forking, note, jobs=2, batch=4, retries=10**6)

    def _kill(self, driver: int) -> bool:
        """Kill the driver or a worker; say whether the driver is still at work."""
        gone, status = os.waitpid(driver, os.WNOHANG)
        if gone:
            self.flaws += ["a driver failed"] if status else []
            return False
        workers = _children(driver)
        if workers and self.rng.random() < 0.5:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.rng.choice(workers), signal.SIGKILL)
                self.seen["kills"] += 1
                self.seen["kills of a worker"] += 1
            self._look()
            return True
        os.kill(driver, signal.SIGKILL)
        if os.WIFSIGNALED(os.waitpid(driver, 0)[1]):
            self.seen["kills"] += 1
            self.seen["kills of the driver"] += 1
        return False

    def missing(self) -> list[str]:
        done = {hash_ for word, hash_ in entries(self.acked) if word in ("done", "stored")}
        return [point.hash for point in self.chosen if point.hash not in done]

    def _look(self) -> None:
        """Look for what is partial, and for runs that were said to be done and are not there."""
        self.seen["looks at the store"] += 1
        self.flaws += partial(self.out)
        there = {path.name.rpartition("-")[2] for path in self.out.iterdir()}
        acked = {hash_ for word, hash_ in entries(self.acked) if word == "done"}
        self.flaws += [
            f"{hash_} was said to be done and is lost" for hash_ in acked if hash_[:12] not in there
        ]


def _children(process: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found
