"""R1: the driver of a sweep and its workers are killed at random moments, a thousand times.

The sweep is the program itself. A driver loses some workers; then it is killed too, or must soon end well.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import attrs

from neurogate.cli.sweep_progress import changes_text
from neurogate.config.sweep import Point
from neurogate.runs.store import folder_of
from neurogate.runs.upkeep import verify
from tests.reliability.command import (
    TINY,
    Begun,
    Process,
    alive,
    called,
    last_words,
    told_done,
    under_way,
    unended,
    workers,
)  # fmt: skip
from tests.reliability.tiny import PATIENCE_S, Tell, partial, tiny, unlike, visible

SEEDS = 8
SWEEP = (
    *TINY, "--grid", "reservoir.gain=0.5,1.5", "--seeds", str(SEEDS),
    "--jobs", "2", "--batch", "4", "--checkpoint", "0", "--retries", "1000000",
)  # fmt: skip
LANES = 2
"""Sweeps that are killed side by side: much of one waits for the disk, or for one of its processes."""
MOST = 3
"""Workers that one driver loses, at most."""
SPARED = 0.1
"""The share of drivers that are not killed."""
BOTH = 0.5
"""The share of the others that are killed just after one of their workers."""
AT_ONCE_S = 0.05


def measure(count: int, folder: Path, tell: Tell, done: int = 0) -> dict[str, Any]:
    """Kill and continue until `count` kills are done, after `done`; each store is completed and compared."""
    chosen = tiny(SEEDS)
    shares = [len(range(lane, count, LANES)) for lane in range(LANES)]
    lanes = [_Lane(folder / f"lane-{k}", chosen, random.Random(LANES * done + k), tell) for k in range(LANES)]
    with ThreadPoolExecutor(LANES) as threads:
        list(threads.map(_Lane.kill, lanes, shares))
    seen = Counter[str]()
    for lane in lanes:
        seen.update(lane.seen)
    flaws = [flaw for lane in lanes for flaw in lane.flaws]
    seconds = sum(lane.whole_s for lane in lanes)
    return {**seen, "sweeps undisturbed": LANES, "their seconds": round(seconds, 1), "flaws": flaws}


@attrs.define
class _Lane:
    """Sweeps that are killed one after another, and one that is not."""

    folder: Path
    chosen: tuple[Point, ...]
    rng: random.Random
    tell: Tell
    seen: Counter[str] = attrs.field(factory=Counter)
    flaws: list[str] = attrs.field(factory=list)
    whole_s: float = 0.0

    def kill(self, count: int) -> None:
        whole, began_s = self.folder / "whole", time.monotonic()
        self.folder.mkdir()
        if called(*SWEEP, "--out", str(whole), said=self.folder / "said").wait():
            self.flaws.append("a sweep that nobody disturbed failed")
        self.whole_s = time.monotonic() - began_s
        while self.seen["kills"] < count:
            out = self.folder / f"killed-{self.seen['stores completed and compared']}"
            out.mkdir()
            store = _Store(out, self.chosen, self.rng, self.seen, self.flaws, 1.1 * self.whole_s, Begun(out))
            while not store.continued(spared=self.seen["kills"] >= count):
                self.tell(f"{self.seen['kills']} of {count} kills, {len(self.flaws)} flaws")
            store.complete(whole)
            shutil.rmtree(out)


@attrs.define
class _Store:
    out: Path
    chosen: tuple[Point, ...]
    rng: random.Random
    seen: Counter[str]
    flaws: list[str]
    window_s: float
    taken: Begun
    begun: int = 0
    hand: int = 0
    orphans: set[Process] = attrs.field(factory=set)

    @property
    def said(self) -> Path:
        return self.out.with_suffix(".said")

    def continued(self, *, spared: bool) -> bool:
        """Repeat the command, which nobody disturbs if it is spared; say whether the sweep has ended."""
        before, lines = self._stored(), len(told_done(self.said))
        driver = called(*SWEEP, "--out", str(self.out), said=self.said)
        if not spared:
            self._disturb(driver)
        done = self._ended(driver) if spared or self.rng.random() < SPARED else self._killed(driver)
        again = Counter(self._done()[lines:])
        self.flaws += [f"{run} was executed again" for run in again if run in before or again[run] > 1]
        self._look()
        return done

    def _disturb(self, driver: subprocess.Popen[bytes]) -> None:
        """Kill some workers of a driver, or none."""
        self._pause(self.window_s)
        for _ in range(self.rng.randint(0, MOST)):
            self._kill_worker(driver)
            self._look()
            self._pause(self.window_s / 3)
            if driver.poll() is not None:
                return

    def _ended(self, driver: subprocess.Popen[bytes]) -> bool:
        """Demand that a driver ends, whatever it has lost."""
        try:
            code = driver.wait(PATIENCE_S + self.window_s)
        except subprocess.TimeoutExpired:
            driver.kill()
            code = driver.wait()
        self.seen["drivers that were spared"] += 1
        return self._is_well(code)

    def _killed(self, driver: subprocess.Popen[bytes]) -> bool:
        """Kill a driver, some at once after one of their workers; say whether it had ended well by then."""
        if self.rng.random() < BOTH:
            self._kill_worker(driver, noticed_s=self.rng.uniform(0.0, AT_ONCE_S))
        its = workers(driver.pid)
        driver.kill()
        code = driver.wait()
        if code == -signal.SIGKILL:
            self.seen["kills"] += 1
            self.seen["kills of the driver"] += 1
            self._lost(under_way(self.out, driver.pid))
            self.orphans |= its
            return False
        return self._is_well(code)

    def _is_well(self, code: int) -> bool:
        if code:
            self.flaws.append(f"a driver ended with {code}: {last_words(self.said)}")
        return code == 0

    def _kill_worker(self, driver: subprocess.Popen[bytes], noticed_s: float = PATIENCE_S) -> None:
        """Kill one of the workers, if there are any; what is begun until that is noticed is lost too.

        A driver that has noticed it ends the other workers, unless it ends or is killed before.
        """
        self._newly_begun()
        its, hand = workers(driver.pid), under_way(self.out, driver.pid)
        try:
            os.kill(self.rng.choice(sorted(its))[0], signal.SIGKILL)
        except (IndexError, ProcessLookupError):
            return
        self.seen["kills"] += 1
        self.seen["kills of a worker"] += 1
        until = time.monotonic() + noticed_s
        while alive(its) and driver.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        self._lost(hand | set(self._newly_begun()))

    def _lost(self, hand: set[str]) -> None:
        """Remember the runs that were under way when something was killed."""
        self.hand += len(hand)
        self.seen["kills while runs were under way"] += bool(hand)

    def _pause(self, longest_s: float) -> None:
        time.sleep(self.rng.uniform(0.0, longest_s))

    def _newly_begun(self) -> list[str]:
        names = self.taken.since()
        self.begun += len(names)
        return names

    def complete(self, whole: Path) -> None:
        """Compare a store whose sweep has ended with one that was never disturbed."""
        self._newly_begun()
        self.taken.close()
        self.flaws += unlike(self.out, whole, self.chosen)
        self.flaws += unended(self.out)
        again = self.begun - len(self.chosen)
        if again > self.hand:
            self.flaws.append(f"{again} runs were begun again, but {self.hand} were under way at kills")
        self._check_orphans()
        self.seen["runs begun again"] += again
        self.seen["runs under way at kills"] += self.hand
        self.seen["stores completed and compared"] += 1
        self.seen["runs completed and compared"] += len(self.chosen)
        self.seen["problems that verify finds at the end"] += verify(self.out, self.flaws.append).problems

    def _check_orphans(self) -> None:
        """Demand that the workers of drivers that were killed end by themselves."""
        until = time.monotonic() + PATIENCE_S
        while (left := alive(self.orphans)) and time.monotonic() < until:
            time.sleep(0.02)
        self.seen["workers that ended without their driver"] += len(self.orphans - left)
        self.flaws += [f"worker {process} did not end without its driver" for process, _ in left]

    def _look(self) -> None:
        """Look for what is partial, and for runs that were said to be done and are not there."""
        self.seen["looks at the store"] += 1
        acked = self._done()
        self.flaws += partial(self.out)
        self.flaws += [f"{run} was said to be done and is lost" for run in set(acked) - self._stored()]

    def _stored(self) -> set[str]:
        return {path.name for path in visible(self.out)}

    def _done(self) -> list[str]:
        """Return the names of the runs that the user was told to be done."""
        names = {changes_text(one.changes): folder_of(one.simulation, self.out).name for one in self.chosen}
        return [names[changes] for changes in told_done(self.said)]
