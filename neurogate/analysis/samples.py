"""What every analysis of samples begins with: they are checked, pooled and centred.

Samples are an array whose last axis is the neurons; all other axes (trials, conditions, time) are pooled.
What is computed from them lives in the other modules.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError

__all__ = ["centred", "pooled"]


def pooled(samples: ArrayLike, name: str = "samples") -> NDArray[np.float64]:
    """Return samples as a matrix of finite numbers.

    Parameters
    ----------
    samples : (..., N)
        At least two samples, in any unit.
    name : str
        What the sentences of an error call them.

    Returns
    -------
    (S, N) float64
        One sample per row.

    Raises
    ------
    RequestError
        If there are fewer than two samples, or one holds a value that is not finite.

    Examples
    --------
    >>> pooled([[[0.0, 1.0]], [[2.0, 3.0]]]).tolist()
    [[0.0, 1.0], [2.0, 3.0]]
    """
    array = np.asarray(samples, dtype=np.float64)
    if array.ndim < 2 or array.size < 2 * array.shape[-1] or not array.size:
        raise RequestError(f"{name} has shape {array.shape}. Give a matrix (S, N) with at least two rows.")
    if not np.isfinite(array).all():
        raise RequestError(
            f"{name} holds NaN or infinity in {(~np.isfinite(array)).any(axis=-1).sum()} sample(s). "
            "Leave these samples out, or look for divergence."
        )
    return array.reshape(-1, array.shape[-1])


def centred(samples: ArrayLike, name: str = "samples") -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean of samples and what is left of them without it.

    Parameters
    ----------
    samples : (..., N)
        At least two samples, in any unit.
    name : str
        What the sentences of an error call them.

    Returns
    -------
    mean : (N,) float64
        Mean sample.
    deviations : (S, N) float64
        Samples minus their mean, one per row; exactly 0 for a constant neuron.

    Raises
    ------
    RequestError
        If there are fewer than two samples, or one holds a value that is not finite.

    Examples
    --------
    >>> mean, deviations = centred([[0.0, 1.0], [2.0, 3.0]])
    >>> mean.tolist(), deviations.tolist()
    ([1.0, 2.0], [[-1.0, -1.0], [1.0, 1.0]])
    """
    matrix = pooled(samples, name)
    moved = matrix - matrix[0]
    step = moved.mean(axis=0)
    return matrix[0] + step, moved - step
