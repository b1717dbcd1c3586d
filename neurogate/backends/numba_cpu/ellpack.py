"""A sparse matrix times a vector, compiled: as many entries in each row, stored place by place (ELLPACK).

Emitted as LLVM vectors of neighbouring rows, of which each adds its entries one by one; a compiler would take
one row at a time, and wait for each of its additions.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core.cgutils import alloca_once_value, for_range
from numba.core.errors import TypingError
from numba.extending import intrinsic

from .lanes import VECTOR_BYTES

__all__ = ["add_product"]

_WORD, _INDEX = ir.IntType(32), ir.IntType(64)


def _emit_add(typing_context: Any, out: Any, columns: Any, weights: Any, x: Any) -> Any:
    """Add to each ``out[i]`` the products ``weights[k, i] * x[columns[k, i]]``, in the order of k."""
    if any(array.layout != "C" for array in (out, columns, weights, x)) or columns.dtype != types.int32:
        raise TypingError("add_product reads contiguous arrays, and columns that are int32.")

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        arrays = [
            context.make_array(kind)(context, builder, argument)
            for kind, argument in zip(signature.args, arguments, strict=True)
        ]
        _Product(builder, context.get_data_type(out.dtype), out.dtype.bitwidth // 8, arrays).emit()
        return context.get_dummy_value()

    return types.void(out, columns, weights, x), emit


add_product: Any = intrinsic(_emit_add)


class _Product:
    """The code of the loops while it is emitted."""

    def __init__(self, builder: Any, real: Any, item_bytes: int, arrays: list[Any]) -> None:
        self.builder, self.real, self.item_bytes = builder, real, item_bytes
        self.out, self.columns, self.weights, self.x = (array.data for array in arrays)
        self.degree, self.rows = (builder.extract_value(arrays[1].shape, axis) for axis in (0, 1))

    def emit(self) -> None:
        """Emit whole vectors of rows, then quarters of one, then single rows."""
        builder, widest = self.builder, VECTOR_BYTES // self.item_bytes
        begin: Any = ir.Constant(_INDEX, 0)
        for width in (widest, widest // 4, 1):
            size = ir.Constant(_INDEX, width)
            blocks = builder.udiv(builder.sub(self.rows, begin), size)
            with for_range(builder, blocks, intp=_INDEX) as loop:
                self._at(builder.add(begin, builder.mul(loop.index, size)), width)
            begin = builder.add(begin, builder.mul(blocks, size))

    def _at(self, start: Any, width: int) -> None:
        """Emit what `width` rows from `start` on add."""
        builder = self.builder
        out = self._pointer(self.out, start, width)
        total = alloca_once_value(builder, builder.load(out, align=self.item_bytes))
        with for_range(builder, self.degree, intp=_INDEX) as loop:
            place = builder.add(builder.mul(loop.index, self.rows), start)
            weights = builder.load(self._pointer(self.weights, place, width), align=self.item_bytes)
            product = builder.fmul(weights, self._gathered(place, width))
            builder.store(builder.fadd(builder.load(total), product), total)
        builder.store(builder.load(total), out, align=self.item_bytes)

    def _gathered(self, place: Any, width: int) -> Any:
        """Load the numbers whose indices stand from `place` on."""
        builder = self.builder
        numbers = [builder.load(builder.gep(self.x, [index])) for index in self._indices(place, width)]
        if width == 1:
            return numbers[0]
        together = ir.Constant(ir.VectorType(self.real, width), ir.Undefined)
        for lane, number in enumerate(numbers):
            together = builder.insert_element(together, number, ir.Constant(_WORD, lane))
        return together

    def _indices(self, place: Any, width: int) -> list[Any]:
        """Load indices, two at once where there are two: loads are what a processor runs out of first."""
        builder = self.builder
        first = builder.gep(self.columns, [place])
        if width == 1:
            return [builder.zext(builder.load(first), _INDEX)]
        indices = []
        for lane in range(0, width, 2):
            pair = builder.gep(first, [ir.Constant(_INDEX, lane)])
            both = builder.load(builder.bitcast(pair, _INDEX.as_pointer()), align=4)
            indices += [
                builder.and_(both, ir.Constant(_INDEX, 0xFFFFFFFF)),
                builder.lshr(both, ir.Constant(_INDEX, 32)),
            ]
        return indices

    def _pointer(self, data: Any, start: Any, width: int) -> Any:
        pointer = self.builder.gep(data, [start])
        if width == 1:
            return pointer
        return self.builder.bitcast(pointer, ir.VectorType(self.real, width).as_pointer())
