"""jPCA: planes in which activity rotates, and how much of its change is rotation.

Here a linear flow is fitted to the courses of several conditions, once freely and once as a pure rotation.
Any smooth activity of few dimensions rotates a little, so compare `Rotations.ratio` with that of surrogates,
such as `some_reversed`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.analysis.subspaces import principal_components
from neurogate.errors import RequestError

__all__ = ["Rotations", "rotations", "soft_normalised", "some_reversed"]

_MS_PER_S = 1000.0


class Rotations(NamedTuple):
    r"""What jPCA finds.

    Attributes
    ----------
    planes : (k / 2, 2, N) float64
        Orthonormal pairs of rows, fastest plane first. Activity turns from the first row of a pair to
        the second; the first is where the conditions differ most in the first bin.
    frequency_hz : (k / 2,) float64
        Turns per second in each plane, at least 0.
    captured : (k / 2,) float64
        Fraction of the variance over conditions and time that lies in each plane.
    components : (k, N) float64
        Principal components in which the flow is fitted.
    flow : (k, k) float64
        Skew-symmetric matrix `M` of :math:`\dot x = M x`, in 1/ms. Its sign turns with time.
    r2_rotation, r2_free : float
        Fraction of the squared change that the best rotation, and the best linear flow, explain.
    """

    planes: NDArray[np.float64]
    frequency_hz: NDArray[np.float64]
    captured: NDArray[np.float64]
    components: NDArray[np.float64]
    flow: NDArray[np.float64]
    r2_rotation: float
    r2_free: float

    @property
    def ratio(self) -> float:
        """How much of what a linear flow explains is rotation: 0 to 1, NaN if it explains nothing."""
        return self.r2_rotation / self.r2_free if self.r2_free > 0 else float("nan")


def rotations(activity: ArrayLike, bin_ms: float, dims: int = 6) -> Rotations:
    r"""Find the planes in which activity rotates alike in all conditions.

    The mean over conditions is removed, the activity projected on its `k` leading components, and

    .. math:: M = \arg\min_{M = -M^T} \sum_t \lVert \dot x(t) - M x(t) \rVert^2

    solved in closed form: with :math:`A = \sum x x^T` and :math:`B = \sum \dot x x^T`,
    :math:`M A + A M = B - B^T`. The change is taken between successive bins and the state halfway, so
    that a pure rotation is fitted exactly, and activity played backwards gives :math:`-M`.

    Parameters
    ----------
    activity : (C, T, N)
        Mean over the trials of each condition, for example ``soft_normalised`` rates.
    bin_ms : float
        Time from bin to bin.
    dims : int
        Number `k` of components, even.

    Returns
    -------
    Rotations
        The fits are NaN, and frequencies 0, if the conditions do not differ or do not change.

    Raises
    ------
    RequestError
        If there are fewer than two conditions or bins, a value is not finite, or `dims` is odd or more
        than the conditions, bins and neurons allow.

    References
    ----------
    Churchland MM et al. (2012). doi:10.1038/nature11129

    Examples
    --------
    >>> turn = 2 * np.pi * 2.0 * np.arange(50) * 0.01 + np.array([[0.0], [1.0], [3.0]])
    >>> found = rotations(np.stack([np.cos(turn), np.sin(turn)], axis=-1), bin_ms=10.0, dims=2)
    >>> found.frequency_hz.round(6).tolist(), round(found.r2_rotation, 6), round(found.ratio, 6)
    ([2.0], 1.0, 1.0)
    """
    courses = _differences(activity, dims)
    components = principal_components(courses).components[:dims]
    change = (np.diff(courses, axis=1) / bin_ms @ components.T).reshape(-1, dims)
    state = ((courses[:, 1:] + courses[:, :-1]) / 2 @ components.T).reshape(-1, dims)
    flow = _best_rotation(state, change)
    speed, axes = _planes(flow)
    planes = _oriented(axes @ components, courses[:, 0])
    free = np.linalg.lstsq(state, change)[0]
    return Rotations(
        planes,
        np.arctan(speed * bin_ms / 2) / bin_ms / np.pi * _MS_PER_S,
        _shares(courses, planes),
        components,
        flow,
        _explained(change, state @ flow.T),
        _explained(change, state @ free),
    )


def soft_normalised(activity: ArrayLike, softening: float = 5.0) -> NDArray[np.float64]:
    r"""Scale neurons to a similar range, the weak ones less, so that a few fast ones do not decide all.

    .. math:: x_i \to \frac{x_i}{\max x_i - \min x_i + s}

    Parameters
    ----------
    activity : (..., N)
        Activity; the range is taken over all axes but the last.
    softening : float
        Range `s` at which a neuron counts half, above 0, in the unit of the activity (5 Hz in the paper).

    Returns
    -------
    (..., N) float64
        Scaled activity, with a range below 1.

    Raises
    ------
    RequestError
        If `softening` is not above 0.

    References
    ----------
    Churchland MM et al. (2012). doi:10.1038/nature11129

    Examples
    --------
    >>> soft_normalised([[0.0, 0.0], [5.0, 15.0]]).tolist()
    [[0.0, 0.0], [0.5, 0.75]]
    """
    if not softening > 0:
        raise RequestError(f"softening is {softening}. Give a range above 0, in the unit of the activity.")
    rates = np.asarray(activity, dtype=np.float64)
    return np.asarray(rates / (np.ptp(rates, axis=tuple(range(rates.ndim - 1))) + softening))


def some_reversed(rng: np.random.Generator, activity: ArrayLike) -> NDArray[np.float64]:
    """Play each condition backwards or not, by chance: a surrogate without a common direction of rotation.

    The rates, the smoothness and the dimension of every condition stay. With few conditions the null is
    coarse: all may happen to run the same way.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the draw; it is advanced.
    activity : (C, T, N)
        Mean activity of each condition.

    Returns
    -------
    (C, T, N) float64
        The surrogate.

    References
    ----------
    Elsayed GF, Cunningham JP (2017), on what surrogates must keep. doi:10.1038/nn.4617

    Examples
    --------
    >>> some_reversed(np.random.default_rng(0), [[[1.0], [2.0]], [[3.0], [4.0]]])[:, :, 0].tolist()
    [[1.0, 2.0], [4.0, 3.0]]
    """
    courses = np.asarray(activity, dtype=np.float64)
    backwards = rng.random((len(courses), 1, 1)) < 0.5
    return np.where(backwards, courses[:, ::-1], courses)


def _differences(activity: ArrayLike, dims: int) -> NDArray[np.float64]:
    """Return the courses without what conditions share, the largest number being 1."""
    courses = np.asarray(activity, dtype=np.float64)
    if courses.ndim != 3 or min(courses.shape[:2]) < 2:
        raise RequestError(
            f"activity has shape {courses.shape}. Give (C, T, N) with at least two conditions and two bins."
        )
    if not np.isfinite(courses).all():
        raise RequestError(
            "activity holds NaN or infinity. Leave that condition out, or look for divergence."
        )
    steps = (len(courses) - 1) * (courses.shape[1] - 1)  # that differ, once the mean over conditions is gone
    most = min(steps - 1, courses.shape[2])  # fewer steps some matrix makes, whatever they are
    if dims % 2 or not 2 <= dims <= most:
        raise RequestError(
            f"dims is {dims}. Planes need an even number, and {courses.shape[0]} conditions of "
            f"{courses.shape[1]} bins and {courses.shape[2]} neurons are enough for {max(most, 0)}."
        )
    courses = courses - courses[0]
    courses -= courses.mean(axis=0)
    return np.asarray(courses / (np.abs(courses).max() or 1.0))


def _best_rotation(state: NDArray[np.float64], change: NDArray[np.float64]) -> NDArray[np.float64]:
    """Solve M A + A M = B - B' in the eigenvectors of A, where it is one division for each entry."""
    power, axes = np.linalg.eigh(state.T @ state)
    cross = axes.T @ (change.T @ state) @ axes
    total = power[:, None] + power
    skew = np.divide(cross - cross.T, total, out=np.zeros_like(total), where=total > 1e-12 * power[-1])
    return np.asarray(axes @ skew @ axes.T)


