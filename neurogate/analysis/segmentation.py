"""How far a segmentation is from the true one: overlap, volume, and distance between surfaces.

Both are arrays of true and false of any number of axes. Losses to train with live in
`neurogate.attention.training.losses`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError

__all__ = ["Overlap", "SurfaceDistance", "overlap", "surface_distance"]

Mask = NDArray[np.bool_]


class Overlap(NamedTuple):
    """How much two segmentations share.

    Attributes
    ----------
    dice : float
        From 0 to 1, which is best.
    volume_error : float
        From 0, which is best, to 1.
    volume_difference : float
        0 is best; above it, too much was found. Infinite if something was found where there is nothing.
    """

    dice: float
    volume_error: float
    volume_difference: float


class SurfaceDistance(NamedTuple):
    """How far two surfaces are from each other, in the unit of the spacing.

    Attributes
    ----------
    mean : float
        Over the elements of both surfaces.
    largest : float
        Of all of them.
    """

    mean: float
    largest: float


def overlap(found: ArrayLike, true: ArrayLike) -> Overlap:
    r"""Compare the volumes of two segmentations.

    .. math::
        \mathrm{Dice} = \frac{2 |A \cap B|}{|A| + |B|}, \quad
        \mathrm{VOE} = 1 - \frac{|A \cap B|}{|A \cup B|}, \quad
        \mathrm{RVD} = \frac{|A| - |B|}{|B|}

    Two that are empty overlap fully.

    Parameters
    ----------
    found, true : bool array
        A and B, of one shape.

    Raises
    ------
    RequestError
        If they are not of true and false, or of different shapes.

    References
    ----------
    Heimann et al. 2009, IEEE Transactions on Medical Imaging 28:1251, doi:10.1109/TMI.2009.2013851.

    Examples
    --------
    >>> overlap([True, True, False, False], [False, True, False, False])
    Overlap(dice=0.6666666666666666, volume_error=0.5, volume_difference=1.0)
    """
    a, b = _masks(found, true)
    both, either, size_a, size_b = (int(m.sum()) for m in (a & b, a | b, a, b))
    if not either:
        return Overlap(1.0, 0.0, 0.0)
    difference = (size_a - size_b) / size_b if size_b else float("inf")
    return Overlap(2 * both / (size_a + size_b), 1 - both / either, difference)


def surface_distance(
    found: ArrayLike, true: ArrayLike, spacing: float | Sequence[float] = 1.0
) -> SurfaceDistance:
    r"""Compare the surfaces of two segmentations.

    Of each element of either surface S, the distance to the nearest element of the other is taken:

    .. math::
        \mathrm{ASD} = \frac{\sum_{s \in S_A} d(s, S_B) + \sum_{s \in S_B} d(s, S_A)}{|S_A| + |S_B|}, \quad
        \mathrm{MSD} = \max_s d(s)

    An element is of the surface if one of its neighbours along an axis is outside, or would lie beyond the
    border of the array.

    Parameters
    ----------
    found, true : bool array
        A and B, of one shape.
    spacing : float or sequence of float
        Distance between neighbours, along all axes or along each; above 0.

    Raises
    ------
    RequestError
        If one of them is empty, so that it has no surface, or if they do not fit.

    References
    ----------
    Heimann et al. 2009, IEEE Transactions on Medical Imaging 28:1251, doi:10.1109/TMI.2009.2013851.

    Examples
    --------
    >>> surface_distance([True, True, False, False], [True, True, True, False])
    SurfaceDistance(mean=0.5, largest=1.0)
    """
    from scipy.ndimage import distance_transform_edt

    a, b = _masks(found, true)
    for name, mask in (("found", a), ("true", b)):
        if not mask.any():
            raise RequestError(
                f"{name} is false everywhere and has no surface. Give masks with something in."
            )
    steps = _spacing(spacing, a.ndim)
    of_a, of_b = _surface(a), _surface(b)
    to_a, to_b = (distance_transform_edt(~surface, sampling=steps) for surface in (of_a, of_b))
    distances = np.concatenate([to_b[of_a], to_a[of_b]])
    return SurfaceDistance(float(distances.mean()), float(distances.max()))


def _masks(found: ArrayLike, true: ArrayLike) -> tuple[Mask, Mask]:
    a, b = np.asarray(found), np.asarray(true)
    if a.shape != b.shape or not a.ndim or a.dtype != bool or b.dtype != bool:
        raise RequestError(
            f"found is {a.dtype} {a.shape} and true is {b.dtype} {b.shape}. "
            "Give arrays of true and false of one shape."
        )
    return a, b


def _surface(mask: Mask) -> Any:
    from scipy.ndimage import binary_erosion

    return mask & ~binary_erosion(mask)


def _spacing(spacing: float | Sequence[float], axes: int) -> NDArray[np.float64]:
    steps = np.asarray(spacing, float)
    if steps.shape not in ((), (axes,)) or not (steps > 0).all() or not np.isfinite(steps).all():
        raise RequestError(f"spacing is {spacing}. Give one number above 0, or one for each of {axes} axes.")
    return np.broadcast_to(steps, (axes,))
