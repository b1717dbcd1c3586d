"""A linear map, a short causal convolution of each channel, and SiLU: what stands before some recurrences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array
from neurogate.attention.blocks import weighted
from neurogate.attention.layer import Parameters
from neurogate.attention.operators import causal_convolution, linear
from neurogate.attention.operators.pointwise import silu

__all__ = ["Cache", "backward", "forward", "initial"]


class Cache(NamedTuple):
    """What the backward needs; ``convolution.state`` are the last samples, for the next piece."""

    projection: weighted.Cache
    convolution: causal_convolution.Cache
    before: Array
    name: str


def initial(rng: np.random.Generator, name: str, outputs: int, inputs: int, kernel: int) -> Parameters:
    """Draw both as PyTorch does; neither has a bias.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    name : str
        Of the part; the convolution is called ``{name}_convolution``.
    outputs, inputs : int
        Widths.
    kernel : int
        Samples that the convolution sees.

    Examples
    --------
    >>> {name: array.shape for name, array in initial(np.random.default_rng(0), "q", 2, 3, 4).items()}
    {'q.weight': (2, 3), 'q_convolution.weight': (2, 1, 4)}
    """
    drawn = draw.linear(rng, name, outputs, inputs, bias=False)
    return drawn | draw.linear(rng, f"{name}_convolution", outputs, 1, kernel, bias=False)


def forward(
    x: Array, parameters: Mapping[str, Array], name: str, state: Array | None = None
) -> tuple[Array, Cache]:
    r"""Map, convolve, bend.

    .. math:: y = \mathrm{SiLU}(w * x W^T)

    Parameters
    ----------
    x : (B, T, d)
        Input.
    parameters : mapping
        Of the layer.
    name : str
        Of the part.
    state : (B, k - 1, e), optional
        Samples before the first; 0 if left out.

    Returns
    -------
    y : (B, T, e)
        Output.
    cache : Cache
        For `backward`, and with the state after the last step.

    Examples
    --------
    >>> drawn = initial(np.random.default_rng(0), "q", 2, 3, 4)
    >>> y, cache = forward(np.ones((1, 5, 3)), drawn, "q")
    >>> y.shape, cache.convolution.state.shape
    ((1, 5, 2), (1, 3, 2))
    """
    flat, projection = weighted.forward(linear, x, parameters, name)
    weight = parameters[f"{name}_convolution.weight"]
    mixed, convolution = causal_convolution.forward(flat, weight, None, state)
    y, before = silu.forward(mixed)
    return y, Cache(projection, convolution, before, name)


def backward(dy: Array, cache: Cache) -> tuple[Array, Parameters, Array | None]:
    """Return the gradients.

    Parameters
    ----------
    dy : (B, T, e)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dx : (B, T, d)
        Gradient with respect to `x`.
    gradients : dict
        Of the parameters, by their full names.
    dstate : (B, k - 1, e)
        Gradient with respect to the state; None if there was none.

    Examples
    --------
    >>> drawn = initial(np.random.default_rng(0), "q", 2, 3, 4)
    >>> _, cache = forward(np.ones((1, 5, 3)), drawn, "q")
    >>> sorted(backward(np.ones((1, 5, 2)), cache)[1])
    ['q.weight', 'q_convolution.weight']
    """
    dmixed = silu.backward(dy, cache.before)
    dflat, dweight, _, dstate = causal_convolution.backward(dmixed, cache.convolution)
    dx, gradients = weighted.backward(dflat, cache.projection)
    return dx, gradients | {f"{cache.name}_convolution.weight": dweight}, dstate
