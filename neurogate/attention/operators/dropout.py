"""Dropout, whose chance is drawn outside: which numbers are kept is an argument."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from neurogate.attention.arrays import Array, answers, fits, namespace, together
from neurogate.attention.options import FROM_0_BELOW_1, number, whole_numbers
from neurogate.errors import RequestError

__all__ = ["Rate", "backward", "draw", "forward"]

Rate: TypeAlias = Annotated[float, FROM_0_BELOW_1]
"""How likely a number is lost: never all of them."""


def forward(x: Array, kept: Array | None = None, *, rate: float = 0.5) -> tuple[Array, Array | None]:
    r"""Set some numbers to 0, and enlarge the others so that the mean stays.

    .. math:: y = x k / (1 - r)

    Parameters
    ----------
    x : array
        Input.
    kept : bool array, optional
        :math:`k`, true where a number stays; all stay as they are if left out, as in evaluation.
    rate : float
        :math:`r`, how likely a number is lost.

    Returns
    -------
    y : array
        Output.
    cache : array, optional
        For `backward`: what each number was multiplied with.

    Raises
    ------
    RequestError
        If shapes differ, or the rate is no probability below 1.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.ones(3), np.array([True, False, True]))[0].tolist()
    [2.0, 0.0, 2.0]
    """
    namespace(x=x)
    number("rate", rate, FROM_0_BELOW_1)
    if kept is None:
        return x, None
    together(x=x, kept=kept)
    fits(kept.shape == x.shape and kept.dtype == bool, "kept must be true or false for each number of x",
         x=x, kept=kept)  # fmt: skip
    factor = kept.astype(x.dtype) / (1 - rate)
    return x * factor, factor


def backward(dy: Array, cache: Array | None) -> Array:
    """Return the gradient with respect to `x`.

    Parameters
    ----------
    dy : array
        Gradient with respect to `y`.
    cache : array, optional
        Of `forward`.

    Returns
    -------
    array
        Gradient.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.ones(3), np.array([True, False, True]))
    >>> backward(np.ones(3), cache).tolist()
    [2.0, 0.0, 2.0]
    """
    namespace(dy=dy)
    if cache is None:
        return dy
    together(dy=dy, cache=cache)
    dy = answers(dy, cache.shape, cache)
    return dy * cache


def draw(rng: Any, shape: tuple[int, ...], *, rate: float = 0.5) -> Array:
    """Draw which numbers are kept.

    Parameters
    ----------
    rng : numpy.random.Generator or cupy.random.Generator
        Source; it is advanced.
    shape : tuple of int
        Of the array.
    rate : float
        How likely a number is lost.

    Returns
    -------
    bool array
        True where a number stays.

    Raises
    ------
    RequestError
        If there is no source, no such shape, or the rate is no probability below 1.

    Examples
    --------
    >>> import numpy as np
    >>> bool(draw(np.random.default_rng(0), (4,), rate=0.0).all())
    True
    """
    if not callable(getattr(rng, "random", None)):
        raise RequestError(f"rng is {rng!r}. Give a generator of NumPy or CuPy.")
    return rng.random(whole_numbers("shape", shape, 0)) >= number("rate", rate, FROM_0_BELOW_1)
