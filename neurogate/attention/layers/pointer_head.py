"""The pointer head: a query token attends to the patches of an image, and that attention is the answer."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from neurogate.attention import dropouts
from neurogate.attention.arrays import Array, answers, fits, namespace
from neurogate.attention.blocks import mlp, multi_head, weighted
from neurogate.attention.fused import summed
from neurogate.attention.layer import Layer, Parameters, divides, named, part, sequence
from neurogate.attention.operators import dropout, layer_norm, softmax
from neurogate.attention.options import whole_numbers
from neurogate.attention.products import matmul
from neurogate.units import Count, Positive, settings

__all__ = ["PointerHead"]


class Cache(NamedTuple):
    """What the backward needs."""

    logits: Array
    attention: multi_head.Cache
    norm: weighted.Cache
    patch: mlp.Cache
    query: mlp.Cache
    pair: tuple[Array, Array]

    @property
    def weights(self) -> Array:
        """Return the attention of each query to each patch, which is not made before."""
        return softmax.forward(self.logits)[0]


@settings
class PointerHead(Layer):
    r"""Point at patches.

    .. math::
        e = \mathrm{MLP}_e(\mathrm{LN}(E + \mathrm{MHSA}(E))), \quad d = \mathrm{MLP}_d(Q), \quad
        \text{logits} = d e^T / \sqrt D

    The output are the logits, which `neurogate.attention.operators.pointer_loss` compares with labels
    (`neurogate.attention.operators.patch_labels`); ``cache.weights`` (B, Q, N) is their softmax, which
    `neurogate.attention.operators.regions` reads out. Dropout acts on how much patches attend to each other,
    if `forward` is told which weights are kept, and `masks` draws them.

    Parameters
    ----------
    d_model : int
        D; 2048 in a model of 3 billion parameters.
    heads : int
        H; it divides D.
    eps : float
        Of the norm.
    rate : float
        Of dropout.

    References
    ----------
    V2P: from background suppression to center peaking for robust GUI grounding task (2025),
    arXiv:2508.13634.

    Examples
    --------
    >>> layer = PointerHead(d_model=8, heads=2)
    >>> y, cache = layer.forward(np.ones((1, 6, 8)), np.ones((1, 2, 8)))
    >>> (dpatches, dqueries), gradients = layer.backward(np.ones_like(y), cache)
    >>> y.shape, dpatches.shape, dqueries.shape
    ((1, 2, 6), (1, 6, 8), (1, 2, 8))
    """

    d_model: Count = 2048
    heads: Count = 8
    eps: Positive = 1e-5
    rate: dropout.Rate = 0.1

    def check(self) -> None:
        """Raise ValueError if the heads do not divide the width."""
        divides("heads", self.heads, self.d_model)

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw all maps as PyTorch does."""
        d = self.d_model
        drawn = named("attention", multi_head.initial(rng, d, xavier=True))
        drawn |= {"norm.weight": np.ones(d), "norm.bias": np.zeros(d)}
        return drawn | named("patch", mlp.initial(rng, d, d, d)) | named("query", mlp.initial(rng, d, d, d))

    def masks(self, rng: Any, shape: tuple[int, ...]) -> dict[str, Array]:
        """Draw which numbers dropout keeps, given the shape of the patches."""
        return dropouts.drawn(rng, self._dropped(shape), self.rate)

    def _dropped(self, shape: tuple[int, ...]) -> dropouts.Shapes:
        batch, count, _ = whole_numbers("shape", shape, 0, count=3)
        return {"attention.weights": (batch, self.heads, count, count)}

    def forward(
        self, patches: Array, queries: Array, *, kept: dict[str, Array] | None = None
    ) -> tuple[Array, Cache]:
        """Return the logits (B, Q, N) of patches (B, N, D) and queries (B, Q, D)."""
        namespace(queries=queries)
        _, p = self.given(patches=patches, queries=queries)
        sequence(patches, self.d_model)
        fits(queries.ndim == 3 and queries.shape[::2] == patches.shape[::2],
             f"queries must be (batch, queries, {self.d_model})",
             queries=queries, patches=patches)  # fmt: skip
        x, masks = patches, dropouts.told(kept, self._dropped, patches)
        own, kept_here = (part(each, "attention") for each in (p, masks))
        u, attention = multi_head.forward(x, x, x, own, heads=self.heads, kept=kept_here, rate=self.rate)
        n, norm = weighted.forward(layer_norm, x, p, "norm", eps=self.eps, added=u)
        e, patch = mlp.forward(n, part(p, "patch"))
        d, query = mlp.forward(queries, part(p, "query"))
        logits = matmul(d, e.swapaxes(1, 2)) * self.d_model**-0.5
        return logits, Cache(logits, attention, norm, patch, query, (d, e))

    def backward(self, dy: Array, cache: Cache) -> tuple[tuple[Array, Array], Parameters]:
        """Return the gradients with respect to patches and queries, and the parameters."""
        d, e = cache.pair
        dy = answers(dy, cache.logits.shape, cache)
        dlogits = dy * self.d_model**-0.5
        dqueries, found = mlp.backward(matmul(dlogits, e), cache.query)
        gradients = named("query", found)
        dn, found = mlp.backward(matmul(dlogits.swapaxes(1, 2), d), cache.patch)
        gradients |= named("patch", found)
        dx, found = weighted.backward(dn, cache.norm)
        gradients |= found
        *inputs, found = multi_head.backward(dx, cache.attention)
        return (summed(dx, *inputs), dqueries), gradients | named("attention", found)
