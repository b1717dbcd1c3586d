"""What objects look like: pictures become features by a small convolutional network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, fits
from neurogate.attention.blocks import weighted
from neurogate.attention.layer import Parameters
from neurogate.attention.operators import convolution, linear, max_pooling
from neurogate.attention.operators.pointwise import relu
from neurogate.scanpath.models.oat import pyramid
from neurogate.units import Count, Domain, settings

__all__ = ["Cache", "Patch", "backward", "forward", "initial"]

KERNELS = 5, 3


@settings
class Patch:
    """The pictures, and the network that looks at them.

    Parameters
    ----------
    channels, height, width : int
        Of a picture.
    first, second : int
        Channels of the two convolutions.
    pool, last_pool : int
        Windows of the largest number behind them.
    levels : int
        If above 0, a spatial pyramid of so many levels stands in place of the last pooling, so that pictures
        of any size have as many features.
    """

    channels: Count = 3
    height: Count = 150
    width: Count = 93
    first: Count = 16
    second: Count = 32
    pool: Count = 5
    last_pool: Count = 3
    levels: Annotated[int, Domain(0, 8)] = 0

    @property
    def features(self) -> int:
        """How many numbers the pictures become before the last map; 0 if they are too small."""
        if self.levels:
            return self.second * sum(1 << 2 * level for level in range(self.levels))
        sides = []
        for side in (self.height, self.width):
            for kernel, pool in zip(KERNELS, (self.pool, self.last_pool), strict=True):
                side = max(0, side - kernel + 1) // pool
            sides.append(side)
        return self.second * math.prod(sides)


class Cache(NamedTuple):
    """What the backward needs, in the order of the network."""

    shape: tuple[int, ...]
    maps: list[weighted.Cache]
    bends: list[Any]
    pools: list[max_pooling.Cache]
    pyramid: pyramid.Cache | None


def initial(rng: np.random.Generator, patch: Patch, outputs: int) -> Parameters:
    """Draw the convolutions `first` and `second`, and the map `out`, by Glorot's rule.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    patch : Patch
        The network.
    outputs : int
        Features.

    Examples
    --------
    >>> initial(np.random.default_rng(0), Patch(), 256)["out.weight"].shape
    (256, 1440)
    """
    shapes = {
        "first": (patch.first, patch.channels, KERNELS[0], KERNELS[0]),
        "second": (patch.second, patch.first, KERNELS[1], KERNELS[1]),
        "out": (outputs, patch.features),
    }
    drawn: Parameters = {}
    for name, shape in shapes.items():
        drawn |= {f"{name}.weight": draw.xavier_uniform(rng, shape), f"{name}.bias": np.zeros(shape[0])}
    return drawn


def forward(x: Array, parameters: Mapping[str, Array], patch: Patch) -> tuple[Array, Cache]:
    """Convolve, bend and pool twice, then map.

    Parameters
    ----------
    x : (..., C, h, w)
        Pictures.
    parameters : mapping
        As `initial` draws them.
    patch : Patch
        The network.

    Returns
    -------
    y : (..., outputs)
        Features.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If the pictures are of another size.

    Examples
    --------
    >>> patch = Patch(height=12, width=10, pool=2, last_pool=1)
    >>> forward(np.ones((2, 7, 3, 12, 10)), initial(np.random.default_rng(0), patch, 4), patch)[0].shape
    (2, 7, 4)
    """
    size = (patch.channels, patch.height, patch.width)
    good = x.ndim >= 4 and (x.shape[-3] == size[0] if patch.levels else x.shape[-3:] == size)
    fits(good, f"pictures must be (..., {size[0]}, {size[1]}, {size[2]})", x=x)
    y, maps, bends, pools, tower = x.reshape(-1, *x.shape[-3:]), [], [], [], None
    for name, window in (("first", patch.pool), ("second", patch.last_pool)):
        y, found = weighted.forward(convolution, y, parameters, name)
        y, bend = relu.forward(y)
        maps.append(found)
        bends.append(bend)
        if name == "second" and patch.levels:
            y, tower = pyramid.forward(y, patch.levels)
        else:
            y, pooled = max_pooling.forward(y, window)
            pools.append(pooled)
    shape = y.shape
    y, found = weighted.forward(linear, y.reshape(*x.shape[:-3], -1), parameters, "out")
    return y, Cache(shape, [*maps, found], bends, pools, tower)


def backward(dy: Array, cache: Cache) -> tuple[Array, Parameters]:
    """Return the gradients.

    Parameters
    ----------
    dy : (..., outputs)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dx : (..., C, h, w)
        Gradient with respect to the pictures.
    gradients : dict
        Of the parameters.

    Examples
    --------
    >>> patch = Patch(height=12, width=10, pool=2, last_pool=1)
    >>> y, cache = forward(np.ones((7, 3, 12, 10)), initial(np.random.default_rng(0), patch, 4), patch)
    >>> backward(y, cache)[0].shape
    (7, 3, 12, 10)
    """
    first, second, out = cache.maps
    dx, gradients = weighted.backward(dy, out)
    dx = dx.reshape(cache.shape)
    pools = list(cache.pools)
    dx = (
        max_pooling.backward(dx, pools.pop())
        if cache.pyramid is None
        else pyramid.backward(dx, cache.pyramid)
    )
    dx, found = weighted.backward(relu.backward(dx, cache.bends[1]), second)
    gradients |= found
    dx = max_pooling.backward(dx, pools.pop())
    dx, found = weighted.backward(relu.backward(dx, cache.bends[0]), first)
    return dx.reshape(*dy.shape[:-1], *dx.shape[1:]), gradients | found
