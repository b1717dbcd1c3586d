"""The symmetric matrix of least squares: its lower triangle, downdated and multiplied in one pass.

The definition is `numpy_reference.learning.least_squares_sample`. A few rows are taken together, so that
what they share is loaded once; each sum keeps its order, so the bits do not depend on how many. What one
sample takes away waits for the product of the next: c and what it is scaled by, and, where P grows, what is
taken away after that. To let more samples wait wins nothing if every sum is to keep its order; without that
it wins a tenth to a fifth in float64, nothing in float32, and would make what waits a part of the state.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.cgutils import alloca_once_value, for_range
from numba.extending import intrinsic

from ..layout import LANES
from .compiling import part
from .lanes import Lanes, spread
from .sums import fold, fold_vector

__all__ = ["downdate", "downdate_and_multiply", "downdated"]

_ROWS = 4  # share what they load; more, where they lie a page apart, throw each other out of the cache
_INDEX, _LANE = ir.IntType(64), ir.IntType(32)


@part
def downdate(p: Any, c: Any, scaled: Any, grow: Any) -> None:
    """Subtract scaled c' of the first rows from the lower triangle, let it grow, and subtract the second.

    A `grow` of None is one, and nothing is taken away after it.
    """
    for i in range(p.shape[0]):
        row = p[i, : i + 1]
        for j in range(row.shape[0]):
            row[j] = downdated(row[j], c, scaled, grow, i, j)


@part
def downdated(number: Any, c: Any, scaled: Any, grow: Any, i: int, j: int) -> Any:
    """Return what becomes of the number in row i and column j."""
    less = number - scaled[0, i] * c[0, j]
    return less if grow is None else less * grow - scaled[1, i] * c[1, j]


@part
def downdate_and_multiply(p: Any, c: Any, scaled: Any, grow: Any, x: Any, out: Any) -> None:
    """Downdate the lower triangle, and write its product with x to `out`."""
    n = p.shape[0]
    for i in range(n):
        out[i] = 0
    vectorised = n // LANES * LANES
    for first in range(0, vectorised, _ROWS):
        _rows(p, np.intp(first), c, scaled, grow, x, out)
    sums = np.empty(LANES, p.dtype)
    for i in range(vectorised, n):
        row, xi = p[i], x[i]
        _blocks_of_row(p, np.intp(i), c, scaled, grow, x, out, sums)
        for j in range(vectorised, i):
            row[j] = downdated(row[j], c, scaled, grow, i, j)
            sums[j % LANES] += row[j] * x[j]
            out[j] += row[j] * xi
        row[i] = downdated(row[i], c, scaled, grow, i, i)
        out[i] += fold(sums) + row[i] * xi


def _emit_rows(
    typing_context: Any, p: Any, first: Any, c: Any, scaled: Any, grow: Any, x: Any, out: Any
) -> Any:
    """Emit a few rows from `first` on, which end in one block of columns."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        arrays = _arrays(context, builder, signature, arguments)
        rows = _Rows(builder, arrays, arguments[1], _number(signature.args[4], arguments[4]))
        rows.emit()
        return context.get_dummy_value()

    return types.void(p, types.intp, c, scaled, grow, x, out), emit


