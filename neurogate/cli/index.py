"""`neurogate index`: the index of stored runs."""

from __future__ import annotations

import sys
from pathlib import Path

from cyclopts import App

__all__ = ["app", "rebuild"]

app = App(name="index", help="Make the index of stored runs anew.", help_format="plaintext")


@app.command
def rebuild(*, out: Path = Path("runs")) -> int:
    """Make the index of stored runs anew from their folders.

    It keeps itself equal to the folders; this is for when you doubt it.

    Try:
      neurogate index rebuild
      neurogate index rebuild --out results

    Parameters
    ----------
    out
        The folder that holds run folders.
    """
    from neurogate.cli.progress import messages
    from neurogate.runs.index import Index

    with messages():
        index = Index(out)
        count = index.rebuild()
    sys.stdout.write(f"{index.path} is made anew from {count} run{'s' if count != 1 else ''}.\n")
    return 0
