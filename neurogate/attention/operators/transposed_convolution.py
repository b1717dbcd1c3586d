"""The transposed convolution, which makes an image larger: the adjoint of `convolution`."""

from __future__ import annotations

import math
from typing import NamedTuple

from neurogate.attention.arrays import Array, answers, fits, namespace
from neurogate.attention.operators import windows
from neurogate.attention.operators.convolution import grouped
from neurogate.attention.operators.windows import PerAxis
from neurogate.attention.options import whole_number
from neurogate.attention.products import matmul

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs; `windows` is the geometry of the convolution that this is the adjoint of."""

    x: Array
    weight: Array
    windows: windows.Cache
    groups: int
    biased: bool


def forward(
    x: Array, weight: Array, bias: Array | None = None, *, stride: PerAxis = 1, padding: PerAxis = 0,
    extra: PerAxis = 0, groups: int = 1,
) -> tuple[Array, Cache]:  # fmt: skip
    r"""Lay down a kernel at each place, weighted with the input there.

    .. math:: y_{boj} = b_o + \sum_{ci\tau: \, s i + \tau - p = j} W_{co\tau} x_{bci}

    Parameters
    ----------
    x : (B, C, n...)
        Input.
    weight : (C, O / groups, k...)
        Inputs first: as the weight of the convolution that leads back.
    bias : (O,), optional
        What is added.
    stride, padding : int or sequence of int
        Distance between places :math:`s`, and what is cut off on both sides :math:`p`.
    extra : int or sequence of int
        How much longer the output is at the end of each axis; less than the stride.
    groups : int
        As of the convolution.

    Returns
    -------
    y : (B, O, m...)
        Output, m = (n - 1) s - 2 p + k + extra.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.array([[[1.0, 2.0]]]), np.ones((1, 1, 3)), stride=2)[0].tolist()
    [[[1.0, 1.0, 3.0, 2.0, 2.0]]]
    """
    namespace("bias", x=x, weight=weight, bias=bias)
    fits(
        weight.ndim == x.ndim >= 3, "weight and x must have the same axes, at least three", x=x, weight=weight
    )
    groups = whole_number("groups", groups)
    fits(len(weight) % groups == 0 and x.shape[1] == len(weight),
         f"weight must have a row for each channel of x, and {groups} groups must divide them",
         x=x, weight=weight)  # fmt: skip
    outputs, kernel, places = groups * weight.shape[1], weight.shape[2:], x.shape[2:]
    cache = _geometry((len(x), outputs), kernel, places, stride, padding, extra)
    good = min(cache.shape[2:]) >= 1 and cache.places == places
    fits(good, "the output must not be empty, and extra must be less than the stride", x=x, weight=weight)
    laid = matmul(grouped(weight, groups).swapaxes(-1, -2), _rows(x, groups))
    y = windows.backward(laid.reshape(len(x), outputs, math.prod(kernel), *places), cache)
    if bias is not None:
        fits(bias.shape == (outputs,), "bias needs one number for each output", weight=weight, bias=bias)
        y = y + bias.reshape(outputs, *(1 for _ in kernel))
    return y, Cache(x, weight, cache, groups, bias is not None)


def backward(dy: Array, cache: Cache) -> tuple[Array, Array, Array | None]:
    r"""Return the gradients; that of the input is the convolution of `dy`.

    Parameters
    ----------
    dy : (B, O, m...)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dx, dweight, dbias
        Gradients; dbias is None if there was no bias.

    Examples
    --------
    >>> import numpy as np
    >>> y, cache = forward(np.array([[[1.0, 2.0]]]), np.ones((1, 1, 3)), stride=2)
    >>> dx, dweight, _ = backward(np.ones_like(y), cache)
    >>> dx.tolist(), dweight.tolist()
    ([[[3.0, 3.0]]], [[[3.0, 3.0, 3.0]]])
    """
    x, weight, laid, groups, biased = cache
    dy = answers(dy, laid.shape, cache)
    seen, _ = windows.forward(dy, laid.kernel, stride=laid.stride, padding=laid.padding)
    columns = seen.reshape(len(x), groups, math.prod(weight.shape[1:]), math.prod(x.shape[2:]))
    dx = matmul(grouped(weight, groups), columns).reshape(x.shape)
    dweight = matmul(_rows(x, groups), columns.swapaxes(-1, -2)).sum(axis=0).reshape(weight.shape)
    return dx, dweight, dy.sum(axis=(0, *range(2, dy.ndim))) if biased else None


def _geometry(
    front: tuple[int, int], kernel: tuple[int, ...], places: tuple[int, ...], stride: PerAxis,
    padding: PerAxis, extra: PerAxis,
) -> windows.Cache:  # fmt: skip
    axes = len(kernel)
    strides = windows.per_axis("stride", stride, axes)
    cut = windows.per_axis("padding", padding, axes, least=0)
    more = windows.per_axis("extra", extra, axes, least=0)
    sizes = zip(places, kernel, strides, cut, more, strict=True)
    shape = (*front, *((n - 1) * s - 2 * p + k + e for n, k, s, p, e in sizes))
    return windows.Cache(shape, kernel, strides, cut)


def _rows(x: Array, groups: int) -> Array:
    batch, channels, *places = x.shape
    return x.reshape(batch, groups, channels // groups, math.prod(places))
