"""R2 for the folder of a sweep: each of its files is harmed, and the folder as a whole.

What names the runs is a promise: the sweep's command refuses to go on from it, `verify` sets it aside, and
then the command writes it anew. The table, the report and the logs of what failed are made of the runs: the
command just makes them anew. Either way no stored run is executed again, and the store is what it was.
"""

from __future__ import annotations

import contextlib
import io
import random
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from neurogate import config
from neurogate.cli import main
from neurogate.runs import pool, worker
from neurogate.runs.sweep_folder import open_folder
from neurogate.runs.together import Ended
from neurogate.runs.upkeep import QUARANTINE, verify
from tests.reliability.command import TINY
from tests.reliability.tiny import Tell, inline, tiny
from tests.runs.damaging import HARMS, harm
from tests.runs.made import snapshot

SWEEP = (*TINY, "--grid", "reservoir.gain=0.5,1.5", "--seeds", "3", "--jobs", "1")
UNLUCKY = 3
"""The seed whose runs fail whenever they are tried."""
NAMING = (".", "sweep.json", "manifest.json")
WHOLE = ("emptied", "another's", "a file")
"""What becomes of the folder: nothing is in it, it holds another sweep, a file is where it was."""


def measure(count: int, folder: Path, tell: Tell) -> dict[str, Any]:
    """Harm the folder of a sweep `count` times, repeat the sweep's command and let `verify` look."""
    rng, seen, flaws, out = random.Random(1), Counter[str](), list[str](), folder / "runs"
    other = open_folder(tiny(2), "what_when", folder / "elsewhere", "neurogate sweep", {})
    with _unlucky():
        if (told := _sweep(out))[0] != 3:
            return {"flaws": [f"the sweep ended with {told}"]}
        (swept,) = out.glob("*-sweep-*")
        whole = _visible(out)
        files = sorted(path.relative_to(swept).as_posix() for path in swept.rglob("*") if path.is_file())
        harms = [*((name, how) for name in files for how in HARMS), *((".", how) for how in WHOLE)]
        rng.shuffle(harms)
        for number in range(count):
            name, how = harms[number % len(harms)]
            _harm(swept, name, how, other, rng)
            seen["harmed"] += 1
            seen[f"harmed {_kind(name)}"] += 1
            found = _repeated(out, swept, seen, names_runs=name in NAMING)
            found += [] if _visible(out) == whole else ["the store is not what it was"]
            flaws += [f"{name}, {how}: {flaw}" for flaw in found]
            tell(f"{number + 1} of {count} harms, {len(flaws)} flaws")
    return {**seen, "flaws": flaws}


def _kind(name: str) -> str:
    if name.startswith("failed/"):
        return "logs of what failed"
    return "the folder itself" if name == "." else name


def _harm(swept: Path, name: str, how: str, other: Path, rng: random.Random) -> None:
    if how not in WHOLE:
        harm(swept / name, how, rng)
        return
    shutil.rmtree(swept)
    if how == "a file":
        swept.write_text("x")
    elif how == "emptied":
        swept.mkdir()
    else:
        shutil.copytree(other, swept)


def _repeated(out: Path, swept: Path, seen: Counter[str], *, names_runs: bool) -> list[str]:
    """Say what of the sweep's command and of `verify` is not as it should be."""
    flaws, lines = [], list[str]()
    if names_runs:
        code, said = _sweep(out)
        in_a_sentence = (
            code == 2 and said.count("\n") == 1 and f"{swept}" in said and "`neurogate verify" in said
        )
        seen["refused in a sentence"] += in_a_sentence
        flaws += [] if in_a_sentence else [f"the sweep ended with {code}: {said}"]
    checked = verify(out, lines.append)
    if (checked.problems, checked.missing) != (int(names_runs), 0):
        flaws.append(f"verify says {lines}")
    seen["set aside by verify"] += checked.problems
    shutil.rmtree(out / QUARANTINE, ignore_errors=True)
    code, said = _sweep(out)
    seen["made anew by the same command"] += code == 3
    return flaws + ([] if code == 3 else [f"the sweep ended with {code}: {said}"])


def _sweep(out: Path) -> tuple[int, str]:
    """Call the sweep's command in this process; return its exit code and what it says."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        return main([*SWEEP, "--out", str(out)]), said.getvalue()


def _visible(out: Path) -> dict[str, bytes]:
    return {name: content for name, content in snapshot(out).items() if name[0] != "."}


@contextlib.contextmanager
def _unlucky() -> Iterator[None]:
    """Let runs work in this process, and fail if they have a certain seed."""
    together = worker.run_together

    def run(some: Sequence[config.AnySimulation], out: Path, **how: Any) -> Iterator[Ended]:
        if any(one.run.seed == UNLUCKY for one in some):
            raise ValueError("no luck")
        return together(some, out, **how)

    with mock.patch.object(pool, "local", inline), mock.patch.object(worker, "run_together", run):
        yield
