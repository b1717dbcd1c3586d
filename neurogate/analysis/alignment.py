"""How far two subspaces share their directions, in activity and in weights.

Angles say how two subspaces lie; here lives what they share: the variance of one activity that another's
directions capture, and the overlap of two sets of weights. `angle_course` follows a subspace over
learning. What to expect by chance is drawn beside it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.analysis.samples import centred
from neurogate.analysis.subspaces import principal_angles, principal_components, row_basis
from neurogate.analysis.surrogates import random_subspaces
from neurogate.errors import RequestError

__all__ = ["alignment_index", "alignment_null", "angle_course", "captured_variance", "overlap"]


def captured_variance(samples: ArrayLike, directions: ArrayLike) -> float:
    r"""Return the fraction of the variance of an activity that lies in a subspace.

    .. math:: \frac{\mathrm{tr}(Q C Q^T)}{\mathrm{tr}(C)}

    with orthonormal rows `Q` of the subspace and the covariance `C` of the samples.

    Parameters
    ----------
    samples : (..., N)
        Activity.
    directions : (K, N)
        Rows span the subspace: weights, components or decoders.

    Returns
    -------
    float
        From 0 to 1; NaN if all samples are equal, since there is no variance to share.

    Raises
    ------
    RequestError
        If the shapes disagree, there are fewer than two samples, or a value is not finite.

    References
    ----------
    Gallego JA et al. (2018). doi:10.1038/s41467-018-06560-z

    Examples
    --------
    >>> captured_variance([[3.0, 1.0], [-3.0, 1.0], [0.0, 4.0], [0.0, -2.0]], [[2.0, 0.0]])
    0.5
    """
    _, deviations = centred(samples)
    basis = row_basis(directions)
    _same_columns(deviations, basis)
    if not deviations.any():
        return float("nan")
    scaled = _scaled(deviations)
    return _squares(scaled @ basis.T) / _squares(scaled)


def alignment_index(a: ArrayLike, b: ArrayLike, dims: int) -> float:
    r"""Return how much of an activity the leading components of another capture, at most 1.

    .. math:: A = \frac{\mathrm{tr}(D_b C_a D_b^T)}{\sum_{i=1}^k \sigma_i(C_a)}

    with the `k` leading components :math:`D_b` of `b` in rows, and the variances :math:`\sigma_i` of `a`
    along its own components. The index of `a` in `b` is not that of `b` in `a`.

    Parameters
    ----------
    a, b : (..., N)
        Activity of the same neurons in two epochs, tasks or marginals.
    dims : int
        Number `k` of components, fewer than the samples of either.

    Returns
    -------
    float
        0 if the subspaces are orthogonal, 1 if the components of `b` hold as much of `a` as its own. NaN
        if `b` varies in fewer than `dims` directions or `a` in none: the index has then no meaning.

    Raises
    ------
    RequestError
        If the shapes disagree or there are too few samples or neurons for `dims` components.

    References
    ----------
    Elsayed GF, Lara AH, Kaufman MT, Churchland MM, Cunningham JP (2016). doi:10.1038/ncomms13239

    Examples
    --------
    >>> early, late = [[2.0, 0.0], [-2.0, 0.0]], [[1.0, 1.0], [-1.0, -1.0]]
    >>> round(alignment_index(early, late, dims=1), 9)
    0.5
    """
    first, second = (_scaled(centred(each, name)[1]) for each, name in ((a, "a"), (b, "b")))
    _same_columns(first, second)
    _enough(first, second, dims)
    own, other = principal_components(first), principal_components(second)
    if not (_varies(second, other.variances, dims) and _varies(first, own.variances, 1)):
        return float("nan")
    captured = _squares(first @ other.components[:dims].T) / (len(first) - 1)
    return captured / float(own.variances[:dims].sum())


def alignment_null(
    rng: np.random.Generator, a: ArrayLike, b: ArrayLike, dims: int, draws: int
) -> NDArray[np.float64]:
    """Draw the alignment index of an activity in random subspaces of the joint activity.

    The subspaces follow the covariance of `a` and `b` together, each centred by itself: the null says
    which index activities reach that share these neurons, but not their directions. A high dimension
    is no excuse here.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the draws; it is advanced.
    a, b : (..., N)
        Activities as in `alignment_index`.
    dims : int
        Number of components.
    draws : int
        Number of draws.

    Returns
    -------
    (draws,) float64
        Indices from 0 to 1; all NaN where the index itself is.

    Raises
    ------
    RequestError
        If the shapes disagree or there are too few samples or neurons for `dims` components.

    References
    ----------
    Elsayed GF, Lara AH, Kaufman MT, Churchland MM, Cunningham JP (2016). doi:10.1038/ncomms13239

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> early, late = rng.standard_normal((2, 50, 8)) * [[[4.0] * 4 + [0.1] * 4], [[0.1] * 4 + [4.0] * 4]]
    >>> alignment_index(early, late, 4) < float(alignment_null(rng, early, late, 4, draws=200).min())
    True
    """
    if np.isnan(alignment_index(a, b, dims)):
        return np.full(draws, np.nan)
    (_, first), (_, second) = centred(a), centred(b)
    joint = np.vstack([first / np.sqrt(len(first) - 1), second / np.sqrt(len(second) - 1)])
    first = _scaled(first)
    captured = first @ random_subspaces(rng, joint, dims, draws).transpose(0, 2, 1)
    own = principal_components(first).variances[:dims].sum()
    return np.asarray((captured**2).sum(axis=(1, 2)) / (len(first) - 1) / own)


def overlap(a: ArrayLike, b: ArrayLike) -> float:
    r"""Return the overlap of two subspaces, for example of two sets of readout weights.

    .. math:: \frac{\lVert Q_a Q_b^T \rVert_F^2}{\min(p, q)} = \overline{\cos^2 \theta_i}

    the mean squared cosine of the principal angles. Of uniformly random subspaces of dimensions
    `p` and `q` in N dimensions, its mean is :math:`\max(p, q) / N`.

    Parameters
    ----------
    a : (p, N)
        Rows span the first subspace.
    b : (q, N)
        Rows span the second subspace.

    Returns
    -------
    float
        0 if the subspaces are orthogonal, 1 if the smaller lies in the larger; NaN if either is empty.

    Raises
    ------
    RequestError
        If the shapes disagree or a value is not finite.

    Examples
    --------
    >>> round(overlap([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [[0.0, 3.0, 0.0], [0.0, 0.0, 1.0]]), 9)
    0.5
    """
    angles = principal_angles(a, b)
    return float((np.cos(np.deg2rad(angles)) ** 2).mean()) if angles.size else float("nan")


def angle_course(a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    """Return the principal angles between two subspaces at each of several times, for example of learning.

    ``angle_course(w, w[0])`` and ``angle_course(w, w[-1])`` say how far weights have gone and how far
    they still have to go, ``angle_course(w[1:], w[:-1])`` how fast they turn, and
    ``angle_course(when, what)`` how two sets of weights come to lie.

    Parameters
    ----------
    a : (T, p, N)
        At each time, rows that span a subspace.
    b : (T, q, N) or (q, N)
        The same for the other subspace, or one that stays.

    Returns
    -------
    (T, min(p, q)) float64
        Angles in degrees, ascending. NaN where rows are zero or not independent, so that there are fewer
        angles, as before the first trial of a rule that starts from zero.

    Raises
    ------
    RequestError
        If the shapes disagree or a value is not finite.

    References
    ----------
    Björck Å, Golub GH (1973). doi:10.1090/S0025-5718-1973-0348991-3

    Examples
    --------
    >>> weights = [[[0.0, 0.0]], [[1.0, 1.0]], [[1.0, 0.0]]]
    >>> angle_course(weights, weights[-1]).round(6).tolist()
    [[nan], [45.0], [0.0]]
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.ndim != 3 or second.ndim not in (2, 3) or (second.ndim == 3 and len(second) != len(first)):
        raise RequestError(
            f"a has shape {first.shape} and b {second.shape}. "
            "Give a (T, p, N), and b (T, q, N) with as many times or (q, N)."
        )
    course = np.full((len(first), min(first.shape[1], second.shape[-2])), np.nan)
    for angles, one, other in zip(
        course, first, np.broadcast_to(second, (len(first), *second.shape[-2:])), strict=True
    ):
        found = principal_angles(one, other)
        angles[: found.size] = found
    return course


def _scaled(deviations: NDArray[np.float64]) -> NDArray[np.float64]:
    """Make the largest number 1, so that no square overflows."""
    return np.asarray(deviations / (np.abs(deviations).max() or 1.0))


def _squares(values: NDArray[np.float64]) -> float:
    return float((values**2).sum())


def _same_columns(a: NDArray[np.float64], b: NDArray[np.float64]) -> None:
    if a.shape[-1] != b.shape[-1]:
        raise RequestError(
            f"One side has {a.shape[-1]} columns, the other {b.shape[-1]}. "
            "Give the same neurons in both, without the constant input."
        )


def _enough(a: NDArray[np.float64], b: NDArray[np.float64], dims: int) -> None:
    most = min(len(a) - 1, len(b) - 1, a.shape[1])
    if not 1 <= dims <= most:
        raise RequestError(
            f"{dims} components were asked for of {len(a)} and {len(b)} samples of {a.shape[1]} neurons, "
            f"which have at most {most}. Give dims from 1 to {most}, or more samples."
        )


def _varies(deviations: NDArray[np.float64], variances: NDArray[np.float64], dims: int) -> bool:
    """Tell whether samples vary in at least `dims` directions, rounding aside."""
    least = variances[0] * (max(deviations.shape) * np.finfo(np.float64).eps) ** 2
    return bool(variances[dims - 1] > least)
