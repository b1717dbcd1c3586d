"""The cross-entropy of images of which only scribbles are labelled."""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention import loss_gradient
from neurogate.attention.arrays import Array, fits, namespace, together
from neurogate.attention.operators import softmax

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs, with the classes last."""

    probabilities: Array
    chosen: Array
    share: Array


def forward(logits: Array, labels: Array) -> tuple[Array, Cache]:
    r"""Return the cross-entropy of the pixels that are labelled, each class counting as much as another.

    .. math::
        L = \frac1n \sum_{i \in S} w_{y_i} (-\log p_{i, y_i}), \quad w_c = n / n_c, \quad
        p = \mathrm{softmax}(z)

    with the n labelled pixels S of the whole batch, and :math:`n_c` of them of class c.

    Parameters
    ----------
    logits : (B, K, n...)
        :math:`z`.
    labels : (B, n...) int
        From 0 to K - 1; a negative one is no label.

    Returns
    -------
    loss : ()
        :math:`L`; 0 if nothing is labelled.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit, or a label is no class.

    References
    ----------
    Valvano, Leo & Tsaftaris 2020, arXiv:2007.01152.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.zeros((1, 2, 3)), np.array([[0, 1, -1]]))[0].round(3).item()
    1.386
    """
    xp = namespace(logits=logits)
    together(logits=logits, labels=labels)
    fits(logits.ndim >= 2 and labels.shape == (len(logits), *logits.shape[2:]) and labels.dtype.kind in "iu",
         "labels must be whole numbers, one for each pixel", logits=logits, labels=labels)  # fmt: skip
    classes = logits.shape[1]
    fits(not labels.size or int(labels.max()) < classes, f"labels must be less than {classes}",
         logits=logits, labels=labels)  # fmt: skip
    z = xp.moveaxis(logits, 1, -1).reshape(-1, classes)
    chosen = labels.reshape(-1, 1) == xp.arange(classes)
    counts = chosen.sum(axis=0)
    share = (chosen / xp.maximum(counts, 1)).sum(axis=1, keepdims=True).astype(z.dtype)
    surprise = softmax.log_sum(z) - z
    probabilities, _ = softmax.forward(z)
    return (share * xp.where(chosen, surprise, 0)).sum(), Cache(*(
        a.reshape(*labels.shape, a.shape[-1]) for a in (probabilities, chosen, share)
    ))  # fmt: skip


def backward(dloss: float | Array, cache: Cache) -> Array:
    r"""Return the gradient with respect to the logits; 0 where nothing is labelled.

    .. math:: \bar z_{ic} = \bar L\, (p_{ic} - [c = y_i]) / n_{y_i}

    Parameters
    ----------
    dloss : float
        Gradient with respect to `loss`; 1 for the loss itself.
    cache : Cache
        Of `forward`.

    Returns
    -------
    (B, K, n...)
        Gradient.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.zeros((1, 2, 2)), np.array([[1, -1]]))
    >>> backward(1.0, cache).tolist()
    [[[0.5, 0.0], [-0.5, 0.0]]]
    """
    dloss = loss_gradient.number(dloss, cache)
    xp = namespace(share=cache.share)
    dz = cache.share * (cache.probabilities - cache.chosen) * dloss
    return xp.moveaxis(dz, -1, 1).astype(cache.share.dtype)
