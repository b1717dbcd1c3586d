"""The counter-based noise of `backends.noise`, compiled: the same bits for the same question."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import overload

from .compiling import part

__all__ = ["add_normals", "fill_bits", "poisson_count"]


@part
def fill_bits(bits: Any, seed: Any, stream: int, step: int) -> None:
    """Fill `bits` (a multiple of 4 long) with the random words of one step."""
    low, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
    m0, m1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
    when = np.uint64(step)
    for block in range(bits.shape[0] // 4):
        a, b = np.uint32(block), np.uint32(when & low)
        c, d = np.uint32(when >> shift), np.uint32(stream)
        x, y = np.uint32(np.uint64(seed) & low), np.uint32(np.uint64(seed) >> shift)
        for _ in range(10):
            left, right = m0 * np.uint64(a), m1 * np.uint64(c)
            a, b = np.uint32(np.uint32(right >> shift) ^ b ^ x), np.uint32(right & low)
            c, d = np.uint32(np.uint32(left >> shift) ^ d ^ y), np.uint32(left & low)
            x, y = np.uint32(x + np.uint32(0x9E3779B9)), np.uint32(y + np.uint32(0xBB67AE85))
        bits[4 * block] = a
        bits[4 * block + 1] = b
        bits[4 * block + 2] = c
        bits[4 * block + 3] = d


def _add_normals_32(current: Any, sd: Any, bits: Any, table: Any) -> None:
    for i in range(current.shape[0]):
        odd = np.int32((bits[i] & np.uint32(0x7FFFFFFF)) | np.uint32(1))
        pattern = np.float32(odd).view(np.uint32)
        piece = np.uint32(np.uint32(pattern >> np.uint32(19)) - np.uint32(127 * 16))
        mantissa = np.uint32((pattern & np.uint32(0x7FFFF)) | np.uint32(0x3F800000))
        y = mantissa.view(np.float32) - np.float32(1)
        x = ((table[0, piece] * y + table[1, piece]) * y + table[2, piece]) * y + table[3, piece]
        # The sign is a bit and no branch, which nobody could predict.
        sign = np.uint32(bits[i] & np.uint32(0x80000000))
        current[i] += sd[i] * np.uint32(np.float32(x).view(np.uint32) ^ sign).view(np.float32)


def _add_normals_64(current: Any, sd: Any, bits: Any, table: Any) -> None:
    for i in range(current.shape[0]):
        odd = np.int32((bits[i] & np.uint32(0x7FFFFFFF)) | np.uint32(1))
        pattern = np.float64(odd).view(np.uint64)
        piece = np.uint64(np.uint64(pattern >> np.uint64(48)) - np.uint64(1023 * 16))
        mantissa = np.uint64((pattern & np.uint64(0xFFFFFFFFFFFF)) | np.uint64(0x3FF0000000000000))
        y = mantissa.view(np.float64) - 1.0
        x = ((table[0, piece] * y + table[1, piece]) * y + table[2, piece]) * y + table[3, piece]
        sign = np.uint64(np.uint64(bits[i] & np.uint32(0x80000000)) << np.uint64(32))
        current[i] += sd[i] * np.uint64(np.float64(x).view(np.uint64) ^ sign).view(np.float64)


def add_normals(current: Any, sd: Any, bits: Any, table: Any) -> None:
    """Add sd times a standard normal number to each current; for compiled code."""
    raise NotImplementedError


@overload(add_normals)
def _add_normals(current: Any, sd: Any, bits: Any, table: Any) -> Any:
    return _add_normals_32 if current.dtype.bitwidth == 32 else _add_normals_64


@part
def poisson_count(bits: Any, mean: float, none: float) -> float:
    """Return the Poisson count that belongs to 32 random bits."""
    u = (np.float64(bits) + 0.5) * 2.0**-32
    term, total, count = none, none, 0.0
    while u > total and count < 100:
        count += 1.0
        term *= mean / count
        total += term
    return count
