"""A non-linear residual gate: what it adds to a score bends with the score itself."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

from neurogate.attention.arrays import Array, answers, fits, namespace
from neurogate.attention.fused import fused
from neurogate.attention.operators.pointwise import POINTWISE, Pointwise
from neurogate.attention.options import one_of

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs."""

    scores: Array
    alpha: Array
    tau: Array
    activation: Pointwise


def forward(scores: Array, alpha: Array, tau: Array, *, activation: str = "sigmoid") -> tuple[Array, Cache]:
    r"""Add a bent copy of the scores.

    .. math:: \hat s = s + \tau \phi(\alpha s)

    Parameters
    ----------
    scores : (...)
        :math:`s`.
    alpha, tau : (1,)
        Scales inside and outside.
    activation : str
        :math:`\phi`, one of `POINTWISE`.

    Returns
    -------
    y : (...)
        :math:`\hat s`.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If a scale is not one number.

    References
    ----------
    Le et al. 2024, arXiv:2405.14124, where the two letters stand the other way round.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.array([-1.0, 2.0]), np.array([2.0]), np.array([0.5]), activation="relu")[0].tolist()
    [-1.0, 4.0]
    """
    namespace(scores=scores, alpha=alpha, tau=tau)
    fits(alpha.shape == tau.shape == (1,), "alpha and tau must be one number each", alpha=alpha, tau=tau)
    phi = POINTWISE[one_of("activation", activation, POINTWISE)]
    return _bent(phi.value)(scores, alpha, tau), Cache(scores, alpha, tau, phi)


def backward(dy: Array, cache: Cache) -> tuple[Array, Array, Array]:
    r"""Return the gradients.

    .. math::
        \bar s = \bar y (1 + \tau \alpha \phi'(\alpha s)), \quad
        \bar\alpha = \sum \bar y \tau s \phi'(\alpha s), \quad \bar\tau = \sum \bar y \phi(\alpha s)

    Parameters
    ----------
    dy : (...)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dscores, dalpha, dtau
        Gradients.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.array([-1.0, 2.0]), np.array([2.0]), np.array([0.5]), activation="relu")
    >>> [gradient.tolist() for gradient in backward(np.ones(2), cache)]
    [[1.0, 2.0], [1.0], [4.0]]
    """
    s, alpha, tau, phi = cache
    dy = answers(dy, s.shape, cache)
    bent = dy * phi.slope(alpha * s)
    dtau = (dy * phi.value(alpha * s)).sum().reshape(1)
    return dy + tau * alpha * bent, (tau * (s * bent).sum()).reshape(1), dtau


@functools.cache
def _bent(phi: Callable[[Array], Array]) -> Callable[[Array, Array, Array], Array]:
    return fused(lambda xp, scores, alpha, tau: scores + tau * phi(alpha * scores))
