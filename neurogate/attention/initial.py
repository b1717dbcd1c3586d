"""How parameters start: the draws that papers name."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import truncnorm

from neurogate.attention.layer import Parameters

__all__ = [
    "kaiming_normal",
    "linear",
    "normal",
    "truncated_normal",
    "uniform",
    "xavier_normal",
    "xavier_uniform",
]

Values = NDArray[np.float64]


def normal(rng: np.random.Generator, shape: Sequence[int], sd: float) -> Values:
    """Draw from a normal distribution of mean 0.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    shape : sequence of int
        Of the array.
    sd : float
        Standard deviation.

    Examples
    --------
    >>> normal(np.random.default_rng(0), (2, 3), 0.02).shape
    (2, 3)
    """
    return sd * rng.standard_normal(shape)


def truncated_normal(rng: np.random.Generator, shape: Sequence[int], sd: float = 0.02) -> Values:
    """Draw from a normal distribution of mean 0, cut at two standard deviations.

    What is left of it has a standard deviation of 0.88 times that before the cut. PyTorch's function of this
    name cuts at 2 unless told otherwise: for weights of 0.02, as of vision transformers, that is `normal`.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    shape : sequence of int
        Of the array.
    sd : float
        Standard deviation before the cut.

    Examples
    --------
    >>> bool(abs(truncated_normal(np.random.default_rng(0), (1000,))).max() <= 0.04)
    True
    """
    return np.asarray(truncnorm.rvs(-2, 2, scale=sd, size=tuple(shape), random_state=rng))


def uniform(rng: np.random.Generator, shape: Sequence[int], bound: float) -> Values:
    """Draw evenly between two bounds.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    shape : sequence of int
        Of the array.
    bound : float
        The upper one; the lower one is its negative.

    Examples
    --------
    >>> bool(abs(uniform(np.random.default_rng(0), (100,), 0.5)).max() <= 0.5)
    True
    """
    return rng.uniform(-bound, bound, shape)


def xavier_uniform(rng: np.random.Generator, shape: Sequence[int], gain: float = 1.0) -> Values:
    r"""Draw evenly within :math:`g \sqrt{6 / (n_{in} + n_{out})}`.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    shape : sequence of int
        (outputs, inputs, ...); further axes are those of a convolution.
    gain : float
        :math:`g`.

    References
    ----------
    Glorot & Bengio 2010, AISTATS.

    Examples
    --------
    >>> bool(abs(xavier_uniform(np.random.default_rng(0), (3, 3))).max() <= 1.0)
    True
    """
    return uniform(rng, shape, gain * math.sqrt(6 / _fans(shape)))


def xavier_normal(rng: np.random.Generator, shape: Sequence[int], gain: float = 1.0) -> Values:
    r"""Draw with standard deviation :math:`g \sqrt{2 / (n_{in} + n_{out})}`.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    shape : sequence of int
        (outputs, inputs, ...).
    gain : float
        :math:`g`.

    References
    ----------
    Glorot & Bengio 2010, AISTATS.

    Examples
    --------
    >>> xavier_normal(np.random.default_rng(0), (1, 384)).std().round(2).item()
    0.07
    """
    return normal(rng, shape, gain * math.sqrt(2 / _fans(shape)))


def kaiming_normal(rng: np.random.Generator, shape: Sequence[int]) -> Values:
    r"""Draw with standard deviation :math:`\sqrt{2 / n_{in}}`.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    shape : sequence of int
        (outputs, inputs, ...); further axes are those of a convolution.

    References
    ----------
    He, Zhang, Ren & Sun 2015, arXiv:1502.01852.

    Examples
    --------
    >>> kaiming_normal(np.random.default_rng(0), (200, 2, 5, 5)).std().round(1).item()
    0.2
    """
    return normal(rng, shape, math.sqrt(2 / math.prod(shape[1:])))


def linear(rng: np.random.Generator, name: str, outputs: int, *inputs: int, bias: bool = True) -> Parameters:
    r"""Draw a linear map or a convolution evenly within :math:`1 / \sqrt{n_{in}}`, as PyTorch does.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    name : str
        What stands in front of "weight" and "bias".
    outputs : int
        Rows.
    *inputs : int
        Columns; of a convolution, input channels and the sizes of the kernel.
    bias : bool
        Whether there is one.

    Returns
    -------
    dict
        ``{name.weight: (outputs, *inputs), name.bias: (outputs,)}``.

    Examples
    --------
    >>> {name: array.shape for name, array in linear(np.random.default_rng(0), "q", 2, 3).items()}
    {'q.weight': (2, 3), 'q.bias': (2,)}
    """
    bound = 1 / math.sqrt(math.prod(inputs))
    drawn = {f"{name}.weight": uniform(rng, (outputs, *inputs), bound)}
    return drawn | ({f"{name}.bias": uniform(rng, (outputs,), bound)} if bias else {})


def _fans(shape: Sequence[int]) -> int:
    outputs, inputs, *kernel = shape
    return (outputs + inputs) * math.prod(kernel)
