"""How much a discriminator has to say where there are labels too."""

from __future__ import annotations

from neurogate.attention.options import FROM_0, number

__all__ = ["balanced"]


def balanced(cross_entropy: float, judged: float, *, share: float = 0.1) -> tuple[float, tuple[float, float]]:
    r"""Return the loss of images with scribbles, in which a discriminator has a say.

    .. math:: L = w L_{CE} + s L_D, \quad w = |L_D / L_{CE}|

    The weight w is a constant for the backward, so that both count alike however small either is. As the
    authors have it, :math:`L_D` is the loss of the discriminator, not that of the generator. In the steps
    with images alone both adversarial losses count a fifth.

    Parameters
    ----------
    cross_entropy : float
        :math:`L_{CE}`, of `neurogate.attention.operators.scribble_cross_entropy`.
    judged : float
        :math:`L_D`, of `neurogate.attention.operators.least_squares_gan`, of these images.
    share : float
        s.

    Returns
    -------
    loss : float
        :math:`L`.
    slopes : (float, float)
        Its gradients with respect to both, w and s: what the backward of each loss begins with. Without a
        cross-entropy, as where nothing is labelled, w is 0.

    References
    ----------
    Valvano, Leo & Tsaftaris 2020, arXiv:2007.01152.

    Examples
    --------
    >>> balanced(2.0, 0.5)
    (0.55, (0.25, 0.1))
    """
    number("share", share, FROM_0)
    weight = abs(judged / cross_entropy) if cross_entropy else 0.0
    return weight * cross_entropy + share * judged, (weight, share)
