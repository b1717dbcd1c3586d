"""Functions of one number, applied to each: sigmoid, SiLU, GELU and the others that gates are made of."""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from neurogate.attention.arrays import Array, Cache, Namespace, answers, namespace, shaped
from neurogate.attention.fused import fused, on_gpu
from neurogate.attention.pieces import in_pieces

__all__ = [
    "POINTWISE", "Pointwise", "elu", "gelu", "identity", "log_sigmoid", "normal_cdf", "relu", "sigmoid",
    "silu", "softplus", "tanh",
]  # fmt: skip


class Pointwise(NamedTuple):
    r"""A function of one number and its slope.

    .. math:: y = \phi(x + b), \quad \bar x = \phi'(x + b)\, \bar y

    Attributes
    ----------
    value : callable
        Takes an array.
    slope : callable
        Takes the same array, the input.

    Examples
    --------
    >>> import numpy as np
    >>> y, cache = relu.forward(np.array([-1.0, 2.0]))
    >>> y.tolist(), relu.backward(np.ones(2), cache).tolist()
    ([0.0, 2.0], [0.0, 1.0])
    """

    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]

    def forward(self, x: Array, bias: Array | None = None, *, overwrite: bool = False) -> tuple[Array, Cache]:
        """Return the value at `x`, and what `backward` needs.

        A bias, (d,), is added first, on a GPU in the same launch; on a CPU the sum may take the place of `x`.
        """
        namespace("bias", x=x, bias=bias)
        if bias is None:
            return self.value(x), x
        x, y = _behind(self.value, x, bias, overwrite)
        return y, x

    def backward(self, dy: Array, cache: Cache) -> Array:
        """Return the gradient with respect to the input of `forward`."""
        return _along(self.slope)(cache, answers(dy, cache.shape, cache))


def _behind(function: Callable[[Array], Any], x: Array, bias: Array, overwrite: bool) -> tuple[Array, ...]:
    """Return a sum, and behind it what a function of it returns."""
    shaped("x : (..., d); bias : (d,)", x=x, bias=bias)
    return _of_sum(function)(x.copy() if isinstance(x, np.ndarray) and not overwrite else x, bias)


@functools.cache
def _of_sum(function: Callable[[Array], Any]) -> Callable[[Array, Array], tuple[Array, ...]]:

    def followed(x: Array) -> tuple[Array, ...]:
        found = function(x)
        return (x, *found) if isinstance(found, tuple) else (x, found)

    @on_gpu(lambda xp, x, bias: followed(x + bias))
    def shifted(x: Array, bias: Array) -> tuple[Array, ...]:
        x += bias
        return followed(x)

    return shifted


@functools.cache
def _along(slope: Callable[[Array], Array]) -> Callable[[Array, Array], Array]:
    @on_gpu(lambda xp, x, dy: slope(x) * dy)
    @functools.partial(in_pieces, alone=False)
    def gradient(x: Array, dy: Array) -> Array:
        dx = slope(x)
        dx *= dy
        return dx

    return gradient


@on_gpu(lambda xp, x: 1 / (1 + xp.exp(-x)))
@in_pieces
def _sigmoid(x: Array) -> Array:
    y = np.negative(x, out=np.empty_like(x))
    with np.errstate(over="ignore"):  # far down the exponential is infinite, and 1 over it 0
        np.exp(y, out=y)
    y += 1
    return np.reciprocal(y, out=y)


@on_gpu(lambda xp, x: _falling(x) / (1 + _falling(x)) ** 2)
@in_pieces
def _sigmoid_slope(x: Array) -> Array:
    small = _falling(x)  # never overflows, and keeps all digits on both sides
    total = 1 + small
    total *= total
    small /= total
    return small


@on_gpu(lambda xp, x: xp.exp(-xp.absolute(x)))
def _falling(x: Array) -> Array:
    """Return :math:`e^{-|x|}`."""
    y = np.absolute(x, out=np.empty_like(x))
    np.negative(y, out=y)
    return np.exp(y, out=y)


@on_gpu(lambda xp, x: x * _sigmoid(x))
def _silu(x: Array) -> Array:
    y = _sigmoid(x)
    y *= x
    return y


@fused
def _silu_parts(xp: Namespace, x: Array) -> tuple[Array, Array]:
    sigma = _sigmoid(x)
    return sigma, sigma * x


@on_gpu(lambda xp, x: _sigmoid(x) * (1 + x * (1 - _sigmoid(x))))
def _silu_slope(x: Array) -> Array:
    y = _sigmoid(x)
    slope = 1 - y
    slope *= x
    slope += 1
    slope *= y
    return slope


@on_gpu(lambda xp, sigma, y, dy: ((1 - sigma) * y + sigma) * dy)
@in_pieces
def _silu_gradient(sigma: Array, y: Array, dy: Array) -> Array:
    dx = 1 - sigma
    dx *= y
    dx += sigma
    dx *= dy
    return dx


@fused
def _normal_cdf(xp: Namespace, x: Array) -> Array:
    on_cpu = xp is np
    if on_cpu and x.dtype == np.float32:
        return _short_normal_cdf(x)
    erf = importlib.import_module("scipy.special" if on_cpu else "cupyx.scipy.special").erf
    return 0.5 * (1 + erf(x * math.sqrt(0.5)))


