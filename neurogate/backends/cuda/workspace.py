"""The working memory of one replica: what lies where, and whether it fits into a block's shared memory."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from ..layout import STATE_ROWS
from .packing import MOST_THREADS

__all__ = ["Workspace"]


@attrs.frozen
class Workspace:
    """Where each part begins, in bytes.

    Parameters
    ----------
    at : dict
        Beginning of each part.
    size : int
        Bytes of all parts.
    in_shared : bool
        Whether they lie in shared memory, the state's values among them.
    itemsize : int
        Bytes of a number.
    """

    at: dict[str, int]
    size: int
    in_shared: bool
    itemsize: int

    @classmethod
    def plan(
        cls,
        n: int,
        readouts: int,
        dtype: Any,
        shared_bytes: int,
        *,
        least_squares: bool = False,
        noisy: bool = False,
        external: bool = False,
    ) -> Workspace:
        """Lay out the parts for `n` neurons on a device with so much shared memory.

        Examples
        --------
        >>> Workspace.plan(1000, 1, "float32", 100_000).in_shared
        True
        >>> Workspace.plan(5000, 1, "float32", 100_000).in_shared
        False
        """
        item, column = np.dtype(dtype).itemsize, n if least_squares else 0
        marks, words = 3 * (-(-n // 32) + 1), 16 * -(-n // 4)
        parts = {"feedback": readouts * item, "results": item, "c": column * item, "scaled": column * item}
        parts |= {"fired": 4 * marks, "verdict": 4, "noise": words * noisy, "events": words * external}
        all_parts = parts | {"values": len(STATE_ROWS) * n * item}
        at, total = _places(all_parts)
        fits = total + MOST_THREADS * item <= shared_bytes
        return cls(at, total if fits else at["values"], fits, item)

    def numbers(self) -> dict[str, int | float]:
        """Name what the kernel is told of it."""
        places = {f"at_{name}": place for name, place in self.at.items()}
        return {**places, "space_bytes": self.size, "in_shared": int(self.in_shared)}


def _places(parts: dict[str, int]) -> tuple[dict[str, int], int]:
    """Return where each part begins, at multiples of 8 bytes, and the bytes of all."""
    at, total = {}, 0
    for name, size in parts.items():
        at[name] = total
        total += -(-size // 8) * 8
    return at, total
