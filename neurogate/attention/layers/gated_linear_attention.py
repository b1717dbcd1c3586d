"""Gated linear attention: a matrix state that forgets channel by channel, as much as the input says."""

from __future__ import annotations

import functools
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace, flags, together
from neurogate.attention.blocks import heads_of_steps, short_convolution, weighted
from neurogate.attention.fused import summed
from neurogate.attention.layer import Parameters, RecurrentLayer, sequence
from neurogate.attention.operators import gate as gating
from neurogate.attention.operators import linear, linear_recurrence, rms_norm
from neurogate.attention.operators.linear_recurrence import Form
from neurogate.attention.operators.pointwise import log_sigmoid
from neurogate.errors import RequestError
from neurogate.units import Count, NonNegative, Positive, settings
from neurogate.units.domains import Domain

__all__ = ["RESET", "Cache", "GatedLinearAttention", "State"]

RESET = -20.0
"""The logarithm of the decay where a document begins: the state is as good as wiped."""


class State(NamedTuple):
    """The memory, and the last samples before the convolutions; only the memory if there are none."""

    memory: Array  # (B, H, K, V)
    q: Array  # (B, k - 1, H K)
    k: Array  # (B, k - 1, H K)
    v: Array  # (B, k - 1, H V)


class Cache(NamedTuple):
    """What the backward needs.

    `decays` are the logarithms g, (B, T, H, K); `read` is what was read of the memory, (B, T, H, V);
    `state` is that after the last step.
    """

    projections: dict[str, weighted.Cache]
    short: dict[str, short_convolution.Cache]
    logits: Array
    free: Array | None
    decays: Array
    recurrence: linear_recurrence.Cache
    read: Array
    norm: weighted.Cache
    gate: gating.Cache | None
    out: weighted.Cache
    state: Any


