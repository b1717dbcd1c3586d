r"""Counter-based noise: random numbers as a pure function of who asks and when.

The number that neuron ``n`` of a replica gets at step ``t`` depends on (the replica's seed, the stream,
``t``, ``n``) and on nothing else, so it is the same in any batch, on any thread and after any
interruption. The integers come from Philox4x32-10 (Salmon et al. 2011, doi:10.1145/2063384.2063405):
the seed is the key, the counter is (n // 4, t low, t high, stream), and output word ``n % 4`` belongs
to neuron ``n``. This is the NumPy form; the other backends repeat it bit for bit.

One map turns 32 bits into a standard normal number. The top bit is the sign; the other 31, made odd,
are ``o``, and the magnitude is :math:`-\Phi^{-1}(o / 2^{32})`, read from a table of cubics with 16
pieces per octave of ``o`` (absolute error below 2e-8, largest magnitude 6.2). Multiplications and
additions in one stated order are all it needs, so every backend gives the same bits.
"""

from __future__ import annotations

import functools
import statistics
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "STREAMS",
    "bits_to_normals",
    "normal_table",
    "normals",
    "philox",
    "poisson_counts",
    "random_bits",
    "uniforms",
]

Array = npt.NDArray[Any]

STREAMS = {"membrane": 0, "poisson": 1, "variability": 2}
"""Independent streams of one seed."""

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_MASK = 0xFFFFFFFF
_PIECES = 16
_GRID = 2.0**28
_LOW = np.uint64(_MASK)
_SHIFT = np.uint64(32)


