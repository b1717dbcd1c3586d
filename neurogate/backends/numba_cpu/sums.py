"""Sums over neurons in the stated order (see `numpy_reference.sums`), one vector register wide.

The 16 partial sums are one LLVM vector, so that the order is kept and the loop is fast; compilers cannot
find this by themselves, since they may not reorder a sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.cgutils import alloca_once_value, for_range
from numba.core.errors import TypingError
from numba.extending import intrinsic

from ..layout import LANES
from .compiling import part

__all__ = ["LaneSum", "fold", "fold_vector", "lane_dot", "lane_dots"]

_INDEX = ir.IntType(32)
_AT_ONCE = 4


@part
def lane_dot(x: Any, y: Any) -> Any:
    """Dot product of two vectors of equal length and type, each contiguous."""
    return _dot(x, y, np.intp(x.shape[0]))


@part
def lane_dots(rows: Any, first: int, y: Any) -> Any:
    """Dot products of four rows of a matrix, from `first` on, with a vector; as `lane_dot` of each."""
    return _dots(rows, np.intp(first), y, np.intp(y.shape[0]))


def _emit_dot(typing_context: Any, x: Any, y: Any, length: Any) -> Any:
    _check(x, y)

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vectors = [_data(context, builder, signature, arguments, place) for place in (0, 1)]
        return _sums(builder, context.get_data_type(x.dtype), vectors[:1], vectors[1], arguments[2])[0]

    return x.dtype(x, y, types.intp), emit


def _emit_dots(typing_context: Any, rows: Any, first: Any, y: Any, length: Any) -> Any:
    _check(rows, y)

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        matrix, vector = (_data(context, builder, signature, arguments, place) for place in (0, 2))
        _, first, _, length = arguments
        chosen = [builder.add(first, ir.Constant(first.type, row)) for row in range(_AT_ONCE)]
        found = [builder.gep(matrix, [builder.mul(row, length)]) for row in chosen]
        sums = _sums(builder, context.get_data_type(rows.dtype), found, vector, length)
        return context.make_tuple(builder, signature.return_type, sums)

    return types.UniTuple(rows.dtype, _AT_ONCE)(rows, types.intp, y, types.intp), emit


def _check(*arrays: Any) -> None:
    if {array.layout for array in arrays} != {"C"}:
        raise TypingError("lane_dot reads contiguous arrays only; make them contiguous first.")


def _data(context: Any, builder: Any, signature: Any, arguments: Any, place: int) -> Any:
    return context.make_array(signature.args[place])(context, builder, arguments[place]).data


def _sums(builder: Any, real: Any, rows: Sequence[Any], vector: Any, length: Any) -> list[Any]:
    """Emit: lanes of whole blocks in a register for each row, the rest lane by lane, then the trees."""
    size = ir.IntType(64)
    totals, begin = [LaneSum(builder, real) for _ in rows], ir.Constant(size, 0)
    for width in (LANES, LANES // 4, 1):
        step = ir.Constant(size, width)
        blocks = builder.udiv(builder.sub(length, begin), step)
        with for_range(builder, blocks, intp=size) as loop:
            start = builder.add(begin, builder.mul(loop.index, step))
            y = totals[0].load(vector, start, width)
            for total, row in zip(totals, rows, strict=True):
                total.add(start, width, builder.fmul(total.load(row, start, width), y))
        begin = builder.add(begin, builder.mul(blocks, step))
    return [total.fold() for total in totals]


_dot: Any = intrinsic(_emit_dot)
_dots: Any = intrinsic(_emit_dots)


@part
def fold(lanes: Any) -> Any:
    """Fold the 16 partial sums in the tree; they are used up."""
    width = LANES
    while width > 1:
        width //= 2
        for lane in range(width):
            lanes[lane] += lanes[lane + width]
    return lanes[0]


class LaneSum:
    """The 16 partial sums of numbers that come in order, while code is being emitted."""

    def __init__(self, builder: Any, real: Any) -> None:
        self.builder, self.real = builder, real
        self.item_bytes = 4 if isinstance(real, ir.FloatType) else 8
        zeros = ir.Constant(ir.VectorType(real, LANES), [0.0] * LANES)
        self.lanes = alloca_once_value(builder, zeros)

    def at(self, data: Any, start: Any, width: int) -> Any:
        """Point at `width` numbers from `start` on."""
        pointer = self.builder.gep(data, [start])
        return pointer if width == 1 else self.builder.bitcast(pointer, self._kind(width).as_pointer())

    def load(self, data: Any, start: Any, width: int) -> Any:
        """Read `width` numbers from `start` on."""
        return self.builder.load(self.at(data, start, width), align=self.item_bytes)

    def add(self, start: Any, width: int, numbers: Any) -> None:
        """Add numbers `start`, `start` + 1, ...; a stretch of 16 begins at a multiple of 16, and so on."""
        builder = self.builder
        lane = builder.and_(start, ir.Constant(start.type, LANES - 1))
        place = self.at(builder.bitcast(self.lanes, self.real.as_pointer()), lane, width)
        before = builder.load(place, align=self.item_bytes)
        builder.store(builder.fadd(before, numbers), place, align=self.item_bytes)

    def fold(self) -> Any:
        """Return the sum of all."""
        return fold_vector(self.builder, self.builder.load(self.lanes))

    def _kind(self, width: int) -> Any:
        return ir.VectorType(self.real, width)


def fold_vector(builder: Any, lanes: Any) -> Any:
    """Emit the tree: 8, 4, 2, 1."""
    width = LANES
    while width > 1:
        width //= 2
        nothing = ir.Constant(lanes.type, ir.Undefined)
        halves = [
            builder.shuffle_vector(lanes, nothing, ir.Constant(ir.VectorType(_INDEX, width), list(part)))
            for part in (range(width), range(width, 2 * width))
        ]
        lanes = builder.fadd(*halves)
    return builder.extract_element(lanes, ir.Constant(_INDEX, 0))
