"""The steps of a gated recurrent unit, compiled; defined in `neurogate.attention.operators.gru`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .compiling import in_shares, kernel, part
from .tanh import tanh

__all__ = ["recurrent"]

Array = npt.NDArray[Any]

_TOGETHER = 4  # examples, and rows of the matrix, for which `_add_product` is written out


def recurrent(
    given: Array, weight: Array, bias: Array, h: Array, threads: int | None = None
) -> tuple[Array, Array]:
    """Take the steps of a gated recurrent unit, from what its inputs give to the gates.

    Neither threads nor which examples are beside it change the bits of one.

    Parameters
    ----------
    given : (B, T, 3 H)
        W x and its bias, of r, z and n; all is computed in its number type.
    weight, bias : (3 H, H) and (3 H,)
        U and its bias.
    h : (B, H)
        Before the first step.
    threads : int, optional
        As many as Numba would take if left out.

    Returns
    -------
    states : (T + 1, B, H)
        That before the first step, and that after each.
    gates : (4, T, B, H)
        r, z, n and what r multiplies.

    Examples
    --------
    >>> x = np.array([[[0.0, 0.0, 9.0]] * 3])
    >>> recurrent(x, np.zeros((3, 1)), np.zeros(3), np.zeros((1, 1)))[0].round(4).ravel().tolist()
    [0.0, 0.5, 0.75, 0.875]
    """
    (batch, steps, rows), width, dtype = given.shape, h.shape[1], given.dtype
    states, gates = np.empty((steps + 1, batch, width), dtype), np.empty((4, steps, batch, width), dtype)
    states[0] = h
    given, bias = np.ascontiguousarray(given), bias.astype(dtype)
    matrix = np.zeros((-(-width // _TOGETHER) * _TOGETHER, rows), dtype)
    matrix[:width] = weight.T

    def work(first: int, last: int) -> None:
        before, inner = np.zeros((_TOGETHER, len(matrix)), dtype), np.empty((_TOGETHER, rows), dtype)
        for block in range(first, last):
            _ahead(block * _TOGETHER, given, matrix, bias, states, gates, before, inner)

    in_shares(work, -(-batch // _TOGETHER), threads)
    return states, gates


@part
def _add_product(a: Any, matrix: Any, bias: Any, found: Any) -> None:
    """Add products of four rows, whose length is a multiple of four, with the matrix to a bias."""
    for b in range(_TOGETHER):
        found[b] = bias
    for k in range(0, a.shape[1], _TOGETHER):
        for j in range(matrix.shape[1]):
            m, n, o, p = matrix[k, j], matrix[k + 1, j], matrix[k + 2, j], matrix[k + 3, j]
            found[0, j] += a[0, k] * m + a[0, k + 1] * n + a[0, k + 2] * o + a[0, k + 3] * p
            found[1, j] += a[1, k] * m + a[1, k + 1] * n + a[1, k + 2] * o + a[1, k + 3] * p
            found[2, j] += a[2, k] * m + a[2, k + 1] * n + a[2, k + 2] * o + a[2, k + 3] * p
            found[3, j] += a[3, k] * m + a[3, k + 1] * n + a[3, k + 2] * o + a[3, k + 3] * p


@part
def _move(x: Any, inner: Any, before: Any, after: Any, r: Any, z: Any, n: Any, u: Any) -> None:
    """Do a step of one example; a sigmoid is half the hyperbolic tangent of the half, and a half."""
    width, half = len(before), x.dtype.type(0.5)
    for j in range(width):
        r[j], z[j] = half * (x[j] + inner[j]), half * (x[width + j] + inner[width + j])
    tanh(r)
    tanh(z)
    for j in range(width):
        r[j], z[j], u[j] = half + half * r[j], half + half * z[j], inner[2 * width + j]
        n[j] = x[2 * width + j] + r[j] * u[j]
    tanh(n)
    for j in range(width):
        after[j] = n[j] + z[j] * (before[j] - n[j])


@kernel
def _ahead(
    first: int, given: Any, matrix: Any, bias: Any, states: Any, gates: Any, before: Any, inner: Any
) -> None:
    width, last = states.shape[2], min(first + before.shape[0], given.shape[0])
    for t in range(given.shape[1]):
        before[: last - first, :width] = states[t, first:last]
        _add_product(before, matrix, bias, inner)
        for b in range(first, last):
            _move(
                given[b, t], inner[b - first], states[t, b], states[t + 1, b],
                gates[0, t, b], gates[1, t, b], gates[2, t, b], gates[3, t, b],
            )  # fmt: skip