@in_pieces
def _short_normal_cdf(x: Array) -> Array:
    """Return it within 4e-7 by Abramowitz & Stegun 1964, 7.1.26, five times as fast."""
    t = 1 / (1 + 0.3275911 * math.sqrt(0.5) * np.abs(x))
    beyond = 0.5 * 1.061405429 * t
    for a in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        beyond += 0.5 * a
        beyond *= t
    beyond *= np.exp(-0.5 * x * x)
    return 0.5 + np.copysign(0.5 - beyond, x)


@fused
def _normal_density(xp: Namespace, x: Array) -> Array:
    return xp.exp(-0.5 * x * x) * (1 / math.sqrt(2 * math.pi))


@fused
def _gelu_parts(xp: Namespace, x: Array) -> tuple[Array, Array]:
    below = _normal_cdf(x)
    return x * below, below


@on_gpu(lambda xp, x, below, dy: (x * _normal_density(x) + below) * dy)
@in_pieces
def _gelu_gradient(x: Array, below: Array, dy: Array) -> Array:
    slope = x * _normal_density(x)
    slope += below
    slope *= dy
    return slope


@on_gpu(lambda xp, x: xp.maximum(x, 0) + xp.log1p(_falling(x)))
@in_pieces
def _softplus(x: Array) -> Array:
    """Return it with a logarithm by Goldberg 1991, theorem 4, since `log1p` takes five times as long.

    References
    ----------
    doi:10.1145/103162.103163.
    """
    z = _falling(x)
    total = 1 + z
    rounded = total - 1
    log = np.log(total)
    with np.errstate(invalid="ignore"):  # 0 / 0 where the total is 1
        log *= z
        log /= rounded
    return np.maximum(x, 0) + np.where(rounded == 0, z, log)


@on_gpu(lambda xp, x: -_softplus(-x))
@in_pieces
def _log_sigmoid(x: Array) -> Array:
    y = _softplus(-x)
    y *= -1
    return y


class _Gelu(Pointwise):
    """It keeps the distribution function for the backward, since that is most of the work."""

    __slots__ = ()

    def forward(self, x: Array, bias: Array | None = None, *, overwrite: bool = False) -> tuple[Array, Cache]:
        namespace("bias", x=x, bias=bias)
        x, y, below = (x, *_gelu_parts(x)) if bias is None else _behind(_gelu_parts, x, bias, overwrite)
        return y, (x, below)

    def backward(self, dy: Array, cache: Cache) -> Array:
        x, below = cache
        return _gelu_gradient(x, below, answers(dy, x.shape, cache))


class _Silu(Pointwise):
    """It keeps the sigmoid for the backward, whose exponential is most of the work."""

    __slots__ = ()

    def forward(self, x: Array, bias: Array | None = None, *, overwrite: bool = False) -> tuple[Array, Cache]:
        namespace("bias", x=x, bias=bias)
        sigma, y = _silu_parts(x) if bias is None else _behind(_silu_parts, x, bias, overwrite)[1:]
        return y, (sigma, y)

    def backward(self, dy: Array, cache: Cache) -> Array:
        sigma, y = cache
        return _silu_gradient(sigma, y, answers(dy, y.shape, cache))


sigmoid = Pointwise(_sigmoid, _sigmoid_slope)
r""":math:`\sigma(x) = 1 / (1 + e^{-x})`."""

silu = _Silu(_silu, _silu_slope)
r""":math:`x \sigma(x)`, also called swish."""

gelu = _Gelu(
    fused(lambda xp, x: x * _normal_cdf(x)), fused(lambda xp, x: _normal_cdf(x) + x * _normal_density(x))
)
r""":math:`x \Phi(x)` with the normal distribution function, exact."""

normal_cdf = Pointwise(_normal_cdf, _normal_density)
r""":math:`\Phi(x)`, the normal distribution function."""

tanh = Pointwise(fused(lambda xp, x: xp.tanh(x)), fused(lambda xp, x: 1 - xp.tanh(x) ** 2))
"""The hyperbolic tangent."""

relu = Pointwise(fused(lambda xp, x: xp.maximum(x, 0)), fused(lambda xp, x: (x > 0).astype(x.dtype)))
"""max(x, 0); its slope at 0 is 0."""

elu = Pointwise(
    fused(lambda xp, x: xp.where(x > 0, x, xp.expm1(xp.minimum(x, 0)))),
    fused(lambda xp, x: xp.exp(xp.minimum(x, 0))),
)
r""":math:`x` above 0, :math:`e^x - 1` below."""

softplus = Pointwise(_softplus, _sigmoid)
r""":math:`\log(1 + e^x)`."""

log_sigmoid = Pointwise(_log_sigmoid, on_gpu(lambda xp, x: _sigmoid(-x))(in_pieces(lambda x: _sigmoid(-x))))
r""":math:`\log \sigma(x)`."""

identity = Pointwise(lambda x: x * 1, lambda x: x * 0 + 1)
"""What came in, unchanged."""

POINTWISE: Mapping[str, Pointwise] = {
    "sigmoid": sigmoid, "tanh": tanh, "relu": relu, "gelu": gelu, "silu": silu, "softplus": softplus,
    "elu": elu, "identity": identity, "log_sigmoid": log_sigmoid,
}  # fmt: skip
"""By the names that settings use."""
