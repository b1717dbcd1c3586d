"""ViG: gated linear attention through an image in both directions, blended with what is near."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace, namespace
from neurogate.attention.blocks import grid as grids
from neurogate.attention.blocks import heads_of_steps, weighted
from neurogate.attention.fused import fused, summed
from neurogate.attention.layer import Layer, Parameters, sequence
from neurogate.attention.operators import convolution, linear, linear_recurrence, rms_norm, rotary
from neurogate.attention.operators.linear_recurrence import Form
from neurogate.attention.operators.pointwise import log_sigmoid, sigmoid, silu
from neurogate.attention.pieces import share_out
from neurogate.units import Count, Positive, settings

__all__ = ["Cache", "ViG"]


class Cache(NamedTuple):
    """What the backward needs.

    `local` is what the convolution sees, (B, N, D); `logits` are those of the decays, (B, N, H or 2 H, K),
    the forward ones first; `gate` is the share of the whole in the blend, (B, N, H, V), and `parts` are the
    whole and the neighbourhood.
    """

    size: tuple[int, int]
    convolution: weighted.Cache
    bent: Array
    projections: dict[str, weighted.Cache]
    turned: dict[str, rotary.Cache]
    logits: Array
    recurrence: linear_recurrence.Cache
    norms: dict[str, weighted.Cache]
    gate: Array
    parts: tuple[Array, Array]
    last: Any
    out: weighted.Cache
    local: Array


@settings
class ViG(Layer):
    r"""Two passes of gated linear attention over an image, and a gate that adds the neighbourhood.

    .. math::
        l = \mathrm{SiLU}(\mathrm{conv}_{3 \times 3}(x)), \quad
        o = \tfrac{1}{2} (\mathrm{GLA}(l; g_f) + \overleftarrow{\mathrm{GLA}}(l; g_b)), \quad
        G = \sigma(l W_g + b), \quad
        y = \mathrm{SiLU}(G \odot \mathrm{RMS}(o) + (1 - G) \odot \mathrm{RMS}'(l)) W_o

    Both directions have the same queries, keys and values, and their own decays; both write the token itself.
    It is not causal. The authors' code for inference halves o twice, which the norm all but undoes.

    Parameters
    ----------
    d_model : int
        D.
    heads : int
        H.
    expand_k : float
        Width of all keys over D.
    rank : int
        Of the decays' map.
    tau : float
        How slowly logits move decays.
    out_activation : bool
        Whether the last SiLU is there.
    directions : {"both", "forward"}
        Whether there is a second pass from the end.
    kernel : int
        Side of the convolution's kernel, an odd number.
    rotary : bool
        Whether queries and keys turn with the row and the column, as an option of the authors' code has it.
        A key must be a multiple of 4 wide.
    rotary_side : int
        Of the grid, 14 there, over which places are stretched before they turn anything.
    eps : float
        Of the norms.
    chunk, form
        Of `linear_recurrence`.

    References
    ----------
    Liao et al. 2024, arXiv:2405.18425.

    Examples
    --------
    >>> layer = ViG(d_model=8, heads=2, rank=2)
    >>> y, cache = layer.forward(np.ones((1, 6, 8)), (2, 3))
    >>> y.shape, cache.gate.shape
    ((1, 6, 8), (1, 6, 2, 4))
    """

    d_model: Count = 192
    heads: Count = 3
    expand_k: Positive = 0.5
    rank: Count = 16
    tau: Positive = 16.0
    out_activation: bool = True
    directions: Literal["both", "forward"] = "both"
    kernel: Count = 3
    rotary: bool = False
    rotary_side: Count = 14
    eps: Positive = 1e-5
    chunk: Count = 64
    form: Form = "auto"

    def check(self) -> None:
        """Raise ValueError if heads do not divide the widths, or the kernel has no middle."""
        if self.d_model % self.heads or not self.key_width:
            raise ValueError(
                f"heads is {self.heads}; it must divide d_model, {self.d_model}, and expand_k times that."
            )
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel is {self.kernel}; it must be odd.")
        if self.rotary and self.key_width % 4:
            raise ValueError(f"A key is {self.key_width} wide; for rotary it must be a multiple of 4.")

    @property
    def key_width(self) -> int:
        """K, of one head; 0 if heads do not divide the width of all keys."""
        return heads_of_steps.width(self.expand_k, self.d_model, self.heads)

    @property
    def passes(self) -> int:
        """How many directions there are."""
        return 2 if self.directions == "both" else 1

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw maps by Xavier's rule times 2^-2.5, the convolution as PyTorch does; norms are 1, biases 0."""
        d, keys = self.d_model, self.heads * self.key_width
        shapes = {"q": (keys, d), "k": (keys, d), "v": (d, d), "decay_in": (self.rank, d),
                  "decay": (self.passes * keys, self.rank), "gate": (d, d), "o": (d, d)}  # fmt: skip
        drawn = {f"{name}.weight": draw.xavier_uniform(rng, s, 2**-2.5) for name, s in shapes.items()}
        drawn |= draw.linear(rng, "local", d, 1, self.kernel, self.kernel, bias=False)
        drawn |= {"decay.bias": np.zeros(self.passes * keys), "gate.bias": np.zeros(d)}
        return drawn | {f"{name}.weight": np.ones(d // self.heads) for name in ("norm", "local_norm")}

    def forward(self, x: Array, grid: tuple[int, int] | None = None) -> tuple[Array, Cache]:
        """Return the output of (B, N, D), tokens row after row, and what `backward` needs.

        The grid, (rows, columns), is a square if left out.
        """
        xp, p = self.given(x=x)
        sequence(x, self.d_model)
        size = grids.sides(x, grid)
        seen, conv = weighted.forward(convolution, grids.image(x, size), p, "local",
                                      padding=self.kernel // 2, groups=self.d_model)  # fmt: skip
        local, bent = silu.forward(grids.tokens(seen))
        projections: dict[str, weighted.Cache] = {}

        def project(name: str, given: Array = local, heads: int = self.heads) -> Array:
            flat, projections[name] = weighted.forward(linear, given, p, name)
            return flat if name == "decay_in" else heads_of_steps.split(flat, heads)

        heads, turned = {name: project(name) for name in "qkv"}, {}
        for name in "qk" if self.rotary else "":
            angles = grids.angles(size, self.key_width, xp, self.rotary_side)
            cos, sin = (each[:, None] for each in angles)
            heads[name], turned[name] = rotary.forward(heads[name], cos, sin, interleaved=True)
        q, k, v = map(self._there_and_back, heads.values())
        logits = project("decay", project("decay_in"), self.passes * self.heads)
        g = log_sigmoid.value(logits)
        g *= x.dtype.type(1 / self.tau)
        both, recurrence = linear_recurrence.forward(
            q, k, v, self._turned(g), scale=self.key_width**-0.5 / self.passes, chunk=self.chunk,
            form=self.form,
        )  # fmt: skip
        norms = {}
        whole, norms["norm"] = weighted.forward(rms_norm, self._folded(both), p, "norm", eps=self.eps)
        near = heads_of_steps.split(local, self.heads)
        near, norms["local_norm"] = weighted.forward(rms_norm, near, p, "local_norm", eps=self.eps)
        gate = sigmoid.value(project("gate"))
        y, last = heads_of_steps.joined(_blend(gate, whole, near)), None
        if self.out_activation:
            y, last = silu.forward(y)
        y, out = weighted.forward(linear, y, p, "o")
        return y, Cache(size, conv, bent, projections, turned, logits, recurrence, norms, gate, (whole, near),
                        last, out, local)  # fmt: skip

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        gate, (whole, near) = cache.gate, cache.parts
        dblend, gradients = weighted.backward(dy, cache.out)
        if self.out_activation:
            dblend = silu.backward(dblend, cache.last)
        dblend = heads_of_steps.split(dblend, self.heads)
        dgate, dwhole, dnear = _unblend(dblend, gate, whole, near)
        do, more = weighted.backward(dwhole, cache.norms["norm"])
        dlocal, last = weighted.backward(dnear, cache.norms["local_norm"])
        gradients, inputs = gradients | more | last, [heads_of_steps.joined(dlocal)]
        *dqkv, dg, _ = linear_recurrence.backward(self._there_and_back(do), cache.recurrence)
        heads = {"gate": dgate} | {name: self._folded(du) for name, du in zip("qkv", dqkv, strict=True)}
        heads |= {name: rotary.backward(heads[name], turn) for name, turn in cache.turned.items()}
        dlogits = log_sigmoid.backward(self._turned(dg), cache.logits)
        dlogits *= dy.dtype.type(1 / self.tau)
        low, more = weighted.backward(heads_of_steps.joined(dlogits), cache.projections["decay"])
        add, last = weighted.backward(low, cache.projections["decay_in"])
        inputs, gradients = [*inputs, add], gradients | more | last
        for name, du in heads.items():
            add, more = weighted.backward(heads_of_steps.joined(du), cache.projections[name])
            inputs, gradients = [*inputs, add], gradients | more
        dseen = grids.image(silu.backward(summed(*inputs), cache.bent), cache.size)
        dimage, more = weighted.backward(dseen, cache.convolution)
        return grids.tokens(dimage), gradients | more

    def _there_and_back(self, x: Array) -> Array:
        """Put the reversed sequence beside the sequence, as further heads."""
        return _beside(x, x[:, ::-1]) if self.passes == 2 else x

    def _folded(self, x: Array) -> Array:
        """Add what the second heads found, in the order of the first."""
        if self.passes == 1:
            return x
        xp, there, back = namespace(x=x), x[:, :, : self.heads], x[:, ::-1, self.heads :]
        both = xp.empty(there.shape, x.dtype)
        share_out(lambda *parts: xp.add(*parts[:2], out=parts[2]), there, back, both)
        return both

    def _turned(self, x: Array) -> Array:
        """Reverse the sequence of the second heads."""
        return _beside(x[:, :, : self.heads], x[:, ::-1, self.heads :]) if self.passes == 2 else x


def _beside(first: Array, second: Array) -> Array:
    xp, (batch, length, heads, width) = namespace(x=first), first.shape
    both = xp.empty((batch, length, heads + second.shape[2], width), first.dtype)
    share_out(lambda *parts: xp.concatenate(parts[:2], axis=2, out=parts[2]), first, second, both)
    return both


@fused
def _blend(xp: Namespace, gate: Array, whole: Array, near: Array) -> Array:
    return gate * whole + (1 - gate) * near


@fused
def _unblend(
    xp: Namespace, dblend: Array, gate: Array, whole: Array, near: Array
) -> tuple[Array, Array, Array]:
    """Return the gradients of the gate's logits, of the whole and of what is near."""
    dnear = (1 - gate) * dblend
    return dnear * (whole - near) * gate, gate * dblend, dnear
