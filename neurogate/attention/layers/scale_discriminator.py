"""The discriminator of multi-scale adversarial attention gates: it sees segmentations of several sizes."""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, fits, namespace
from neurogate.attention.layer import Layer, Parameters, image, named, part
from neurogate.attention.operators import convolution, linear, resizing, spectral_norm
from neurogate.attention.operators.pointwise import Pointwise, sigmoid, tanh
from neurogate.attention.options import whole_number
from neurogate.errors import RequestError
from neurogate.units import Count, Domain, settings

__all__ = ["ScaleDiscriminator", "scales_of"]

SQUEEZED = 13  # channels beside each map


class _Level(NamedTuple):
    """What the backward needs of one scale."""

    squeeze: convolution.Cache
    squeezed: Array
    convolution: convolution.Cache
    norm: spectral_norm.Cache
    before: Array


class Cache(NamedTuple):
    """What the backward needs."""

    first: convolution.Cache
    before: Array
    levels: list[_Level]
    features: tuple[int, ...]
    dense: linear.Cache


@settings
class ScaleDiscriminator(Layer):
    r"""Judge segmentations of several sizes together.

    .. math::
        h_0 = \mathrm{lrelu}(W_0 * p_0), \quad
        h_i = \tanh(\hat W_i * [\sigma(S_i h_{i-1}); p_i]), \quad D = w \cdot h_{n-1} + b

    with maps :math:`p_i` each half as large as the one before, squeezed to 13 channels beside them, and
    weights :math:`\hat W_i` divided by their largest singular value. All kernels have a size of 4 and steps
    of 2, the last one steps of 1; there are :math:`2 f 2^i` of them. The authors' comment says leaky
    rectifier where their code has tanh.

    Its loss is `neurogate.attention.operators.least_squares_gan`, and `scales_of` makes the maps of a real
    mask. The authors hide their own from it with normal noise (0.2) and swap one label in ten.

    Parameters
    ----------
    maps : int
        Channels of each map: the classes without the background.
    filters : int
        f.
    scales : int
        n, how many maps there are.
    height, width : int
        Of the largest map; halved with each of the others.

    References
    ----------
    Valvano, Leo & Tsaftaris 2020, Learning to segment from scribbles using multi-scale adversarial attention
    gates, arXiv:2007.01152.

    Examples
    --------
    >>> layer = ScaleDiscriminator(maps=2, filters=2, height=16, width=16)
    >>> y, cache = layer.forward(*scales_of(np.ones((3, 2, 16, 16)), 4))
    >>> dmaps, gradients = layer.backward(np.ones_like(y), cache)
    >>> y.shape, [d.shape[-1] for d in dmaps]
    ((3, 1), [16, 8, 4, 2])
    """

    maps: Count = 3
    filters: Count = 32
    scales: Annotated[int, Domain(2)] = 4
    height: Count = 224
    width: Count = 224

    def check(self) -> None:
        """Raise ValueError if a map cannot be halved."""
        step = 2 ** (self.scales - 1)
        for name, size in (("height", self.height), ("width", self.width)):
            if size % step:
                raise ValueError(
                    f"{name} is {size}; of {self.scales} scales it must be a multiple of {step}."
                )

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw by He's rule, with biases of 0."""
        shapes: dict[str, tuple[int, ...]] = {"first": (self._wide(0), self.maps, 4, 4)}
        for i in range(1, self.scales):
            shapes[f"squeeze{i}"] = (SQUEEZED, self._wide(i - 1), 1, 1)
            shapes[f"level{i}"] = (self._wide(i), SQUEEZED + self.maps, 4, 4)
        step = 2 ** (self.scales - 1)
        shapes["dense"] = (1, self._wide(self.scales - 1) * (self.height // step) * (self.width // step))
        return {
            f"{name}.{which}": draw.kaiming_normal(rng, shape) if which == "weight" else np.zeros(shape[0])
            for name, shape in shapes.items() for which in ("weight", "bias")
        }  # fmt: skip

    def forward(self, *maps: Array) -> tuple[Array, Cache]:
        """Return scores (B, 1), given as many maps (B, M, h, w) as there are scales, the largest first."""
        self._fit(maps)
        xp, p = self.given(**{f"map {i}": each for i, each in enumerate(maps)})
        first, first_cache = convolution.forward(maps[0], **part(p, "first"), stride=2, padding=1)
        h, before = LEAKY.forward(first)
        levels = []
        for i in range(1, self.scales):
            squeezed, squeeze = convolution.forward(h, **part(p, f"squeeze{i}"))
            seen = xp.concatenate([sigmoid.value(squeezed), maps[i]], axis=1)
            weight, norm = spectral_norm.forward(p[f"level{i}.weight"])
            y, convolved = convolution.forward(seen, weight, p[f"level{i}.bias"], **self._steps(i))
            y = y if i < self.scales - 1 else y[:, :, 1:, 1:]
            h, kept = tanh.forward(y)
            levels.append(_Level(squeeze, squeezed, convolved, norm, kept))
        y, dense = linear.forward(h.reshape(len(h), math.prod(h.shape[1:])), **part(p, "dense"))
        return y, Cache(first_cache, before, levels, h.shape, dense)

    def backward(self, dy: Array, cache: Cache) -> tuple[tuple[Array, ...], Parameters]:
        """Return the gradients with respect to the maps and the parameters."""
        xp = namespace(dy=dy)
        dh, weight, bias = linear.backward(dy, cache.dense)
        gradients = named("dense", {"weight": weight, "bias": bias})
        dh, dmaps = dh.reshape(cache.features), []
        for i, level in reversed(list(enumerate(cache.levels, 1))):
            d = tanh.backward(dh, level.before)
            d = d if i < self.scales - 1 else xp.pad(d, [(0, 0), (0, 0), (1, 0), (1, 0)])
            dseen, weight, bias = convolution.backward(d, level.convolution)
            gradients |= named(
                f"level{i}", {"weight": spectral_norm.backward(weight, level.norm), "bias": bias}
            )
            dmaps.append(dseen[:, SQUEEZED:])
            dsqueezed = sigmoid.backward(dseen[:, :SQUEEZED], level.squeezed)
            dh, weight, bias = convolution.backward(dsqueezed, level.squeeze)
            gradients |= named(f"squeeze{i}", {"weight": weight, "bias": bias})
        dx, weight, bias = convolution.backward(LEAKY.backward(dh, cache.before), cache.first)
        return (dx, *reversed(dmaps)), gradients | named("first", {"weight": weight, "bias": bias})

    def _wide(self, level: int) -> int:
        return self.filters << (level + 1)

    def _steps(self, level: int) -> dict[str, int]:
        """Return the geometry of TensorFlow's "same": of steps of 1, one place more before and two after."""
        return {"stride": 2, "padding": 1} if level < self.scales - 1 else {"stride": 1, "padding": 2}

    def _fit(self, maps: tuple[Array, ...]) -> None:
        told = {f"map {i}": each for i, each in enumerate(maps)}
        if len(maps) != self.scales:
            raise RequestError(f"{len(maps)} maps were given. This discriminator takes {self.scales}.")
        for i, each in enumerate(maps):
            image(self.maps, 2, **{f"map {i}": each})
            size = (len(maps[0]), self.maps, self.height // 2**i, self.width // 2**i)
            fits(each.shape == size, f"map {i} must be {size}", **told)


def scales_of(mask: Array, scales: int) -> tuple[Array, ...]:
    """Return a mask at several sizes, each half of the one before, by linear interpolation.

    Parameters
    ----------
    mask : (B, M, h, w)
        One channel for each class but the background.
    scales : int
        How many sizes there are.

    Examples
    --------
    >>> [m.shape for m in scales_of(np.ones((1, 2, 8, 4)), 3)]
    [(1, 2, 8, 4), (1, 2, 4, 2), (1, 2, 2, 1)]
    """
    shrunk = range(whole_number("scales", scales))
    return tuple(resizing.forward(mask, [max(1, n // 2**i) for n in mask.shape[2:]])[0] for i in shrunk)


def _leaky(x: Array) -> Array:
    return namespace(x=x).maximum(x, 0.2 * x)


def _slope(x: Array) -> Array:
    positive: Array = (x > 0).astype(x.dtype)
    return 0.2 + 0.8 * positive


LEAKY = Pointwise(_leaky, _slope)
