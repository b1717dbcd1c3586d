"""R11: two drivers execute one sweep at once; some are killed or stopped in the middle."""

from __future__ import annotations

import functools
import os
import random
import shutil
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any
from unittest import mock

from neurogate.config.sweep import Point
from neurogate.runs import sweep as driver
from neurogate.runs.lease import Leases, lease_of
from neurogate.runs.upkeep import verify
from tests.reliability.tiny import PATIENCE_S, Tell, diary, ended, entries, forked, partial, run, tiny, unlike

SEEDS = 6
HEARTBEAT_S = 1.0


def measure(count: int, folder: Path, tell: Tell) -> dict[str, Any]:
    """Let two drivers share a sweep, `count` times: both live, one is killed, one is stopped, in turn."""
    chosen, rng, seen = tiny(SEEDS), random.Random(1), Counter[str]()
    flaws: list[str] = []
    beats = [0.0]
    run(chosen, folder / "whole", batch=2)
    for trial in range(count):
        kind = ("both live", "one is killed", "one is stopped")[trial % 3]
        seen["trials"] += 1
        seen[f"trials in which {kind}"] += 1
        found = _shared(folder / "shared", chosen, kind, rng, seen)
        found += unlike(folder / "shared", folder / "whole", chosen)
        found += partial(folder / "shared")
        verify(folder / "shared", found.append)
        flaws += [f"trial {trial} ({kind}): {flaw}" for flaw in found]
        shutil.rmtree(folder / "shared")
        if kind == "one is stopped":
            beats.append(_replaced(folder / f"run-{trial:012x}"))
        tell(f"{trial + 1} of {count} trials, {len(flaws)} flaws")
    slowest = max(beats)
    # The heart may have beaten just before, and looking takes its time.
    flaws += [f"a stopped holder was replaced after {slowest} heartbeats"] if slowest > 2.1 else []
    return {**seen, "heartbeats until a stopped holder is replaced, at most": slowest, "flaws": flaws}


def _shared(
    out: Path, chosen: tuple[Point, ...], kind: str, rng: random.Random, seen: Counter[str]
) -> list[str]:
    out.mkdir()
    diaries = [out / f"diary-{k}" for k in range(2)]
    drivers = [forked(functools.partial(_drive, chosen, out, path, k)) for k, path in enumerate(diaries)]
    if kind != "both live":
        time.sleep(rng.uniform(0.2, 2.0))
        os.kill(drivers[0], signal.SIGKILL if kind == "one is killed" else signal.SIGSTOP)
    flaws = [] if ended(drivers[1]) else ["a driver failed or did not end"]
    if kind == "one is stopped":
        os.kill(drivers[0], signal.SIGCONT)
    if not ended(drivers[0]) and kind != "one is killed":
        flaws.append("a driver failed or did not end")
    mine, theirs = (entries(path) for path in diaries)
    begun, done = (_of(word, mine) + _of(word, theirs) for word in ("started", "done"))
    seen["runs"] += len(chosen)
    seen["runs begun"] += sum(begun.values())
    twice = {hash_ for hash_, times in begun.items() if times > 1}
    # What the first had in hand when it was hurt is all that may be begun twice.
    hand = {hash_ for word, hash_ in mine if word == "started"} if kind != "both live" else set()
    hand -= {hash_ for word, hash_ in mine if word == "done"} if kind == "one is killed" else set()
    if twice and kind != "both live":
        seen["runs taken over"] += len(twice)
    flaws += [f"{hash_} was executed by both" for hash_ in sorted(twice - hand)]
    missing = len(chosen) - len(done)
    # A driver that was killed may have stored a run before it could say so.
    if missing > (0 if kind != "one is killed" else 2):
        flaws.append(f"{missing} runs were executed by nobody")
    return flaws


def _drive(chosen: tuple[Point, ...], out: Path, path: Path, order: int) -> None:
    leases = functools.partial(Leases, HEARTBEAT_S)
    with diary(path) as note, mock.patch.object(driver, "Leases", leases):
        run(chosen if order == 0 else chosen[::-1], out, tell=note, batch=2)


def _replaced(folder: Path) -> float:
    """Return how many heartbeats it takes until the lease of a process that is stopped can be had."""
    holder = forked(lambda: _hold(folder))
    while not lease_of(folder).exists():
        time.sleep(0.001)
    time.sleep(random.uniform(0.0, 2.0) * HEARTBEAT_S)
    os.kill(holder, signal.SIGSTOP)
    began_s = time.monotonic()
    with Leases(HEARTBEAT_S) as leases:
        while not leases.acquire(folder):
            time.sleep(0.005)
        beats = (time.monotonic() - began_s) / HEARTBEAT_S
    os.kill(holder, signal.SIGKILL)
    os.waitpid(holder, 0)
    return beats


def _hold(folder: Path) -> None:
    with Leases(HEARTBEAT_S) as leases:
        leases.acquire(folder)
        time.sleep(PATIENCE_S)


def _of(word: str, lines: list[tuple[str, str]]) -> Counter[str]:
    return Counter(hash_ for said, hash_ in lines if said == word)
