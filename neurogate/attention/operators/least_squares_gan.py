"""The adversarial loss of least squares."""

from __future__ import annotations

from neurogate.attention import loss_gradient
from neurogate.attention.arrays import Array, fits, namespace
from neurogate.attention.options import FINITE, number

__all__ = ["backward", "forward"]


def forward(scores: Array, target: float) -> tuple[Array, Array]:
    r"""Return how far the scores of a discriminator are from what they should be.

    .. math:: L = \tfrac12 \langle (D - t)^2 \rangle

    The discriminator's loss is that of real images with a target of 1 plus that of made ones with -1; the
    generator's is that of made ones with 1.

    Parameters
    ----------
    scores : array
        :math:`D`, one or more of each image.
    target : float
        :math:`t`.

    Returns
    -------
    loss : ()
        :math:`L`.
    cache : array
        For `backward`.

    Raises
    ------
    RequestError
        If there are no scores.

    References
    ----------
    Mao et al. 2017, Least squares generative adversarial networks, arXiv:1611.04076.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.array([1.0, -1.0]), 1)[0].item()
    1.0
    """
    namespace(scores=scores)
    fits(scores.size > 0, "there must be scores", scores=scores)
    off = scores - number("target", target, FINITE)
    return 0.5 * (off * off).mean(), off


def backward(dloss: float | Array, cache: Array) -> Array:
    r"""Return the gradient with respect to the scores.

    .. math:: \bar D = \bar L (D - t) / n

    Parameters
    ----------
    dloss : float
        Gradient with respect to `loss`; 1 for the loss itself.
    cache : array
        Of `forward`.

    Returns
    -------
    array
        Gradient.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.array([1.0, -1.0]), 1)
    >>> backward(1.0, cache).tolist()
    [0.0, -1.0]
    """
    dloss = loss_gradient.number(dloss, cache)
    return (cache * (dloss / cache.size)).astype(cache.dtype)
