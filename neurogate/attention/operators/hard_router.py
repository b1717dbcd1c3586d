"""A choice between two ways for each token: hard where it is taken, soft where it is learnt."""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention.arrays import Array, Namespace, answers, fits, namespace
from neurogate.attention.fused import fused
from neurogate.attention.operators import softmax

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs; `probabilities` are (..., 2), `active` are those that take the second way."""

    logits: Array
    temperature: Array
    probabilities: Array
    active: Array


def forward(logits: Array, temperature: Array) -> tuple[Array, Cache]:
    r"""Weight the tokens that take the second way by its probability, and the others by 0.

    .. math:: \pi = \mathrm{softmax}(u e^{-\theta}), \quad w = \pi_1 \text{ if } \pi_1 > \pi_0 \text{ else } 0

    Parameters
    ----------
    logits : (..., 2)
        :math:`u`.
    temperature : (1,)
        :math:`\theta`, the logarithm of the temperature.

    Returns
    -------
    weight : (...)
        :math:`w`; 0, or from 1/2 to 1.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If there are not two logits for each token.

    References
    ----------
    Sparse modular activation: Ren et al. 2023, arXiv:2306.11197.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.array([[0.0, np.log(3)], [1.0, 0.0]]), np.zeros(1))[0].round(4).tolist()
    [0.75, 0.0]
    """
    namespace(logits=logits, temperature=temperature)
    fits(logits.shape[-1:] == (2,) and temperature.shape == (1,), "there must be two logits for each token, "
         "and one temperature", logits=logits, temperature=temperature)  # fmt: skip
    probabilities, _ = softmax.forward(_sharpened(logits, temperature))
    weight, active = _chosen(probabilities[..., 0], probabilities[..., 1])
    return weight, Cache(logits, temperature, probabilities, active)


def backward(dweight: Array, cache: Cache) -> tuple[Array, Array]:
    r"""Return the gradients; the choice itself is taken as given.

    .. math:: \bar u = e^{-\theta} \pi (\bar\pi - \langle \pi, \bar\pi \rangle), \quad
        \bar\theta = -\sum u \cdot \bar u, \quad \bar\pi = (0, \bar w) \text{ where } w > 0

    Parameters
    ----------
    dweight : (...)
        Gradient with respect to the weight.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dlogits, dtemperature
        Gradients; those of tokens that took the first way are 0.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.array([[0.0, np.log(3)], [1.0, 0.0]]), np.zeros(1))
    >>> backward(np.ones(2), cache)[0].round(4).tolist()
    [[-0.1875, 0.1875], [0.0, 0.0]]
    """
    xp = namespace(dweight=dweight)
    logits, temperature, probabilities, active = cache
    dweight = answers(dweight, active.shape, cache, "dweight")
    taken = dweight * active
    dlogits = softmax.backward(xp.stack([0 * taken, taken], axis=-1), probabilities)
    dlogits = _sharpened(dlogits, temperature)
    return dlogits, -(logits * dlogits).sum().reshape(1)


@fused
def _sharpened(xp: Namespace, logits: Array, temperature: Array) -> Array:
    return logits * xp.exp(-temperature)


@fused
def _chosen(xp: Namespace, first: Array, second: Array) -> tuple[Array, Array]:
    active = second > first
    return second * active, active
