"""The drift projector: what a network shows now, turned back into what it showed before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, fits
from neurogate.attention.blocks import weighted
from neurogate.attention.layer import Layer, Parameters
from neurogate.attention.operators import layer_norm, linear
from neurogate.attention.operators.pointwise import relu
from neurogate.attention.options import whole_number
from neurogate.units import Count, Positive, settings

__all__ = ["DriftProjector", "cascaded"]


class Cache(NamedTuple):
    """What the backward needs."""

    inner: weighted.Cache
    norm: weighted.Cache
    before: Array
    outer: weighted.Cache


@settings
class DriftProjector(Layer):
    r"""Map the patches of a network that has learnt on to those of the network before.

    .. math:: P(x) = \mathrm{ReLU}(\mathrm{LN}_{N, D}(x W_1^T + b_1)) W_2^T + b_2

    The norm is over patches and features together, and weighs each of them. It is learnt with
    `neurogate.attention.operators.feature_drift`; `cascaded` goes back over several tasks.

    Parameters
    ----------
    d_model : int
        D.
    tokens : int
        N, patches of an image.
    eps : float
        Of the norm.

    References
    ----------
    Exemplar-free continual learning of vision transformers via gated class-attention and cascaded feature
    drift compensation (2022), arXiv:2211.12292.

    Examples
    --------
    >>> layer = DriftProjector(d_model=8, tokens=5)
    >>> y, cache = layer.forward(np.ones((2, 5, 8)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> dx.shape, gradients["norm.weight"].shape
    ((2, 5, 8), (5, 8))
    """

    d_model: Count = 384
    tokens: Count = 64
    eps: Positive = 1e-5

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw both maps as PyTorch does."""
        n, d = self.tokens, self.d_model
        drawn = draw.linear(rng, "inner", d, d) | draw.linear(rng, "outer", d, d)
        return drawn | {"norm.weight": np.ones((n, d)), "norm.bias": np.zeros((n, d))}

    def forward(self, x: Array) -> tuple[Array, Cache]:
        """Return what (B, N, D) was before, and what `backward` needs."""
        _, p = self.given(x=x)
        shape = (self.tokens, self.d_model)
        fits(x.ndim == 3 and x.shape[1:] == shape, f"x must be (batch, {shape[0]}, {shape[1]})", x=x)
        u, inner = weighted.forward(linear, x, p, "inner")
        flat = {name: array.reshape(-1) for name, array in p.items()}
        u = u.reshape(len(x), self.tokens * self.d_model)
        n, norm = weighted.forward(layer_norm, u, flat, "norm", eps=self.eps)
        h, before = relu.forward(n.reshape(x.shape))
        y, outer = weighted.forward(linear, h, p, "outer")
        return y, Cache(inner, norm, before, outer)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        dh, gradients = weighted.backward(dy, cache.outer)
        dn = relu.backward(dh, cache.before).reshape(len(dy), self.tokens * self.d_model)
        du, found = weighted.backward(dn, cache.norm)
        gradients |= {name: array.reshape(self.tokens, self.d_model) for name, array in found.items()}
        dx, found = weighted.backward(du.reshape(dy.shape), cache.inner)
        return dx, gradients | found


def cascaded(x: Array, projectors: Sequence[DriftProjector], task: int) -> Array:
    r"""Turn the patches of a network into what they were after an earlier task.

    .. math:: P_{t + 1} ( \dots P_T(x) )

    Parameters
    ----------
    x : (B, N, D)
        Of the network after all tasks.
    projectors : sequence of DriftProjector
        One for each task but the first: that of task t + 1 leads back to task t.
    task : int
        t, from 0; the last needs no projector.

    Returns
    -------
    (B, N, D)
        For the gates of that task.

    Raises
    ------
    RequestError
        If there is no such task.

    Examples
    --------
    >>> layers = [DriftProjector(d_model=4, tokens=3, seed=seed) for seed in (0, 1)]
    >>> x = np.ones((1, 3, 4))
    >>> cascaded(x, layers, task=2) is x, cascaded(x, layers, task=0).shape
    (True, (1, 3, 4))
    """
    task = whole_number("task", task, 0, len(projectors))
    for projector in reversed(projectors[task:]):
        x, _ = projector.forward(x)
    return x