def _emit_blocks(
    typing_context: Any, p: Any, row: Any, c: Any, scaled: Any, grow: Any, x: Any, out: Any, sums: Any
) -> Any:
    """Emit the whole blocks of one row, and leave its 16 partial sums in `sums`."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        arrays = _arrays(context, builder, signature, arguments)
        rows = _Rows(builder, arrays, arguments[1], _number(signature.args[4], arguments[4]), 1)
        (total,) = rows.emit_blocks()
        rows.write(total, arrays["sums"].data, ir.Constant(_INDEX, 0))
        return context.get_dummy_value()

    return types.void(p, types.intp, c, scaled, grow, x, out, sums), emit


def _arrays(context: Any, builder: Any, signature: Any, arguments: Any) -> dict[str, Any]:
    return {
        name: context.make_array(kind)(context, builder, argument)
        for name, kind, argument in zip(_NAMES, signature.args, arguments, strict=False)
        if isinstance(kind, types.Array)
    }


def _number(kind: Any, value: Any) -> Any:
    return None if kind is types.none else value


_NAMES = ("p", "first", "c", "scaled", "grow", "x", "out", "sums")
_rows: Any = intrinsic(_emit_rows)
_blocks_of_row: Any = intrinsic(_emit_blocks)


class _Rows:
    """The code of a few rows while it is emitted."""

    def __init__(self, builder: Any, arrays: Any, first: Any, grow: Any, count: int = _ROWS) -> None:
        self.builder, self.first = builder, first
        self.data = {name: array.data for name, array in arrays.items()}
        self.real = self.data["p"].type.pointee
        self.item_bytes = 4 if isinstance(self.real, ir.FloatType) else 8
        self.vector = ir.VectorType(self.real, LANES)
        self.grow = None if grow is None else self._all(grow)
        self.places = [builder.add(first, ir.Constant(_INDEX, q)) for q in range(count)]
        self.width = builder.extract_value(arrays["p"].shape, 0)
        self.rows = [builder.gep(self.data["p"], [builder.mul(place, self.width)]) for place in self.places]
        self.up = [self._each("x", place) for place in self.places]
        self.down = [[self._each("scaled", at) for at in self._waiting(place)] for place in self.places]

    def emit(self) -> None:
        """Emit the rows."""
        sums = self.emit_blocks()
        blocks = self.builder.udiv(self.first, ir.Constant(_INDEX, LANES))
        self._diagonal(self.builder.mul(blocks, ir.Constant(_INDEX, LANES)), sums)

    def emit_blocks(self) -> list[Lanes]:
        """Emit the blocks of columns left of that in which the rows end, and return the rows' sums."""
        builder, lanes = self.builder, ir.Constant(_INDEX, LANES)
        zero = ir.Constant(self.vector, [0.0] * LANES)
        sums = [alloca_once_value(builder, zero) for _ in self.places]
        with for_range(builder, builder.udiv(self.first, lanes), intp=_INDEX) as loop:
            self._left(builder.mul(loop.index, lanes), sums)
        return [Lanes(builder, builder.load(at)) for at in sums]

    def _left(self, j: Any, sums: list[Any]) -> None:
        """Emit a block of columns left of the diagonal."""
        c, x, out = self._columns(j), self._load("x", j), self._load("out", j)
        for row, down, up, at in zip(self.rows, self.down, self.up, sums, strict=True):
            new = self._downdated(self._read(row, j), down, c)
            self.write(new, row, j)
            self.builder.store((Lanes(self.builder, self.builder.load(at)) + new * x).value, at)
            out = out + new * up
        self.write(out, self.data["out"], j)

    def _diagonal(self, j: Any, sums: list[Lanes]) -> None:
        """Emit the block of columns in which the rows end; what lies beyond their ends stays as it is."""
        c, x, out = self._columns(j), self._load("x", j), self._load("out", j)
        for place, row, down, up, total in zip(self.places, self.rows, self.down, self.up, sums, strict=True):
            lane = self.builder.trunc(self.builder.sub(place, j), _LANE)
            before = self._lanes_up_to(lane, "<")
            old = self._read(row, j)
            new = self._downdated(old, down, c)
            self.write(old.where(self._lanes_up_to(lane, "<="), new), row, j)
            nothing = ir.Constant(self.vector, [0.0] * LANES)
            total = total + Lanes(self.builder, nothing).where(before, new * x)
            out = out + Lanes(self.builder, nothing).where(before, new * up)
            corner = self.builder.fmul(
                self.builder.extract_element(new.value, lane), self.builder.extract_element(up.value, lane)
            )
            whole = self.builder.fadd(fold_vector(self.builder, total.value), corner)
            mine = self.builder.fadd(self.builder.extract_element(out.value, lane), whole)
            out = Lanes(self.builder, self.builder.insert_element(out.value, mine, lane))
        self.write(out, self.data["out"], j)

    def _downdated(self, numbers: Lanes, down: list[Lanes], c: list[Lanes]) -> Lanes:
        less = numbers - down[0] * c[0]
        return less if self.grow is None else less * self.grow - down[1] * c[1]

    def _columns(self, j: Any) -> list[Lanes]:
        return [self._load("c", at) for at in self._waiting(j)]

    def _waiting(self, index: Any) -> list[Any]:
        """Return the places of an index in the rows of what waits."""
        return [index] if self.grow is None else [index, self.builder.add(index, self.width)]

    def _lanes_up_to(self, lane: Any, comparison: str) -> Any:
        numbers = ir.Constant(ir.VectorType(_LANE, LANES), list(range(LANES)))
        return self.builder.icmp_signed(comparison, numbers, spread(self.builder, lane, LANES))

    def _all(self, number: Any) -> Lanes:
        return Lanes(self.builder, spread(self.builder, number, LANES))

    def _each(self, name: str, index: Any) -> Lanes:
        return self._all(self.builder.load(self.builder.gep(self.data[name], [index])))

    def _pointer(self, data: Any, j: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(data, [j]), self.vector.as_pointer())

    def _load(self, name: str, j: Any) -> Lanes:
        return self._read(self.data[name], j)

    def _read(self, data: Any, j: Any) -> Lanes:
        return Lanes(self.builder, self.builder.load(self._pointer(data, j), align=self.item_bytes))

    def write(self, numbers: Lanes, data: Any, j: Any) -> None:
        """Emit a store of 16 numbers from place j on."""
        self.builder.store(numbers.value, self._pointer(data, j), self.item_bytes)