@settings
class GatedLinearAttention(RecurrentLayer):
    r"""Linear attention whose memory fades by a gate that looks at the input.

    .. math::
        g_t = \tau^{-1} \log \sigma(W_b W_a x_t + b), \quad
        S_t = \mathrm{diag}(e^{g_t}) S_{t-1} + k_t v_t^T, \quad o_t = K^{-1/2} S_t^T q_t, \quad
        y_t = W_o (\mathrm{RMS}(o_t) \odot \mathrm{SiLU}(W_g x_t))

    The weights of the past are not normalised: they are no probabilities. The state is (B, H, K, V), or a
    `State` where there are convolutions.

    Parameters
    ----------
    d_model : int
        D.
    heads : int
        H.
    expand_k, expand_v : float
        Widths of all keys and of all values over D; H divides both.
    rank : int
        Of the gate's map.
    tau : float
        How slowly the gate moves the decay; with logits 0 the memory halves in tau steps.
    clamp_min : float, optional
        The least g, a negative number.
    output_gate : bool
        Whether what is read is gated.
    kernel : int
        Samples that a causal convolution of queries, keys and values sees, before SiLU; an option of the
        authors' library, where it is 4. 0: neither.
    initialisation : {"normal", "xavier"}
        Normal numbers, as the library has it now; or, as the code of 2024 (with
        expand_k 1 and expand_v 2), Xavier's uniform ones times 2^-2.5. Biases are 0.
    sd : float
        Of the normal numbers.
    eps : float
        Of the norm of each head.
    chunk, form
        Of `linear_recurrence`.

    References
    ----------
    Yang et al. 2024, ICML, arXiv:2312.06635.

    Examples
    --------
    >>> layer = GatedLinearAttention(d_model=8, heads=2, rank=2)
    >>> y, cache = layer.forward(np.ones((1, 5, 8)))
    >>> further, state = layer.step(np.ones((1, 8)), cache.state)
    >>> y.shape, further.shape, state.shape
    ((1, 5, 8), (1, 8), (1, 2, 2, 4))
    """

    d_model: Count = 1024
    heads: Count = 4
    expand_k: Positive = 0.5
    expand_v: Positive = 1.0
    rank: Count = 16
    tau: Positive = 16.0
    clamp_min: float | None = None
    output_gate: bool = True
    kernel: Annotated[int, Domain(0)] = 0
    initialisation: Literal["normal", "xavier"] = "normal"
    sd: NonNegative = 0.02
    eps: Positive = 1e-5
    chunk: Count = 64
    form: Form = "auto"

    def check(self) -> None:
        """Raise ValueError if heads do not divide the widths, or the least decay is no decay."""
        for name, share, width in zip(
            ("expand_k", "expand_v"), (self.expand_k, self.expand_v), self.widths, strict=True
        ):
            if not width:
                raise ValueError(
                    f"{name} is {share}; times d_model, {self.d_model}, it must be a multiple of the heads, "
                    f"{self.heads}."
                )
        if self.clamp_min is not None and not self.clamp_min < 0:
            raise ValueError(f"clamp_min is {self.clamp_min}; it must be below 0, or None.")

    @property
    def widths(self) -> tuple[int, int]:
        """K and V, the widths of a key and of a value of one head."""
        return (
            heads_of_steps.width(self.expand_k, self.d_model, self.heads),
            heads_of_steps.width(self.expand_v, self.d_model, self.heads),
        )

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw all maps by the chosen rule; the norm starts as 1, biases as 0."""
        d, (keys, values) = self.d_model, (self.heads * width for width in self.widths)
        shapes = {
            "q": (keys, d), "k": (keys, d), "v": (values, d), "gate": (values, d), "decay_in": (self.rank, d),
            "decay": (keys, self.rank), "o": (d, values),
        }  # fmt: skip
        if not self.output_gate:
            del shapes["gate"]
        drawn = {f"{name}.weight": self._draw(rng, shape) for name, shape in shapes.items()}
        for name in "qkv" if self.kernel else "":
            drawn |= draw.linear(rng, f"{name}_convolution", shapes[name][0], 1, self.kernel, bias=False)
        return drawn | {"decay.bias": np.zeros(keys), "norm.weight": np.ones(self.widths[1])}

    def _draw(self, rng: np.random.Generator, shape: tuple[int, int]) -> Array:
        if self.initialisation == "normal":
            return draw.normal(rng, shape, self.sd)
        return draw.xavier_uniform(rng, shape, 2**-2.5)

    def fresh(self, batch: int, xp: Namespace) -> Any:
        """Return a memory of zeros, and samples of zeros if there are convolutions."""
        keys, values = self.widths
        memory = xp.zeros((batch, self.heads, keys, values))
        if not self.kernel:
            return memory
        return State(
            memory, *(xp.zeros((batch, self.kernel - 1, self.heads * w)) for w in (keys, keys, values))
        )

    def forward(self, x: Array, state: Any = None, *, reset: Array | None = None) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), from a state on, and what `backward` needs.

        Where `reset`, which broadcasts to (B, T), a new document begins: g is -20 there. Convolutions still
        see the samples before.
        """
        xp, p = self.given(x=x)
        sequence(x, self.d_model)
        if isinstance(state, State) and not self.kernel:
            raise RequestError("state is of a layer with convolutions, and kernel is 0. Give state.memory.")
        state = self.restored(x, state)
        past = state if isinstance(state, State) else State(state, None, None, None)
        caches: dict[str, weighted.Cache] = {}
        short: dict[str, short_convolution.Cache] = {}

        def project(name: str, given: Array = x) -> Array:
            flat, caches[name] = weighted.forward(linear, given, p, name)
            return flat

        def convolved(name: str) -> Array:
            if not self.kernel:
                return project(name)
            flat, short[name] = short_convolution.forward(x, p, name, getattr(past, name))
            return flat

        q, k, v = (self._split(convolved(name)) for name in "qkv")
        logits = self._split(project("decay", project("decay_in")))
        g, free = self._decays(xp, logits, reset)
        read, memory = linear_recurrence.forward(q, k, v, g, past.memory, chunk=self.chunk, form=self.form)
        o, norm = weighted.forward(rms_norm, read, p, "norm", eps=self.eps)
        gated = None
        if self.output_gate:
            o, gated = gating.forward(o, self._split(project("gate")), activation="silu")
        y, out = weighted.forward(linear, heads_of_steps.joined(o), p, "o")
        after = memory.state
        if self.kernel:
            after = State(after, *(short[name].convolution.state for name in "qkv"))
        return y, Cache(caches, short, logits, free, g, memory, read, norm, gated, out, after)

    def backward(self, dy: Array, cache: Cache, *, learnt: bool = True) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input, the parameters, and a state if one was given.

        Those of the linear maps are left out if the layer is not `learnt`.
        """
        back = functools.partial(weighted.backward, learnt=learnt)
        do, gradients = back(dy, cache.out)
        do, inputs, flat = self._split(do), [], {}
        if cache.gate is not None:
            do, dlogits = gating.backward(do, cache.gate)
            flat["gate"] = heads_of_steps.joined(dlogits)
        do, more = weighted.backward(do, cache.norm)
        gradients |= more
        *dqkv, dg, dstate = linear_recurrence.backward(do, cache.recurrence)
        flat |= {name: heads_of_steps.joined(du) for name, du in zip("qkv", dqkv, strict=True)}
        dg = dg * cache.free if cache.free is not None else dg
        dlogits = log_sigmoid.backward(dg, cache.logits)
        dlogits *= dg.dtype.type(1 / self.tau)
        flat["decay_in"], more = back(heads_of_steps.joined(dlogits), cache.projections["decay"])
        gradients |= more
        dpast = {}
        for name, du in flat.items():
            if name in cache.short:
                add, more, dpast[name] = short_convolution.backward(du, cache.short[name])
            else:
                add, more = back(du, cache.projections[name])
            inputs.append(add)
            gradients |= more
        dx = summed(*inputs)
        if dstate is None:
            return dx, gradients
        return dx, gradients | {"state": State(dstate, **dpast) if dpast else dstate}

    def _split(self, flat: Array) -> Array:
        return heads_of_steps.split(flat, self.heads)

    def _decays(self, xp: Namespace, logits: Array, reset: Array | None) -> tuple[Array, Array | None]:
        """Return g, and where it moves with its logits if it does not everywhere."""
        g = log_sigmoid.value(logits)
        g *= logits.dtype.type(1 / self.tau)
        free = None
        if self.clamp_min is not None:
            free = g > self.clamp_min
            g = xp.maximum(g, g.dtype.type(self.clamp_min))
        if reset is not None:
            said = f"reset must be of true and false, and broadcast to {logits.shape[:2]}"
            together(x=logits, reset=reset)
            flags("reset", logits.shape[:2], said, reset=reset)
            kept = ~reset[..., None, None]
            free = kept & (True if free is None else free)
            g = xp.where(kept, g, g.dtype.type(RESET))
        return g, free
