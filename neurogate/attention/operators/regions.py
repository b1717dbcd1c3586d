"""Where an attention map points to: its bright regions, and the middle of each."""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention.arrays import Array, Namespace, fits, namespace
from neurogate.attention.options import FROM_0_BELOW_1, number, whole_number

__all__ = ["Region", "bright"]


class Region(NamedTuple):
    """Patches that touch each other.

    Attributes
    ----------
    score : float
        The largest attention within.
    point : (float, float)
        The mean of the centres of its patches, weighted by attention: x and y from 0 to 1 of the image.
    patches : (rows, columns) bool
        True within.
    """

    score: float
    point: tuple[float, float]
    patches: Array


def bright(attention: Array, *, threshold: float = 0.3, most: int | None = None) -> list[Region]:
    r"""Find the regions where attention exceeds a share of its largest value.

    .. math:: a_i > \tau \max_j a_j, \quad p_R = \sum_{i \in R} a_i c_i \Big/ \sum_{i \in R} a_i

    with c the centre of a patch and p the point of a region R.

    Parameters
    ----------
    attention : (rows, columns)
        Of one query.
    threshold : float
        That share, from 0 up to, but without, 1.
    most : int, optional
        How many patches may belong to regions, the brightest first; all if left out.

    Returns
    -------
    list of Region
        The highest score first. Patches of a region touch at a side, not at a corner.

    Raises
    ------
    RequestError
        If the map has not two axes, or the threshold is out of range.

    References
    ----------
    V2P: from background suppression to center peaking for robust GUI grounding task (2025),
    arXiv:2508.13634.

    Examples
    --------
    >>> import numpy as np
    >>> found = bright(np.array([[0.6, 0.0, 0.3], [0.0, 0.0, 0.3]]))
    >>> [(region.score, region.point) for region in found]
    [(0.6, (0.16666666666666666, 0.25)), (0.3, (0.8333333333333334, 0.5))]
    """
    xp = namespace(attention=attention)
    fits(attention.ndim == 2, "attention must be (rows, columns)", attention=attention)
    number("threshold", threshold, FROM_0_BELOW_1)
    most = attention.size if most is None else whole_number("most", most, of="patches")
    if not attention.size:
        return []
    lit = attention > threshold * attention.max()
    if most < attention.size:
        lit &= attention >= xp.sort(attention, axis=None)[attention.size - most]
    names = _connected(lit, xp)
    regions = [_region(attention, names == name) for name in xp.unique(names[lit])]
    return sorted(regions, key=lambda region: -region.score)


def _connected(lit: Array, xp: Namespace) -> Array:
    names = xp.where(lit, xp.arange(1, lit.size + 1).reshape(lit.shape), 0)
    while True:
        padded = xp.pad(names, 1)
        around = [
            padded[1:-1, 1:-1],
            padded[:-2, 1:-1],
            padded[2:, 1:-1],
            padded[1:-1, :-2],
            padded[1:-1, 2:],
        ]
        spread = xp.where(lit, xp.stack(around).max(axis=0), 0)
        if bool((spread == names).all()):
            return names
        names = spread


def _region(attention: Array, patches: Array) -> Region:
    xp = namespace(attention=attention)
    within = xp.where(patches, attention, 0)
    point = []
    for axis in (1, 0):
        count = attention.shape[axis]
        centres = (xp.arange(count) + 0.5) / count
        point.append(float((within.sum(axis=1 - axis) * centres).sum() / within.sum()))
    return Region(float(within.max()), (point[0], point[1]), patches)
