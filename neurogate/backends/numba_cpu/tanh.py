"""The hyperbolic tangent of many numbers at once."""

from __future__ import annotations

from typing import Any

from .compiling import part

__all__ = ["tanh"]


@part
def tanh(x: Any) -> None:
    """Take the hyperbolic tangent in place, by the operations of `numpy_reference.rates.tanh`."""
    number = x.dtype.type
    most, small, one = number(20), number(0.015625), number(1)
    a, b, c = number(378), number(17325), number(135135)
    d, e, f = number(28), number(3150), number(62370)
    for i in range(x.shape[0]):
        y = max(min(x[i], most), -most) * small
        s = y * y
        t = y * (((s + a) * s + b) * s + c) / (((s * d + e) * s + f) * s + c)
        for _ in range(6):
            t = (t + t) / (t * t + one)
        x[i] = t
