"""Attention whose heads can do nothing without large activations: clipped softmax, or gated heads."""

from __future__ import annotations

from typing import Literal, NamedTuple

import attrs
import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, namespace
from neurogate.attention.blocks import gate_predictor, multi_head, projected_heads, weighted
from neurogate.attention.layer import Layer, Parameters, divides, named, part, sequence
from neurogate.attention.operators import gate as gating
from neurogate.attention.operators import linear, masks, scaled_dot_product
from neurogate.units import Count, NonNegative, settings

__all__ = ["Cache", "ClippedAttention", "HeadGatedAttention", "QuantizableAttention"]


class Cache(NamedTuple):
    """What the backward needs.

    ``attention.weights`` are the attention weights, (B, H, T, S), ``gate.values`` those of the gate, which
    broadcast to (B, H, T, 1).
    """

    inputs: dict[str, projected_heads.Cache]
    attention: scaled_dot_product.Cache
    predictor: gate_predictor.Cache | None
    gate: gating.Cache | None
    out: weighted.Cache | None


@settings
class QuantizableAttention(Layer):
    r"""Attention with a clipped softmax and a gate on the output of each head.

    .. math::
        O_h = \sigma(a_h) \odot \mathrm{clip}((\zeta - \gamma) \, \mathrm{softmax}(d_h^{-1/2} Q_h K_h^T)
        + \gamma, 0, 1) V_h

    The logits :math:`a` are a number for each head ("unconditional"), or predicted from the layer's input:
    for each token ("token"), or for the whole sequence by their mean over time ("head"; not causal).

    Parameters
    ----------
    d_model, heads : int
        D and H; H divides D.
    low, high : float
        :math:`\gamma`, at most 0, and :math:`\zeta`, at least 1; 0 and 1 are the plain softmax.
    alpha : float, optional
        In place of `low`: :math:`\gamma = -\alpha / T_{max}`.
    length : int
        :math:`T_{max}`, the length in training; only for `alpha`.
    gate : {"none", "unconditional", "token", "head"}
        What the gate depends on.
    predictor : {"linear", "mlp", "mlp2", "all_features"}
        What predicts its logits, where they depend on the input.
    opening : float, optional
        How far gates are open at the start, :math:`\pi`: where the last map of a predictor sees 0, by its
        bias. If left out an unconditional gate is half open, and a predictor starts as PyTorch draws it.
    fine_tuning : bool
        Whether to multiply the output by :math:`1 / \pi` and to start with small weights of the gate, so that
        the layer starts as plain attention.
    fine_tuning_sd : float
        Of those weights; 0.01 for BERT, 0.001 for OPT.
    projected : bool
        Whether a map follows the heads; the authors' BERT has it elsewhere.
    causal : bool
        Whether later keys are hidden.
    sd : float
        Of the weights at the start.

    References
    ----------
    Bondarenko, Nagel & Blankevoort 2023, arXiv:2306.12929; their code calls :math:`\zeta` eta.

    Examples
    --------
    >>> layer = QuantizableAttention(d_model=8, heads=2, low=-0.03, gate="token")
    >>> y, cache = layer.forward(np.ones((1, 5, 8)))
    >>> y.shape, cache.gate.values.shape
    ((1, 5, 8), (1, 2, 5, 1))
    """

    d_model: Count = 768
    heads: Count = 12
    low: float = 0.0
    high: float = 1.0
    alpha: NonNegative | None = None
    length: Count = 512
    gate: Literal["none", "unconditional", "token", "head"] = "none"
    predictor: gate_predictor.Form = "linear"
    opening: float | None = None
    fine_tuning: bool = False
    fine_tuning_sd: NonNegative = 0.01
    projected: bool = True
    causal: bool = False
    sd: NonNegative = 0.02

    def check(self) -> None:
        """Raise ValueError if settings contradict each other."""
        divides("heads", self.heads, self.d_model)
        if self.low > 0 or self.high < 1:
            raise ValueError(f"low is {self.low} and high {self.high}; they must be <= 0 and >= 1.")
        if self.alpha is not None and self.low:
            raise ValueError(f"low is {self.low} and alpha {self.alpha}; give one of the two.")
        if self.opening is not None and not 0 < self.opening < 1:
            raise ValueError(f"opening is {self.opening}; it must lie between 0 and 1.")
        if self.fine_tuning and (self.opening is None or self.gate == "none"):
            raise ValueError("fine_tuning is true; it needs a gate and its opening.")

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw the projections from a normal distribution; biases are 0, unconditional gates half open.

        The last bias of a predictor, or an unconditional gate, has `opening` if it is given.
        """
        d, drawn = self.d_model, Parameters()
        for name in ("q", "k", "v", "o") if self.projected else ("q", "k", "v"):
            drawn |= {f"{name}.weight": draw.normal(rng, (d, d), self.sd), f"{name}.bias": np.zeros(d)}
        if self.gate == "unconditional":
            drawn["gate"] = np.zeros(self.heads)
            if self.opening is not None:
                drawn["gate"] += np.log(self.opening / (1 - self.opening))
        elif self.gate != "none":
            sd = self.fine_tuning_sd if self.fine_tuning else None
            drawn |= named("gate", gate_predictor.initial(rng, d, self.heads, self.predictor,
                                                          opening=self.opening, sd=sd))  # fmt: skip
        return drawn

    @property
    def limits(self) -> tuple[float, float]:
        r""":math:`\gamma` and :math:`\zeta`."""
        return self.low if self.alpha is None else -self.alpha / self.length, self.high

    @property
    def _scale(self) -> float:
        return 1 / self.opening if self.fine_tuning and self.opening is not None else 1.0

    def forward(self, x: Array, mask: Array | None = None) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), and what `backward` needs.

        A mask, True where a query may look, broadcasts to (B, H, T, T).
        """
        xp, p = self.given(x=x)
        sequence(x, self.d_model)
        (q, k, v), inputs = projected_heads.each(x, p, self.heads)
        causal = masks.causal(x.shape[1], x.shape[1], xp) if self.causal else None
        o, attention = scaled_dot_product.forward(q, k, v, masks.both(mask, causal), limits=self.limits)
        logits, predictor = self._logits(x, p)
        gate = out = None
        if logits is not None:
            o, gate = gating.forward(o, logits)
            o *= self._scale
        y = multi_head.joined(o)
        if self.projected:
            y, out = weighted.forward(linear, y, p, "o")
        return y, Cache(inputs, attention, predictor, gate, out)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        namespace(dy=dy)
        gradients, dx = Parameters(), 0
        if cache.out is not None:
            dy, gradients = weighted.backward(dy, cache.out)
        do = multi_head.split(dy, self.heads)
        if cache.gate is not None:
            do, dlogits = gating.backward(self._scale * do, cache.gate)
            dx, more = self._logits_back(dlogits, cache)
            gradients |= more
        dheads = scaled_dot_product.backward(do, cache.attention)
        add, more = projected_heads.each_back(dheads, cache.inputs)
        return dx + add, gradients | more

    def _logits(self, x: Array, p: Parameters) -> tuple[Array | None, gate_predictor.Cache | None]:
        if self.gate == "none":
            return None, None
        if self.gate == "unconditional":
            return p["gate"].reshape(1, self.heads, 1, 1), None
        logits, cache = gate_predictor.forward(x, part(p, "gate"), heads=self.heads)
        if self.gate == "head":
            logits = logits.sum(axis=2, keepdims=True) / max(x.shape[1], 1)
        return logits, cache

    def _logits_back(self, dlogits: Array, cache: Cache) -> tuple[Array, Parameters]:
        if cache.predictor is None:
            return 0, {"gate": dlogits.reshape(self.heads)}
        if self.gate == "head":
            length = cache.attention.weights.shape[-1]
            dlogits = (dlogits / max(length, 1)).repeat(length, axis=2)
        dx, gradients = gate_predictor.backward(dlogits, cache.predictor)
        return dx, named("gate", gradients)


