"""What a sweep tells of its runs while it is on its way."""

from __future__ import annotations

from typing import Literal

import attrs

from neurogate.config.sweep import Point
from neurogate.errors import Outcome
from neurogate.runs.together import Ended

__all__ = ["Event"]


@attrs.frozen
class Event:
    """Something that happened to a run.

    Parameters
    ----------
    kind : "stored", "started", "elsewhere", "again" or "ended"
        It was there already; a worker has it; another driver has it; its worker died; it ended.
    point : Point
    ended : Ended or None
        How, if it ended.
    stored : Outcome or None
        How it had ended, if it was there already.
    """

    kind: Literal["stored", "started", "elsewhere", "again", "ended"]
    point: Point
    ended: Ended | None = None
    stored: Outcome | None = None
