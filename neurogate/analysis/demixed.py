"""Demixed principal components: directions of activity that each depend on one feature of the task.

Principal components mix what, when and how probable. Demixed ones are found for each marginal of
:mod:`neurogate.analysis.marginals` by itself: a decoder reads it from the whole activity, an encoder puts it
back. How strong the ridge must be, and whether a component tells conditions apart in trials that it has not
seen, is measured in :mod:`neurogate.analysis.demixed_validation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.analysis.reduced_rank import reduced_rank_map, second_moments
from neurogate.analysis.samples import centred
from neurogate.errors import RequestError

__all__ = ["Demixed", "demix"]

Array = NDArray[np.float64]


class Demixed(NamedTuple):
    """Decoders and encoders of each marginal.

    Attributes
    ----------
    mean : (N,) float64
        Mean activity.
    decoders : dict of str to (q, N) float64
        For each marginal, rows that read its components from activity: ``(x - mean) @ decoders.T``. Those of
        different marginals need not be orthogonal.
    encoders : dict of str to (q, N) float64
        For each marginal, orthonormal rows along which the components act; the largest entry of each is
        positive. Components are ordered by the variance of the marginal that they hold.
    explained : dict of str to (q,) float64
        Fraction of the variance of all activity that each component explains by itself, read and put back.
    shares : dict of str to (q, M) float64
        Fractions of the variance of each component that stem from each of the M marginals, in the order
        of the dicts: how well it is demixed. Each row sums to 1.
    """

    mean: Array
    decoders: dict[str, Array]
    encoders: dict[str, Array]
    explained: dict[str, Array]
    shares: dict[str, Array]

    def read(self, name: str, activity: ArrayLike) -> Array:
        """Return the components (..., q) of one marginal in an activity (..., N)."""
        return np.asarray((np.asarray(activity, dtype=np.float64) - self.mean) @ self.decoders[name].T)


def demix(
    means: ArrayLike,
    parts: Mapping[str, ArrayLike],
    components: int = 3,
    ridge: float = 0.0,
    noise: ArrayLike | None = None,
) -> Demixed:
    r"""Find the components that best rebuild each marginal from the whole activity.

    .. math:: \min_{F_\phi, D_\phi} \lVert X_\phi - F_\phi D_\phi X \rVert^2
              + S \, \mathrm{tr}\left( F_\phi D_\phi (C + \mu I) D_\phi^T F_\phi^T \right), \qquad
              \mu = \lambda \lVert X \rVert^2 / S

    over maps of rank `q`, with the noise covariance `C`: reduced-rank regression. If the only part is the
    whole activity, without ridge and noise, these are its principal components.

    Parameters
    ----------
    means : (..., N)
        Mean activity of each combination of conditions, S of them.
    parts : mapping of str to (..., N)
        What to keep apart: `marginals`, or sums of them.
    components : int
        Number of components of each part; a part that varies in fewer directions has fewer.
    ridge : float
        Strength :math:`\lambda`, at least 0, relative to the activity (the square of the paper's). It must
        be above 0, see `choose_ridge`, if there are fewer bins x conditions than neurons, and no noise in
        some direction: decoders would rebuild anything.
    noise : (N, N), optional
        Covariance of single trials, from `noise_covariance`. Decoders avoid noisy directions.

    Returns
    -------
    Demixed
        A neuron that is constant has weight 0. A part that does not vary has no components.

    Raises
    ------
    RequestError
        If shapes disagree, a value is not finite, `components` or `ridge` is out of range, or nothing holds
        decoders to what there are too few samples for.

    References
    ----------
    Kobak D, Brendel W, Constantinidis C et al. (2016). doi:10.7554/eLife.10989

    Examples
    --------
    >>> from neurogate.analysis.marginals import marginals
    >>> what, time = np.meshgrid([-1.0, 1.0], np.linspace(0, 1, 5), indexing="ij")
    >>> means = np.stack([what + time, what - time, 3 * time], axis=-1)
    >>> found = demix(means, marginals(means, ("what", "time")))
    >>> found.shares["what"].round(6).tolist(), found.shares["time"].round(6).tolist()
    ([[1.0, 0.0]], [[0.0, 1.0]])
    >>> abs(found.read("what", means)[:, 0, 0]).round(6).tolist()
    [1.414214, 1.414214]
    """
    mean, whole = centred(means, "means")
    flat = {name: _flat(name, part, whole.shape) for name, part in parts.items()}
    _in_range(components, ridge)
    moments = second_moments(whole, noise)
    if ridge == 0:
        _enough(whole, flat, noise)
    decoders, encoders = {}, {}
    for name, part in flat.items():
        decoders[name], encoders[name] = reduced_rank_map(moments, whole, part, components, ridge)
    return Demixed(
        mean,
        decoders,
        encoders,
        {name: _explained(whole, decoders[name], encoders[name]) for name in flat},
        {name: _shares(list(flat.values()), decoders[name]) for name in flat},
    )


def _flat(name: str, part: ArrayLike, shape: tuple[int, ...]) -> Array:
    array = np.asarray(part, dtype=np.float64)
    if array.size != shape[0] * shape[1] or array.shape[-1:] != shape[1:] or not np.isfinite(array).all():
        raise RequestError(
            f"Part {name} has shape {array.shape} or is not finite. "
            f"Give {shape[0]} samples of {shape[1]} neurons, as marginals does."
        )
    return array.reshape(shape)


def _in_range(components: int, ridge: float) -> None:
    if components < 1 or not 0 <= ridge < np.inf:
        raise RequestError(
            f"components is {components} and ridge is {ridge}. Give at least 1 component and a ridge from 0."
        )


def _enough(whole: Array, parts: Mapping[str, Array], noise: ArrayLike | None) -> None:
    varies = np.ptp(whole, axis=0) > 0
    neurons = int(varies.sum())
    if len(whole) >= neurons or all(np.allclose(part, whole) for part in parts.values()):
        return
    if noise is None or np.linalg.matrix_rank(np.asarray(noise)[varies][:, varies]) < neurons:
        raise RequestError(
            f"There are {len(whole)} samples of {neurons} neurons that vary: without a ridge, or noise in "
            "every direction, decoders would rebuild any part from them. Give a ridge above 0 (see "
            "choose_ridge), such noise, or more bins."
        )


def _explained(whole: Array, decoders: Array, encoders: Array) -> Array:
    """Return 1 - |X - z f|^2 / |X|^2 for each component z = d X, whose f has length 1."""
    scores = whole @ decoders.T
    matched = (scores * (whole @ encoders.T)).sum(axis=0)
    total = (whole**2).sum()
    return np.asarray((2 * matched - (scores**2).sum(axis=0)) / (total or 1.0))


def _shares(parts: list[Array], decoders: Array) -> Array:
    held = np.stack([((part @ decoders.T) ** 2).sum(axis=0) for part in parts], axis=-1)
    return np.asarray(held / held.sum(axis=-1, keepdims=True))
