"""Attention of all tokens to all, without a softmax, at a cost that grows with the length alone."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from neurogate.attention.arrays import Array
from neurogate.attention.blocks import multi_head, projected_heads, weighted
from neurogate.attention.layer import Layer, Parameters, divides, sequence
from neurogate.attention.operators import kernel_attention, linear
from neurogate.attention.operators.pointwise import elu
from neurogate.units import Count, Positive, settings

__all__ = ["Cache", "LinearAttention"]


class Cache(NamedTuple):
    """What the backward needs."""

    inputs: dict[str, projected_heads.Cache]
    bent: tuple[Any, Any]
    attention: kernel_attention.Cache
    out: weighted.Cache


@settings
class LinearAttention(Layer):
    r"""Multi-head attention whose weights are products of positive features, to both sides.

    .. math::
        o_i = \frac{\sum_j \varphi(q_i) \cdot \varphi(k_j) \, v_j}
        {\sum_j \varphi(q_i) \cdot \varphi(k_j) + N \epsilon}, \quad \varphi(x) = \mathrm{elu}(x) + 1, \quad
        y = W_o \, o

    The weights of a query sum to 1, but for epsilon. The paper on grafting lets linear attention take the
    place of softmax attention, whose projections it can keep; it does not say which features it has, so they
    are those of Katharopoulos et al.

    Parameters
    ----------
    d_model : int
        D.
    heads : int
        H; it divides D.
    eps : float
        :math:`\epsilon`.

    References
    ----------
    Exploring diffusion transformer designs via grafting (2025), arXiv:2506.05340. Katharopoulos et al. 2020,
    arXiv:2006.16236.

    Examples
    --------
    >>> layer = LinearAttention(d_model=8, heads=2)
    >>> y, cache = layer.forward(np.random.default_rng(0).standard_normal((1, 5, 8)))
    >>> y.shape, cache.attention.summary.shape
    ((1, 5, 8), (1, 2, 4, 4))
    """

    d_model: Count = 1152
    heads: Count = 16
    eps: Positive = 1e-6

    def check(self) -> None:
        """Raise ValueError if the heads do not divide the width."""
        divides("heads", self.heads, self.d_model)

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw as PyTorch does."""
        return multi_head.initial(rng, self.d_model)

    def forward(self, x: Array) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), and what `backward` needs."""
        _, p = self.given(x=x)
        sequence(x, self.d_model)
        (q, k, v), inputs = projected_heads.each(x, p, self.heads)
        (q, for_q), (k, for_k) = (elu.forward(u) for u in (q, k))
        q, k = q + 1, k + 1
        o, attention = kernel_attention.forward(q, k, v, q, k, eps=self.eps)
        y, out = weighted.forward(linear, multi_head.joined(o), p, "o")
        return y, Cache(inputs, (for_q, for_k), attention, out)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        do, gradients = weighted.backward(dy, cache.out)
        dq, dk, dv, more_q, more_k = kernel_attention.backward(
            multi_head.split(do, self.heads), cache.attention
        )
        dq, dk = (
            elu.backward(du, bent) for du, bent in zip((dq + more_q, dk + more_k), cache.bent, strict=True)
        )
        dx, more = projected_heads.each_back((dq, dk, dv), cache.inputs)
        return dx, gradients | more
