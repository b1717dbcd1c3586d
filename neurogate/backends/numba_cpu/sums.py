"""Sums over neurons in the stated order (see `numpy_reference.sums`), one vector register wide.

The 16 partial sums are one LLVM vector, so that the order is kept and the loop is fast; compilers cannot
find this by themselves, since they may not reorder a sum.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.cgutils import alloca_once_value, for_range
from numba.core.errors import TypingError
from numba.extending import intrinsic

from ..layout import LANES
from .compiling import kernel

__all__ = ["fold", "fold_vector", "lane_dot"]

_INDEX = ir.IntType(32)


@kernel
def lane_dot(x: Any, y: Any) -> Any:
    """Dot product of two vectors of equal length and type, each contiguous."""
    return _dot(x, y, np.intp(x.shape[0]))


def _emit_dot(typing_context: Any, x: Any, y: Any, length: Any) -> Any:
    """Emit: lanes of whole blocks in a register, the rest lane by lane, then the tree."""
    if (x.layout, y.layout) != ("C", "C"):
        raise TypingError("lane_dot reads contiguous vectors only; make the arrays contiguous first.")

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        real = context.get_data_type(x.dtype)
        vector, size = ir.VectorType(real, LANES), ir.IntType(64)
        data = [
            context.make_array(kind)(context, builder, argument).data
            for kind, argument in zip(signature.args, arguments[:2], strict=False)
        ]
        blocks = builder.udiv(arguments[2], ir.Constant(size, LANES))
        whole = builder.mul(blocks, ir.Constant(size, LANES))
        lanes = alloca_once_value(builder, ir.Constant(vector, [0.0] * LANES))
        with for_range(builder, blocks, intp=size) as loop:
            start = builder.mul(loop.index, ir.Constant(size, LANES))
            blocks_at = (builder.bitcast(builder.gep(d, [start]), vector.as_pointer()) for d in data)
            a, b = (builder.load(pointer, align=x.dtype.bitwidth // 8) for pointer in blocks_at)
            builder.store(builder.fadd(builder.load(lanes), builder.fmul(a, b)), lanes)
        rest = alloca_once_value(builder, builder.load(lanes))
        each = builder.bitcast(rest, real.as_pointer())
        with for_range(builder, builder.sub(arguments[2], whole), intp=size) as loop:
            at = builder.add(whole, loop.index)
            a, b = (builder.load(builder.gep(d, [at])) for d in data)
            lane = builder.gep(each, [loop.index])
            builder.store(builder.fadd(builder.load(lane), builder.fmul(a, b)), lane)
        return fold_vector(builder, builder.load(rest))

    return x.dtype(x, y, types.intp), emit


_dot: Any = intrinsic(_emit_dot)


@kernel
def fold(lanes: Any) -> Any:
    """Fold the 16 partial sums in the tree; they are used up."""
    width = LANES
    while width > 1:
        width //= 2
        for lane in range(width):
            lanes[lane] += lanes[lane + width]
    return lanes[0]


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
