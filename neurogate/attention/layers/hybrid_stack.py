"""A stack that sees what is near by softmax attention, and remembers what is far in gated DeltaNets."""

from __future__ import annotations

from typing import Any, NamedTuple

import attrs
import numpy as np

from neurogate.attention.arrays import Array, Namespace
from neurogate.attention.blocks import glu, nested, weighted
from neurogate.attention.layer import Parameters, RecurrentLayer, named, part, sequence
from neurogate.attention.layers.gated_delta_net import GatedDeltaNet
from neurogate.attention.layers.sliding_window import SlidingWindow
from neurogate.attention.operators import rms_norm
from neurogate.units import Count, Positive, settings

__all__ = ["Cache", "HybridStack"]


class Cache(NamedTuple):
    """What the backward needs; `state` are the states of all layers, in order."""

    blocks: list[tuple[weighted.Cache, nested.Cache, weighted.Cache, glu.Cache]]
    state: tuple[Any, ...]


@settings
class HybridStack(RecurrentLayer):
    r"""Pre-normed blocks of sliding-window attention, every few, and gated DeltaNets, the others.

    .. math::
        x \leftarrow x + \mathrm{mix}_l(\mathrm{RMS}(x)), \quad
        x \leftarrow x + W_3 (\mathrm{SiLU}(W_1 \mathrm{RMS}(x)) \odot W_2 \mathrm{RMS}(x))

    Layer l mixes with a window if `every` divides l, counted from 0. No cost and no memory of a step grows
    with the past.

    Parameters
    ----------
    d_model : int
        D.
    depth : int
        L.
    every : int
        Distance from one window to the next.
    heads, kv_heads, window : int
        Of sliding-window attention.
    delta_heads, head_width, expand_v
        Of the gated DeltaNets.
    hidden : int
        Width of the perceptrons.
    eps : float
        Of the norms in front of mixers and perceptrons. Those behind the delta rule keep their own, 1e-5.

    References
    ----------
    Tao et al. 2025, arXiv:2512.08829.

    Examples
    --------
    >>> small = {"delta_heads": 2, "head_width": 4, "hidden": 6}
    >>> layer = HybridStack(d_model=8, depth=2, heads=2, kv_heads=1, window=3, **small)
    >>> y, cache = layer.forward(np.ones((1, 5, 8)))
    >>> y.shape, [type(state).__module__.rpartition(".")[2] for state in cache.state]
    ((1, 5, 8), ['sliding_window', 'gated_delta_net'])
    """

    d_model: Count = 2048
    depth: Count = 36
    every: Count = 4
    heads: Count = 16
    kv_heads: Count = 2
    window: Count = 8192
    delta_heads: Count = 16
    head_width: Count = 128
    expand_v: Positive = 2.0
    hidden: Count = 11008
    eps: Positive = 1e-6
    mixers: tuple[Any, ...] = attrs.field(init=False, eq=False, repr=False)  # made of the settings

    def check(self) -> None:
        """Make the mixers, or raise ValueError as they do."""
        object.__setattr__(self, "mixers", tuple(self._mixer(i) for i in range(self.depth)))

    def _mixer(self, i: int) -> RecurrentLayer:
        d, seed = self.d_model, int(np.random.default_rng([self.seed, i]).integers(2**31))
        if i % self.every == 0:
            return SlidingWindow(
                d_model=d, heads=self.heads, kv_heads=self.kv_heads, window=self.window, seed=seed
            )
        return GatedDeltaNet(d_model=d, heads=self.delta_heads, head_width=self.head_width,
                             expand_v=self.expand_v, seed=seed)  # fmt: skip

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Take the mixers' parameters; perceptrons as `glu.initial` draws them, norms as 1."""
        drawn: Parameters = {}
        for i, mixer in enumerate(self.mixers):
            drawn |= named(f"layers.{i}.mixer", mixer.parameters)
            drawn |= {f"layers.{i}.{name}.weight": np.ones(self.d_model) for name in ("norm1", "norm2")}
            drawn |= named(f"layers.{i}.mlp", glu.initial(rng, self.d_model, self.hidden))
        return drawn

    def fresh(self, batch: int, xp: Namespace) -> tuple[Any, ...]:
        """Return the states of all layers before the first step."""
        return tuple(mixer.fresh(batch, xp) for mixer in self.mixers)

    def forward(self, x: Array, state: tuple[Any, ...] | None = None) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), from a state on, and what `backward` needs."""
        _, p = self.given(x=x)
        sequence(x, self.d_model)
        state = self.restored(x, state)
        blocks, after = [], []
        for i, mixer in enumerate(self.mixers):
            mine = part(p, f"layers.{i}")
            n, norm1 = weighted.forward(rms_norm, x, mine, "norm1", eps=self.eps)
            u, mixed = nested.forward(mixer, n, mine, "mixer", None if state is None else state[i])
            x = x + u
            n, norm2 = weighted.forward(rms_norm, x, mine, "norm2", eps=self.eps)
            u, hidden = glu.forward(n, part(mine, "mlp"))
            x = x + u
            blocks.append((norm1, mixed, norm2, hidden))
            after.append(mixed.inner.state)
        return x, Cache(blocks, tuple(after))

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input, the parameters, and a state if one was given."""
        gradients: Parameters = {}
        states = []
        for i, (norm1, mixed, norm2, hidden) in reversed(list(enumerate(cache.blocks))):
            dn, mlp = glu.backward(dy, hidden)
            dx, mine = weighted.backward(dn, norm2)
            dy = dy + dx
            dn, mixer = nested.backward(dy, mixed)
            dx, more = weighted.backward(dn, norm1)
            dy = dy + dx
            states.append(mixer.pop("mixer.state", None))
            gradients |= named(f"layers.{i}", mine | more | mixer | named("mlp", mlp))
        if states[0] is not None:
            gradients["state"] = tuple(reversed(states))
        return dy, gradients
