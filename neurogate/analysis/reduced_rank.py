"""Reduced-rank regression: the best linear map of few dimensions from an activity to a target.

Demixed components rest on it (:mod:`neurogate.analysis.demixed`); with one area's activity as target it
finds what that area reads from another. Nothing here centres: subtract means first.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError

__all__ = ["SecondMoments", "reduced_rank_map", "second_moments"]

_NO_VARIANCE = 1e-10  # a direction of a target with less than this part of its amplitude is rounding


class SecondMoments(NamedTuple):
    """Second moments of an activity and its noise.

    Attributes
    ----------
    values : (N,) float64
        Eigenvalues, rising.
    vectors : (N, N) float64
        Eigenvectors in columns.
    power : float
        Sum over neurons of the mean square of the activity, without noise.
    """

    values: NDArray[np.float64]
    vectors: NDArray[np.float64]
    power: float


def second_moments(activity: NDArray[np.float64], noise: ArrayLike | None = None) -> SecondMoments:
    """Return what `reduced_rank_map` needs of an activity, whatever the target and the ridge.

    Parameters
    ----------
    activity : (S, N)
        Activity without its mean.
    noise : (N, N), optional
        Covariance that single trials have besides.

    Returns
    -------
    SecondMoments
        Moments divided by S.

    Raises
    ------
    RequestError
        If the noise is no finite covariance of these neurons.

    Examples
    --------
    >>> second_moments(np.array([[2.0], [-2.0]]), noise=[[1.0]]).values.tolist()
    [5.0]
    """
    moments = activity.T @ activity / len(activity)
    power = float(np.trace(moments))
    if noise is not None:
        added = np.asarray(noise, dtype=np.float64)
        if added.shape != moments.shape or not np.isfinite(added).all():
            raise RequestError(
                f"noise has shape {added.shape} or is not finite. "
                f"Give a covariance of shape {moments.shape}, or leave it out."
            )
        moments = moments + added
    values, vectors = np.linalg.eigh(moments)
    return SecondMoments(values, vectors, power)


def reduced_rank_map(
    moments: SecondMoments,
    activity: NDArray[np.float64],
    target: NDArray[np.float64],
    components: int,
    ridge: float = 0.0,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Return the map of at most `q` dimensions that best predicts a target.

    .. math:: \min_{D, F} \lVert Y - X D^T F \rVert^2 + S \, \mathrm{tr}\left(
              F^T D (C + \mu I) D^T F \right), \qquad \mu = \lambda \lVert X \rVert^2 / S

    Parameters
    ----------
    moments : SecondMoments
        Of the activity `X` and its noise `C`.
    activity : (S, N)
        Activity `X` without its mean.
    target : (S, M)
        Target `Y` without its mean.
    components : int
        Largest dimension `q`.
    ridge : float
        Strength :math:`\lambda`, relative to the activity.

    Returns
    -------
    decoders : (q, N) float64
        Rows `D` that read the components from the activity.
    encoders : (q, M) float64
        Orthonormal rows `F` that make the target of them; the largest entry of each is positive. There
        are fewer where the predictable target has fewer dimensions.

    References
    ----------
    Izenman AJ (1975). doi:10.1016/0047-259X(75)90042-1

    Examples
    --------
    >>> x = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
    >>> decoders, encoders = reduced_rank_map(second_moments(x), x, x[:, :1] * 3.0, components=2)
    >>> decoders.round(6).tolist(), encoders.tolist()
    ([[3.0, 0.0]], [[1.0]])
    """
    values = moments.values + ridge * moments.power
    kept = values > values[-1] * len(values) * np.finfo(np.float64).eps
    whiten = moments.vectors[:, kept] / np.sqrt(values[kept])
    cross = (activity @ whiten).T @ target / len(activity)
    left, scale, right = np.linalg.svd(cross, full_matrices=False)
    q = min(components, int((scale > _NO_VARIANCE * np.sqrt(moments.power)).sum()))
    encoders = right[:q]
    largest = np.take_along_axis(encoders, np.abs(encoders).argmax(axis=1)[:, None], axis=1)
    sign = np.where(largest < 0, -1.0, 1.0)
    return (whiten @ (left[:, :q] * scale[:q])).T * sign, encoders * sign
