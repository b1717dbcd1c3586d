"""Distributions from which the parameters of neurons and synapses are drawn.

Here live the six ways to say "one number per neuron" and how each is sampled. Which parameter of which
model a distribution belongs to is said elsewhere (`neurogate.neurons.presets`, `neurogate.network`).
Sampling uses only the generator that it is given.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray

from neurogate.errors import RequestError
from neurogate.units import Domain, NonNegative, Positive, settings

__all__ = ["Constant", "Distribution", "FromFile", "Gamma", "LogUniform", "Normal", "Uniform"]

Finite = Annotated[float, Domain()]


@settings
class Constant:
    """The same number for every neuron.

    Parameters
    ----------
    value : float
        The number.

    Examples
    --------
    >>> Constant(value=20.0).sample(np.random.default_rng(0), 3)
    array([20., 20., 20.])
    """

    kind: ClassVar[str] = "constant"
    value: Finite

    @property
    def mean(self) -> float:
        """Expected value."""
        return self.value

    def sample(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        """Return `n` copies of the value; `rng` is not used."""
        return np.full(n, self.value, dtype=np.float64)


@settings
class Uniform:
    """Equally likely anywhere between two bounds.

    Parameters
    ----------
    low, high : float
        Bounds, low <= high.

    Raises
    ------
    ValueError
        If low > high.

    Examples
    --------
    >>> Uniform(low=2.0, high=4.0).mean
    3.0
    """

    kind: ClassVar[str] = "uniform"
    low: Finite
    high: Finite

    def __attrs_post_init__(self) -> None:
        _check_order("Uniform", self.low, self.high)

    @property
    def mean(self) -> float:
        """Expected value, (low + high) / 2."""
        return self.low / 2 + self.high / 2

    def sample(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        """Return `n` independent numbers from [low, high)."""
        return self.low + (self.high - self.low) * rng.random(n)


@settings
class LogUniform:
    """A number whose logarithm is uniform: every factor of two is equally likely.

    Parameters
    ----------
    low, high : float
        Bounds, 0 < low <= high.

    Raises
    ------
    ValueError
        If low > high.

    Examples
    --------
    >>> tau_ms = LogUniform(low=10.0, high=500.0).sample(np.random.default_rng(0), 1000)
    >>> bool(abs(np.median(tau_ms) / np.sqrt(10 * 500) - 1) < 0.2)
    True
    """

    kind: ClassVar[str] = "log_uniform"
    low: Positive
    high: Positive

    def __attrs_post_init__(self) -> None:
        _check_order("LogUniform", self.low, self.high)

    @property
    def mean(self) -> float:
        """Expected value, (high - low) / ln(high / low)."""
        width = math.log(self.high / self.low)
        return self.low * math.expm1(width) / width if width else self.low

    def sample(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        """Return `n` independent numbers from [low, high], low exp(r ln(high / low)) with r uniform."""
        draws: NDArray[np.float64] = self.low * np.exp(math.log(self.high / self.low) * rng.random(n))
        return np.clip(draws, self.low, self.high)


@settings
class Normal:
    """A normally distributed number.

    Parameters
    ----------
    mean : float
        Expected value.
    sd : float
        Standard deviation, at least 0.

    Examples
    --------
    >>> Normal(mean=6.0, sd=0.0).sample(np.random.default_rng(0), 2)
    array([6., 6.])
    """

    kind: ClassVar[str] = "normal"
    mean: Finite
    sd: NonNegative

    def sample(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        """Return `n` independent numbers."""
        return self.mean + self.sd * rng.standard_normal(n)


@settings
class Gamma:
    """A positive number, gamma distributed.

    Parameters
    ----------
    shape, scale : float
        Both above 0; the mean is shape scale, the variance shape scale^2.

    Examples
    --------
    >>> Gamma(shape=2.0, scale=0.5).mean
    1.0
    """

    kind: ClassVar[str] = "gamma"
    shape: Positive
    scale: Positive

    @property
    def mean(self) -> float:
        """Expected value, shape scale."""
        return self.shape * self.scale

    def sample(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        """Return `n` independent numbers."""
        return self.scale * rng.standard_gamma(self.shape, n)


@settings
class FromFile:
    """One number per neuron, read from a file.

    Parameters
    ----------
    path : str
        An ``.npy`` file that holds an array of shape (n,), or a text file of n numbers separated by
        blanks, commas or line ends. It is read when numbers are asked for.

    Examples
    --------
    >>> FromFile(path="nowhere.npy").sample(np.random.default_rng(0), 3)
    Traceback (most recent call last):
        ...
    neurogate.errors.RequestError: The file nowhere.npy cannot be read: No such file or directory. ...
    """

    kind: ClassVar[str] = "file"
    path: str

    @property
    def mean(self) -> float:
        """Mean of the numbers in the file."""
        return float(np.mean(self._numbers()))

    def sample(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        """Return the numbers of the file; `rng` is not used.

        Raises
        ------
        RequestError
            If the file cannot be read, or does not hold exactly `n` finite numbers.
        """
        numbers = self._numbers()
        if numbers.size != n:
            raise RequestError(
                f"The file {self.path} holds {numbers.size} numbers, but {n} are needed, one for each. "
                f"Give a file of {n} numbers, or change how many are needed."
            )
        return numbers

    def _numbers(self) -> NDArray[np.float64]:
        try:
            numbers = _read_npy(self.path) if self.path.endswith(".npy") else _read_text(self.path)
        except OSError as error:
            raise RequestError(
                f"The file {self.path} cannot be read: {error.strerror or error}. Give the path of an "
                ".npy file or a text file of numbers, relative to the working directory or absolute."
            ) from error
        except (EOFError, ValueError) as error:
            raise RequestError(
                f"The file {self.path} is not a list of numbers: {error}. Save it as an .npy array of "
                "shape (n,) or as text, numbers separated by blanks, commas or line ends."
            ) from error
        bad = np.flatnonzero(~np.isfinite(numbers))
        if numbers.size == 0 or bad.size:
            fact = f"is {numbers[bad[0]]} at index {bad[0]}" if bad.size else "is empty"
            raise RequestError(
                f"The file {self.path} {fact}; only finite numbers are allowed. Mend the file."
            )
        return numbers


Distribution = Constant | Uniform | LogUniform | Normal | Gamma | FromFile
"""Any way to say "one number per neuron"."""


def _check_order(name: str, low: float, high: float) -> None:
    if low > high:
        raise ValueError(f"{name} has low {low:g} above high {high:g}; low must be at most high. Swap them?")


def _read_npy(path: str) -> NDArray[np.float64]:
    with Path(path).open("rb") as file:
        array = np.load(file, allow_pickle=False)
    if not isinstance(array, np.ndarray):
        raise ValueError("it holds several arrays")
    if array.ndim != 1:
        raise ValueError(f"its array has shape {array.shape}, not (n,)")
    if array.dtype.kind not in "iuf":
        raise ValueError(f"its array holds {array.dtype}, not real numbers")
    return np.asarray(array, dtype=np.float64)


def _read_text(path: str) -> NDArray[np.float64]:
    words = Path(path).read_text(encoding="utf-8").replace(",", " ").split()
    return np.array([float(word) for word in words], dtype=np.float64)
