"""What a newer neurogate wrote: files say their format, and one that is not known is refused.

Here lives the refusal. Each format is a number beside the code that writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neurogate.errors import RequestError

__all__ = ["Newer", "check_format"]


class Newer(RequestError):
    """A file was written by a neurogate that may know more.

    Examples
    --------
    >>> Newer("runs/a-01/summary.json has format 2. Update neurogate.").exit_code
    2
    """


def check_format(file: Path, whole: Mapping[str, Any], known: int) -> None:
    """Refuse what was written by a neurogate that may know more.

    Parameters
    ----------
    file : pathlib.Path
        That says its format.
    whole : mapping
        The object in it; the first versions of runs did not write their format, which is 1.
    known : int
        The largest format that this neurogate reads.

    Raises
    ------
    Newer

    Examples
    --------
    >>> check_format(Path("runs/a-01/summary.json"), {"outcome": "done"}, 1)
    >>> check_format(Path("runs/a-01/summary.json"), {"format": 2}, 1)
    Traceback (most recent call last):
        ...
    neurogate.runs.formats.Newer: runs/a-01/summary.json has format 2; this neurogate knows format 1. ...
    """
    number = whole.get("format", 1)
    if not isinstance(number, int) or number > known:
        raise Newer(f"{file} has format {number}; this neurogate knows format {known}. Update neurogate.")
