"""Subspaces of a session: of the readouts while they learn, and of the activity that they read, with nulls.

Here lives what is measured of a session and what its results call it. The measures themselves are those of
`neurogate.analysis`.

*What* and *when* in the activity are its marginals over the cues and the time of the probes: *when* is the
course that all cues share, *what* all that differs between cues, at whatever time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..analysis.alignment import alignment_index, alignment_null
from ..analysis.marginals import marginals
from ..analysis.nulls import covariance_angles, isotropic_angles, trace_sum_angles
from ..analysis.subspaces import dimensions_for, principal_angles, principal_components, row_bases, row_basis
from .schedule import generator

__all__ = ["NULL_DRAWS", "activity_subspaces", "angle_nulls", "weight_courses"]

Array = npt.NDArray[Any]
NULL_DRAWS = 200
_OWN_TRACES, _OTHERS, _ACTIVITY = 102, 106, 107
_LEADING = 0.9
_BINS, _SHUFFLES = 80, 50


def weight_courses(when: Array, what: Array, first: int) -> dict[str, Array]:
    """Return how the readouts lie to each other, and to what they were, at each judgement.

    Parameters
    ----------
    when : (B, P, N) array
        Weights.
    what : (B, P, K, N) array
        Likewise, without that of the constant.
    first : int
        The judgement with which the others are compared.

    Returns
    -------
    dict of str to (B, P) array
        ``angle_deg`` between *when* and the span of *what*; ``when_overlap`` and ``what_overlap``, of each
        readout with itself at the judgement `first`, from 0 to 1. NaN where nothing is learned yet.

    Examples
    --------
    >>> when, what = np.eye(3)[None, [0, 1]], np.eye(3)[None, None, [1, 2]].repeat(2, axis=1)
    >>> {name: course[0].round(6).tolist() for name, course in weight_courses(when, what, 0).items()}
    {'angle_deg': [90.0, 0.0], 'when_overlap': [1.0, 0.0], 'what_overlap': [1.0, 1.0]}
    """
    w, w_rank = row_bases(when[:, :, None])
    v, v_rank = row_bases(what)
    cosine, across = v @ w.mT, w - w @ v.mT @ v
    angle = np.degrees(np.arctan2(np.linalg.norm(across, axis=(2, 3)), np.linalg.norm(cosine, axis=(2, 3))))
    return {
        "angle_deg": np.where((w_rank > 0) & (v_rank > 0), angle, np.nan),
        "when_overlap": _overlap(w, w_rank, first),
        "what_overlap": _overlap(v, v_rank, first),
    }


def _overlap(bases: Array, ranks: Array, first: int) -> Array:
    """Return the mean squared cosine of the principal angles to the subspace at one of the judgements."""
    shared = np.square(bases @ bases[:, first, None].mT).sum(axis=(2, 3))
    dims = np.minimum(ranks, ranks[:, first, None])
    mean: Array = np.divide(shared, dims, out=np.full(shared.shape, np.nan), where=dims > 0)
    return mean


def angle_nulls(
    samples: Mapping[str, Array], seeds: Sequence[int], outcomes: int, *, others: bool = True
) -> dict[str, Array]:
    """Return the angles that chance gives between *when* and *what*, from weak to strong.

    Parameters
    ----------
    samples : mapping of str to array
        ``phasic`` and ``tonic`` traces that rules learned from, (B, S, N) each.
    seeds : sequence of int
        One per replica.
    outcomes : int
    others : bool
        Whether nulls beside that of the readouts' own traces are wanted; they take much longer.

    Returns
    -------
    dict of str to (B, draws) array
        ``null.isotropic_deg``: directions of all of the space; ``null.leading_deg``: of the components that
        hold 90 % of the variance of the tonic traces; ``null.covariance_deg``: both with their covariance;
        ``null.own_traces_deg``: random sums of the traces that each readout reads. NaN where traces do not
        vary enough.
    """
    drawn = [
        (_other_nulls(seed, phasic, tonic, outcomes) if others else {})
        | {"own_traces": _own_traces(seed, phasic, tonic, outcomes)}
        for seed, phasic, tonic in zip(seeds, samples["phasic"], samples["tonic"], strict=True)
    ]
    return {f"null.{name}_deg": np.stack([each[name] for each in drawn]) for name in drawn[0]}


def _own_traces(seed: int, phasic: Array, tonic: Array, k: int) -> Array:
    if not _varied(phasic, tonic, k):
        return np.full(NULL_DRAWS, np.nan)
    return trace_sum_angles(generator(seed, _OWN_TRACES), phasic, tonic, k, NULL_DRAWS)


def _other_nulls(seed: int, phasic: Array, tonic: Array, k: int) -> dict[str, Array]:
    rng, varied = generator(seed, _OTHERS), _varied(phasic, tonic, k)
    leading = dimensions_for(principal_components(tonic).variances, _LEADING) if varied else 0
    return {
        "isotropic": _isotropic(rng, tonic.shape[1], k),
        "leading": _isotropic(rng, leading, k),
        "covariance": covariance_angles(rng, tonic, 1, k, NULL_DRAWS)
        if varied
        else np.full(NULL_DRAWS, np.nan),
    }


def _varied(phasic: Array, tonic: Array, k: int) -> bool:
    return bool(len(tonic) > k and np.ptp(phasic, axis=0).any() and np.ptp(tonic, axis=0).any())


def _isotropic(rng: np.random.Generator, n: int, k: int) -> Array:
    return isotropic_angles(rng, n, 1, k, NULL_DRAWS) if n >= k else np.full(NULL_DRAWS, np.nan)


def activity_subspaces(activity: Array, seeds: Sequence[int]) -> dict[str, Array]:
    """Return how *what* and *when* lie to each other in the activity, beside chance.

    Each is taken as its leading components, one fewer than there are cues. Chance is subspaces with the
    covariance of both together, the same activity with its cues and times shuffled, and subspaces of all
    directions.

    Parameters
    ----------
    activity : (B, C, T, N) array
        Means over the probes of each cue; no more than some 80 bins of it are looked at.
    seeds : sequence of int
        One per replica.

    Returns
    -------
    dict of str to array
        ``activity.when_in_what`` and ``activity.what_in_when`` (B,), alignment indices from 0 to 1: how much
        of the first the components of the second capture. ``activity.angle_deg`` (B,), the smallest
        principal angle. Each with ``_null`` (B, draws), by covariance; the angle with ``_shuffled`` and
        ``_isotropic`` as well. NaN where it has no meaning.
    """
    found = [_activity_subspaces(seed, means) for seed, means in zip(seeds, activity, strict=True)]
    return {f"activity.{name}": np.array([each[name] for each in found]) for name in found[0]}


def _activity_subspaces(seed: int, means: Array) -> dict[str, Any]:
    cues, bins, n = means.shape
    dims, rng = min(cues - 1, n), generator(seed, _ACTIVITY)
    if dims < 1 or bins <= dims:
        return _unknown()
    means = means[:, :: -(-bins // _BINS)]
    when, what = _when_what(means)
    indices = alignment_index(when, what, dims), alignment_index(what, when, dims)
    if np.isnan(indices).any():
        return _unknown()
    both = np.vstack([part / np.sqrt(len(part) - 1) for part in (when, what)])
    return {
        "when_in_what": indices[0],
        "what_in_when": indices[1],
        "angle_deg": _angle(when, what, dims),
        "when_in_what_null": alignment_null(rng, when, what, dims, NULL_DRAWS),
        "what_in_when_null": alignment_null(rng, what, when, dims, NULL_DRAWS),
        "angle_deg_null": covariance_angles(rng, both, dims, dims, NULL_DRAWS),
        "angle_deg_shuffled": _shuffled_angles(rng, means, dims),
        "angle_deg_isotropic": isotropic_angles(rng, n, dims, dims, NULL_DRAWS),
    }


def _when_what(means: Array) -> tuple[Array, Array]:
    """Return the course that all cues share, (T, N), and what differs between them, (C T, N)."""
    parts = marginals(means, ("what", "time"))
    return parts["time"][0], parts["what"].reshape(-1, means.shape[-1])


def _angle(when: Array, what: Array, dims: int) -> float:
    leading = [principal_components(part).components[:dims] for part in (when, what)]
    return float(principal_angles(*leading)[0])


def _shuffled_angles(rng: np.random.Generator, means: Array, dims: int) -> Array:
    """Return the angles where what was found at a time after a cue is said to be of any other, (draws,)."""
    flat = means.reshape(-1, means.shape[-1])
    differs = flat @ row_basis(flat - flat.mean(axis=0)).T  # in as few dimensions as hold it
    shuffled = (rng.permutation(differs).reshape(*means.shape[:2], -1) for _ in range(_SHUFFLES))
    return np.array([_angle(*_when_what(each), dims) for each in shuffled])


def _unknown() -> dict[str, Any]:
    names, nothing = ("when_in_what", "what_in_when", "angle_deg"), np.full(NULL_DRAWS, np.nan)
    nulls = {**dict.fromkeys([f"{name}_null" for name in names], nothing), "angle_deg_isotropic": nothing}
    return {**dict.fromkeys(names, np.nan), **nulls, "angle_deg_shuffled": nothing[:_SHUFFLES]}