def _planes(flow: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return speeds (k / 2,), falling, and planes (k / 2, 2, k) in which a skew matrix turns u to w."""
    half = len(flow) // 2
    speed, vectors = np.linalg.eigh(-1j * flow)
    first, second = vectors.imag[:, : -half - 1 : -1], vectors.real[:, : -half - 1 : -1]
    pairs = np.stack([first, second], axis=-1).reshape(len(flow), -1) * np.sqrt(2)
    basis, upper = np.linalg.qr(pairs)
    basis = basis * np.where(np.diag(upper) < 0, -1.0, 1.0)
    return speed[: -half - 1 : -1].clip(0), basis.T.reshape(half, 2, -1)


def _oriented(planes: NDArray[np.float64], start: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn each pair within its plane until its first row is where the conditions differ most at first."""
    result = np.empty_like(planes)
    for turned, plane in zip(result, planes, strict=True):
        scores = start @ plane.T
        cosine, sine = np.linalg.eigh(scores.T @ scores)[1][:, -1]
        turned[:] = np.array([[cosine, sine], [-sine, cosine]]) @ plane
        turned *= -1.0 if turned[0, np.abs(turned[0]).argmax()] < 0 else 1.0
    return result


def _shares(courses: NDArray[np.float64], planes: NDArray[np.float64]) -> NDArray[np.float64]:
    total = (courses**2).sum()
    if total == 0:
        return np.full(len(planes), np.nan)
    return np.asarray([((courses @ plane.T) ** 2).sum() / total for plane in planes])


def _explained(change: NDArray[np.float64], fitted: NDArray[np.float64]) -> float:
    total = float((change**2).sum())
    return 1 - float(((change - fitted) ** 2).sum()) / total if total > 0 else float("nan")