@settings
class ClippedAttention(QuantizableAttention):
    r"""`QuantizableAttention` as the paper clips BERT: :math:`\gamma = -0.025`, for sequences of 128.

    Parameters
    ----------
    low : float
        :math:`\gamma`; the other settings are those of `QuantizableAttention`.

    Examples
    --------
    >>> ClippedAttention(d_model=8, heads=2).limits
    (-0.025, 1.0)
    """

    low: float = -0.025


def _quarter(layer: HeadGatedAttention) -> float | None:
    """Return how far gates start open: the paper says it of linear predictors alone."""
    linear_map = layer.gate in ("token", "head") and layer.predictor in ("linear", "all_features")
    return 0.25 if linear_map else None


@settings
class HeadGatedAttention(QuantizableAttention):
    """`QuantizableAttention` as the paper gates OPT: for each token, a linear map, a quarter open.

    Parameters
    ----------
    gate : {"unconditional", "token", "head"}
        What the gate depends on; the other settings are those of `QuantizableAttention`.
    opening : float, optional
        How far gates are open at the start; a quarter if left out, where the predictor is linear, else as
        None is in `QuantizableAttention`: an unconditional gate is half open.
    causal : bool
        Whether later keys are hidden.

    Examples
    --------
    >>> HeadGatedAttention(d_model=8, heads=2).parameters["gate.out.bias"].round(3).ravel().tolist()
    [-1.099, -1.099]
    >>> HeadGatedAttention(d_model=8, heads=2, gate="unconditional").parameters["gate"].tolist()
    [0.0, 0.0]
    """

    gate: Literal["none", "unconditional", "token", "head"] = "token"
    opening: float | None = attrs.field(default=attrs.Factory(_quarter, takes_self=True))
    causal: bool = True
