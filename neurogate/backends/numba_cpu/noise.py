"""The counter-based noise of `backends.noise`, compiled: the same bits for the same question.

Both loops are emitted as LLVM vectors. A compiler would encrypt one register of counters at a time, and
gather the coefficients of a neuron one by one, where one load brings them all. Two loops with the words in
memory between them are faster than one that does both: a processor sees further ahead in each.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.core.cgutils import alloca_once_value, for_range
from numba.core.errors import TypingError
from numba.extending import intrinsic

from ..noise import normal_table
from .compiling import part
from .lanes import VECTOR_BYTES, Lanes, aligned_copy, spread

__all__ = ["WORDS", "add_normals", "coefficients", "fill_bits", "poisson_count"]

# Counters in lanes: two registers of AVX2, of which one waits for its products while the other is multiplied,
# in such an order that words come together within those parts of a register in which shuffles are fast.
_ORDER = (0, 2, 1, 3, 4, 6, 5, 7)
_PART_BYTES = 16
WORDS = 4 * len(_ORDER)
"""Random words are made so many at a time."""

_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WEYL = (0x9E3779B9, 0xBB67AE85)
_LOW = 0xFFFFFFFF
_BYTE, _WORD, _INDEX = ir.IntType(8), ir.IntType(32), ir.IntType(64)


class _Words:
    """Whole numbers without sign in a few lanes, while code is being emitted."""

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder, self.value = builder, value

    def _emit(self, instruction: str, other: Any) -> _Words:
        kind = self.value.type
        value = other.value if isinstance(other, _Words) else ir.Constant(kind, [other] * kind.count)
        return _Words(self.builder, getattr(self.builder, instruction)(self.value, value))

    __add__ = functools.partialmethod(_emit, "add")
    __mul__ = functools.partialmethod(_emit, "mul")
    __and__ = functools.partialmethod(_emit, "and_")
    __or__ = functools.partialmethod(_emit, "or_")
    __xor__ = functools.partialmethod(_emit, "xor")
    __lshift__ = functools.partialmethod(_emit, "shl")
    __rshift__ = functools.partialmethod(_emit, "lshr")


def _shuffle(builder: Any, x: Any, y: Any, lanes: Iterable[int]) -> Any:
    chosen = list(lanes)
    return builder.shuffle_vector(x, y, ir.Constant(ir.VectorType(_WORD, len(chosen)), chosen))


def _joined(builder: Any, vectors: list[Any]) -> Any:
    if len(vectors) == 1:
        return vectors[0]
    half = len(vectors) // 2
    first, last = _joined(builder, vectors[:half]), _joined(builder, vectors[half:])
    return _shuffle(builder, first, last, range(2 * first.type.count))


def _emit_fill(typing_context: Any, bits: Any, seed: Any, stream: Any, step: Any) -> Any:
    """Fill `bits` (a multiple of `WORDS` long) with the random words of one step."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, count = context.make_array(bits)(context, builder, arguments[0]), len(_ORDER)
        key, stream, when = (_Words(builder, spread(builder, each, count)) for each in arguments[1:])
        ordered = ir.Constant(ir.VectorType(_INDEX, count), _ORDER)
        blocks = builder.udiv(builder.extract_value(array.shape, 0), ir.Constant(_INDEX, WORDS))
        with for_range(builder, blocks, intp=_INDEX) as loop:
            first = builder.mul(loop.index, ir.Constant(_INDEX, count))
            counters = _Words(builder, builder.add(spread(builder, first, count), ordered))
            first, second = _encrypted(counters, when, when >> 32, stream, key, key >> 32)
            together = _shuffle(
                builder, first.value, second.value, (at + one for at in _ORDER for one in (0, count))
            )
            place = builder.gep(array.data, [builder.mul(loop.index, ir.Constant(_INDEX, WORDS))])
            builder.store(together, builder.bitcast(place, together.type.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(bits, types.uint64, types.uint64, types.uint64), emit


def _encrypted(a: Any, b: Any, c: Any, d: Any, x: Any, y: Any) -> tuple[_Words, _Words]:
    """Emit Philox4x32-10 and return pairs of words, the first in the low half of a lane.

    Until then the low half is a word, and what is in the high half is of no account.
    """
    for _ in range(10):
        left, right = (a & _LOW) * _MULTIPLIERS[0], (c & _LOW) * _MULTIPLIERS[1]
        a, b = right >> 32 ^ (b ^ x), right
        c, d = left >> 32 ^ (d ^ y), left
        x, y = x + _WEYL[0], y + _WEYL[1]
    return a & _LOW | b << 32, c & _LOW | d << 32


fill_bits: Any = intrinsic(_emit_fill)


@functools.cache
def coefficients(dtype: str) -> npt.NDArray[Any]:
    """Return the table of `backends.noise` as (pieces, 4): what one neuron needs lies side by side.

    Parameters
    ----------
    dtype : "float32" or "float64"

    Examples
    --------
    >>> coefficients("float32").shape
    (497, 4)
    """
    return aligned_copy(normal_table(dtype).T)


def _emit_add(typing_context: Any, current: Any, sd: Any, bits: Any, table: Any) -> Any:
    """Add sd times a normal number to each current; `bits` (a multiple of `WORDS` long) say which."""
    if any(array.layout != "C" for array in (current, sd, bits, table)):
        raise TypingError("add_normals reads contiguous arrays only; make the arrays contiguous first.")

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        arrays = [
            context.make_array(kind)(context, builder, argument)
            for kind, argument in zip(signature.args, arguments, strict=True)
        ]
        _Noise(builder, context.get_data_type(current.dtype), arrays).emit()
        return context.get_dummy_value()

    return types.void(current, sd, bits, table), emit


add_normals: Any = intrinsic(_emit_add)


class _Noise:
    """The code that adds normal numbers, while it is emitted."""

    def __init__(self, builder: Any, real: Any, arrays: list[Any]) -> None:
        self.builder, self.real = builder, real
        self.current, self.sd, self.bits, self.table = (array.data for array in arrays)
        self.length = builder.extract_value(arrays[0].shape, 0)
        self.item_bytes, self.mantissa, self.bias = (4, 23, 127) if real == ir.FloatType() else (8, 52, 1023)
        self.width = VECTOR_BYTES // self.item_bytes
        self.vector = ir.VectorType(real, self.width)
        self.pattern = ir.VectorType(ir.IntType(8 * self.item_bytes), self.width)

    def emit(self) -> None:
        """Emit whole vectors, and then as many numbers of one more as there are neurons left."""
        builder, size = self.builder, ir.Constant(_INDEX, self.width)
        blocks = builder.udiv(self.length, size)
        with for_range(builder, blocks, intp=_INDEX) as loop:
            start = builder.mul(loop.index, size)
            self._add(start, self._normals(start), self.vector)
        start = builder.mul(blocks, size)
        left = builder.sub(self.length, start)
        with builder.if_then(builder.icmp_unsigned(">", left, ir.Constant(_INDEX, 0))):
            numbers = builder.bitcast(
                alloca_once_value(builder, self._normals(start)), self.real.as_pointer()
            )
            with for_range(builder, left, intp=_INDEX) as loop:
                number = builder.load(builder.gep(numbers, [loop.index]))
                self._add(builder.add(start, loop.index), number, self.real)

    def _add(self, start: Any, normals: Any, kind: Any) -> None:
        builder, align = self.builder, self.item_bytes
        current, sd = (
            builder.bitcast(builder.gep(data, [start]), kind.as_pointer()) for data in (self.current, self.sd)
        )
        noise = builder.fmul(builder.load(sd, align=align), normals)
        builder.store(builder.fadd(builder.load(current, align=align), noise), current, align=align)

    def _normals(self, start: Any) -> Any:
        """Emit the map of `backends.noise.bits_to_normals`; the sign is a bit and no branch."""
        builder, fraction = self.builder, self.mantissa - 4
        place = builder.gep(self.bits, [start])
        words = builder.load(builder.bitcast(place, ir.VectorType(_WORD, self.width).as_pointer()), align=4)
        odd = _Words(builder, words) & 0x7FFFFFFF | 1
        pattern = _Words(builder, builder.bitcast(builder.sitofp(odd.value, self.vector), self.pattern))
        one = pattern & (1 << fraction) - 1 | self.bias << self.mantissa
        y = Lanes(builder, builder.bitcast(one.value, self.vector)) - 1
        c3, c2, c1, c0 = (Lanes(builder, column) for column in self._coefficients(pattern >> fraction))
        x = ((c3 * y + c2) * y + c1) * y + c0
        top = 8 * self.item_bytes - 1
        sign = _Words(builder, builder.zext(words, self.pattern)) << top - 31 & 1 << top
        signed = _Words(builder, builder.bitcast(x.value, self.pattern)) ^ sign
        return builder.bitcast(signed.value, self.vector)

    def _coefficients(self, piece: _Words) -> list[Any]:
        """Load a row of the table for each neuron, and return its four columns."""
        builder, row_bytes, count = self.builder, 4 * self.item_bytes, _PART_BYTES // self.item_bytes
        first = ir.Constant(_INDEX, -16 * self.bias * row_bytes)
        table = builder.gep(builder.bitcast(self.table, _BYTE.as_pointer()), [first])
        offsets, some = (piece * row_bytes).value, ir.VectorType(self.real, count).as_pointer()
        rows, columns = [], []
        for i in range(self.width):
            offset = builder.zext(builder.extract_element(offsets, ir.Constant(_WORD, i)), _INDEX)
            rows.append(builder.bitcast(builder.gep(table, [offset]), some))
        for i in range(4 // count):
            at = [builder.gep(row, [ir.Constant(_INDEX, i)]) for row in rows]
            columns += self._transposed([builder.load(place, align=self.item_bytes) for place in at])
        return columns

    def _transposed(self, rows: list[Any]) -> list[Any]:
        """Emit columns of short rows: in each part of a register, as many rows as a row is long."""
        count = rows[0].type.count
        half = count // 2
        parts = range(0, self.width, count)
        low = [at + lane + one for at in parts for lane in range(half) for one in (0, self.width)]
        high = [lane + half for lane in low]
        vectors = [_joined(self.builder, rows[i::count]) for i in range(count)]
        for _ in range(half):
            pairs = list(zip(vectors[:half], vectors[half:], strict=True))
            vectors = [_shuffle(self.builder, x, y, lanes) for x, y in pairs for lanes in (low, high)]
        return vectors


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
