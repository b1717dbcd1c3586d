"""Agent attention: a few pooled queries collect values for all others, and hand them back."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, answers, namespace
from neurogate.attention.blocks import agent_bias, grid, multi_head, projected_heads, weighted
from neurogate.attention.layer import Layer, Parameters, divides, named, part, sequence
from neurogate.attention.operators import adaptive_pooling, biased_attention, convolution, linear
from neurogate.units import Count, NonNegative, settings

__all__ = ["AgentAttention", "Cache", "WindowedAgentAttention"]


class Cache(NamedTuple):
    """What the backward needs.

    ``collect.weights``, (B, H, n, N), say what agents collect, and ``hand_back.weights``, (B, H, N, n), from
    which agents a token takes it.
    """

    inputs: dict[str, projected_heads.Cache]
    pooling: Any
    biases: tuple[agent_bias.Cache, agent_bias.Cache]
    collect: biased_attention.Cache
    hand_back: biased_attention.Cache
    convolution: weighted.Cache
    out: weighted.Cache


@settings
class AgentAttention(Layer):
    r"""Two thin softmax attentions with pooled queries between them, and a convolution of the values.

    .. math::
        A = \mathrm{pool}(Q), \quad
        V_A = \mathrm{softmax}(h^{-1/2} A K^T + B_1) V, \quad
        O = \mathrm{softmax}(h^{-1/2} Q A^T + B_2) V_A + \mathrm{DWConv}(V), \quad y = O W_o^T + b_o

    Tokens stand on a grid, row after row, perhaps behind a class token, which pooling and convolution leave
    out. The cost is linear in the number of tokens. `agent_bias` makes :math:`B_1` and :math:`B_2`.

    Parameters
    ----------
    d_model, heads : int
        D and H; H divides D.
    agents : int
        n, a square number.
    rows, columns : int
        Of the grid.
    class_token : bool
        Whether there is one, in front.
    table : int
        Rows, and columns, of the small maps of the biases.
    bias : bool
        Whether queries, keys and values have one.
    sd : float
        Standard deviation of the weights at the start. The authors cut them at 2, which none comes near.

    References
    ----------
    Han et al. 2023, arXiv:2312.08874.

    Examples
    --------
    >>> layer = AgentAttention(d_model=8, heads=2, agents=4, rows=3, columns=5)
    >>> y, cache = layer.forward(np.ones((1, 16, 8)))
    >>> y.shape, cache.collect.weights.shape
    ((1, 16, 8), (1, 2, 4, 16))
    """

    d_model: Count = 192
    heads: Count = 3
    agents: Count = 49
    rows: Count = 14
    columns: Count = 14
    class_token: bool = True
    table: Count = 7
    bias: bool = True
    sd: NonNegative = 0.02

    def check(self) -> None:
        """Raise ValueError if the heads do not divide the width, or the agents are not a square."""
        divides("heads", self.heads, self.d_model)
        if math.isqrt(self.agents) ** 2 != self.agents:
            raise ValueError(
                f"agents is {self.agents}; it must be a square number, for they stand on a grid."
            )

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw weights and tables from normal distributions, the convolution as PyTorch does."""
        d, drawn = self.d_model, Parameters()
        for name in ("q", "k", "v", "o"):
            drawn[f"{name}.weight"] = draw.normal(rng, (d, d), self.sd)
            if self.bias or name == "o":
                drawn[f"{name}.bias"] = np.zeros(d)
        drawn |= draw.linear(rng, "convolution", d, 1, 3, 3)
        for name in ("collect", "hand_back"):
            tables = agent_bias.initial(
                rng, self.heads, self.agents, self._grid, table=self.table, class_token=self.class_token
            )
            drawn |= named(name, tables)
        return drawn

    @property
    def _grid(self) -> tuple[int, int]:
        """Of one attention."""
        return self.rows, self.columns

    def forward(self, x: Array) -> tuple[Array, Cache]:
        """Return the output of (B, N, D), and what `backward` needs."""
        _, p = self.given(x=x)
        sequence(x, self.d_model)
        first = int(self.class_token)
        grid.sides(x[:, first:], (self.rows, self.columns))
        return self._attend(x, p)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        namespace(dy=dy)
        dy = answers(dy, (*dy.shape[:1], self.rows * self.columns + self.class_token, self.d_model), cache)
        return self._attend_back(dy, cache)

    def _attend(self, x: Array, p: Parameters) -> tuple[Array, Cache]:
        first = int(self.class_token)
        (q, k, v), inputs = projected_heads.each(x, p, self.heads)
        side = math.isqrt(self.agents)
        pooled, pooling = adaptive_pooling.forward(self._image(q), side)
        agents = multi_head.split(grid.tokens(pooled), self.heads)
        collecting, bias1 = agent_bias.forward(part(p, "collect"), self._grid)
        handing, bias2 = agent_bias.forward(part(p, "hand_back"), self._grid)
        collected, collect = biased_attention.forward(agents, k, v, collecting)
        o, hand_back = biased_attention.forward(q, agents, collected, handing.swapaxes(-1, -2))
        near, convolved = weighted.forward(
            convolution, self._image(v), p, "convolution", padding=1, groups=self.d_model
        )
        o = multi_head.joined(o)
        placed = o[:, first:]
        placed += grid.tokens(near)
        y, out = weighted.forward(linear, o, p, "o")
        return y, Cache(inputs, pooling, (bias1, bias2), collect, hand_back, convolved, out)

    def _attend_back(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        first = int(self.class_token)
        do, gradients = weighted.backward(dy, cache.out)
        dnear, more = weighted.backward(grid.image(do[:, first:], self._grid), cache.convolution)
        gradients |= more
        dq, dagents, dcollected, dhanding = biased_attention.backward(
            multi_head.split(do, self.heads), cache.hand_back
        )
        more_agents, dk, dv, dcollecting = biased_attention.backward(dcollected, cache.collect)
        for name, dbias, kept in (
            ("collect", dcollecting, cache.biases[0]),
            ("hand_back", dhanding.swapaxes(-1, -2), cache.biases[1]),
        ):
            gradients |= named(name, agent_bias.backward(dbias, kept))
        side = math.isqrt(self.agents)
        dpooled = grid.image(multi_head.joined(dagents + more_agents), (side, side))
        dfar = adaptive_pooling.backward(dpooled, cache.pooling)
        for du, image in ((dq, dfar), (dv, dnear)):
            du[:, :, first:] += multi_head.split(grid.tokens(image), self.heads)
        dx, more = projected_heads.each_back((dq, dk, dv), cache.inputs)
        return dx, gradients | more

    def _image(self, u: Array) -> Array:
        """Return (B, D, rows, columns) of (B, H, N, h), without the class token."""
        features = u[:, :, int(self.class_token) :].swapaxes(-1, -2)
        return features.reshape(len(u), self.d_model, *self._grid)


@settings
class WindowedAgentAttention(AgentAttention):
    """`AgentAttention` in each window of a grid for itself, without a class token, as in a Swin transformer.

    Parameters
    ----------
    d_model, heads, agents, rows, columns, table, bias, sd
        As in `AgentAttention`; the agents are those of each window.
    class_token : bool
        There is none.
    window : int
        Rows, and columns, of a window; it divides those of the grid.

    References
    ----------
    Han et al. 2023, arXiv:2312.08874.

    Examples
    --------
    >>> layer = WindowedAgentAttention(d_model=8, heads=2, agents=4, rows=6, columns=3, window=3)
    >>> y, cache = layer.forward(np.ones((1, 18, 8)))
    >>> y.shape, cache.collect.weights.shape
    ((1, 18, 8), (2, 2, 4, 9))
    """

    d_model: Count = 96
    rows: Count = 56
    columns: Count = 56
    agents: Count = 9
    class_token: bool = False
    window: Count = 14

    def check(self) -> None:
        """Raise ValueError if settings contradict each other."""
        super().check()
        if self.class_token:
            raise ValueError("class_token is true; it must be false, for it stands in no window.")
        if self.rows % self.window or self.columns % self.window:
            raise ValueError(
                f"window is {self.window}; it must divide rows, {self.rows}, and columns, {self.columns}."
            )

    @property
    def _grid(self) -> tuple[int, int]:
        return self.window, self.window

    def _attend(self, x: Array, p: Parameters) -> tuple[Array, Cache]:
        y, cache = super()._attend(self._windows(x), p)
        return self._whole(y), cache

    def _attend_back(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        dx, gradients = super()._attend_back(self._windows(dy), cache)
        return self._whole(dx), gradients

    def _windows(self, x: Array) -> Array:
        """Turn (B, N, D) into (B windows, N / windows, D)."""
        w, d = self.window, self.d_model
        apart = x.reshape(len(x), self.rows // w, w, self.columns // w, w, d).swapaxes(2, 3)
        return apart.reshape(len(x) * self.rows * self.columns // (w * w), w * w, d)

    def _whole(self, x: Array) -> Array:
        w, d = self.window, self.d_model
        batch = x.size // (self.rows * self.columns * d)
        apart = x.reshape(batch, self.rows // w, self.columns // w, w, w, d).swapaxes(2, 3)
        return apart.reshape(batch, self.rows * self.columns, d)
