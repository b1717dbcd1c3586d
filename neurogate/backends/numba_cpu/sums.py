"""Sums over neurons in the stated order (see `numpy_reference.sums`), vectorised over the 16 lanes."""

from __future__ import annotations

from typing import Any

from ..layout import LANES
from .compiling import kernel

__all__ = ["fold", "lane_dot"]


@kernel
def fold(lanes: Any) -> Any:
    """Fold the 16 partial sums in a tree; `lanes` is used up."""
    width = LANES // 2
    while width > 0:
        for i in range(width):
            lanes[i] = lanes[i] + lanes[i + width]
        width //= 2
    return lanes[0]


@kernel
def lane_dot(x: Any, y: Any, lanes: Any) -> Any:
    """Dot product of two vectors; `lanes` is scratch of 16 numbers."""
    blocks = x.shape[0] // LANES
    whole = blocks * LANES
    x2, y2 = x[:whole].reshape((blocks, LANES)), y[:whole].reshape((blocks, LANES))
    for i in range(LANES):
        lanes[i] = 0
    for block in range(blocks):
        for i in range(LANES):
            lanes[i] += x2[block, i] * y2[block, i]
    x1, y1 = x[whole:], y[whole:]
    for i in range(x1.shape[0]):
        lanes[i] += x1[i] * y1[i]
    return fold(lanes)
