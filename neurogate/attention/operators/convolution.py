"""The convolution of one, two or three spatial axes, channels first."""

from __future__ import annotations

import math
from typing import NamedTuple

from neurogate.attention.arrays import Array, answers, fits, namespace, together
from neurogate.attention.operators import depthwise_convolution, windows
from neurogate.attention.operators.windows import PerAxis
from neurogate.attention.options import whole_number
from neurogate.attention.products import matmul

__all__ = ["Cache", "backward", "forward", "grouped"]


class Cache(NamedTuple):
    """What the backward needs; `columns` is what the kernel saw, (B, groups, C / groups K, places).

    Of a depthwise convolution that is its own cache.
    """

    columns: Array | depthwise_convolution.Cache
    weight: Array
    windows: windows.Cache
    groups: int
    biased: bool


def forward(
    x: Array, weight: Array, bias: Array | None = None, *, stride: PerAxis = 1, padding: PerAxis = 0,
    groups: int = 1,
) -> tuple[Array, Cache]:  # fmt: skip
    r"""Weight what a kernel sees at each of its places.

    .. math:: y_{boi} = b_o + \sum_{c \tau} W_{oc\tau} x_{bc, s i + \tau - p}

    As in all libraries of deep learning the kernel is not turned round.

    Parameters
    ----------
    x : (B, C, n...)
        Input.
    weight : (O, C / groups, k...)
        One kernel for each output channel.
    bias : (O,), optional
        What is added.
    stride, padding : int or sequence of int
        Distance between places :math:`s`, and zeros on both sides :math:`p`.
    groups : int
        Input and output channels fall into as many groups; each output sees its own group. C of them make the
        convolution depthwise.

    Returns
    -------
    y : (B, O, m...)
        Output, m = (n + 2 p - k) // s + 1.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(4.0).reshape(1, 1, 4)
    >>> forward(x, np.ones((1, 1, 3)), padding=1)[0].tolist()
    [[[1.0, 3.0, 6.0, 5.0]]]
    """
    namespace("bias", x=x, weight=weight, bias=bias)
    fits(weight.ndim == x.ndim > 2 and min(weight.shape[2:]) > 0, "weight must have as many axes as x: "
         "outputs, inputs of a group, kernel", x=x, weight=weight)  # fmt: skip
    (outputs, inputs, *kernel), groups = weight.shape, whole_number("groups", groups)
    fits(outputs % groups == 0 and x.shape[1] == groups * inputs,
         f"channels of x must be {groups} times the second axis of weight, and {groups} groups must divide "
         "its first", x=x, weight=weight)  # fmt: skip
    columns: Array | depthwise_convolution.Cache
    if outputs == groups == x.shape[1]:
        y, columns = depthwise_convolution.forward(x, weight, stride=stride, padding=padding)
        seen = columns.windows
    else:
        taps, seen = windows.forward(x, kernel, stride=stride, padding=padding)
        columns = taps.reshape(len(x), groups, inputs * math.prod(kernel), math.prod(seen.places))
        y = matmul(grouped(weight, groups), columns).reshape(len(x), outputs, *seen.places)
    if bias is not None:
        fits(bias.shape == (outputs,), "bias needs one number for each output", weight=weight, bias=bias)
        y += bias.reshape(outputs, *(1 for _ in kernel))
    return y, Cache(columns, weight, seen, groups, bias is not None)


def backward(dy: Array, cache: Cache) -> tuple[Array, Array, Array | None]:
    r"""Return the gradients.

    .. math::
        \bar x_{bcj} = \sum_{o \tau} W_{oc\tau} \bar y_{bo, (j - \tau + p) / s}, \quad
        \bar W_{oc\tau} = \sum_{bi} \bar y_{boi} x_{bc, s i + \tau - p}

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
    >>> y, cache = forward(np.arange(4.0).reshape(1, 1, 4), np.ones((1, 1, 3)))
    >>> dx, dweight, _ = backward(np.ones_like(y), cache)
    >>> dx.tolist(), dweight.tolist()
    ([[[1.0, 2.0, 2.0, 1.0]]], [[[1.0, 3.0, 5.0]]])
    """
    columns, weight, seen, groups, biased = cache
    dy = answers(dy, (seen.shape[0], len(weight), *seen.places), cache)
    dbias = dy.sum(axis=(0, *range(2, dy.ndim))) if biased else None
    if isinstance(columns, depthwise_convolution.Cache):
        return *depthwise_convolution.backward(dy, columns), dbias
    batch, outputs, *places = dy.shape
    rows = dy.reshape(batch, groups, outputs // groups, math.prod(places))
    dcolumns = matmul(grouped(weight, groups).swapaxes(-1, -2), rows)
    dx = windows.backward(dcolumns.reshape(*seen.shape[:2], math.prod(seen.kernel), *places), seen)
    return dx, matmul(rows, columns.swapaxes(-1, -2)).sum(axis=0).reshape(weight.shape), dbias


def grouped(weight: Array, groups: int) -> Array:
    """Return the kernels of each group as a matrix, (groups, len(weight) / groups, taps).

    Parameters
    ----------
    weight : (outputs, inputs, k...)
        Of a convolution; of a transposed one, (inputs, outputs, k...).
    groups : int
        How many.

    Examples
    --------
    >>> import numpy as np
    >>> grouped(np.ones((4, 3, 2)), 2).shape
    (2, 2, 6)
    """
    together(weight=weight)
    groups = whole_number("groups", groups)
    fits(weight.ndim > 2 and len(weight) % groups == 0, f"weight must be (outputs, inputs, k...), its "
         f"outputs a multiple of {groups} groups", weight=weight)  # fmt: skip
    return weight.reshape(groups, len(weight) // groups, math.prod(weight.shape[1:]))
