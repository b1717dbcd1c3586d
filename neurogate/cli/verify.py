"""`neurogate verify`: compare stored runs with what was written, and set aside what is broken."""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["verify"]


def verify(*, out: Path = Path("runs")) -> int:
    """Check every file of every stored run and sweep, and set aside what is broken.

    A broken folder moves to <out>/.quarantine; the next run or sweep makes
    exactly it anew. Nothing is deleted. The exit code is 1 if anything was
    wrong, or runs that a sweep had stored are not there. What was added to a
    run, and what a newer version wrote, is told and no fault.

    Try:
      neurogate verify
      neurogate verify --out results

    Parameters
    ----------
    out
        The folder that holds run folders.
    """
    from neurogate.runs import upkeep

    def tell(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    found = upkeep.verify(out, tell)
    whole = found.runs + found.sweeps - found.problems
    kinds = f"{found.runs} {_plural('run', found.runs)} and {found.sweeps} {_plural('sweep', found.sweeps)}"
    missing = ""
    if found.missing:
        missing = f" {found.missing} {_plural('run', found.missing)} more {_verb(found.missing)} missing."
    if found.problems:
        tell(f"Of {kinds}, {found.problems} {_verb(found.problems)} not as written; {whole} are.{missing}")
    else:
        tell(f"{kinds} are as they were written.{missing}")
    return 1 if found.problems or found.missing else 0


def _verb(count: int) -> str:
    return "is" if count == 1 else "are"


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
