"""A layer inside a layer: its parameters stand among those of the outer one, behind a name."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, NamedTuple

from neurogate.attention.arrays import Array
from neurogate.attention.layer import Layer, Parameters, named, part

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs."""

    layer: Layer
    name: str
    inner: Any


def forward(
    layer: Layer, x: Array, parameters: Mapping[str, Array], name: str, *more: Any, **options: Any
) -> tuple[Array, Cache]:
    """Apply a layer with the parameters of one name, whatever its own are.

    Parameters
    ----------
    layer : Layer
        Whose settings are taken.
    x : array
        Its input.
    parameters : mapping
        Of the outer layer; those that begin with the name and a dot are taken.
    name : str
        Of the inner layer.
    *more
        Further inputs, such as a state.
    **options
        Further arguments by their names.

    Returns
    -------
    y : array
        Output.
    cache : Cache
        For `backward`.

    Examples
    --------
    >>> import numpy as np
    >>> from neurogate.attention import make
    >>> from neurogate.attention.layer import named
    >>> layer = make("base_conv", d_model=4)
    >>> forward(layer, np.ones((1, 3, 4)), named("mixer", layer.parameters), "mixer")[0].shape
    (1, 3, 4)
    """
    inner = copy.copy(layer)
    object.__setattr__(inner, "parameters", part(parameters, name))
    y, cache = inner.forward(x, *more, **options)
    return y, Cache(inner, name, cache)


def backward(dy: Array, cache: Cache) -> tuple[Array, Parameters]:
    """Return the gradients.

    Parameters
    ----------
    dy : array
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dx : array
        Gradient with respect to `x`.
    gradients : dict
        Of the parameters, by their names in the outer layer.

    Examples
    --------
    >>> import numpy as np
    >>> from neurogate.attention import make
    >>> from neurogate.attention.layer import named
    >>> layer = make("base_conv", d_model=4)
    >>> y, cache = forward(layer, np.ones((1, 3, 4)), named("mixer", layer.parameters), "mixer")
    >>> backward(y, cache)[1]["mixer.conv.weight"].shape
    (4, 3)
    """
    dx, gradients = cache.layer.backward(dy, cache.inner)
    return dx, named(cache.name, gradients)
