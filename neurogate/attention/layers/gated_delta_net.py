"""Gated DeltaNet: a matrix state that fades as the input says, and corrects what it holds under each key."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace, namespace
from neurogate.attention.blocks import decay_gate, heads_of_steps, short_convolution, weighted
from neurogate.attention.layer import Parameters, RecurrentLayer, sequence
from neurogate.attention.operators import delta_rule, l2_norm, linear, rms_norm
from neurogate.attention.operators import gate as gating
from neurogate.attention.operators.linear_recurrence import Form
from neurogate.attention.operators.pointwise import sigmoid
from neurogate.units import Count, Positive, settings

__all__ = ["Cache", "GatedDeltaNet", "State"]


class State(NamedTuple):
    """The memory, and the last samples before the convolutions."""

    memory: Array  # (B, H, K, V)
    q: Array  # (B, k - 1, H K)
    k: Array  # (B, k - 1, H K)
    v: Array  # (B, k - 1, H V)


class Cache(NamedTuple):
    """What the backward needs.

    `decays` are the logarithms g, (B, T, H), `shares` the shares of the error that are corrected, `read` what
    was read of the memory, (B, T, H, V), and `state` the state after the last step.
    """

    short: dict[str, short_convolution.Cache]
    norms: dict[str, l2_norm.Cache]
    decay: decay_gate.Cache
    share: tuple[weighted.Cache, Any, Array, Array]
    rule: delta_rule.Cache
    values: Array
    skip: Array | None
    norm: weighted.Cache
    gate: tuple[weighted.Cache, gating.Cache]
    out: weighted.Cache
    decays: Array
    shares: Array
    read: Array
    state: State


@settings
class GatedDeltaNet(RecurrentLayer):
    r"""The gated delta rule between short convolutions and a gate.

    .. math::
        q, k, v = \mathrm{SiLU}(\mathrm{conv}(x W)), \quad g = -e^a \log(1 + e^{x W_a^T + b}), \quad
        \beta = \sigma(x W_\beta^T), \quad
        y = W_o (\mathrm{RMS}(\mathrm{rule}(\hat q, \hat k, v, \beta, g)) \odot \mathrm{SiLU}(W_z x))

    with :math:`\hat q, \hat k` of length 1 in each head. There are no positions. The first three defaults are
    those of flash-linear-attention; NVIDIA's code has 9 heads and a bias of :math:`\beta`. Both spare a and b
    weight decay: ``Adam(exempt=("decay.log_rate", "decay.shift"))``.

    Parameters
    ----------
    d_model : int
        D.
    heads : int
        H.
    head_width : int
        K, width of a key.
    expand_v : float
        V over K.
    kernel : int
        k, samples that the convolutions see.
    allow_negative : bool
        Whether :math:`\beta` goes up to 2, so that the memory may change its sign under a key.
    share_bias : bool
        Whether :math:`W_\beta` has a bias.
    correction : {"sigmoid", "longhorn"}
        Whether the share is :math:`\beta` or :math:`\beta / (1 + \beta \|k\|^2)`.
    input_gate : bool
        Whether values are multiplied by :math:`1 - e^g`.
    skip : bool
        Whether each head also passes on its value, times a number that is learnt and starts as 1.
    eps, key_eps : float
        Of the norm after the rule, and of those of queries and keys.
    chunk, form
        Of `delta_rule`.

    References
    ----------
    Yang, Kautz & Hatamizadeh 2024, arXiv:2412.06464.

    Examples
    --------
    >>> layer = GatedDeltaNet(d_model=8, heads=2, head_width=3)
    >>> y, cache = layer.forward(np.ones((1, 5, 8)))
    >>> further, state = layer.step(np.ones((1, 8)), cache.state)
    >>> y.shape, further.shape, state.memory.shape
    ((1, 5, 8), (1, 8), (1, 2, 3, 6))
    """

    d_model: Count = 2048
    heads: Count = 6
    head_width: Count = 256
    expand_v: Positive = 2.0
    kernel: Count = 4
    allow_negative: bool = False
    share_bias: bool = False
    correction: Literal["sigmoid", "longhorn"] = "sigmoid"
    input_gate: bool = False
    skip: bool = False
    eps: Positive = 1e-5
    key_eps: Positive = 1e-6
    chunk: Count = 64
    form: Form = "auto"

    def check(self) -> None:
        """Raise ValueError if values have no whole width."""
        if not self.value_width:
            raise ValueError(
                f"expand_v is {self.expand_v}; times head_width, {self.head_width}, it must be whole."
            )

    @property
    def value_width(self) -> int:
        """Width of a value, V."""
        return heads_of_steps.width(self.expand_v, self.head_width)

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw maps and convolutions as PyTorch does, and decays as `decay_gate.initial` says."""
        d, keys, values = self.d_model, self.heads * self.head_width, self.heads * self.value_width
        drawn: Parameters = {}
        for name, width in (("q", keys), ("k", keys), ("v", values)):
            drawn |= short_convolution.initial(rng, name, width, d, self.kernel)
        drawn |= {f"decay.{name}": array for name, array in decay_gate.initial(rng, d, self.heads).items()}
        drawn |= draw.linear(rng, "share", self.heads, d, bias=self.share_bias)
        drawn |= draw.linear(rng, "gate", values, d, bias=False)
        drawn |= {"norm.weight": np.ones(self.value_width)} | draw.linear(rng, "o", d, values, bias=False)
        return drawn | ({"skip": np.ones(self.heads)} if self.skip else {})

    def fresh(self, batch: int, xp: Namespace) -> State:
        """Return zeros."""
        keys, values = self.head_width, self.value_width
        past = [xp.zeros((batch, self.kernel - 1, self.heads * w)) for w in (keys, keys, values)]
        return State(xp.zeros((batch, self.heads, keys, values)), *past)

    def forward(self, x: Array, state: State | None = None) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), from a state on, and what `backward` needs."""
        xp, p = self.given(x=x)
        sequence(x, self.d_model)
        past = self.restored(x, state) or State(None, None, None, None)
        short, norms, heads = {}, {}, {}
        for name in "qkv":
            flat, short[name] = short_convolution.forward(x, p, name, getattr(past, name))
            heads[name] = heads_of_steps.split(flat, self.heads)
        for name in "qk":
            heads[name], norms[name] = l2_norm.forward(heads[name], eps=self.key_eps)
        q, k, v = heads.values()
        g, decay = decay_gate.forward(x, p, "decay")
        beta, share = self._share(x, p, k)
        written = v * -xp.expm1(g)[..., None] if self.input_gate else v
        read, rule = delta_rule.forward(q, k, written, beta, g, past.memory, chunk=self.chunk, form=self.form)
        through = read + p["skip"][:, None] * v if self.skip else read
        o, norm = weighted.forward(rms_norm, through, p, "norm", eps=self.eps)
        logits, projection = weighted.forward(linear, x, p, "gate")
        o, gate = gating.forward(o, heads_of_steps.split(logits, self.heads), activation="silu")
        y, out = weighted.forward(linear, heads_of_steps.joined(o), p, "o")
        after = State(rule.state, *(short[name].convolution.state for name in "qkv"))
        return y, Cache(short, norms, decay, share, rule, v, p.get("skip"), norm, (projection, gate), out,
                        g, beta, read, after)  # fmt: skip

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input, the parameters, and a state if one was given."""
        do, gradients = weighted.backward(dy, cache.out)
        projection, gate = cache.gate
        do, dlogits = gating.backward(heads_of_steps.split(do, self.heads), gate)
        dx, more = weighted.backward(heads_of_steps.joined(dlogits), projection)
        do, inner = weighted.backward(do, cache.norm)
        dq, dk, dwritten, dbeta, dg, dmemory = delta_rule.backward(do, cache.rule)
        dv, dg = self._unwritten(dwritten, dg, cache)
        if cache.skip is not None:
            dv = dv + cache.skip[:, None] * do
            gradients["skip"] = (do * cache.values).sum(axis=(0, 1, 3))
        add, found, dkey = self._unshare(dbeta, cache)
        back, last = decay_gate.backward(dg, cache.decay)
        dx, gradients, dstate = dx + add + back, gradients | more | inner | found | last, [dmemory]
        dk = dk if dkey is None else dk + dkey
        for name, dhead in (("q", dq), ("k", dk), ("v", dv)):
            du = l2_norm.backward(dhead, cache.norms[name]) if name != "v" else dhead
            add, more, dpast = short_convolution.backward(heads_of_steps.joined(du), cache.short[name])
            dx += add
            gradients |= more
            dstate.append(dpast)
        return dx, gradients if dmemory is None else gradients | {"state": State(*dstate)}

    def _share(
        self, x: Array, p: Parameters, k: Array
    ) -> tuple[Array, tuple[weighted.Cache, Any, Array, Array]]:
        """Return the share of the error that is corrected."""
        logits, projection = weighted.forward(linear, x, p, "share")
        beta, bent = sigmoid.forward(logits)
        if self.allow_negative:
            beta *= 2
        kept = (projection, bent, beta, k)
        return beta / (1 + beta * (k * k).sum(axis=-1)) if self.correction == "longhorn" else beta, kept

    def _unshare(self, dbeta: Array, cache: Cache) -> tuple[Array, Parameters, Array | None]:
        projection, bent, beta, k = cache.share
        dk = None
        if self.correction == "longhorn":
            dbeta = dbeta / (1 + beta * (k * k).sum(axis=-1)) ** 2
            dk = (-2 * beta * beta * dbeta)[..., None] * k
        if self.allow_negative:
            dbeta = 2 * dbeta
        dx, gradients = weighted.backward(sigmoid.backward(dbeta, bent), projection)
        return dx, gradients, dk

    def _unwritten(self, dwritten: Array, dg: Array, cache: Cache) -> tuple[Array, Array]:
        """Return the gradients of values and decays behind the input gate."""
        if not self.input_gate:
            return dwritten, dg
        xp = namespace(g=cache.decays)
        left = xp.exp(cache.decays)
        return dwritten * (1 - left)[..., None], dg - left * (dwritten * cache.values).sum(axis=-1)
