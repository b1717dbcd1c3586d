"""`neurogate verify`: compare stored runs with what was written, and set aside what is broken."""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["verify"]


def verify(*, out: Path = Path("runs")) -> int:
    """Check every file of every stored run and sweep, and set aside what is broken.

    A broken folder moves to <out>/.quarantine; the next run or sweep makes
    exactly it anew. Nothing is deleted. The exit code is 1 if anything was
    wrong.

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
    if found.problems:
        verb = "is" if found.problems == 1 else "are"
        tell(f"Of {kinds}, {found.problems} {verb} not as written; {whole} are.")
        return 1
    tell(f"{kinds} are as they were written.")
    return 0


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
