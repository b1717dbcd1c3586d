"""The gate network of a mixture of experts that reads the past behaviour of a user."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neurogate.attention.arrays import Array, answers, fits, flags, namespace, together
from neurogate.attention.blocks import mlp
from neurogate.attention.layer import Layer, Parameters, named, part
from neurogate.attention.options import FROM_0_TO_1, number
from neurogate.units import Count, settings

__all__ = ["GateNetwork", "thinned"]


class Cache(NamedTuple):
    """What the backward needs; `gates` are those of each item, `activations` what they count for."""

    items: Array
    target: Array
    mask: Array | None
    gates: Array
    activations: Array
    gate: mlp.Cache
    unit: mlp.Cache


@settings
class GateNetwork(Layer):
    r"""Weigh K experts by the sum of what each past item says about them.

    .. math::
        G = \sum_m \mu_m\, a(s_m, t)\, U(s_m, t), \quad
        U = \mathrm{MLP}([s; t]) \in R^K, \quad a = \mathrm{MLP}([s; t; s \odot t; s - t]) \in R

    for items :math:`s_m`, the target :math:`t` and the mask :math:`\mu`. The activations :math:`a` are not
    normalised; without items :math:`G = 0`, and no expert has a say. The target's score is
    `neurogate.attention.operators.mixture_score` of G and what the experts, which are not part of this, say.
    Only the abstract was at hand: the inner nonlinearity (ReLU), the widths and what is concatenated are
    assumed.

    ``cache.gates`` (B, M, K) are :math:`U`, ``cache.activations`` (B, M) are :math:`a`. The paper also asks
    that :math:`G` survive hidden items: `neurogate.attention.operators.info_nce` between the
    outputs with the mask and with `thinned`.

    Parameters
    ----------
    d_model : int
        Width of items and target.
    hidden : int
        Of both perceptrons.
    experts : int
        K.

    References
    ----------
    Attention weighted mixture of experts with contrastive learning for personalized ranking in e-commerce
    (2023), arXiv:2306.05011.

    Examples
    --------
    >>> layer = GateNetwork(d_model=8, hidden=6, experts=3)
    >>> y, cache = layer.forward(np.ones((2, 5, 8)), np.ones((2, 8)))
    >>> (ditems, dtarget), gradients = layer.backward(np.ones_like(y), cache)
    >>> y.shape, ditems.shape, cache.activations.shape
    ((2, 3), (2, 5, 8), (2, 5))
    """

    d_model: Count = 32
    hidden: Count = 32
    experts: Count = 4

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw both perceptrons as PyTorch does."""
        e = self.d_model
        gate = mlp.initial(rng, 2 * e, self.hidden, self.experts)
        return named("gate", gate) | named("unit", mlp.initial(rng, 4 * e, self.hidden, 1))

    def forward(self, items: Array, target: Array, mask: Array | None = None) -> tuple[Array, Cache]:
        """Return the weights (B, K) of the experts, given items (B, M, e), a target (B, e) and a mask.

        The mask is true where there is an item, and broadcasts to (B, M).
        """
        namespace(target=target)
        xp, p = self.given(items=items, target=target)
        fits(items.ndim == 3 and items.shape[2] == self.d_model and target.shape == items.shape[::2],
             f"items must be (batch, items, {self.d_model}) and target (batch, {self.d_model})",
             items=items, target=target)  # fmt: skip
        if mask is not None:
            flags("mask", items.shape[:2], "the mask must be of true and false, one for each item",
                  mask=mask, items=items)  # fmt: skip
        t = xp.broadcast_to(target[:, None], items.shape)
        gates, gate = mlp.forward(xp.concatenate([items, t], axis=2), part(p, "gate"), activation="relu")
        seen = xp.concatenate([items, t, items * t, items - t], axis=2)
        activations, unit = mlp.forward(seen, part(p, "unit"), activation="relu")
        activations = activations[..., 0]
        y = (_masked(activations, mask)[:, None] @ gates)[:, 0]
        return y, Cache(items, t, mask, gates, activations, gate, unit)

    def backward(self, dy: Array, cache: Cache) -> tuple[tuple[Array, Array], Parameters]:
        """Return the gradients with respect to items and target, and the parameters."""
        items, t, mask, gates, activations, gate, unit = cache
        dy = answers(dy, (len(gates), self.experts), cache)
        e = self.d_model
        dgates = _masked(activations, mask)[..., None] * dy[:, None]
        dseen, inner = mlp.backward(_masked((gates @ dy[..., None])[..., 0], mask)[..., None], unit)
        dpair, outer = mlp.backward(dgates, gate)
        s, own, product, difference = (dseen[..., i * e : (i + 1) * e] for i in range(4))
        ditems = dpair[..., :e] + s + product * t + difference
        dtarget = dpair[..., e:] + own + product * items - difference
        return (ditems, dtarget.sum(axis=1)), named("unit", inner) | named("gate", outer)


def thinned(mask: Array, fraction: float, rng: np.random.Generator) -> Array:
    """Hide some of the items at random, for the contrastive loss.

    Parameters
    ----------
    mask : (B, M) bool
        True where there is an item.
    fraction : float
        How likely each item is hidden.
    rng : numpy.random.Generator or cupy.random.Generator
        Source, of the library of the mask; it is advanced.

    Returns
    -------
    (B, M) bool
        True where an item is left.

    Examples
    --------
    >>> thinned(np.array([[True, False]]), 0.0, np.random.default_rng(0)).tolist()
    [[True, False]]
    """
    together(mask=mask)
    fits(mask.dtype == bool, "the mask must be of true and false", mask=mask)
    return mask & (rng.random(mask.shape) >= number("fraction", fraction, FROM_0_TO_1))


def _masked(activations: Array, mask: Array | None) -> Array:
    return activations if mask is None else activations * mask
