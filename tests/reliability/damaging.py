"""R2: files of stored runs are flipped, overwritten, cut or deleted, a thousand of them."""

from __future__ import annotations

import random
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from neurogate.config.sweep import Point
from neurogate.errors import RequestError
from neurogate.runs import store
from neurogate.runs.sweep import Event
from neurogate.runs.upkeep import QUARANTINE, verify
from tests.reliability.tiny import Tell, run, tiny, unlike
from tests.runs.damaging import HARMS, harm

SEEDS = 40
AT_ONCE = 50
NEVER_S = 1e6
CLEAN_READS = 10
"""For each file that is damaged."""


def measure(count: int, folder: Path, tell: Tell) -> dict[str, Any]:
    """Damage `count` files of as many runs, let `verify` find them, and repeat the sweep."""
    chosen, rng, seen = tiny(SEEDS), random.Random(1), Counter[str]()
    out, flaws = folder / "damaged", list[str]()
    run(chosen, out, checkpoint_every_s=NEVER_S)
    shutil.copytree(out, folder / "whole")
    while seen["damaged"] < count:
        few = rng.sample(chosen, min(AT_ONCE, count - seen["damaged"]))
        _damage(out, few, rng, seen)
        flaws += _found(out, few, len(chosen), seen)
        flaws += _redone(out, chosen, few, seen)
        flaws += unlike(out, folder / "whole", chosen)
        tell(f"{seen['damaged']} of {count} files damaged, {len(flaws)} flaws")
    flaws += _alarms(out, chosen, CLEAN_READS * count, seen)
    return {**seen, "flaws": flaws}


def _damage(out: Path, few: list[Point], rng: random.Random, seen: Counter[str]) -> None:
    for point in few:
        inside = store.folder_of(point.simulation, out).rglob("*")
        path = rng.choice(sorted(path for path in inside if path.is_file()))
        how = HARMS[seen["damaged"] % len(HARMS)]
        harm(path, how, rng)
        seen["damaged"] += 1
        seen[f"damaged by {how}"] += 1
        seen[f"damaged {path.name}"] += 1


def _found(out: Path, few: list[Point], runs: int, seen: Counter[str]) -> list[str]:
    """Let `verify` look; say what it overlooked and what it accused wrongly."""
    lines: list[str] = []
    checked = verify(out, lines.append)
    found = {match[1] for line in lines if (match := re.search(r"-([0-9a-f]{12}) is damaged: ", line))}
    moved = {path.name.split("-")[1] for path in (out / QUARANTINE).iterdir()}
    there = {path.name.rpartition("-")[2] for path in out.iterdir()}
    harmed = {point.hash[:12] for point in few}
    seen["detected"] += len(harmed & found)
    seen["set aside"] += len(harmed & moved - there)
    seen["clean folders checked"] += checked.runs + checked.sweeps - len(few)
    shutil.rmtree(out / QUARANTINE)
    flaws = [f"{one} was overlooked" for one in sorted(harmed - found)]
    flaws += [f"{one} was set aside and is whole" for one in sorted((found | moved) - harmed)]
    return flaws + ([] if checked.runs == runs else [f"{checked.runs} runs were checked, there are {runs}"])


def _redone(out: Path, chosen: tuple[Point, ...], few: list[Point], seen: Counter[str]) -> list[str]:
    """Repeat the sweep; say which runs were executed that were whole, and which were not though damaged."""
    events: list[Event] = []
    run(chosen, out, tell=events.append, checkpoint_every_s=NEVER_S)
    started = {event.point.hash for event in events if event.kind == "started"}
    ended = {event.point.hash for event in events if event.ended and not event.ended.message}
    harmed = {point.hash for point in few}
    seen["executed again"] += len(started)
    return [f"{one} was executed or kept wrongly" for one in sorted((started ^ harmed) | (ended ^ harmed))]


def _alarms(out: Path, chosen: tuple[Point, ...], reads: int, seen: Counter[str]) -> list[str]:
    flaws = []
    for number in range(reads):
        try:
            store.load(store.folder_of(chosen[number % len(chosen)].simulation, out))
        except RequestError as error:
            flaws.append(f"a whole run was refused: {error}")
        seen["clean reads"] += 1
    return flaws
