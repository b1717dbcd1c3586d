"""Sliding-window attention: grouped heads that see the last few tokens alone, with rotary positions."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace
from neurogate.attention.blocks import multi_head, projected_heads, weighted
from neurogate.attention.layer import Parameters, RecurrentLayer, divides, sequence
from neurogate.attention.operators import linear, rotary, sliding_window_attention
from neurogate.units import Count, NonNegative, Positive, settings

__all__ = ["Cache", "SlidingWindow", "State"]


class State(NamedTuple):
    """The last keys and values, fewer than the window."""

    keys: Array  # (B, H_kv, S, h), turned
    values: Array  # (B, H_kv, S, h)
    position: int  # how many tokens there were


class Cache(NamedTuple):
    """What the backward needs; `state` is the state after the last step."""

    inputs: dict[str, projected_heads.Cache]
    attention: sliding_window_attention.Cache
    out: weighted.Cache
    past: int
    carried: bool
    state: State


@settings
class SlidingWindow(RecurrentLayer):
    r"""Attention to a token itself and the W - 1 tokens before it.

    .. math::
        o_i = \sum_{j \in (i - W, i]} \mathrm{softmax}_j(h^{-1/2} \langle R_i q_i, R_j k_j \rangle) \, v_j

    The state is a cache of W - 1 keys and values, however long the past. Rotary positions of InfiniteVL have
    three coordinates for images; those of text, which are here, have the same one three times.

    Parameters
    ----------
    d_model : int
        D.
    heads, kv_heads : int
        H, and how many heads of keys and values they share; H divides D, the second divides H.
    window : int
        W, tokens that are seen.
    rotary_base : float
        Of the wavelengths.
    bias : bool
        Whether queries, keys and values have one.
    sd : float
        Of the weights at the start.

    References
    ----------
    Tao et al. 2025, arXiv:2512.08829.

    Examples
    --------
    >>> layer = SlidingWindow(d_model=8, heads=2, kv_heads=1, window=3)
    >>> y, cache = layer.forward(np.ones((1, 5, 8)))
    >>> step, state = layer.step(np.ones((1, 8)), cache.state)
    >>> step.shape, state.keys.shape, state.position
    ((1, 8), (1, 1, 2, 4), 6)
    """

    d_model: Count = 2048
    heads: Count = 16
    kv_heads: Count = 2
    window: Count = 8192
    rotary_base: Positive = 1e6
    bias: bool = True
    sd: NonNegative = 0.02

    def check(self) -> None:
        """Raise ValueError if heads do not fit, or features of a head do not fall into pairs."""
        divides("heads", self.heads, self.d_model)
        if self.heads % self.kv_heads:
            raise ValueError(f"kv_heads is {self.kv_heads}; it must divide heads, {self.heads}.")
        if self.head_width % 2:
            raise ValueError(f"A head is {self.head_width} wide; its features turn in pairs. Make it even.")

    @property
    def head_width(self) -> int:
        """Width of a head, h."""
        return self.d_model // self.heads

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw all weights from one normal distribution; biases are 0."""
        d, few = self.d_model, self.kv_heads * self.head_width
        shapes = {"q": (d, d), "k": (few, d), "v": (few, d), "o": (d, d)}
        drawn: Parameters = {
            f"{name}.weight": draw.normal(rng, shape, self.sd) for name, shape in shapes.items()
        }
        return drawn | ({f"{name}.bias": np.zeros(shapes[name][0]) for name in "qkv"} if self.bias else {})

    def fresh(self, batch: int, xp: Namespace) -> State:
        """Return a cache without keys and values."""
        none = xp.zeros((batch, self.kv_heads, 0, self.head_width))
        return State(none, none, 0)

    def forward(self, x: Array, state: State | None = None) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), from a state on, and what `backward` needs."""
        xp, p = self.given(x=x)
        sequence(x, self.d_model)
        keys, values, position = self.restored(x, state) or self.fresh(len(x), xp)
        past = keys.shape[2]
        turn = rotary.of_steps(position, x.shape[1], self.head_width, self.rotary_base, x.dtype, xp)
        q, for_q = projected_heads.forward(x, p, "q", heads=self.heads, turn=turn)
        k, for_k = projected_heads.forward(x, p, "k", heads=self.kv_heads, turn=turn)
        v, for_v = projected_heads.forward(x, p, "v", heads=self.kv_heads)
        if past:
            k, v = (xp.concatenate(pair, axis=2) for pair in ((keys, k), (values, v)))
        o, attention = sliding_window_attention.forward(q, k, v, window=self.window)
        y, out = weighted.forward(linear, multi_head.joined(o), p, "o")
        last = max(k.shape[2] - self.window + 1, 0)
        after = State(k[:, :, last:], v[:, :, last:], position + x.shape[1])
        return y, Cache({"q": for_q, "k": for_k, "v": for_v}, attention, out, past, state is not None, after)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input, the parameters, and a state if one was given."""
        do, gradients = weighted.backward(dy, cache.out)
        dq, dk, dv = sliding_window_attention.backward(multi_head.split(do, self.heads), cache.attention)
        dx, past = 0, cache.past
        for name, du in (("q", dq), ("k", dk[:, :, past:]), ("v", dv[:, :, past:])):
            add, _, more = projected_heads.backward(du, cache.inputs[name])
            dx += add
            gradients |= more
        if cache.carried:
            gradients["state"] = State(dk[:, :, :past], dv[:, :, :past], 0)
        return dx, gradients
