"""Functions of one number, applied to each: sigmoid, SiLU, GELU and the others that gates are made of."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from neurogate.attention.arrays import Array, namespace

__all__ = [
    "POINTWISE", "Pointwise", "elu", "gelu", "identity", "log_sigmoid", "normal_cdf", "relu", "sigmoid",
    "silu", "softplus", "tanh",
]  # fmt: skip


class Pointwise(NamedTuple):
    """A function of one number and its slope.

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

    def forward(self, x: Array) -> tuple[Array, Array]:
        """Return the value at `x`, and what `backward` needs."""
        namespace(x=x)
        return self.value(x), x

    def backward(self, dy: Array, cache: Array) -> Array:
        """Return the gradient with respect to the input of `forward`."""
        return dy * self.slope(cache)


def _sigmoid(x: Array) -> Array:
    xp = namespace(x=x)
    with np.errstate(over="ignore"):  # far down the exponential is infinite, and 1 over it 0
        y = xp.exp(-x)
    y += 1
    return 1 / y


def _sigmoid_slope(x: Array) -> Array:
    xp = namespace(x=x)
    small = xp.exp(-xp.abs(x))  # never overflows, and keeps all digits on both sides
    return small / (1 + small) ** 2


def _silu_slope(x: Array) -> Array:
    y = _sigmoid(x)
    return y * (1 + x * (1 - y))


def _erf(x: Array) -> Array:
    if namespace(x=x).__name__ == "cupy":
        return importlib.import_module("cupyx.scipy.special").erf(x)
    return _short_erf(x) if x.dtype == np.float32 else importlib.import_module("scipy.special").erf(x)


def _short_erf(x: Array) -> Array:
    """Return the error function within 6e-7, four times as fast (Abramowitz & Stegun 1964, 7.1.26)."""
    t = 1 / (1 + 0.3275911 * np.abs(x))
    tail = 1.061405429 * t
    for a in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail += a
        tail *= t
    return np.copysign(1 - tail * np.exp(-x * x), x)


def _normal_cdf(x: Array) -> Array:
    return 0.5 * (1 + _erf(x * math.sqrt(0.5)))


def _normal_density(x: Array) -> Array:
    xp = namespace(x=x)
    return xp.exp(-0.5 * x * x) * (1 / math.sqrt(2 * math.pi))


def _gelu_slope(x: Array) -> Array:
    return _normal_cdf(x) + x * _normal_density(x)


def _softplus(x: Array) -> Array:
    xp = namespace(x=x)
    return xp.maximum(x, 0) + xp.log1p(xp.exp(-xp.abs(x)))


def _elu(x: Array) -> Array:
    xp = namespace(x=x)
    return xp.where(x > 0, x, xp.expm1(xp.minimum(x, 0)))


def _elu_slope(x: Array) -> Array:
    xp = namespace(x=x)
    return xp.exp(xp.minimum(x, 0))


def _relu(x: Array) -> Array:
    return namespace(x=x).maximum(x, 0)


def _tanh(x: Array) -> Array:
    return namespace(x=x).tanh(x)


sigmoid = Pointwise(_sigmoid, _sigmoid_slope)
r""":math:`\sigma(x) = 1 / (1 + e^{-x})`."""

silu = Pointwise(lambda x: x * _sigmoid(x), _silu_slope)
r""":math:`x \sigma(x)`, also called swish."""

gelu = Pointwise(lambda x: x * _normal_cdf(x), _gelu_slope)
r""":math:`x \Phi(x)` with the normal distribution function, exact."""

normal_cdf = Pointwise(_normal_cdf, _normal_density)
r""":math:`\Phi(x)`, the normal distribution function."""

tanh = Pointwise(_tanh, lambda x: 1 - _tanh(x) ** 2)
"""The hyperbolic tangent."""

relu = Pointwise(_relu, lambda x: (x > 0).astype(x.dtype))
"""max(x, 0); its slope at 0 is 0."""

elu = Pointwise(_elu, _elu_slope)
r""":math:`x` above 0, :math:`e^x - 1` below."""

softplus = Pointwise(_softplus, _sigmoid)
r""":math:`\log(1 + e^x)`."""

log_sigmoid = Pointwise(lambda x: -_softplus(-x), lambda x: _sigmoid(-x))
r""":math:`\log \sigma(x)`."""

identity = Pointwise(lambda x: x.copy(), lambda x: x * 0 + 1)
"""What came in, unchanged."""

POINTWISE: Mapping[str, Pointwise] = {
    "sigmoid": sigmoid, "tanh": tanh, "relu": relu, "gelu": gelu, "silu": silu, "softplus": softplus,
    "elu": elu, "identity": identity, "log_sigmoid": log_sigmoid,
}  # fmt: skip
"""By the names that settings use."""
