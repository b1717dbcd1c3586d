"""The fovea of NeVA: sharp where the eye rests and a while after, blurred elsewhere; with its gradient."""

from __future__ import annotations

import attrs

from neurogate.attention.arrays import Array, fits, namespace
from neurogate.errors import RequestError
from neurogate.scanpath.vision.smoothing import convolved, gaussian

__all__ = ["Foveation", "blurred"]


def blurred(picture: Array, width: int = 5, sigma: float = 5.0) -> Array:
    """Blur planes with a Gaussian of so many taps, and mirrored borders.

    Parameters
    ----------
    picture : (..., H, W)
        Planes.
    width : int
        Odd.
    sigma : float
        In px; the taps sum to 1.

    Examples
    --------
    >>> import numpy as np
    >>> bool(np.allclose(blurred(np.ones((6, 6))), 1))
    True
    """
    if width < 1 or width % 2 == 0:
        raise RequestError(f"The blur has {width} taps. Give an odd number of them.")
    return convolved(picture, gaussian(sigma, width // 2), "reflect")


@attrs.frozen(eq=False)
class Foveation:
    r"""A picture and its blur, of which each fixation shows a mixture.

    Places are (row, column), from -1 to 1. With the residual B, blurred picture minus picture, the fovea
    :math:`G_r(p) = e^{-|p - r|^2 / \sigma}` and the memory S of earlier fixations, the percept is

    .. math:: \tilde x_r = x + \text{clip}(1 - S - G_r, 0, 1) \, B.

    After the fixation, :math:`S \leftarrow \varphi S + G_r`.

    Parameters
    ----------
    picture, blur : (..., H, W) array
        Planes, and the same without detail.
    sigma : float
        Of the fovea: twice a variance, in units of half the picture squared.
    retention : float
        φ, from 0 to 1; the authors call it forgetting, though 0 forgets all.

    References
    ----------
    Schwinn et al. 2022, arXiv:2204.09093.

    Examples
    --------
    >>> import numpy as np
    >>> seen = Foveation(np.eye(9), blurred(np.eye(9)), sigma=0.2)
    >>> percept = seen.percept(np.zeros((9, 9)), np.zeros(2))
    >>> percept[4, 4].item(), bool(percept[0, 0] < 0.5)
    (1.0, True)
    """

    picture: Array
    blur: Array
    sigma: float = 0.15
    retention: float = 0.1

    def __attrs_post_init__(self) -> None:
        """Look whether the parts fit."""
        namespace(picture=self.picture, blur=self.blur)
        same = self.picture.shape == self.blur.shape and self.picture.ndim >= 2
        fits(same, "both must have one shape (..., H, W)", picture=self.picture, blur=self.blur)
        if not (self.sigma > 0 and 0 <= self.retention <= 1):
            raise RequestError(
                f"sigma is {self.sigma:g}, retention {self.retention:g}. "
                "Give sigma above 0 and retention in [0, 1]."
            )

    def fovea(self, place: Array) -> Array:
        """Return G for places (..., 2), (..., H, W)."""
        rows, columns = self._offsets(place)
        xp = namespace(place=place)
        return xp.exp(-(rows**2 + columns**2) / self.sigma)

    def percept(self, memory: Array, place: Array) -> Array:
        """Return what is seen at places (..., 2) with a memory (..., H, W): (..., planes, H, W)."""
        return self.picture + self._over_planes(self._veil(memory, place)) * (self.blur - self.picture)

    def gradient(self, memory: Array, place: Array, dpercept: Array) -> Array:
        r"""Return the gradient with respect to the place, of a loss of which that by the percept is known.

        .. math::
            \frac{dL}{dr} = -\sum_p 1[0 < 1 - S - G < 1] \, g(p) \, B(p) \, G(p) \, \frac{2 (p - r)}{\sigma}

        Parameters
        ----------
        memory : (..., H, W)
            S.
        place : (..., 2)
            r.
        dpercept : (..., planes, H, W)
            g.

        Returns
        -------
        (..., 2) array
        """
        xp = namespace(place=place)
        fovea, (rows, columns) = self.fovea(place), self._offsets(place)
        veil = 1 - memory - fovea
        product = dpercept * (self.blur - self.picture)
        weights = product.sum(axis=tuple(range(-self.picture.ndim, -2))) if self.picture.ndim > 2 else product
        weights = xp.where((veil > 0) & (veil < 1), weights * fovea, 0.0) * (-2 / self.sigma)
        return xp.stack([(weights * each).sum(axis=(-2, -1)) for each in (rows, columns)], axis=-1)

    def remembered(self, memory: Array, place: Array) -> Array:
        """Return the memory after a fixation."""
        return self.retention * memory + self.fovea(place)

    def _veil(self, memory: Array, place: Array) -> Array:
        return namespace(place=place).clip(1 - memory - self.fovea(place), 0.0, 1.0)

    def _over_planes(self, mask: Array) -> Array:
        planes = (1,) * (self.picture.ndim - 2)
        return mask.reshape(*mask.shape[:-2], *planes, *mask.shape[-2:])

    def _offsets(self, place: Array) -> tuple[Array, Array]:
        """Return the rows and the columns of all pixels, seen from the place."""
        xp = namespace(place=place)
        height, width = self.picture.shape[-2:]
        rows, columns = xp.linspace(-1.0, 1.0, height)[:, None], xp.linspace(-1.0, 1.0, width)[None]
        r = place[..., None, None]
        return rows - r[..., 0, :, :], columns - r[..., 1, :, :]
