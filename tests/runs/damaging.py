"""Damage stored runs again and again, and print what `verify` made of it.

One file of one run is flipped in a bit, overwritten, cut or deleted; all other runs stay clean.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
from collections import Counter
from pathlib import Path

from neurogate.config.sweep import Sweep, points
from neurogate.runs.sweep_folder import open_folder
from neurogate.runs.upkeep import QUARANTINE, verify
from tests.runs.made import make, snapshot

HARMS = ("flip", "overwrite", "cut", "delete")


def store_of(out: Path, runs: int) -> list[Path]:
    """Make a store of runs and one sweep."""
    chosen = points(Sweep(seeds=runs), {"name": "made"})
    folders = [make(out, seed=seed) for seed in range(1, runs + 1)]
    open_folder(chosen, "made", out, "neurogate sweep made", {})
    return folders


def harm(path: Path, how: str, rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    place = rng.randrange(len(content)) if content else 0
    if how == "delete":
        path.unlink()
        return
    if how == "cut" and content:
        del content[place:]
    elif how == "flip" and content:
        content[place] ^= 1 << rng.randrange(8)
    else:
        content[place : place + 4] = bytes(byte ^ 0xFF for byte in content[place : place + 4]) or b"\0"
    path.write_bytes(content)


def main(out: Path, harms: int, runs: int = 12) -> dict[str, object]:
    folders, rng, seen = store_of(out, runs), random.Random(1), Counter[str]()
    whole = snapshot(out)
    for number in range(harms):
        folder = rng.choice(folders)
        path = rng.choice(sorted(inner for inner in folder.rglob("*") if inner.is_file()))
        harm(path, HARMS[number % len(HARMS)], rng)
        lines: list[str] = []
        checked = verify(out, lines.append)
        moved = [place.name[: len(folder.name)] for place in (out / QUARANTINE).iterdir()]
        seen["harms"] += 1
        seen["detected"] += any(line.startswith(f"{folder} is damaged: ") for line in lines)
        seen["set aside"] += moved == [folder.name] and not folder.exists()
        seen["clean folders"] += checked.runs + checked.sweeps - 1
        seen["false alarms"] += checked.problems - 1
        shutil.rmtree(out / QUARANTINE)
        make(out, seed=folders.index(folder) + 1)
        seen["not the same when made anew"] += snapshot(out) != whole
    return dict(seen)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))) + "\n")
