"""A state that a layer starts with, as a sum of a few outer products."""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention.arrays import Array, answers, fits, namespace
from neurogate.attention.options import FINITE, number
from neurogate.attention.products import matmul

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs."""

    kappa: Array
    nu: Array
    scale: float


def forward(kappa: Array, nu: Array, *, scale: float = 0.02) -> tuple[Array, Cache]:
    r"""Add up outer products, in each head by itself.

    .. math:: S_0 = \lambda \sum_{r=1}^R \kappa_r \nu_r^T

    Parameters
    ----------
    kappa : (R, H, K)
        What lies along the keys.
    nu : (R, H, V)
        What lies along the values.
    scale : float
        :math:`\lambda`.

    Returns
    -------
    state : (H, K, V)
        :math:`S_0`.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit, or an option is not allowed.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.ones((2, 1, 1)), np.array([[[1.0, 2.0]], [[3.0, 4.0]]]), scale=0.5)[0].tolist()
    [[[2.0, 3.0]]]
    """
    namespace(kappa=kappa, nu=nu)
    good = kappa.ndim == nu.ndim == 3 and kappa.shape[:2] == nu.shape[:2]
    fits(good, "kappa and nu must be (rank, heads, width)", kappa=kappa, nu=nu)
    number("scale", scale, FINITE)
    state = matmul(kappa.transpose(1, 2, 0), nu.swapaxes(0, 1))
    return state * state.dtype.type(scale), Cache(kappa, nu, scale)


def backward(dstate: Array, cache: Cache) -> tuple[Array, Array]:
    r"""Return the gradients.

    .. math:: \bar\kappa_r = \lambda \bar S_0 \nu_r, \quad \bar\nu_r = \lambda \bar S_0^T \kappa_r

    Parameters
    ----------
    dstate : (H, K, V)
        Gradient with respect to the state, summed over the batch.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dkappa, dnu
        Gradients.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.ones((2, 1, 1)), np.ones((2, 1, 3)), scale=0.5)
    >>> backward(np.ones((1, 1, 3)), cache)[0].ravel().tolist()
    [1.5, 1.5]
    """
    dstate = answers(dstate, (*cache.kappa.shape[1:], cache.nu.shape[2]), cache, "dstate")
    dstate = dstate * dstate.dtype.type(cache.scale)
    dkappa = matmul(dstate, cache.nu.transpose(1, 2, 0)).transpose(2, 0, 1)
    return dkappa, matmul(cache.kappa.swapaxes(0, 1), dstate).swapaxes(0, 1)
