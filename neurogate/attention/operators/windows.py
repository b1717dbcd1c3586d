"""What a kernel sees at each of its places: the part that convolutions and poolings share."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from neurogate.attention.arrays import Array, answers, fits, namespace
from neurogate.attention.options import FINITE, number, whole_number, whole_numbers

__all__ = ["Cache", "PerAxis", "backward", "forward", "per_axis", "plan", "views"]

PerAxis: TypeAlias = int | Sequence[int]
"""One number for all spatial axes, or one for each."""


class Cache(NamedTuple):
    """What the backward needs: the shape of x, and of each spatial axis the kernel, stride and padding."""

    shape: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]

    @property
    def places(self) -> tuple[int, ...]:
        """Return at how many places the kernel stands along each axis."""
        sizes = zip(self.shape[2:], self.kernel, self.stride, self.padding, strict=True)
        return tuple((n + 2 * p - k) // s + 1 for n, k, s, p in sizes)

    @property
    def inside(self) -> tuple[Any, ...]:
        """Return where x stands in what has the padding around it."""
        return (..., *(slice(p, p + n) for n, p in zip(self.shape[2:], self.padding, strict=True)))

    @property
    def taps(self) -> Iterator[tuple[Any, ...]]:
        """Return what each tap of the kernel sees of that; the last axis is the fastest."""
        along = list(zip(self.stride, self.places, strict=True))
        for start in itertools.product(*map(range, self.kernel)):
            yield (..., *(slice(o, o + s * (m - 1) + 1, s) for o, (s, m) in zip(start, along, strict=True)))


def forward(
    x: Array, kernel: PerAxis, *, stride: PerAxis = 1, padding: PerAxis = 0, fill: float = 0.0
) -> tuple[Array, Cache]:
    r"""Collect what each tap of a kernel sees at each of its places.

    .. math:: y_{bc\tau i} = x_{bc, s i + \tau - p}

    Parameters
    ----------
    x : (B, C, n...)
        Input, of one spatial axis or more.
    kernel, stride, padding : int or sequence of int
        Size, distance between places :math:`s`, and how much is added on both sides :math:`p`.
    fill : float
        What is added there.

    Returns
    -------
    y : (B, C, K, m...)
        K is the product of the sizes of the kernel, its last axis fastest; m = (n + 2 p - k) // s + 1.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If the kernel is larger than the padded input, or a number is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.arange(4.0).reshape(1, 1, 4), 3)[0][0, 0].tolist()
    [[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]]
    """
    xp, cache = namespace(x=x), plan(x, kernel, stride=stride, padding=padding)
    if fill != -math.inf:
        number("fill", fill, FINITE)
    if any(cache.padding):
        x = xp.pad(x, [(0, 0), (0, 0), *((p, p) for p in cache.padding)], constant_values=fill)
    if xp is not np:
        return _seen(x, cache).reshape(*x.shape[:2], math.prod(cache.kernel), *cache.places), cache
    seen = [x[tap] for tap in cache.taps]
    return xp.stack(seen, axis=2) if len(seen) > 1 else seen[0][:, :, None], cache


def plan(x: Array, kernel: PerAxis, *, stride: PerAxis = 1, padding: PerAxis = 0) -> Cache:
    """Return where a kernel stands.

    Parameters
    ----------
    x : (B, C, n...)
        Input, of one spatial axis or more.
    kernel, stride, padding : int or sequence of int
        As in `forward`.

    Raises
    ------
    RequestError
        If the kernel is larger than the padded input, or a number is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> plan(np.ones((1, 1, 4)), 3).places
    (2,)
    """
    namespace(x=x)
    fits(x.ndim >= 3, "x must be (batch, channels, at least one spatial axis)", x=x)
    axes = x.ndim - 2
    cache = Cache(x.shape, per_axis("kernel", kernel, axes), per_axis("stride", stride, axes),
                  per_axis("padding", padding, axes, least=0))  # fmt: skip
    fits(min(cache.places) >= 1, f"a kernel of {cache.kernel} is larger than x with {cache.padding} added "
         "on both sides", x=x)  # fmt: skip
    return cache


def backward(dy: Array, cache: Cache) -> Array:
    r"""Return the gradient with respect to the input: each number goes back to where it was seen.

    Parameters
    ----------
    dy : (B, C, K, m...)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    (B, C, n...)
        Gradient.

    Examples
    --------
    >>> import numpy as np
    >>> y, cache = forward(np.zeros((1, 1, 4)), 3)
    >>> backward(np.ones_like(y), cache).tolist()
    [[[1.0, 2.0, 2.0, 1.0]]]
    """
    xp = namespace(dy=dy)
    dy = answers(dy, (*cache.shape[:2], math.prod(cache.kernel), *cache.places), cache)
    if dy.shape[2] == 1 and cache.places == cache.shape[2:] and not any(cache.padding):
        return dy[:, :, 0]  # a kernel of one number has seen each place once
    sizes = zip(cache.shape[2:], cache.padding, strict=True)
    dx = xp.zeros((*cache.shape[:2], *(n + 2 * p for n, p in sizes)), dy.dtype)
    if xp is not np and all(k <= s for k, s in zip(cache.kernel, cache.stride, strict=True)):
        _seen(dx, cache)[...] = dy.reshape(*dy.shape[:2], *cache.kernel, *cache.places)
        return dx[cache.inside]
    for i, tap in enumerate(cache.taps):
        dx[tap] += dy[:, :, i]
    return dx[cache.inside]


def _seen(x: Array, cache: Cache) -> Array:
    """Return what the taps see, as a view (B, C, k..., m...)."""
    axes = range(2, x.ndim)
    strided = (..., *(slice(None, None, s) for s in cache.stride), *(slice(None) for _ in axes))
    found, count = views(x, cache.kernel, axes)[strided], len(axes)
    return found.transpose(0, 1, *range(2 + count, 2 + 2 * count), *axes)


def views(x: Array, kernel: Sequence[int], axes: Sequence[int]) -> Array:
    """Return what a kernel sees at all places where it fits, as a view: the axes of the kernel are the last.

    For a GPU, where to sum a product with them is two launches however many taps there are; it takes their
    number times the memory of `x` for a while, and on a CPU longer than tap after tap.

    Parameters
    ----------
    x : array
        Input.
    kernel, axes : sequence of int
        Sizes of the kernel, and along which axes of `x`.

    Raises
    ------
    RequestError
        If the kernel is larger than `x`.

    Examples
    --------
    >>> import numpy as np
    >>> views(np.arange(4.0), [3], [0]).tolist()
    [[0.0, 1.0, 2.0], [1.0, 2.0, 3.0]]
    """
    xp, shape = namespace(x=x), list(x.shape)
    axes = whole_numbers("axes", axes, -x.ndim, x.ndim - 1)
    kernel = whole_numbers("kernel", kernel, count=len(axes))
    good = all(n <= shape[axis] for axis, n in zip(axes, kernel, strict=True))
    fits(good, f"a kernel of {kernel} does not fit into axes {axes}", x=x)
    for axis, size in zip(axes, kernel, strict=True):
        shape[axis] -= size - 1
    strides = [*x.strides, *(x.strides[axis] for axis in axes)]
    return xp.lib.stride_tricks.as_strided(x, [*shape, *kernel], strides)


def per_axis(name: str, value: PerAxis, axes: int, *, least: int = 1) -> tuple[int, ...]:
    """Return one number for each spatial axis.

    Parameters
    ----------
    name : str
        What the number is called.
    value : int or sequence of int
        One for all, or one for each.
    axes : int
        How many axes there are.
    least : int
        The smallest that is allowed.

    Raises
    ------
    RequestError
        If there are not as many numbers as axes, or one is too small.

    Examples
    --------
    >>> per_axis("stride", 2, 3)
    (2, 2, 2)
    """
    if isinstance(value, Iterable):
        return whole_numbers(name, value, least, count=axes)
    return (whole_number(name, value, least),) * axes
