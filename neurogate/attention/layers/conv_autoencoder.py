"""A convolutional autoencoder of short series, and what its errors say of an anomaly."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, answers, fits, namespace
from neurogate.attention.blocks import weighted
from neurogate.attention.layer import Layer, Parameters, sequence
from neurogate.attention.operators import convolution, transposed_convolution
from neurogate.attention.operators.pointwise import relu
from neurogate.attention.options import one_of
from neurogate.units import Count, settings

__all__ = ["ConvAutoencoder", "Rule", "errors", "threshold"]

Rule: TypeAlias = Literal["deviations", "percentile"]
"""What is too large an error."""

_NAMES = ("encode1", "encode2", "decode1", "decode2")


class Cache(NamedTuple):
    """What the backward needs; `code` is what the series is squeezed to, (B, narrow, T / 4)."""

    maps: list[weighted.Cache]
    before: list[Array]
    code: Array


@settings
class ConvAutoencoder(Layer):
    r"""Two convolutions that halve the series, and two that double it again.

    .. math:: y = \mathrm{conv}_4^T(\phi(\mathrm{conv}_3^T(\phi(\mathrm{conv}_2(\phi(\mathrm{conv}_1(x)))))))

    with :math:`\phi = \max(0, \cdot)` and steps of two. Trained on healthy series, it reproduces others
    badly: `errors` above `threshold` are anomalies. Widths and thresholds are ours, the abstract has none.

    Parameters
    ----------
    channels : int
        Of the series.
    wide, narrow : int
        Channels after the first and the second convolution.
    taps : int
        Length of the kernels; odd.

    References
    ----------
    A machine learning-based framework for predictive maintenance of semiconductor laser for optical
    communication (2022), arXiv:2211.02842; reconstructed from its abstract.

    Examples
    --------
    >>> layer = ConvAutoencoder()
    >>> y, cache = layer.forward(np.ones((2, 13, 1)))
    >>> y.shape, cache.code.shape
    ((2, 13, 1), (2, 8, 4))
    """

    channels: Count = 1
    wide: Count = 16
    narrow: Count = 8
    taps: Count = 7

    def check(self) -> None:
        """Raise ValueError if a kernel has no middle."""
        if self.taps % 2 == 0:
            raise ValueError(f"taps is {self.taps}; it must be odd, for a kernel has a middle.")

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw as PyTorch does."""
        c, w, n, k = self.channels, self.wide, self.narrow, self.taps
        drawn = draw.linear(rng, "encode1", w, c, k) | draw.linear(rng, "encode2", n, w, k)
        for name, inputs, outputs in (("decode1", n, w), ("decode2", w, c)):
            bound = (outputs * k) ** -0.5
            drawn[f"{name}.weight"] = draw.uniform(rng, (inputs, outputs, k), bound)
            drawn[f"{name}.bias"] = draw.uniform(rng, (outputs,), bound)
        return drawn

    def forward(self, x: Array) -> tuple[Array, Cache]:
        """Return the reproduction of (B, T, channels), and what `backward` needs."""
        _, p = self.given(x=x)
        sequence(x, self.channels)
        fits(x.shape[1] > 0, "a series needs a sample", x=x)
        h, padding = x.swapaxes(1, 2), self.taps // 2
        lengths = [x.shape[1], (x.shape[1] + 1) // 2]
        maps, before = [], []
        for place, name in enumerate(_NAMES):
            operator: Any = convolution if place < 2 else transposed_convolution
            more = {} if place < 2 else {"extra": 1 - lengths[3 - place] % 2}
            h, cache = weighted.forward(operator, h, p, name, stride=2, padding=padding, **more)
            maps.append(cache)
            before.append(h)
            h = relu.value(h) if place < 3 else h
        return h.swapaxes(1, 2), Cache(maps, before, relu.value(before[1]))

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        namespace(dy=dy)
        dy = answers(dy, (*dy.shape[:1], cache.maps[3].inner.windows.shape[2], self.channels), cache)
        dh, gradients = weighted.backward(dy.swapaxes(1, 2), cache.maps[3])
        for each, before in zip(reversed(cache.maps[:3]), reversed(cache.before[:3]), strict=True):
            dh, found = weighted.backward(relu.backward(dh, before), each)
            gradients |= found
        return dh.swapaxes(1, 2), gradients


def errors(x: Array, reproduction: Array) -> Array:
    r"""Return how badly each series is reproduced.

    .. math:: e_b = \langle (x_b - y_b)^2 \rangle

    Parameters
    ----------
    x, reproduction : (B, T, channels)
        Series, and what an autoencoder made of them.

    Returns
    -------
    (B,)
        Mean squared errors.

    Raises
    ------
    RequestError
        If shapes differ.

    Examples
    --------
    >>> errors(np.ones((2, 3, 1)), np.zeros((2, 3, 1))).tolist()
    [1.0, 1.0]
    """
    namespace(x=x, reproduction=reproduction)
    fits(x.shape == reproduction.shape, "both must have the same shape", x=x, reproduction=reproduction)
    off = x - reproduction
    return (off * off).mean(axis=tuple(range(1, x.ndim)))


def threshold(healthy: Array, rule: Rule = "deviations") -> float:
    r"""Return the error above which a series is called an anomaly.

    .. math:: \theta = \mu + 3 \sigma, \quad \text{or the 95th percentile}

    Parameters
    ----------
    healthy : (B,)
        Errors of healthy series that the autoencoder was trained on.
    rule : {"deviations", "percentile"}
        Which of the two.

    Raises
    ------
    RequestError
        If there is no error to judge by, or no such rule.

    Examples
    --------
    >>> threshold(np.array([1.0, 3.0])), round(threshold(np.array([0.0, 1.0]), "percentile"), 2)
    (5.0, 0.95)
    """
    xp = namespace(healthy=healthy)
    fits(healthy.ndim == 1 and healthy.size > 0, "there must be a row of errors", healthy=healthy)
    if one_of("rule", rule, get_args(Rule)) == "deviations":
        return float(healthy.mean() + 3 * healthy.std())
    return float(xp.percentile(healthy, 95))
