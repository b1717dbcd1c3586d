"""Solve with the covariance of neurons that outnumber the samples.

Such a covariance has no inverse; pulled towards a round one it has. What is solved for lives in
:mod:`neurogate.analysis.decoding` and :mod:`neurogate.analysis.elapsed_time`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError

__all__ = ["solve_shrunk"]


def solve_shrunk(deviations: ArrayLike, right: ArrayLike, shrinkage: float) -> NDArray[np.float64]:
    r"""Return the solution of a linear system whose matrix is a shrunk covariance.

    .. math:: \Sigma w = r, \qquad \Sigma = (1 - \lambda)\, C + \lambda\, \frac{\mathrm{tr}\, C}{N}\, I,
              \qquad C = X^T X / S

    If samples do not vary at all, :math:`\Sigma = \lambda I`. With fewer samples than neurons it is solved in
    the space of samples (Woodbury's identity), so that the cost grows with the smaller of the two. Neurons of
    larger variance are shrunk less: if units differ, standardise first.

    Parameters
    ----------
    deviations : (..., S, N)
        Samples `X` of N neurons, their mean taken off.
    right : (..., K, N)
        Right-hand sides `r` in rows.
    shrinkage : float
        :math:`\lambda`, above 0 and at most 1.

    Returns
    -------
    (..., K, N) float64
        Solutions `w` in rows.

    Raises
    ------
    RequestError
        If the shrinkage is out of range.

    References
    ----------
    Friedman JH (1989). Regularized discriminant analysis. doi:10.1080/01621459.1989.10478752

    Examples
    --------
    >>> solve_shrunk([[3.0, 0.0], [-3.0, 0.0]], [[5.0, 1.0]], shrinkage=0.2).round(6).tolist()
    [[0.617284, 1.111111]]
    """
    if not 0 < shrinkage <= 1:
        raise RequestError(f"shrinkage is {shrinkage:g}. Give a number above 0 and at most 1.")
    x, rows = np.asarray(deviations, dtype=np.float64), np.asarray(right, dtype=np.float64)
    s, n = x.shape[-2:]
    variance = np.square(x).mean(axis=(-2, -1))[..., None, None]
    ridge, gain = shrinkage * np.where(variance > 0, variance, 1.0), (1 - shrinkage) / s
    across, columns = np.swapaxes(x, -2, -1), np.swapaxes(rows, -2, -1)
    if n <= s:
        return np.swapaxes(np.linalg.solve(gain * (across @ x) + ridge * np.eye(n), columns), -2, -1)
    seen = np.linalg.solve(gain * (x @ across) + ridge * np.eye(s), x @ columns)
    return np.asarray(np.swapaxes(columns - gain * (across @ seen), -2, -1) / ridge)
