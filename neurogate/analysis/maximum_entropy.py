"""Surrogates that keep the mean and covariance of an activity over conditions, over time and over neurons.

Smooth activity of few dimensions, in conditions that resemble each other, looks structured by itself. The
surrogates here have all of that and nothing else: a rotation or a sequence that they show as well is no
more than it takes. `draw` one, measure it, and hand that to :func:`neurogate.analysis.surrogates.null_of`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError, RunError

__all__ = ["MaximumEntropy", "maximum_entropy"]

Array = NDArray[np.float64]

_NO_VARIANCE = 1e-8  # eigenvalues below this part of the largest are rounding
_ALIKE = 1e-12  # what one axis gains another may lose: this chooses among solutions that are alike
_CONVERGED = 1e-6  # how well variances are matched, relative
_LONGEST = 200  # Newton steps


class MaximumEntropy(NamedTuple):
    """The least structured distribution of an activity with given means and covariances.

    Attributes
    ----------
    mean : (...) float64
        What the axes contribute by themselves, which every surrogate has.
    spread : (r, ...) float64
        Standard deviation along each combination of eigenvectors.
    axes : tuple of (n, r) float64
        Eigenvectors of the covariance over each axis, in columns.
    """

    mean: Array
    spread: Array
    axes: tuple[Array, ...]

    def draw(self, rng: np.random.Generator) -> Array:
        """Return a surrogate of the shape of the activity."""
        drawn: Array = self.spread * rng.standard_normal(self.spread.shape)
        for vectors in self.axes:
            drawn = np.asarray(np.tensordot(drawn, vectors, axes=(0, 1)), dtype=np.float64)
        return self.mean + drawn


def maximum_entropy(activity: ArrayLike) -> MaximumEntropy:
    r"""Fit the distribution of greatest entropy with the means and covariances of an activity.

    It is Gaussian. Its covariance has the eigenvectors of the covariances over each axis, and the eigenvalues

    .. math:: d_{ijk} = \frac{1}{\alpha_i + \beta_j + \gamma_k}

    whose sums over all other axes are the eigenvalues over each axis: a convex problem, solved by Newton's
    method.

    Parameters
    ----------
    activity : (C, T, N)
        Mean activity of conditions, or any array of two or more axes.

    Returns
    -------
    MaximumEntropy
        Its draws equal the mean where the activity is that of the axes by themselves.

    Raises
    ------
    RequestError
        If there are fewer than two axes, or a value is not finite.
    RunError
        If the variances are not matched to one part in a million in 200 steps; some 20 are usual.

    References
    ----------
    Elsayed GF, Cunningham JP (2017). doi:10.1038/nn.4617

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> activity = np.cumsum(rng.standard_normal((8, 20, 5)), axis=1)
    >>> surrogate = maximum_entropy(activity).draw(rng)
    >>> surrogate.shape, bool(np.allclose(surrogate.mean(axis=(0, 1)), activity.mean(axis=(0, 1))))
    ((8, 20, 5), True)
    """
    array = np.asarray(activity, dtype=np.float64)
    if array.ndim < 2 or not array.size or not np.isfinite(array).all():
        raise RequestError(
            f"activity has shape {array.shape} or holds a value that is not finite. "
            "Give an array such as conditions x time x neurons, and look for divergence."
        )
    rest = array - array[(0,) * array.ndim]
    for axis in range(array.ndim):
        rest = rest - rest.mean(axis=axis, keepdims=True)
    largest = np.abs(rest).max()
    size = largest * np.sqrt(((rest / (largest or 1.0)) ** 2).mean())
    if size <= np.finfo(np.float64).eps * np.abs(array).max():
        return MaximumEntropy(
            array, np.zeros((0,) * array.ndim), tuple(np.zeros((n, 0)) for n in array.shape)
        )
    spectra, axes = zip(*(_spectrum(rest / size, axis) for axis in range(array.ndim)), strict=True)
    return MaximumEntropy(array - rest, size * np.sqrt(_eigenvalues(spectra)), axes)


def _spectrum(rest: Array, axis: int) -> tuple[Array, Array]:
    rows = np.moveaxis(rest, axis, 0).reshape(rest.shape[axis], -1)
    vectors, scale, _ = np.linalg.svd(rows, full_matrices=False)
    kept = scale**2 > _NO_VARIANCE * scale[0] ** 2
    return scale[kept] ** 2, vectors[:, kept]


def _eigenvalues(spectra: Sequence[Array]) -> Array:
    """Minimise sum(alpha * spectrum) - sum(log(alpha + beta + ...)) by damped Newton steps."""
    sizes = [len(spectrum) for spectrum in spectra]
    splits, wanted = np.cumsum(sizes)[:-1], np.concatenate(spectra)
    place = np.prod(sizes) / np.repeat(sizes, sizes) / len(sizes) / wanted

    def total(place: Array) -> Array:
        return np.asarray(functools.reduce(np.add.outer, np.split(place, splits)))

    def cost(place: Array) -> float:
        sums = total(place)
        return float(place @ wanted - np.log(sums).sum()) if sums.min() > 0 else np.inf

    for _ in range(_LONGEST):
        values = 1 / total(place)
        slope = wanted - np.concatenate([_summed(values, [m]) for m in range(len(sizes))])
        if (np.abs(slope) < _CONVERGED * wanted).all():
            return values
        curvature = _curvature(values)
        unit = 1 / np.sqrt(np.diag(curvature))
        scaled = curvature * np.outer(unit, unit) + _ALIKE * np.eye(len(unit))
        step = -unit * np.linalg.solve(scaled, unit * slope)
        gain, fraction, before = -slope @ step, 1.0, cost(place)
        while cost(place + fraction * step) > before - fraction * gain / 4 + 1e-12 * abs(before):
            fraction /= 2
        place = place + fraction * step
    raise RunError(
        f"The covariances were not matched to {_CONVERGED:g} in {_LONGEST} steps. "
        "Give the leading principal components of the activity instead of the neurons."
    )


def _summed(values: Array, kept: Sequence[int]) -> Array:
    return np.asarray(values.sum(axis=tuple(set(range(values.ndim)) - set(kept))))


def _curvature(values: Array) -> Array:
    squares = values**2
    blocks = [
        [
            np.diag(_summed(squares, [m]))
            if m == k
            else _summed(squares, [m, k])
            if m < k
            else _summed(squares, [k, m]).T
            for k in range(values.ndim)
        ]
        for m in range(values.ndim)
    ]
    return np.block(blocks)
