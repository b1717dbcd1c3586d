"""What drives every unit of a network alike, compiled: its bias and the input channels."""

from __future__ import annotations

from typing import Any

from .compiling import part

__all__ = ["sum_steady"]


@part
def sum_steady(bias: Any, input_weights: Any, inputs: Any, t: int, steady: Any) -> None:
    """Sum what does not change while the inputs stay as they are."""
    changed = t == 0
    for k in range(inputs.shape[1]):
        changed = changed or inputs[t, k] != inputs[t - 1, k]
    if changed:
        for i in range(steady.shape[0]):
            steady[i] = bias[i]
        for k in range(inputs.shape[1]):
            weights, x = input_weights[k], inputs[t, k]
            for i in range(steady.shape[0]):
                steady[i] += weights[i] * x
