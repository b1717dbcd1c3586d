"""How large steps are: the schedule of the rate, and the largest gradient."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import numpy as np

from neurogate.attention.arrays import Array, namespace
from neurogate.attention.layer import Parameters
from neurogate.attention.options import ABOVE_0, FROM_0_TO_1, number, whole_number
from neurogate.errors import RequestError

__all__ = ["clipped", "cosine"]


def cosine(step: int, steps: int, *, warmup: int = 0, low: float = 0.0) -> float:
    r"""Return what multiplies the rate at a step: up in a line, then down along a cosine.

    .. math:: l + (1 - l) (1 + \cos \pi x) / 2, \quad x = \frac{step - warmup}{steps - warmup}

    Parameters
    ----------
    step : int
        From 0 on.
    steps : int
        How many there will be.
    warmup : int
        How many of them rise.
    low : float
        Where it ends.

    Raises
    ------
    RequestError
        If the warm-up is as long as all steps, or longer.

    References
    ----------
    Loshchilov & Hutter 2017, arXiv:1608.03983.

    Examples
    --------
    >>> [round(cosine(step, 4), 3) for step in range(5)]
    [1.0, 0.854, 0.5, 0.146, 0.0]
    >>> [cosine(step, 8, warmup=4) for step in range(4)]
    [0.25, 0.5, 0.75, 1.0]
    """
    step, steps = whole_number("step", step, 0), whole_number("steps", steps)
    low = number("low", low, FROM_0_TO_1)
    if whole_number("warmup", warmup, 0, of="steps") >= steps:
        raise RequestError(f"The warm-up takes {warmup} of {steps} steps. Make it shorter.")
    if step < warmup:
        return (step + 1) / warmup
    gone = min(1.0, (step - warmup) / (steps - warmup))
    return low + (1 - low) * (1 + math.cos(math.pi * gone)) / 2


def clipped(gradients: Mapping[str, Array], largest: float) -> Parameters:
    r"""Shorten all gradients together so that their norm is at most `largest`.

    .. math:: g \leftarrow g \min(1, c / \|g\|_2)

    A gradient that is not finite counts as 0, as one that says nothing.

    Parameters
    ----------
    gradients : mapping
        By name.
    largest : float
        :math:`c`, of the norm over all of them.

    Returns
    -------
    dict
        New arrays.

    References
    ----------
    Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063.

    Examples
    --------
    >>> import numpy as np
    >>> clipped({"a": np.array([3.0]), "b": np.array([4.0])}, 1.0)["b"].round(5).tolist()
    [0.8]
    """
    finite, largest = {}, number("largest", largest, ABOVE_0)
    for name, gradient in gradients.items():
        xp = namespace(gradient=gradient)
        finite[name] = xp.where(xp.isfinite(gradient), gradient, 0).astype(gradient.dtype, copy=False)
    share = min(1.0, largest / (_norm(finite.values()) + 1e-6))
    return {name: gradient * share for name, gradient in finite.items()}


def _norm(arrays: Collection[Array]) -> float:
    """Return the norm over all numbers; where their squares are too large, in units of the largest."""
    with np.errstate(over="ignore"):
        square = sum(float((array * array).sum()) for array in arrays)
    if math.isfinite(square):
        return math.sqrt(square)
    unit = max(float(abs(array).max()) for array in arrays if array.size)
    return unit * _norm([array / unit for array in arrays])
