"""Softmax and norms of rows on a GPU, each in one launch; arrays are CuPy's and stay where they are.

In array form they are ten launches or more, and a launch costs what thousands of numbers do.
"""

from __future__ import annotations

import math
import sys
from typing import Any

from . import device as devices
from .packing import fields, instance, pack

__all__ = ["norm", "norm_backward", "softmax", "softmax_backward"]

Array = Any
_MOST_BLOCKS = 1 << 20
_THREADS = (32, 256)  # of a block: a power of two, since they fold what they have by halves


def softmax(scores: Array, mask: Array | None) -> Array:
    r"""Return :math:`p_i = e^{s_i} / \sum_j e^{s_j}` of the last axis.

    Parameters
    ----------
    scores : (..., S)
        Scores.
    mask : (..., S) bool, optional
        True where a score counts; it broadcasts. A row in which none counts has weights 0.

    Examples
    --------
    See `neurogate.attention.operators.softmax.forward`.
    """
    p, shown = _like(scores), {}
    if mask is not None:
        xp = _library(scores)
        whole = mask.shape == scores.shape[scores.ndim - mask.ndim :]
        shown["shown"] = xp.ascontiguousarray(mask if whole else xp.broadcast_to(mask, scores.shape))
    rows = max(shown["shown"].size // scores.shape[-1], 1) if shown and scores.size else 1
    _launch("rows_softmax", {"x": scores}, {"y": p} | shown, {"shown_rows": rows})
    return p


def softmax_backward(dy: Array, p: Array) -> Array:
    r"""Return :math:`p (\bar p - \langle p, \bar p \rangle)`.

    Parameters
    ----------
    dy, p : (..., S)
        Gradient with respect to the weights, and the weights.

    Examples
    --------
    See `neurogate.attention.operators.softmax.backward`.
    """
    ds = _like(p)
    _launch("rows_softmax_adjoint", {"unit": p, "dy": dy}, {"y": ds}, {})
    return ds


def norm(
    x: Array, weight: Array | None, bias: Array | None, *, eps: float, centred: bool
) -> tuple[Array, Array, Array]:
    r"""Return :math:`w u + b` with :math:`u = (x - m) / \sqrt{\langle (x - m)^2 \rangle + \epsilon}`.

    Parameters
    ----------
    x : (..., d)
        Input.
    weight, bias : (d,), optional
        w and b.
    eps : float
        What keeps zeros from division by 0.
    centred : bool
        Whether m is the mean of the last axis; it is 0 if not.

    Returns
    -------
    y, unit, inverse : arrays
        Output, u, and (..., 1) what x was multiplied by.

    Examples
    --------
    See `neurogate.attention.operators.layer_norm.forward`.
    """
    made = {"y": _like(x), "unit": _like(x), "inverse": _library(x).empty((*x.shape[:-1], 1), x.dtype)}
    given = {name: a for name, a in (("x", x), ("weight", weight), ("bias", bias)) if a is not None}
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


def _library(array: Array) -> Any:
    return sys.modules[type(array).__module__.partition(".")[0]]


def _like(array: Array) -> Array:
    return _library(array).empty(array.shape, array.dtype)


def _launch(kernel: str, given: dict[str, Array], made: dict[str, Array], numbers: dict[str, float]) -> None:
    y = made["y"]
    if not y.size:
        return
    device, xp, width = devices.current(), _library(y), y.shape[-1]
    arrays = {name: xp.ascontiguousarray(array, y.dtype) for name, array in given.items()} | made
    shape = {"rows": y.size // width, "width": width}
    addresses = {name: device.address(array) for name, array in arrays.items()}
    absent = dict.fromkeys(fields("rows.cuh", "Rows"), 0) | {"hidden": -math.inf}
    packed = pack("rows.cuh", "Rows", absent | numbers | shape | addresses)
    least, most = _THREADS
    threads = min(most, max(least, 1 << (width - 1).bit_length()))
    grid = (min(shape["rows"], _MOST_BLOCKS), 1)
    shared = threads * y.dtype.itemsize
    device.launch(instance(kernel, y.dtype), packed, grid, threads, shared, wait=False)
