"""H3: keys that are shifted, and outer products with values that a state space remembers."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, namespace
from neurogate.attention.blocks import weighted
from neurogate.attention.fused import on_gpu, summed
from neurogate.attention.layer import Layer, Parameters, divides, named, part, sequence
from neurogate.attention.operators import linear, long_convolution, state_space_kernel
from neurogate.units import Count, settings

__all__ = ["H3"]


class Cache(NamedTuple):
    """What the backward needs; `kernels` are the shifting one, (D, lags), and the diagonal one, (H, lags)."""

    projections: dict[str, weighted.Cache]
    heads: tuple[Array, Array, Array]
    key: Array
    outer: Array
    remembered: Array
    skips: tuple[Array, Array]
    convolutions: tuple[long_convolution.Cache, long_convolution.Cache]
    correlation: long_convolution.Cache
    diagonal: state_space_kernel.Cache
    kernels: tuple[Array, Array]


@settings
class H3(Layer):
    r"""Remember what followed a key: multiply shifted keys with values, keep the products, ask with queries.

    .. math::
        k' = \kappa_s * k + D_k \odot k, \quad m = \kappa_d * (k' v^T) + D \, k' v^T, \quad
        y = W_o (q^T m)

    for each head of width p, whose products are p by p. The shifting kernel is that of a state that moves on
    by one place in a step, :math:`\kappa_{s,l} = \sum_m B_m C_{m+l}`; the diagonal one is
    `neurogate.attention.operators.state_space_kernel`, one for each head. The output's channels are sorted by
    place in the head and then by head, those of the input by head and then by place, as published.

    Parameters
    ----------
    d_model : int
        D.
    d_head : int
        p; it divides D.
    d_state : int
        Places of the shifted state, and twice the modes of the diagonal one.
    l_max : int
        Lags of both kernels.

    References
    ----------
    Fu et al. 2023, arXiv:2212.14052; as in Zoology (2023), arXiv:2312.04927.

    Examples
    --------
    >>> layer = H3(d_model=8, d_head=2, d_state=4, l_max=16)
    >>> y, cache = layer.forward(np.ones((1, 5, 8)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> dx.shape, gradients["diagonal.c"].shape
    ((1, 5, 8), (4, 2, 2))
    """

    d_model: Count = 64
    d_head: Count = 1
    d_state: Count = 64
    l_max: Count = 1024

    def check(self) -> None:
        """Raise ValueError if the heads do not divide the width, or a mode has no conjugate."""
        divides("d_head", self.d_head, self.d_model)
        if self.d_state % 2:
            raise ValueError(f"d_state is {self.d_state}; it must be even.")

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw steps from 0.001 to 0.1, even in their logarithms; frequencies stand in equal distances."""
        d, h, n = self.d_model, self.d_model // self.d_head, self.d_state // 2
        drawn: Parameters = {}
        for name in ("q", "k", "v", "o"):
            drawn |= draw.linear(rng, name, d, d)
        drawn |= {
            "shift.b": np.eye(1, self.d_state) * np.ones((d, 1)),
            "shift.c": draw.uniform(rng, (d, self.d_state), self.d_state**-0.5),
            "shift.skip": draw.normal(rng, (d,), 1.0),
            "diagonal.log_step": rng.uniform(math.log(0.001), math.log(0.1), h),
            "diagonal.log_decay": np.full((h, n), math.log(0.5)),
            "diagonal.frequency": np.tile(math.pi * np.arange(n), (h, 1)),
            "diagonal.b": np.tile([1.0, 0.0], (h, n, 1)),
            "diagonal.c": draw.normal(rng, (h, n, 2), math.sqrt(0.5)),
        }
        return drawn | {"skip": draw.normal(rng, (h,), 1.0)}

    def forward(self, x: Array) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), and what `backward` needs."""
        _, p = self.given(x=x)
        sequence(x, self.d_model)
        lags, projections, mapped = min(x.shape[1], self.l_max), {}, []
        for name in ("q", "k", "v"):
            u, projections[name] = weighted.forward(linear, x, p, name)
            mapped.append(u)
        q, k, v = mapped
        shift, correlation = long_convolution.forward(p["shift.c"][:, ::-1].T, p["shift.b"])
        shift = shift[::-1].T[:, :lags]
        shifted, first = long_convolution.forward(k, shift)
        q, k_head, v = (self._heads(u) for u in (q, _added(shifted, p["shift.skip"], k), v))
        outer = k_head[:, :, None] * v[:, None]
        kernel, diagonal = state_space_kernel.forward(**part(p, "diagonal"), lags=lags)
        remembered, second = long_convolution.forward(outer, kernel)
        remembered = _added(remembered, p["skip"], outer)
        o = (q[:, :, None] * remembered).sum(axis=1).swapaxes(1, 2).reshape(x.shape)
        y, projections["o"] = weighted.forward(linear, o, p, "o")
        skips, both = (p["shift.skip"], p["skip"]), (shift, kernel)
        return y, Cache(projections, (q, k_head, v), k, outer, remembered, skips, (first, second),
                        correlation, diagonal, both)  # fmt: skip

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        (q, k_head, v), (shift_skip, skip), projections = cache.heads, cache.skips, cache.projections
        do, gradients = weighted.backward(dy, projections["o"])
        do = do.reshape(*do.shape[:2], self.d_head, len(skip)).swapaxes(1, 2)[:, None]
        dq, dremembered = (do * cache.remembered).sum(axis=2), q[:, :, None] * do
        douter, dkernel = long_convolution.backward(dremembered, cache.convolutions[1])
        douter += skip * dremembered
        gradients["skip"] = (dremembered * cache.outer).sum(axis=(0, 1, 2, 3))
        names = ("log_step", "log_decay", "frequency", "b", "c")
        found = state_space_kernel.backward(dkernel, cache.diagonal)
        gradients |= named("diagonal", dict(zip(names, found, strict=True)))
        dk_head, dv = (douter * v[:, None]).sum(axis=2), (douter * k_head[:, :, None]).sum(axis=1)
        dq, dshifted, dv = (self._flat(u) for u in (dq, dk_head, dv))
        dk, dshift = long_convolution.backward(dshifted, cache.convolutions[0])
        dk += shift_skip * dshifted
        gradients["shift.skip"] = (dshifted * cache.key).sum(axis=(0, 1))
        gradients |= named("shift", self._correlation_backward(dshift, cache.correlation))
        inputs = []
        for name, du in (("q", dq), ("k", dk), ("v", dv)):
            dx, inner = weighted.backward(du, projections[name])
            inputs.append(dx)
            gradients |= inner
        return summed(*inputs), gradients

    def _heads(self, x: Array) -> Array:
        """Turn (B, T, D) into (B, p, T, H)."""
        heads = self.d_model // self.d_head
        return x.reshape(*x.shape[:2], heads, self.d_head).transpose(0, 3, 1, 2)

    def _flat(self, x: Array) -> Array:
        """Turn (B, p, T, H) into (B, T, D)."""
        return x.transpose(0, 2, 3, 1).reshape(len(x), x.shape[2], self.d_model)

    def _correlation_backward(self, dshift: Array, cache: long_convolution.Cache) -> Parameters:
        xp, padded = namespace(dshift=dshift), self.d_state - dshift.shape[1]
        rest = xp.zeros((len(dshift), padded), dshift.dtype)
        dflipped, db = long_convolution.backward(xp.concatenate([dshift, rest], axis=1)[:, ::-1].T, cache)
        return {"b": db, "c": dflipped[::-1].T}


@on_gpu(lambda xp, y, skip, x: y + skip * x)
def _added(y: Array, skip: Array, x: Array) -> Array:
    y += skip * x
    return y
