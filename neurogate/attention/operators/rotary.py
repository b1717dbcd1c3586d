"""Rotary position codes: pairs of features turn by an angle that grows with the position."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from neurogate.attention.arrays import Array, Namespace, alike, fits, namespace
from neurogate.attention.constants import constant
from neurogate.attention.fused import fused
from neurogate.attention.operators import masks
from neurogate.attention.options import ABOVE_0, number, whole_number
from neurogate.errors import RequestError

__all__ = ["Cache", "angles", "backward", "forward", "of_steps"]


class Cache(NamedTuple):
    """What the backward needs."""

    cos: Array
    sin: Array
    interleaved: bool


def angles(positions: Array, width: int, *, base: float = 1e4) -> tuple[Array, Array]:
    r"""Return the cosine and the sine of the angles of each position.

    .. math:: \theta_{ti} = t \, b^{-2i/r}, \quad 0 \le i < r / 2

    Parameters
    ----------
    positions : (..., T)
        :math:`t`, as floating-point numbers.
    width : int
        :math:`r`, how many features turn; an even number.
    base : float
        :math:`b`.

    Returns
    -------
    cos, sin : (..., T, r / 2)
        In float64, for positions may be large.

    Raises
    ------
    RequestError
        If the width is odd, or the base is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> angles(np.array([0.0, 1.0]), 4)[0].round(4).tolist()
    [[1.0, 1.0], [0.5403, 1.0]]
    >>> angles(np.array([0.0, 1.0]), 3)
    Traceback (most recent call last):
    neurogate.errors.RequestError: 3 features cannot turn in pairs. Give an even width.
    """
    xp = namespace(positions=positions)
    if whole_number("width", width, 0, of="features") % 2:
        raise RequestError(f"{width} features cannot turn in pairs. Give an even width.")
    frequencies = constant(
        _frequencies, width, number("base", base, ABOVE_0), like=np.dtype("float64"), xp=xp
    )
    cos, sin = _cos_and_sin(positions.astype("float64")[..., None], frequencies)
    return cos, sin


@masks.kept
def of_steps(
    before: int, length: int, width: int, base: float, dtype: np.dtype[Any], xp: Namespace
) -> tuple[Array, Array]:
    """Return the `angles` of steps that follow each other, in a number type; few are kept for the next call.

    Parameters
    ----------
    before, length : int
        How many steps came before the first, and T.
    width, base
        As in `angles`.
    dtype : numpy.dtype
        Of what will be turned.
    xp : module
        `numpy` or `cupy`.

    Returns
    -------
    cos, sin : (T, r / 2)

    Raises
    ------
    RequestError
        If the width is odd, or a number of steps is none.

    Examples
    --------
    >>> import numpy as np
    >>> of_steps(7, 3, 4, 1e4, np.dtype("float32"), np)[0].shape
    (3, 2)
    """
    before, length = whole_number("before", before, 0), whole_number("length", length, 0)
    cos, sin = angles(before + xp.arange(length, dtype="float64"), width, base=base)
    return cos.astype(dtype), sin.astype(dtype)


def forward(x: Array, cos: Array, sin: Array, *, interleaved: bool = False) -> tuple[Array, Cache]:
    r"""Turn the first r features of the last axis; the others stay.

    .. math:: (a, b) \mapsto (a \cos\theta - b \sin\theta, \; b \cos\theta + a \sin\theta)

    Parameters
    ----------
    x : (..., T, h)
        Queries or keys.
    cos, sin : (..., T, r / 2)
        As `angles` returns them; they broadcast to `x` but for the last axis.
    interleaved : bool
        Whether features 2i and 2i + 1 are a pair, or features i and i + r / 2.

    Returns
    -------
    y : (..., T, h)
        Output.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If more features would turn than there are, or shapes do not fit.

    References
    ----------
    Su et al. 2021, arXiv:2104.09864.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.array([[1.0, 2.0, 3.0]]), np.array([[0.0]]), np.array([[1.0]]))[0].tolist()
    [[-2.0, 1.0, 3.0]]
    """
    namespace(x=x, cos=cos, sin=sin)
    fits(cos.shape == sin.shape, "cos and sin must be of one shape", cos=cos, sin=sin)
    _fit(cos, x=x)
    cache = Cache(cos.astype(x.dtype, copy=False), sin.astype(x.dtype, copy=False), interleaved)
    return _turned(x, *cache), cache


def backward(dy: Array, cache: Cache) -> Array:
    r"""Return the gradient with respect to `x`: `dy`, turned back by :math:`-\theta`.

    Parameters
    ----------
    dy : (..., T, h)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.array([[1.0, 2.0]]), np.array([[0.0]]), np.array([[1.0]]))
    >>> backward(np.array([[-2.0, 1.0]]), cache).tolist()
    [[1.0, 2.0]]
    """
    dy = alike(dy, cache)
    _fit(cache.cos, dy=dy)
    return _turned(dy, *cache, back=True)


def _fit(cos: Array, **turned: Array) -> None:
    ((name, x),) = turned.items()
    room = x.ndim > 0 < cos.ndim and 2 * cos.shape[-1] <= x.shape[-1]
    fits(room, f"{name} needs two features for each angle, an even number of them", **turned, cos=cos)
    pairs = zip(reversed(cos.shape[:-1]), reversed(x.shape[:-1]), strict=False)
    broad = cos.ndim <= x.ndim and all(c in (1, n) for c, n in pairs)
    fits(broad, f"the angles must broadcast to {name}, but for the last axis", **turned, cos=cos)


def _frequencies(width: int, base: float) -> Array:
    return base ** (-2.0 * np.arange(width // 2) / max(width, 1))


@fused
def _cos_and_sin(xp: Namespace, positions: Array, frequencies: Array) -> tuple[Array, Array]:
    theta = positions * frequencies
    return xp.cos(theta), xp.sin(theta)


def _turned(x: Array, cos: Array, sin: Array, interleaved: bool, back: bool = False) -> Array:
    half = cos.shape[-1]
    first = (..., slice(0, 2 * half, 2) if interleaved else slice(0, half))
    second = (..., slice(1, 2 * half, 2) if interleaved else slice(half, 2 * half))
    if back:
        first, second = second, first
    y = x.copy() if x.shape[-1] > 2 * half else namespace(x=x).empty(x.shape, x.dtype)
    _turn(x[first], x[second], cos, sin, y[first], y[second])
    return y


@fused
def _turn(xp: Namespace, a: Array, b: Array, cos: Array, sin: Array, to_a: Array, to_b: Array) -> None:
    to_a[...] = a * cos - b * sin
    to_b[...] = b * cos + a * sin
