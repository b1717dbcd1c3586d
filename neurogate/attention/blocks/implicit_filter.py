"""Long filters that a small network makes of the time since a sample.

Times, positions and decays are no parameters. The authors keep them in single precision, so we round them so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace, namespace
from neurogate.attention.blocks import weighted
from neurogate.attention.constants import constant
from neurogate.attention.fused import fused
from neurogate.attention.layer import Parameters
from neurogate.attention.operators import linear
from neurogate.attention.options import ABOVE_0, BETWEEN_0_AND_1, number, whole_number

__all__ = ["Cache", "backward", "check", "decays", "forward", "initial", "positions"]


class Cache(NamedTuple):
    """What the backward needs."""

    maps: list[weighted.Cache]
    before: list[Array]
    frequency: Array
    window: Array
    lags: int


def check(width: int) -> None:
    """Raise ValueError if positions of that width have no bands.

    Parameters
    ----------
    width : int
        Of the positions.

    Examples
    --------
    >>> check(4)
    Traceback (most recent call last):
    ValueError: d_positions is 4; it must be odd, and at least 3: the time, cosines and as many sines.
    """
    if width % 2 == 0 or width < 3:
        raise ValueError(
            f"d_positions is {width}; it must be odd, and at least 3: the time, cosines and as many sines."
        )


def positions(lags: int, width: int, xp: Namespace = np) -> Array:
    r"""Say of each lag when it is: as a fraction, and by the real and imaginary parts of rotations.

    .. math:: z_t = \left[\frac{t}{L-1}, \cos\frac{2 \pi f t}{L}, -\sin\frac{2 \pi f t}{L}\right]

    with :math:`f` from 0.0001 to one less than there are bands. Of a single band that leaves
    :math:`f = 0.0001`, and a cosine and a sine that hardly move.

    Parameters
    ----------
    lags : int
        L.
    width : int
        One more than twice the bands: odd, and 3 at least.
    xp : module
        `numpy` or `cupy`.

    Returns
    -------
    (L, width)
        In float64.

    Examples
    --------
    >>> positions(3, 5)[:, 0].tolist()
    [0.0, 0.5, 1.0]
    """
    lags, width = whole_number("lags", lags, of="steps"), whole_number("width", width, 3, of="columns")
    bands = (width - 1) // 2
    turns = (np.float32(2 * math.pi) * _spaced(0, lags - 1, lags) / np.float32(lags))[:, None]
    angle = (turns * _spaced(1e-4, bands - 1, bands)).astype(np.float64)
    columns = [_spaced(0, 1, lags)[:, None], np.cos(angle), -np.sin(angle)]
    return xp.asarray(np.concatenate(columns, axis=1).astype(np.float32).astype(np.float64))


def decays(
    width: int, fast: float = 0.3, slow: float = 1.5, target: float = 0.01, xp: Namespace = np
) -> Array:
    r"""Return how fast the filters fade, from slow to fast.

    .. math:: |\delta| \text{ from } -\ln(p) / s \text{ to } -\ln(p) / f

    Parameters
    ----------
    width : int
        How many filters.
    fast, slow : float
        :math:`f` and :math:`s`: after which fraction of all lags a filter has faded.
    target : float
        :math:`p`: what faded means.
    xp : module
        `numpy` or `cupy`.

    Examples
    --------
    >>> decays(2).round(2).tolist()
    [3.07, 15.35]
    """
    width = whole_number("width", width, of="filters")
    fast, slow = number("fast", fast, ABOVE_0), number("slow", slow, ABOVE_0)
    number("target", target, BETWEEN_0_AND_1)
    return xp.asarray(_spaced(-math.log(target) / slow, -math.log(target) / fast, width).astype(np.float64))


def initial(
    rng: np.random.Generator, lags: int, inputs: int, hidden: int, inner: int, width: int
) -> Parameters:
    """Draw the network: `positions`, `frequency`, and the maps `map0`, `map1`, ..., the last without a bias.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    lags : int
        L.
    inputs, hidden, width : int
        Widths of the positions, between the maps, and of the filters.
    inner : int
        How many maps there are between the first and the last.

    Examples
    --------
    >>> sorted(initial(np.random.default_rng(0), 16, 3, 6, 1, 8))[:4]
    ['frequency', 'map0.bias', 'map0.weight', 'map1.bias']
    """
    drawn: Parameters = {"positions": positions(lags, inputs), "frequency": np.ones(hidden)}
    for i, n in enumerate((inputs, *[hidden] * inner)):
        drawn |= draw.linear(rng, f"map{i}", hidden, n)
    return drawn | draw.linear(rng, f"map{inner + 1}", width, hidden, bias=False)


def forward(parameters: Mapping[str, Array], lags: int) -> tuple[Array, Cache]:
    r"""Make the filters: maps with sines between them, then a window that fades.

    .. math:: k_t = e^{-t |\delta|} \, W_n \sin(\omega (\ldots \sin(\omega (W_0 z_t + b_0)) \ldots))

    One frequency for each hidden unit serves all maps; :math:`t` goes from 0 to 1 over all lags.

    Parameters
    ----------
    parameters : mapping
        As `initial` draws them.
    lags : int
        How many of the lags are wanted.

    Returns
    -------
    (width, lags)
        Filters.
    cache : Cache
        For `backward`.

    References
    ----------
    Poli et al. 2023, arXiv:2302.10866.

    Examples
    --------
    >>> forward(initial(np.random.default_rng(0), 16, 3, 6, 2, 8), 5)[0].shape
    (8, 5)
    """
    frequency, z = parameters["frequency"], parameters["positions"]
    xp = namespace(positions=z, frequency=frequency)
    last = sum(key.endswith("weight") for key in parameters) - 1
    h, maps, before = z[: whole_number("lags", lags, 0, of="steps")], [], []
    for i in range(last):
        h, cache = weighted.forward(linear, h, parameters, f"map{i}")
        maps.append(cache)
        before.append(h)
        h = _sine(frequency, h)
    h, cache = weighted.forward(linear, h, parameters, f"map{last}")
    window = constant(_window, h.shape[-1], len(z), lags, like=z.dtype, xp=xp)
    return window * h.T, Cache([*maps, cache], before, frequency, window, len(z))


def backward(dkernel: Array, cache: Cache) -> Parameters:
    r"""Return the gradients.

    Of each sine :math:`h = \sin(\omega x)`,

    .. math:: \bar x = \omega \cos(\omega x) \bar h, \quad \bar\omega = \sum x \cos(\omega x) \bar h

    Parameters
    ----------
    dkernel : (width, lags)
        Gradient with respect to the filters.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dict
        Gradients of the parameters.

    Examples
    --------
    >>> kernel, cache = forward(initial(np.random.default_rng(0), 16, 3, 6, 2, 8), 5)
    >>> backward(kernel, cache)["positions"].shape
    (16, 3)
    """
    xp = namespace(dkernel=dkernel)
    maps, before, frequency, window, total = cache
    dh, gradients = weighted.backward((window * dkernel).T, maps[-1])
    dfrequency = xp.zeros_like(frequency)
    for x, each in zip(reversed(before), reversed(maps[:-1]), strict=True):
        dh = dh * xp.cos(frequency * x)
        dfrequency += (x * dh).sum(axis=0)
        dh, inner = weighted.backward(frequency * dh, each)
        gradients |= inner
    dpositions = xp.zeros((total, dh.shape[-1]), dh.dtype)
    dpositions[: len(dh)] = dh
    return gradients | {"frequency": dfrequency, "positions": dpositions}


def _spaced(start: float, stop: float, count: int) -> NDArray[np.float32]:
    """Return equal steps in single precision, rounded once for each, and from the end for the second half."""
    first, last, place = np.float32(start), np.float32(stop), np.arange(count)
    step = np.float64((last - first) / np.float32(max(1, count - 1)))
    ahead, back = np.float64(first) + step * place, np.float64(last) - step * (count - 1 - place)
    return np.where(place < (count + (count == 1)) // 2, ahead, back).astype(np.float32)


def _window(width: int, total: int, lags: int) -> Array:
    """Return how much is left of each filter at each lag."""
    return np.exp(-decays(width)[:, None] * _spaced(0, 1, total)[:lags].astype(np.float64))


@fused
def _sine(xp: Namespace, frequency: Array, x: Array) -> Array:
    return xp.sin(frequency * x)
