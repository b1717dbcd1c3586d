"""Softmax, norms, heads and windows of rows on a GPU, each in one launch; arrays are CuPy's and stay there.

In array form they are ten launches or more, and a launch costs what thousands of numbers do.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from . import device as devices
from .device import library
from .packing import fields, instance, pack

__all__ = ["heads", "norm", "norm_backward", "softmax", "softmax_backward", "windows"]

Array = Any
_MOST_BLOCKS = 1 << 20
_THREADS = (32, 256)  # of a block: a power of two, since they fold what they have by halves


def softmax(scores: Array, mask: Array | None, *, scale: float = 1.0, bias: Array | None = None) -> Array:
    r"""Return :math:`p_i = e^{s_i} / \sum_j e^{s_j}` of the last axis, with :math:`s = \beta x + b`.

    Parameters
    ----------
    scores : (..., S)
        x.
    mask : (..., S) bool, optional
        True where a score counts; it broadcasts. A row in which none counts has weights 0.
    scale : float
        :math:`\beta`.
    bias : (..., S), optional
        b; it broadcasts.

    Examples
    --------
    See `neurogate.attention.operators.softmax.forward`.
    """
    p, beside, numbers = _like(scores), {}, {"scale": scale}
    for name, array in (("shown", mask), ("added", bias)):
        if array is not None:
            xp, kind = library(scores), bool if name == "shown" else scores.dtype
            whole = array.shape == scores.shape[scores.ndim - array.ndim :]
            array = xp.ascontiguousarray(array if whole else xp.broadcast_to(array, scores.shape), kind)
            beside[name], numbers[f"{name}_rows"] = array, max(array.size // max(scores.shape[-1], 1), 1)
    _launch("rows_softmax", {"x": scores}, {"y": p} | beside, numbers)
    return p


def softmax_backward(dy: Array, p: Array, *, scale: float = 1.0) -> Array:
    r"""Return :math:`\beta p (\bar p - \langle p, \bar p \rangle)`.

    Parameters
    ----------
    dy, p : (..., S)
        Gradient with respect to the weights, and the weights.
    scale : float
        :math:`\beta`.

    Examples
    --------
    See `neurogate.attention.operators.softmax.backward`.
    """
    ds = _like(p)
    _launch("rows_softmax_adjoint", {"unit": p, "dy": dy}, {"y": ds}, {"scale": scale})
    return ds


def norm(
    x: Array, weight: Array | None, bias: Array | None, *, eps: float, centred: bool,
    added: Array | None = None,
) -> tuple[Array, Array, Array]:  # fmt: skip
    r"""Return :math:`w u + b` with :math:`u = (s - m) / \sqrt{\langle (s - m)^2 \rangle + \epsilon}`.

    Parameters
    ----------
    x : (..., d)
        Input, s.
    weight, bias : (d,), optional
        w and b.
    eps : float
        What keeps zeros from division by 0.
    centred : bool
        Whether m is the mean of the last axis; it is 0 if not.
    added : (..., d), optional
        What s is more than x.

    Returns
    -------
    y, unit, inverse : arrays
        Output, u, and (..., 1) what x was multiplied by.

    Examples
    --------
    See `neurogate.attention.operators.layer_norm.forward`.
    """
    made = {"y": _like(x), "unit": _like(x), "inverse": library(x).empty((*x.shape[:-1], 1), x.dtype)}
    given = {"x": x, "weight": weight, "bias": bias, "added": added}
    given = {name: array for name, array in given.items() if array is not None}
    _launch("rows_norm", given, made, {"eps": eps, "centred": centred})
    return made["y"], made["unit"], made["inverse"]


def norm_backward(dy: Array, unit: Array, inverse: Array, weight: Array | None, *, centred: bool) -> Array:
    r"""Return the gradient of `norm` with respect to x.

    With :math:`g = w \bar y` it is :math:`(g - \langle g \rangle - u \langle g u \rangle)` times what x was
    multiplied by; :math:`\langle g \rangle` is left out if the mean was.

    Parameters
    ----------
    dy : (..., d)
        Gradient with respect to y.
    unit, inverse, weight, centred
        As `norm` took and gave them.

    Examples
    --------
    See `neurogate.attention.operators.layer_norm.backward`.
    """
    dx = _like(unit)
    given = {"dy": dy, "unit": unit, "inverse": inverse} | ({} if weight is None else {"weight": weight})
    _launch("rows_norm_adjoint", given, {"y": dx}, {"centred": centred})
    return dx


def heads(
    products: Sequence[Array], biases: Sequence[Array | None], count: int, *, upright: int | None = None
) -> list[Array]:
    r"""Return :math:`y_{bhsi} = x_{bs(hw + i)} + c_{hw + i}` of up to three products of linear maps.

    Parameters
    ----------
    products : sequence of (..., S, H w)
        x; each has S and w of its own.
    biases : sequence of (H w,), optional
        c, one for each product.
    count : int
        H.
    upright : int, optional
        Which of them lies in memory as (..., H, w, S), since a product with it turned round comes next.

    Returns
    -------
    list of (..., H, S, w)
        One for each product.

    Examples
    --------
    See `neurogate.attention.blocks.multi_head.projected`.
    """
    xp, dtype = library(products[0]), products[0].dtype
    shapes, numbers, threads = _laid_out(tuple([x.shape for x in products]), count, upright)
    made = [xp.empty(shape, dtype) for shape in shapes]
    arrays = {f"y{i}": y for i, y in enumerate(made)}
    for i, (x, bias) in enumerate(zip(products, biases, strict=True)):
        arrays[f"x{i}"] = xp.ascontiguousarray(x, dtype)
        if bias is not None:
            arrays[f"bias{i}"] = xp.ascontiguousarray(bias, dtype)
    if numbers["rows"] and threads:
        grid = (min(numbers["rows"], _MOST_BLOCKS), len(made))
        _run("rows_heads", "Heads", arrays, numbers, dtype, grid, threads)
    return [y.swapaxes(-1, -2) if i == upright else y for i, y in enumerate(made)]


@functools.lru_cache(maxsize=64)
def _laid_out(
    given: tuple[tuple[int, ...], ...], count: int, upright: int | None
) -> tuple[list[tuple[int, ...]], dict[str, int], int]:
    """Return how heads of products lie in memory, and the numbers of a launch and its threads."""
    numbers, shapes = {"heads": count, "upright": -1 if upright is None else upright}, []
    for i, (*batch, steps, whole) in enumerate(given):
        width = whole // count
        shapes.append((*batch, count, *((width, steps) if i == upright else (steps, width))))
        numbers |= {"batch": math.prod(batch), f"steps{i}": steps, f"width{i}": width}
    numbers["rows"] = numbers["batch"] * max(shape[-2] for shape in given)
    widest = max(shape[-1] for shape in given)
    return shapes, numbers, _threads(widest) if widest else 0


def windows(x: Array, weight: Array, stride: Sequence[int]) -> Array:
    r"""Return :math:`y_{bci} = \sum_\tau W_{c\tau} x_{bc, s i + \tau}` of up to three axes.

    Parameters
    ----------
    x : (B, C, n...)
        Input with its margins; not copied where channels are next to each other in memory.
    weight : (C, 1, k...)
        One kernel for each channel.
    stride : sequence of int
        s, of each axis.

    Returns
    -------
    (B, C, m...)
        Channels are next to each other in memory.

    Examples
    --------
    See `neurogate.attention.operators.depthwise_convolution.forward`.
    """
    xp, axes = library(x), range(2, x.ndim)
    shape, numbers, threads = _seen(x.shape, weight.shape[2:], tuple(stride))
    y = xp.empty(shape, x.dtype)
    if y.size:
        arrays = {"x": xp.ascontiguousarray(x.transpose(0, *axes, 1)), "y": y}
        arrays["weight"] = xp.ascontiguousarray(weight, x.dtype)
        grid = (min(numbers["rows"], _MOST_BLOCKS), 1)
        _run("rows_windows", "Windows", arrays, numbers, x.dtype, grid, threads)
    return y.transpose(0, x.ndim - 1, *(axis - 1 for axis in axes))


@functools.lru_cache(maxsize=64)
def _seen(
    shape: tuple[int, ...], kernel: tuple[int, ...], stride: tuple[int, ...]
) -> tuple[tuple[int, ...], dict[str, int], int]:
    """Return how what windows find lies in memory, and the numbers of a launch and its threads."""
    batch, channels, *sizes = shape
    places = [(n - k) // s + 1 for n, k, s in zip(sizes, kernel, stride, strict=True)]
    numbers = {"rows": batch * math.prod(places), "channels": channels}
    for name, values in (("size", sizes), ("kernel", kernel), ("stride", stride), ("place", places)):
        numbers |= {f"{name}{axis}": value for axis, value in enumerate([*[1] * (3 - len(sizes)), *values])}
    return (batch, *places, channels), numbers, _threads(channels) if channels else 0


def _like(array: Array) -> Array:
    return library(array).empty(array.shape, array.dtype)


def _launch(
    kernel: str, given: dict[str, Array], made: dict[str, Array], numbers: Mapping[str, float]
) -> None:
    y = made["y"]
    if not y.size:
        return
    xp, width = library(y), y.shape[-1]
    arrays = {name: xp.ascontiguousarray(array, y.dtype) for name, array in given.items()} | made
    rows = y.size // width
    numbers = {"hidden": -math.inf, "rows": rows, "width": width, **numbers}
    _run(kernel, "Rows", arrays, numbers, y.dtype, (min(rows, _MOST_BLOCKS), 1), _threads(width))


@functools.cache
def _threads(width: int) -> int:
    least, most = _THREADS
    return min(most, max(least, 1 << (width - 1).bit_length()))


def _run(
    kernel: str, struct: str, arrays: dict[str, Array], numbers: Mapping[str, float], dtype: Any,
    grid: tuple[int, int], threads: int,
) -> None:  # fmt: skip
    """Launch a kernel; arrays that it may do without have the address 0."""
    device = devices.current()
    addresses = {name: device.address(array) for name, array in arrays.items()}
    absent = dict.fromkeys(fields("rows.cuh", struct), 0)
    packed = pack("rows.cuh", struct, {**absent, **numbers, **addresses})
    device.launch(instance(kernel, dtype), packed, grid, threads, threads * dtype.itemsize, wait=False)