def philox(counter: tuple[Array, Array, Array, Array], key: tuple[int, int]) -> tuple[Array, ...]:
    """Encrypt a counter with Philox4x32-10.

    Parameters
    ----------
    counter : four uint32 arrays of one shape
    key : two integers below 2**32

    Returns
    -------
    four uint32 arrays of that shape

    References
    ----------
    Salmon et al. 2011, doi:10.1145/2063384.2063405.

    Examples
    --------
    >>> zero = np.zeros(1, np.uint32)
    >>> [hex(int(word[0])) for word in philox((zero, zero, zero, zero), (0, 0))]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    a, b, c, d = (word.astype(np.uint64) for word in counter)
    x, y = key
    for _ in range(10):
        left, right = _MULTIPLIERS[0] * a, _MULTIPLIERS[1] * c
        a, b = (right >> _SHIFT) ^ b ^ np.uint64(x), right & _LOW
        c, d = (left >> _SHIFT) ^ d ^ np.uint64(y), left & _LOW
        x, y = (x + _WEYL[0]) & _MASK, (y + _WEYL[1]) & _MASK
    return tuple(word.astype(np.uint32) for word in (a, b, c, d))


def random_bits(seed: int, stream: int, step: int, n: int) -> Array:
    """Return the 32 random bits of each of `n` neurons at one step.

    Parameters
    ----------
    seed : int
        The replica's seed, below 2**64.
    stream : int
        One of `STREAMS`.
    step : int
        Step number, below 2**64.
    n : int
        Number of neurons.

    Returns
    -------
    (n,) uint32 array

    Examples
    --------
    >>> np.array_equal(random_bits(1, 0, 5, 10)[:3], random_bits(1, 0, 5, 3))
    True
    """
    blocks = np.arange((n + 3) // 4, dtype=np.uint32)
    fixed = (np.full_like(blocks, part) for part in (step & _MASK, step >> 32, stream))
    words = philox((blocks, *fixed), (seed & _MASK, seed >> 32))  # type: ignore[arg-type]
    return np.stack(words, axis=1).reshape(-1)[:n]


def uniforms(seed: int, stream: int, step: int, n: int) -> Array:
    """Return `n` numbers in (0, 1): (bits + 1/2) / 2**32, in float64.

    Parameters
    ----------
    seed, stream, step, n : int
        As in `random_bits`.

    Examples
    --------
    >>> uniforms(1, 0, 5, 3).shape
    (3,)
    """
    return (random_bits(seed, stream, step, n) + 0.5) * 2.0**-32


@functools.cache
def normal_table(dtype: str = "float64") -> Array:
    """Return the cubics that map bits to normal numbers, as (4, pieces), highest power first.

    Piece ``16 e + s`` covers ``o`` in 2**e [1 + s/16, 1 + (s + 1)/16); the variable is
    ``o / 2**e - 1 - s/16``. Coefficients are rounded to a grid of 2**-28. None lies so near to the middle
    between two grid points that the last bits of a machine's logarithm could decide where it goes.

    Parameters
    ----------
    dtype : "float32" or "float64"

    Examples
    --------
    >>> normal_table().shape
    (4, 497)
    """
    nodes = 0.5 + 0.5 * np.cos((2 * np.arange(4) + 1) * np.pi / 8)
    inverse = statistics.NormalDist().inv_cdf
    values = [
        [-inverse(2.0 ** (e - 32) * (1 + (s + node) / _PIECES)) for node in nodes]
        for e in range(31)
        for s in range(_PIECES)
    ]
    cubics = np.linalg.solve(np.vander(nodes, 4), np.array(values).T)
    # o = 2**31 (met only when float32 rounds up) is the median: magnitude zero.
    cubics = np.concatenate([cubics, np.zeros((4, 1))], axis=1)
    powers = float(_PIECES) ** np.arange(3, -1, -1)
    return np.ascontiguousarray(np.round(cubics * _GRID) / _GRID * powers[:, None], dtype=dtype)


def bits_to_normals(bits: Array, dtype: str = "float64") -> Array:
    """Map 32 random bits to a standard normal number each.

    Parameters
    ----------
    bits : uint32 array
    dtype : "float32" or "float64"

    Examples
    --------
    >>> bits_to_normals(np.array([0x7FFFFFFF, 0xFFFFFFFF], np.uint32)).round(6) + 0
    array([0., 0.])
    """
    integer: Any
    integer, mantissa, bias = (np.int32, 23, 127) if dtype == "float32" else (np.int64, 52, 1023)
    fraction = mantissa - 4
    odd = (bits & np.uint32(0x7FFFFFFF)).astype(np.int32) | np.int32(1)
    pattern: Array = odd.astype(dtype).view(integer)
    piece = (pattern >> integer(fraction)) - integer(bias * _PIECES)
    one = integer(bias << mantissa)
    y = ((pattern & integer((1 << fraction) - 1)) | one).view(dtype) - np.dtype(dtype).type(1)
    c3, c2, c1, c0 = normal_table(dtype)[:, piece]
    magnitude = ((c3 * y + c2) * y + c1) * y + c0
    return np.where(bits >> np.uint32(31) == 0, magnitude, -magnitude)


def normals(seed: int, stream: int, step: int, n: int, dtype: str = "float64") -> Array:
    """Return the standard normal number of each of `n` neurons at one step.

    Parameters
    ----------
    seed, stream, step, n : int
        As in `random_bits`.
    dtype : "float32" or "float64"

    Returns
    -------
    (n,) array

    Examples
    --------
    >>> bool(abs(normals(1, 0, 0, 100_000).mean()) < 0.02)
    True
    """
    return bits_to_normals(random_bits(seed, stream, step, n), dtype)


def poisson_counts(seed: int, stream: int, step: int, mean: Array, none: Array) -> Array:
    """Return a Poisson count per neuron by inverting its distribution function.

    Parameters
    ----------
    seed, stream, step : int
        As in `random_bits`.
    mean : (N,) float64 array
        Expected count per step, from 0 to about 20.
    none : (N,) float64 array
        Probability of no event, exp(-mean): made once, so that all backends share its bits.

    Returns
    -------
    (N,) float64 array of whole numbers

    Examples
    --------
    >>> poisson_counts(1, 1, 0, np.zeros(3), np.ones(3))
    array([0., 0., 0.])
    """
    u = uniforms(seed, stream, step, mean.shape[0])
    term, total, count = none.copy(), none.copy(), np.zeros_like(mean)
    while (more := (u > total) & (count < 100)).any():
        count[more] += 1
        term[more] *= mean[more] / count[more]
        total[more] += term[more]
    return count
