"""What layers with dropout do alike: draw which numbers are kept, and look at what they are told of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from neurogate.attention.arrays import Array, fits, together
from neurogate.attention.operators import dropout
from neurogate.attention.options import mapping

__all__ = ["Shapes", "drawn", "told"]

Shapes: TypeAlias = dict[str, tuple[int, ...]]
"""Of what dropout acts on, by names."""


def drawn(rng: Any, shapes: Shapes, rate: float) -> dict[str, Array]:
    """Draw which numbers dropouts keep.

    Parameters
    ----------
    rng : numpy.random.Generator or cupy.random.Generator
        Source; it is advanced.
    shapes : dict
        Of what they act on, in order.
    rate : float
        How likely a number is lost.

    Examples
    --------
    >>> import numpy as np
    >>> drawn(np.random.default_rng(0), {"out": (1, 2)}, 0.0)
    {'out': array([[ True,  True]])}
    """
    return {name: dropout.draw(rng, shape, rate=rate) for name, shape in shapes.items()}


def told(kept: Any, shapes: Callable[[tuple[int, ...]], Shapes], x: Array) -> Mapping[str, Array]:
    """Return which numbers are kept, none by name if nothing is told; complain about what cannot be used.

    Parameters
    ----------
    kept : mapping, optional
        As `drawn` returns them, or some of them.
    shapes : callable
        Gives those of what dropouts act on, of the shape of `x`.
    x : array
        Input.

    Raises
    ------
    RequestError
        If there is no dropout of a name, or an array is of another shape than what it acts on.

    Examples
    --------
    >>> import numpy as np
    >>> told({"in": np.array([True])}, lambda shape: {"out": shape, "hidden": shape}, np.ones(1))
    Traceback (most recent call last):
    neurogate.errors.RequestError: kept has 'in'. Give some of out, hidden.
    """
    if not mapping("kept", kept):
        return {}
    wanted = shapes(x.shape)
    masks = mapping("kept", kept, names=wanted)
    for name, mask in masks.items():
        together(x=x, **{name: mask})
        what = f"kept must be true or false for each number, {wanted[name]}"
        fits(mask.shape == wanted[name] and mask.dtype == bool, what, **{name: mask})
    return masks
