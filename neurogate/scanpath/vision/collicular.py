"""The map of the superior colliculus: the centre of gaze is large on it, and the periphery small."""

from __future__ import annotations

import attrs

from neurogate.attention.arrays import Array, fits, namespace
from neurogate.errors import RequestError

__all__ = ["Colliculus"]


@attrs.frozen
class Colliculus:
    r"""The complex logarithm that takes a place in the visual field to one on the colliculus.

    With x and y in degrees from the centre of gaze, :math:`z = |x| + i y`, and for each half of the field,

    .. math::
        u = B_u \ln \left|\frac{z + A}{A}\right|, \qquad v = B_v \arg(z + A).

    Parameters
    ----------
    a_deg : float
        A: below it the map is nearly linear.
    bu_mm : float
        Along the axis of eccentricity.
    bv_mm : float
        Along that of direction, by radian.

    References
    ----------
    Ottes, Van Gisbergen & Eggermont 1986, doi:10.1016/0042-6989(86)90144-6.

    Examples
    --------
    >>> import numpy as np
    >>> u, v, left = Colliculus().of(np.array([3.0, -3.0]), np.array([0.0, 0.0]))
    >>> u.round(4).tolist(), left.tolist()
    ([0.9704, 0.9704], [False, True])
    """

    a_deg: float = 3.0
    bu_mm: float = 1.4
    bv_mm: float = 1.8

    def __attrs_post_init__(self) -> None:
        """Look whether the lengths are above 0."""
        lengths = (self.a_deg, self.bu_mm, self.bv_mm)
        if not all(0 < length < float("inf") for length in lengths):
            raise RequestError(f"The colliculus has A, Bu and Bv {lengths}. Give finite numbers above 0.")

    def of(self, x_deg: Array, y_deg: Array) -> tuple[Array, Array, Array]:
        """Return u and v (mm), and whether a place lies in the left half of the field."""
        xp = namespace(x_deg=x_deg, y_deg=y_deg)
        along = xp.abs(x_deg) + self.a_deg
        u = self.bu_mm * xp.log(xp.hypot(along, y_deg) / self.a_deg)
        return u, self.bv_mm * xp.arctan2(y_deg, along), x_deg < 0

    def field(self, u_mm: Array, v_mm: Array, left: Array | bool = False) -> tuple[Array, Array]:
        """Return x and y (degrees) of places on the colliculus."""
        xp = namespace(u_mm=u_mm, v_mm=v_mm)
        radius = self.a_deg * xp.exp(u_mm / self.bu_mm)
        x = radius * xp.cos(v_mm / self.bv_mm) - self.a_deg
        return xp.where(xp.asarray(left), -x, x), radius * xp.sin(v_mm / self.bv_mm)

    def view(
        self, plane: Array, place_px: tuple[Array, Array], px_per_degree: float, u_mm: Array, v_mm: Array
    ) -> Array:
        """Return a map of priority as the two colliculi have it, while the eye rests on a place.

        Parameters
        ----------
        plane : (H, W)
            Priority by pixel.
        place_px : (float, float), or arrays that broadcast with the cells
            Centre of gaze, x and y; or several.
        px_per_degree : float
            Of visual angle.
        u_mm, v_mm : (...)
            Cells of the colliculus.

        Returns
        -------
        (2, ...) array
            For the right half of the field and the left one, interpolated linearly; 0 outside the plane, and
            for cells that stand for the other half.
        """
        xp = namespace(plane=plane, u_mm=u_mm, v_mm=v_mm)
        fits(u_mm.shape == v_mm.shape, "every cell needs u and v", u_mm=u_mm, v_mm=v_mm)
        if not px_per_degree > 0:
            raise RequestError(f"A degree has {px_per_degree:g} px. Give a number above 0.")
        sides = []
        for left in (False, True):
            x, y = self.field(u_mm, v_mm, left)
            own = (x <= 0) if left else (x >= 0)
            # The centre of pixel (0, 0) is at (.5, .5).
            across, down = (p + px_per_degree * d - 0.5 for p, d in zip(place_px, (x, y), strict=True))
            sides.append(xp.where(own, _between(plane, down, across), 0.0))
        return xp.stack(sides)


def _between(plane: Array, row: Array, column: Array) -> Array:
    """Interpolate a plane linearly; beyond its outermost pixels it is 0."""
    xp, (height, width) = namespace(plane=plane), plane.shape
    padded = xp.pad(plane, 1)
    row, column = xp.clip(row + 1, 0, height + 1), xp.clip(column + 1, 0, width + 1)
    i, j = (xp.minimum(each.astype(int), n) for each, n in ((row, height), (column, width)))
    a, b = row - i, column - j
    top = (1 - b) * padded[i, j] + b * padded[i, j + 1]
    return (1 - a) * top + a * ((1 - b) * padded[i + 1, j] + b * padded[i + 1, j + 1])
