"""What spikes do, compiled: the reset, the kick of the trace, and weights that reach their targets."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.cgutils import for_range
from numba.extending import intrinsic, overload

from .compiling import part
from .noise import poisson_count

__all__ = ["arrive", "external_arrivals", "fire", "recover"]

_INDEX = ir.IntType(64)
_UNROLLED = 8


def _at(row: Any, i: int) -> Any:
    raise NotImplementedError("for compiled code only")


@overload(_at)
def _at_compiled(row: Any, i: Any) -> Any:
    def element(row: Any, i: Any) -> Any:
        return row[i]

    def number(row: Any, i: Any) -> Any:
        return row

    return element if isinstance(row, types.Array) else number


def _efficacy(use: Any, short_term: Any, j: int) -> Any:
    raise NotImplementedError("for compiled code only")


@overload(_efficacy)
def _efficacy_compiled(use: Any, short_term: Any, j: Any) -> Any:
    def number(use: Any, short_term: Any, j: Any) -> Any:
        utilisation, resources = short_term[0, j], short_term[1, j]
        used = utilisation * resources
        short_term[0, j] = utilisation + use[j] * (short_term.dtype.type(1) - utilisation)
        short_term[1, j] = resources - used
        return used / use[j]

    def nothing(use: Any, short_term: Any, j: Any) -> Any:
        return None

    return number if isinstance(use, types.Array) else nothing


def _scaled(number: Any, factor: Any) -> Any:
    raise NotImplementedError("for compiled code only")


@overload(_scaled)
def _scaled_compiled(number: Any, factor: Any) -> Any:
    def product(number: Any, factor: Any) -> Any:
        return number * factor

    def itself(number: Any, factor: Any) -> Any:
        return number

    return itself if isinstance(factor, types.NoneType) else product


@part
def recover(use: Any, facilitation_decay: Any, depression_decay: Any, short_term: Any) -> None:
    """Let utilisation and resources go back to where they rest, if there is a short term."""
    if use is not None:
        one = short_term.dtype.type(1)
        utilisation, resources = short_term[0], short_term[1]
        for i in range(use.shape[0]):
            utilisation[i] = use[i] + (utilisation[i] - use[i]) * facilitation_decay[i]
        for i in range(use.shape[0]):
            resources[i] = one + (resources[i] - one) * depression_decay[i]


@part
def fire(
    fired: Any, count: int, step: int, v: Any, u: Any, c: Any, d: Any, kicked: Any, kick: Any, indptr: Any,
    targets: Any, weights: Any, delays: Any, pending: Any, receiving: Any, use: Any, short_term: Any,
) -> None:  # fmt: skip
    """Reset each neuron that fired, kick its trace, and send its weights out, lowest neuron first."""
    for q in range(count):
        j = fired[q]
        v[j] = _at(c, j)
        u[j] += _at(d, j)
        if kicked is not None:
            kicked[j] += _at(kick, j)
        start, stop = indptr[j], indptr[j + 1]
        factor = _efficacy(use, short_term, j)
        if delays is not None:
            _send_late(targets, weights, delays, pending, receiving, start, stop, step, factor)
        elif factor is None and stop - start == receiving.shape[0]:  # everyone, in order
            row = weights[start:stop]
            for i in range(receiving.shape[0]):
                receiving[i] += row[i]
        else:
            _add_at(receiving, targets, weights, np.intp(start), np.intp(stop), factor)


@part
def _send_late(
    targets: Any, weights: Any, delays: Any, pending: Any, receiving: Any, start: int, stop: int, step: int,
    factor: Any,
) -> None:  # fmt: skip
    """Add weights to their targets, or to the steps in which they arrive."""
    depth = pending.shape[0]
    for synapse in range(start, stop):
        if delays[synapse] == 1:
            receiving[targets[synapse]] += _scaled(weights[synapse], factor)
        else:
            slot = (step + delays[synapse] - 1) % depth
            pending[slot, targets[synapse]] += _scaled(weights[synapse], factor)


def _emit_add_at(
    typing_context: Any, sums: Any, at: Any, numbers: Any, start: Any, stop: Any, factor: Any
) -> Any:
    """Emit ``sums[at[i]] += numbers[i]`` for `start` <= i < `stop`, in order, a few to each turn.

    If there is a factor, numbers are multiplied by it.
    """

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = [
            context.make_array(kind)(context, builder, argument).data
            for kind, argument in zip(signature.args[:3], arguments[:3], strict=True)
        ]
        begin, times = arguments[3], None if isinstance(factor, types.NoneType) else arguments[5]
        for width in (_UNROLLED, 1):
            size = ir.Constant(_INDEX, width)
            blocks = builder.udiv(builder.sub(arguments[4], begin), size)
            with for_range(builder, blocks, intp=_INDEX) as loop:
                first = builder.add(begin, builder.mul(loop.index, size))
                for k in range(width):
                    _add_one(builder, data, builder.add(first, ir.Constant(_INDEX, k)), times)
            begin = builder.add(begin, builder.mul(blocks, size))
        return context.get_dummy_value()

    return types.void(sums, at, numbers, types.intp, types.intp, factor), emit


def _add_one(builder: Any, data: list[Any], synapse: Any, times: Any) -> None:
    sums, at, numbers = data
    target = builder.zext(builder.load(builder.gep(at, [synapse])), _INDEX)
    place = builder.gep(sums, [target])
    number = builder.load(builder.gep(numbers, [synapse]))
    number = number if times is None else builder.fmul(number, times)
    builder.store(builder.fadd(builder.load(place), number), place)


_add_at: Any = intrinsic(_emit_add_at)


@part
def arrive(pending: Any, receiving: Any, step: int) -> None:
    """Deliver what was sent earlier."""
    arriving = pending[step % pending.shape[0]]
    for i in range(receiving.shape[0]):
        receiving[i] += arriving[i]
        arriving[i] = 0


@part
def external_arrivals(mean: Any, none: Any, weight: Any, receiving: Any, bits: Any) -> None:
    """Deliver external spikes; the bits of this step decide how many."""
    for i in range(receiving.shape[0]):
        count = poisson_count(bits[i], mean[i], none[i])
        receiving[i] += weight[i] * receiving.dtype.type(count)
