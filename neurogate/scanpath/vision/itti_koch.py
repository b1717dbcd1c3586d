"""The saliency of Itti, Koch and Niebur: where intensity, colour or orientation differ from the surround."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from neurogate.attention.arrays import Array, namespace
from neurogate.errors import RequestError
from neurogate.scanpath.vision.smoothing import convolved, resized

__all__ = ["Conspicuity", "conspicuity", "itti_koch", "normalised", "pyramid"]

BINOMIAL = np.array([1.0, 4, 6, 4, 1]) / 16
CENTRES, DELTAS, MAP = (2, 3, 4), (3, 4), 4
ANGLES_DEG = (0.0, 45.0, 90.0, 135.0)
PERIOD, SIZE, SPREAD = 7.0, 9, 2.33
LEAST_PX = 2**MAP + 1
ROUNDING = 1e-12
"""Features are about 1; differences so small are none."""


@attrs.frozen(eq=False)
class Conspicuity:
    """How much each channel differs from what is around; maps of a sixteenth of the picture's size.

    Parameters
    ----------
    intensity, colour, orientation : (h, w) array
        At least 0.
    """

    intensity: Array
    colour: Array
    orientation: Array


def itti_koch(picture: Array) -> Array:
    """Return the map of saliency: the mean of the three conspicuities, from 0 to 1.

    Parameters
    ----------
    picture : (H, W, 3) array
        From 0 to 1; at least 17 px on each side.

    Returns
    -------
    (h, w) array
        A sixteenth of the picture's size; all 0 if nothing differs from anything.

    Raises
    ------
    RequestError
        If the picture is too small or has another shape.

    References
    ----------
    Itti, Koch & Niebur 1998, doi:10.1109/34.730558; Walther & Koch 2006, doi:10.1016/j.neunet.2006.10.001.

    Examples
    --------
    >>> picture = np.zeros((64, 64, 3))
    >>> picture[28:36, 44:52] = 1.0
    >>> np.unravel_index(itti_koch(picture).argmax(), (4, 4))[1].item() >= 2
    True
    """
    maps = conspicuity(picture)
    total = maps.intensity + maps.colour + maps.orientation
    return total / max(float(total.max()), np.finfo(np.float64).tiny)


def conspicuity(picture: Array) -> Conspicuity:
    r"""Return how much each channel differs from what is around.

    Of each feature, the pyramid at scale c is compared with that at c + δ: :math:`|F(c) - F(c + \delta)|`,
    c = 2, 3, 4 and δ = 3, 4 (the scale 0 is the picture). Maps are weakened in the outer
    twentieth, normalised, added at scale 4, and normalised again. Intensity is the mean of the colours;
    opponencies are :math:`(r - g) / \max` and :math:`(b - \min(r, g)) / \max`, 0 where the maximum of r, g, b
    is below .1;
    orientation is :math:`|I * G_0| + |I * G_{\pi/2}|` with Gabor filters at four angles.

    Parameters
    ----------
    picture : (H, W, 3) array
        From 0 to 1.

    Raises
    ------
    RequestError
        If the picture is too small or has another shape.

    References
    ----------
    Walther & Koch 2006, doi:10.1016/j.neunet.2006.10.001.
    """
    xp = namespace(picture=picture)
    if picture.ndim != 3 or picture.shape[2] != 3 or min(picture.shape[:2]) < LEAST_PX:
        raise RequestError(
            f"The picture has shape {picture.shape}. Give (H, W, 3) with at least {LEAST_PX} px on each side."
        )
    intensity = pyramid(picture.mean(axis=2), max(CENTRES) + max(DELTAS))
    opponent = [pyramid(plane, max(CENTRES) + max(DELTAS)) for plane in _opponency(picture)]
    shape = intensity[MAP].shape
    oriented = [
        [
            _gabor_energy(level, angle) if place >= min(CENTRES) else level
            for place, level in enumerate(intensity)
        ]
        for angle in ANGLES_DEG
    ]
    channels = ([intensity], opponent, oriented)
    maps = [
        normalised(sum((_differences(features, shape) for features in kind), xp.zeros(shape)))
        for kind in channels
    ]
    return Conspicuity(*maps)


def pyramid(plane: Array, levels: int) -> list[Array]:
    """Return a plane and ever smaller ones: smoothed with (1, 4, 6, 4, 1) / 16, and every other pixel.

    Parameters
    ----------
    plane : (..., H, W)
        Level 0.
    levels : int
        The last; sizes are halved upwards, so that none is 0.

    References
    ----------
    Burt & Adelson 1983, doi:10.1109/TCOM.1983.1095851.

    Examples
    --------
    >>> [level.shape for level in pyramid(np.ones((5, 8)), 3)]
    [(5, 8), (3, 4), (2, 2), (1, 1)]
    """
    found = [plane]
    for _ in range(levels):
        found.append(convolved(found[-1], BINOMIAL, "edge")[..., ::2, ::2])
    return found


def normalised(plane: Array, rounds: int = 3) -> Array:
    r"""Let peaks of a map compete, so that a few strong ones remain of them and nothing of many.

    With M scaled to a maximum of 1, each round is

    .. math::
        M \leftarrow \max(0,\; M + (c_e^2 G_{.02 n} - c_i^2 G_{.25 n}) * M - .02 \max M)

    for Gaussians of sum 1 within the map, :math:`c_e = .5`, :math:`c_i = 1.5` and n the longer side.

    Parameters
    ----------
    plane : (h, w) array
        At least 0.
    rounds : int
        Of competition.

    References
    ----------
    Itti & Koch 2000, doi:10.1016/S0042-6989(99)00163-7.
    """
    xp, longer = namespace(plane=plane), max(plane.shape)
    peak = float(plane.max())
    if peak <= 0:
        return xp.zeros_like(plane)
    m = plane / peak
    near, far = ([xp.asarray(_blur(n, share * longer)) for n in m.shape] for share in (0.02, 0.25))
    for _ in range(rounds):
        change = 0.25 * (near[0] @ m @ near[1].T) - 2.25 * (far[0] @ m @ far[1].T)
        m = xp.maximum(0.0, m + change - 0.02 * m.max())
    return m


def _blur(n: int, sigma: float) -> NDArray[np.float64]:
    """Return the (n, n) matrix that smooths n pixels; near the border with what is left of the Gaussian."""
    taps = np.exp(-(np.subtract.outer(np.arange(n), np.arange(n)) ** 2) / (2 * sigma**2))
    return np.asarray(taps / taps.sum(axis=1, keepdims=True))


def _opponency(picture: Array) -> tuple[Array, Array]:
    xp = namespace(picture=picture)
    red, green, blue = (picture[:, :, channel] for channel in range(3))
    top = picture.max(axis=2)
    seen = top >= 0.1
    scale = xp.where(seen, top, 1.0)
    red_green, blue_yellow = (red - green) / scale, (blue - xp.minimum(red, green)) / scale
    return xp.where(seen, red_green, 0.0), xp.where(seen, blue_yellow, 0.0)


def _differences(features: list[Array], shape: tuple[int, int]) -> Array:
    """Add the normalised differences of centre and surround, at the scale of the map."""
    xp = namespace(level=features[0])
    total = xp.zeros(shape)
    for centre in CENTRES:
        for delta in DELTAS:
            own = features[centre]
            found = xp.abs(own - resized(features[centre + delta], own.shape))
            found = _fading(xp.where(found > ROUNDING, found, 0.0), max(1, round(sum(found.shape) / 40)))
            total = total + normalised(resized(found, shape))
    return total


def _fading(plane: Array, reach: int) -> Array:
    """Weaken so many outer pixels of a map, linearly towards its border."""
    xp, (height, width) = namespace(plane=plane), plane.shape
    rows, columns = (np.minimum(np.arange(n), np.arange(n)[::-1]) + 1.0 for n in (height, width))
    ramp = [np.minimum(1.0, each / (reach + 1)) for each in (rows, columns)]
    return plane * xp.asarray(np.minimum.outer(ramp[0], ramp[1]))


def _gabor_energy(plane: Array, angle_deg: float) -> Array:
    xp, radius = namespace(plane=plane), SIZE // 2
    height, width = plane.shape
    padded = xp.pad(plane, radius, mode="reflect")
    answers = []
    for taps in _gabor(angle_deg):
        shifted = (
            float(taps[i, j]) * padded[i : i + height, j : j + width]
            for i in range(SIZE)
            for j in range(SIZE)
        )
        answers.append(xp.abs(sum(shifted)))
    return _fading(answers[0] + answers[1], radius)  # where filters reach beyond the picture


def _gabor(angle_deg: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the even and the odd filter that answer to lines along an angle; both have mean 0."""
    rows, columns = np.mgrid[:SIZE, :SIZE] - SIZE // 2
    angle = np.deg2rad(angle_deg)
    across = rows * np.cos(angle) + columns * np.sin(angle)
    window = np.exp(-(rows**2 + columns**2) / (2 * SPREAD**2))
    even, odd = window * np.cos(2 * np.pi * across / PERIOD), window * np.sin(2 * np.pi * across / PERIOD)
    even = even - window * (even.sum() / window.sum())
    scale = np.sqrt((even**2).sum())
    return even / scale, odd / scale
