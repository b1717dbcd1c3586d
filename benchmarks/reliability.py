"""How reliable neurogate is: each figure is the number of times that something was tried, and what was found.

Writes benchmarks/results/reliability.json, in which each figure replaces what it was before:

    python -m benchmarks.reliability
    python -m benchmarks.reliability --only R1 --count 50

The longest is written after each portion, as so many tries of all that are asked for; if it is cut off, the
same command goes on from there. A number after R is that figure of the project's promises; what is not
on it has a word. What is tried lives in tests/reliability/, where the tests try a little of it.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

RESULTS = Path(__file__).parent / "results" / "reliability.json"


class Figure(NamedTuple):
    """A figure, the module that measures it, how often the thing is tried, and how often at once.

    What is found in portions is numbers and lists that add up.
    """

    promise: str
    module: str
    times: int
    portion: int | None = None


FIGURES = {
    "R1": Figure("killed at random moments, no finished run is lost, none seen in part", "killing", 1000, 50),
    "R2": Figure("every damaged file is found, and exactly those runs are executed again", "damaging", 1000),
    "R2-sweep": Figure("damage to the folder of a sweep is told, or undone at once", "damaging_sweeps", 270),
    "R3": Figure("a disk that refuses costs a sentence and nothing that is stored", "refusing", 600),
    "R4": Figure("what diverges is found within 100 steps, and nothing beside it changes", "diverging", 1000),
    "R5": Figure("no configuration ends in anything but a simulation or sentences", "fuzzing", 10000),
    "R6": Figure("threads, workers, batches, order and interruptions change no bit", "comparing", 500),
    "R11": Figure("two drivers execute each run of a sweep once", "contending", 50),
    "R11-takeover": Figure("what a dead or hung driver was at is soon another's", "taking_over", 12),
    "R12": Figure("a driver does not grow, and the index is what the folders say", "enduring", 10000),
    "resuming": Figure("a sweep that is killed twice goes on, and is the sweep that was not", "resuming", 20),
}


def main() -> int:
    """Measure, print and store; the exit code is 1 if a promise was broken."""
    options = _options()
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "8" if options.only == ["R6"] else "1")
    from neurogate.bench.machine import machine, write

    rows = {row["figure"]: row for row in _earlier(options.results)}
    for name in options.only or FIGURES:
        count = options.count or max(1, round(options.scale * FIGURES[name].times))
        for row in _measured(name, count, rows.get(name, {}), options.folder):
            rows[name] = row
            _tell(json.dumps(row, indent=1))
            ordered = [rows[known] for known in FIGURES if known in rows]
            write(options.results, machine(shlex.join(["python", "-m", "benchmarks.reliability"])), ordered)
    return int(any(rows[name]["flaws"] for name in options.only or FIGURES))


def _measured(name: str, count: int, before: dict[str, Any], where: Path | None) -> Iterator[dict[str, Any]]:
    """Measure a figure, from where it was cut off; give its row after each portion."""
    figure, goes_on = FIGURES[name], before.get("of") == count
    measure = importlib.import_module(f"tests.reliability.{figure.module}").measure
    done, seconds, found = (before["count"], before["seconds"], before["found"]) if goes_on else (0, 0, {})
    while done < count:
        portion, began = min(figure.portion or count, count - done), time.monotonic()
        seed = (done,) if figure.portion else ()
        with tempfile.TemporaryDirectory(dir=where) as folder:
            news = measure(portion, Path(folder).resolve(), lambda line: _tell(f"{name}: {line}"), *seed)
        done, seconds = done + portion, seconds + round(time.monotonic() - began)
        found = found | {key: found[key] + value if key in found else value for key, value in news.items()}
        about = {"figure": name, "promise": figure.promise, "count": done, "flaws": len(found["flaws"])}
        about |= {"of": count} if done < count else {}
        yield about | {"seconds": seconds, "found": found}


def _earlier(path: Path) -> Iterator[dict[str, Any]]:
    with contextlib.suppress(FileNotFoundError):
        yield from json.loads(path.read_text("utf-8"))["rows"]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how reliable neurogate is.")
    parser.add_argument("--only", nargs="+", choices=FIGURES, help="these figures, not all of them")
    parser.add_argument("--count", type=int, help="how often each is tried")
    parser.add_argument("--scale", type=float, default=1.0, help="the share of the full counts")
    parser.add_argument("--folder", type=Path, help="where stores are made and removed")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file that is written")
    return parser.parse_args()


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
