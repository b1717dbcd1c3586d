"""`neurogate gc`: remove what killed processes left beside the runs."""

from __future__ import annotations

import sys
from pathlib import Path

from neurogate.cli.options import Switch

__all__ = ["gc"]


def gc(
    *,
    out: Path = Path("runs"),
    dry_run: Switch = False,
) -> int:
    """Remove temporary leftovers: unfinished folders, old leases, checkpoints of runs that are done.

    What somebody may still be at work on stays, and so do finished runs,
    checkpoints that a command would continue from, and the quarantine.

    Try:
      neurogate gc --dry-run
      neurogate gc

    Parameters
    ----------
    out
        The folder that holds run folders.
    dry_run
        Only say what would be removed.
    """
    from neurogate.runs import leftovers

    freed = leftovers.gc(out, lambda line: sys.stdout.write(line + "\n"), dry_run=dry_run)
    verb = "would be removed" if dry_run else "removed"
    sys.stdout.write(f"{freed.things} leftovers {verb}, {leftovers.bytes_text(freed.size)}.\n")
    return 1 if freed.refused else 0
