"""Loops over neurons as explicit vector instructions: one body, written for one neuron, serves all.

A compiler gives up on a loop that moves a dozen arrays at once, since it cannot tell that they do not
overlap. Here the loop is emitted as LLVM vectors: 64 bytes at a time, then 16, then one by one. The
arithmetic is strict: nothing is fused or reassociated, so the bits are those of the same operations in
NumPy. The order of a sum lives in `sums`; what the bodies compute lives with the models.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.core.cgutils import alloca_once_value, for_range
from numba.core.errors import TypingError
from numba.extending import intrinsic

from .sums import LaneSum

__all__ = ["Lanes", "aligned_copy", "aligned_rows", "over_neurons", "spread"]

VECTOR_BYTES = 64
_LINE, _PAGE, _SHIFT = 64, 4096, 576
_INDEX = ir.IntType(64)
_NEURON = ir.IntType(32)
_POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD


class Lanes:
    """A number in each of a few neighbouring neurons, while code is being emitted.

    Arithmetic and comparisons emit instructions; plain numbers are taken as constants.
    """

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder, self.value = builder, value

    def _other(self, other: Any) -> Any:
        if isinstance(other, Lanes):
            return other.value
        kind = self.value.type
        if isinstance(kind, ir.VectorType):
            return ir.Constant(kind, [ir.Constant(kind.element, float(other))] * kind.count)
        return ir.Constant(kind, float(other))

    def __add__(self, other: Any) -> Lanes:
        return Lanes(self.builder, self.builder.fadd(self.value, self._other(other)))

    def __sub__(self, other: Any) -> Lanes:
        return Lanes(self.builder, self.builder.fsub(self.value, self._other(other)))

    def __mul__(self, other: Any) -> Lanes:
        return Lanes(self.builder, self.builder.fmul(self.value, self._other(other)))

    __radd__, __rmul__ = __add__, __mul__

    def __ge__(self, other: Any) -> Lanes:
        return Lanes(self.builder, self.builder.fcmp_ordered(">=", self.value, self._other(other)))

    def __lt__(self, other: Any) -> Lanes:
        return Lanes(self.builder, self.builder.fcmp_ordered("<", self.value, self._other(other)))

    def lost(self) -> Lanes:
        """Return where the numbers are not finite."""
        nothing = self.builder.fsub(self.value, self.value)
        return Lanes(self.builder, self.builder.fcmp_unordered("uno", nothing, nothing))

    def where(self, condition: Any, other: Any) -> Lanes:
        """Return these numbers, but `other` where the condition holds."""
        chosen = condition.value if isinstance(condition, Lanes) else condition
        return Lanes(self.builder, self.builder.select(chosen, self._other(other), self.value))


def spread(builder: Any, number: Any, width: int) -> Any:
    """Emit a vector that holds one number `width` times."""
    nothing = ir.Constant(ir.VectorType(number.type, width), ir.Undefined)
    single = builder.insert_element(nothing, number, ir.Constant(_NEURON, 0))
    everywhere = ir.Constant(ir.VectorType(_NEURON, width), [0] * width)
    return builder.shuffle_vector(single, nothing, everywhere)


def aligned_rows(count: int, n: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return room for rows that begin at cache lines, each at another place of its memory page.

    Examples
    --------
    >>> rows = aligned_rows(2, 1000, np.dtype("float32"))
    >>> rows.shape, [row.ctypes.data % _LINE for row in rows]
    ((2, 1000), [0, 0])
    """
    stride = max(-(-(n * dtype.itemsize - _SHIFT) // _PAGE), 0) * _PAGE + _SHIFT
    rows: npt.NDArray[Any] = _aligned(count * stride).view(dtype).reshape(count, -1)[:, :n]
    return rows


def aligned_copy(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a copy that begins at a cache line.

    Examples
    --------
    >>> aligned_copy(np.eye(3)).ctypes.data % _LINE
    0
    """
    copy: npt.NDArray[Any] = _aligned(array.nbytes).view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def _aligned(size: int) -> npt.NDArray[np.uint8]:
    buffer = np.empty(size + _LINE, np.uint8)
    first = -buffer.ctypes.data % _LINE
    return buffer[first : first + size]


Body = Callable[..., tuple[Mapping[str, Lanes], Lanes, Lanes | None]]


def over_neurons(body: Body) -> Any:
    """Make a function for compiled code out of what happens to one neuron.

    Parameters
    ----------
    body : callable
        Takes `Lanes` (or None for arguments that are None), and returns the new numbers by the name of
        the argument that they replace, a condition, and a term (or None).

    Returns
    -------
    callable
        Called as ``f(length, chosen, total, *arguments)`` in compiled code, where each argument is a
        contiguous array, a number that serves all neurons, or None, and ``chosen`` an int32 array. Puts
        the indices at which the condition holds into ``chosen``, in ascending order, and returns how many
        there are. If there is a term, its sum over the neurons is put into ``total[0]``.
    """
    names = tuple(inspect.signature(body).parameters)

    def typed(typing_context: Any, length: Any, chosen: Any, total: Any, *arguments: Any) -> Any:
        if any(isinstance(a, types.Array) and (a.layout, a.ndim) != ("C", 1) for a in arguments):
            raise TypingError("over_neurons reads contiguous vectors only; make the arrays contiguous first.")

        def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            loop = _Loop(context, builder, body, names, signature, values)
            return loop.emit()

        return types.intp(types.intp, chosen, total, *arguments), emit

    # Numba reads from the signature how many arguments there are, and takes no variable number.
    fixed = ("context", "length", "chosen", "total", *names)
    parameters = [inspect.Parameter(name, _POSITIONAL) for name in fixed]
    typed.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return intrinsic(typed)


class _Loop:
    """The code of one loop while it is emitted."""

    def __init__(
        self, context: Any, builder: Any, body: Body, names: tuple[str, ...], signature: Any, values: Any
    ) -> None:
        self.builder, self.body, self.names = builder, body, names
        self.length, self.kinds = values[0], signature.args[3:]
        self.chosen, self.total, *self.sources = [
            context.make_array(kind)(context, builder, value).data if isinstance(kind, types.Array) else value
            for kind, value in zip(signature.args[1:], values[1:], strict=True)
        ]
        self.count = alloca_once_value(builder, ir.Constant(_INDEX, 0))
        first = next(kind for kind in self.kinds if isinstance(kind, types.Array))
        self.item_bytes = first.dtype.bitwidth // 8
        self.real = context.get_data_type(first.dtype)
        self.sum, self.sums = LaneSum(builder, self.real), False

    def emit(self) -> Any:
        """Emit whole vectors, then quarters of one, then single neurons."""
        builder, widest = self.builder, VECTOR_BYTES // self.item_bytes
        begin: Any = ir.Constant(_INDEX, 0)
        for width in (widest, widest // 4, 1):
            size = ir.Constant(_INDEX, width)
            blocks = builder.udiv(builder.sub(self.length, begin), size)
            with for_range(builder, blocks, intp=_INDEX) as loop:
                self._at(builder.add(begin, builder.mul(loop.index, size)), width)
            begin = builder.add(begin, builder.mul(blocks, size))
        if self.sums:
            builder.store(self.sum.fold(), self.total)
        return builder.load(self.count)

    def _at(self, start: Any, width: int) -> None:
        """Emit what happens to `width` neurons from `start` on."""
        arguments = [
            self._load(kind, source, start, width)
            for kind, source in zip(self.kinds, self.sources, strict=True)
        ]
        results, condition, term = self.body(*arguments)
        for name, result in results.items():
            self.builder.store(
                result.value,
                self._pointer(self.sources[self.names.index(name)], start, width),
                self.item_bytes,
            )
        if term is not None:
            self.sums = True
            self.sum.add(start, width, term.value)
        self._choose(condition.value, start, width)

    def _pointer(self, data: Any, start: Any, width: int) -> Any:
        pointer = self.builder.gep(data, [start])
        if width == 1:
            return pointer
        return self.builder.bitcast(pointer, ir.VectorType(self.real, width).as_pointer())

    def _load(self, kind: Any, source: Any, start: Any, width: int) -> Lanes | None:
        if isinstance(kind, types.NoneType):
            return None
        if isinstance(kind, types.Array):
            return Lanes(
                self.builder, self.builder.load(self._pointer(source, start, width), align=self.item_bytes)
            )
        return Lanes(self.builder, source if width == 1 else spread(self.builder, source, width))

    def _choose(self, condition: Any, start: Any, width: int) -> None:
        """Append the neurons whose condition holds, lowest first."""
        builder = self.builder
        bits = condition if width == 1 else builder.bitcast(condition, ir.IntType(width))
        left = alloca_once_value(builder, builder.zext(bits, _INDEX))
        with builder.if_then(builder.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0)), likely=False):
            test, after = builder.append_basic_block("spike"), builder.append_basic_block("no_more")
            builder.branch(test)
            builder.position_at_end(test)
            rest, count = builder.load(left), builder.load(self.count)
            place = builder.cttz(rest, ir.Constant(ir.IntType(1), 1))
            neuron = builder.trunc(builder.add(start, place), _NEURON)
            builder.store(neuron, builder.gep(self.chosen, [count]))
            builder.store(builder.add(count, ir.Constant(_INDEX, 1)), self.count)
            rest = builder.and_(rest, builder.sub(rest, ir.Constant(_INDEX, 1)))
            builder.store(rest, left)
            more = builder.icmp_unsigned("!=", rest, ir.Constant(_INDEX, 0))
            builder.cbranch(more, test, after)
            builder.position_at_end(after)
