"""Local contrast in lightness and colour, as the eye's first cells see it: differences of Gaussians."""

from __future__ import annotations

import numpy as np

from neurogate.attention.arrays import Array, namespace
from neurogate.scanpath.vision.priors import centre_bias
from neurogate.scanpath.vision.smoothing import pooled, smoothed

__all__ = ["cells_of", "contrast", "lab"]

CELLS = 32
"""Of a map, along the longer side of the picture."""
FINE = 200
"""Of the picture that is compared with its surround: 4 px of an 800 px wide one become one."""
PAIRS = ((1.0, 5.0), (2.0, 12.0))
SMOOTH = 2.0

# Linear red, green and blue to X, Y and Z over those of white, by D65 (IEC 61966-2-1).
_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_XYZ = _XYZ / _XYZ.sum(axis=1, keepdims=True)


def cells_of(height: int, width: int, longer: int = CELLS) -> tuple[int, int]:
    """Return rows and columns of about square cells that cover a picture.

    Parameters
    ----------
    height, width : int
        Of the picture.
    longer : int
        Cells along its longer side.

    Examples
    --------
    >>> cells_of(600, 800), cells_of(1000, 10)
    ((24, 32), (32, 1))
    """
    side = max(height, width) / longer
    return max(1, round(height / side)), max(1, round(width / side))


def lab(picture: Array) -> Array:
    r"""Return lightness L*, and a* and b*, of red, green and blue as they are stored (sRGB).

    Parameters
    ----------
    picture : (..., 3) array
        From 0 to 1.

    References
    ----------
    CIE 15:2004; IEC 61966-2-1:1999.

    Examples
    --------
    >>> lab(np.ones(3)).round(6) + 0
    array([100.,   0.,   0.])
    """
    xp = namespace(picture=picture)
    linear = xp.where(picture <= 0.04045, picture / 12.92, ((picture + 0.055) / 1.055) ** 2.4)
    xyz = linear @ xp.asarray(_XYZ.T)
    f = xp.where(xyz > (6 / 29) ** 3, xp.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return xp.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def contrast(picture: Array) -> Array:
    r"""Return where a picture differs from what is around, weighted by how near it is to the centre.

    For each channel c of CIELAB, in pixels of which 200 make the longer side,

    .. math:: M = \sum_c |G_1 c - G_5 c| + |G_2 c - G_{12} c|

    with Gaussians :math:`G_\sigma`; smoothed (σ = 2), averaged in cells of which 32 make the longer side, and
    multiplied by `centre_bias`.

    Parameters
    ----------
    picture : (H, W, 3) array
        From 0 to 1.

    Returns
    -------
    (h, w) array
        At least 0.

    Examples
    --------
    >>> picture = np.zeros((60, 80, 3))
    >>> picture[20:30, 50:60] = 1.0
    >>> row, column = np.unravel_index(contrast(picture).argmax(), (24, 32))
    >>> bool(8 <= row < 12), bool(20 <= column < 24)
    (True, True)
    """
    height, width, _ = picture.shape
    xp = namespace(picture=picture)
    channels = xp.moveaxis(picture, -1, 0)
    if max(height, width) > FINE:
        channels = pooled(channels, cells_of(height, width, FINE))
    channels = xp.moveaxis(lab(xp.moveaxis(channels, 0, -1)), -1, 0)
    found = sum(abs(smoothed(channels, near) - smoothed(channels, far)) for near, far in PAIRS)
    shape = cells_of(height, width)
    plane = pooled(smoothed(found.sum(axis=0), SMOOTH), shape)
    return plane * centre_bias(shape, xp=xp)
