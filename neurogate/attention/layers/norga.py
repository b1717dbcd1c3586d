"""Non-linear residual gates: prompts in front of attention, whose scores are bent."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, fits, namespace
from neurogate.attention.blocks import multi_head, projected_heads, weighted
from neurogate.attention.layer import Layer, Parameters, divides, sequence
from neurogate.attention.operators import linear, residual_gate, softmax
from neurogate.attention.products import matmul
from neurogate.units import Count, settings
from neurogate.units.domains import Domain

__all__ = ["Cache", "NonlinearResidualGates"]


class Cache(NamedTuple):
    """What the backward needs; `weights` are the attention weights, (B, H, T, L + T), prompts first."""

    heads: tuple[Array, Array, Array]  # the keys and values of the prompts in front
    inputs: dict[str, projected_heads.Cache]
    gate: residual_gate.Cache
    weights: Array
    out: weighted.Cache
    given: bool


@settings
class NonlinearResidualGates(Layer):
    r"""Multi-head attention that also looks at prompts, through a gate that bends their scores.

    .. math::
        S_p = Q P_K^T / \sqrt h, \quad \hat S_p = S_p + \tau \phi(\alpha S_p), \quad
        O = \mathrm{softmax}([\hat S_p, Q K^T / \sqrt h]) \, [P_V; V]

    With :math:`\tau = 0` this is prefix tuning. Prompts are keys and values as they are; :math:`\alpha` and
    :math:`\tau` are learnt with the first task and left alone afterwards. Where the authors' code takes
    prompts from a pool for more than one input, it confuses keys with values; this does not.

    Parameters
    ----------
    d_model, heads : int
        D and H; H divides D.
    prompts : int
        L, how many there are; 0 for plain attention.
    activation : {"sigmoid", "tanh", "relu", "gelu", "softplus", "elu", "identity", "silu"}
        :math:`\phi`.
    frozen : bool
        Whether `backward` leaves out the gradients of all but prompts, :math:`\alpha` and :math:`\tau`.

    References
    ----------
    Le et al. 2024, arXiv:2405.14124.

    Examples
    --------
    >>> layer = NonlinearResidualGates(d_model=8, heads=2, prompts=3)
    >>> y, cache = layer.forward(np.ones((1, 5, 8)))
    >>> y.shape, cache.weights.shape
    ((1, 5, 8), (1, 2, 5, 8))
    """

    d_model: Count = 768
    heads: Count = 12
    prompts: Annotated[int, Domain(0)] = 5
    activation: Literal["sigmoid", "tanh", "relu", "gelu", "softplus", "elu", "identity", "silu"] = "sigmoid"
    frozen: bool = False

    def check(self) -> None:
        """Raise ValueError if the heads do not divide the width."""
        divides("heads", self.heads, self.d_model)

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw prompts evenly between -1 and 1; both scales are 1; the rest as PyTorch does."""
        shape = (self.prompts, self.heads, self.d_model // self.heads)
        drawn: Parameters = {f"prompt.{name}": draw.uniform(rng, shape, 1.0) for name in ("keys", "values")}
        drawn |= {"alpha": np.ones(1), "tau": np.ones(1)}
        return drawn | multi_head.initial(rng, self.d_model)

    def forward(self, x: Array, prompt: Array | None = None) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), and what `backward` needs.

        `prompt`, (B, 2, L, H, h), keys before values, takes the place of the layer's own, of any L; then
        `backward` returns the gradients with respect to both, and those of the layer's own are 0.
        """
        xp, p = self.given("prompt", x=x, prompt=prompt)
        sequence(x, self.d_model)
        (q, k, v), inputs = projected_heads.each(x, p, self.heads)
        prompts = self._prompts(x, p, prompt)
        k, v = (xp.concatenate(pair, axis=-2) for pair in zip(prompts, (k, v), strict=True))
        q = q.shape[-1] ** -0.5 * q
        scores, count = matmul(q, k.swapaxes(-1, -2)), prompts[0].shape[-2]
        scores[..., :count], gate = residual_gate.forward(
            scores[..., :count].copy(), p["alpha"], p["tau"], activation=self.activation
        )
        weights, _ = softmax.forward(scores, overwrite=True)
        y, out = weighted.forward(linear, multi_head.joined(matmul(weights, v)), p, "o")
        return y, Cache((q, k, v), inputs, gate, weights, out, prompt is not None)

    def backward(self, dy: Array, cache: Cache) -> tuple[Any, Parameters]:
        """Return the gradients with respect to the input, a prompt that was given, and the parameters."""
        xp, p = self.given(dy=dy)
        (q, k, v), count = cache.heads, cache.gate.scores.shape[-1]
        do, gradients = weighted.backward(dy, cache.out)
        do = multi_head.split(do, self.heads)
        dscores = softmax.backward(matmul(do, v.swapaxes(-1, -2)), cache.weights)
        dscores[..., :count], dalpha, dtau = residual_gate.backward(dscores[..., :count], cache.gate)
        both = matmul(dscores.swapaxes(-1, -2), q), matmul(cache.weights.swapaxes(-1, -2), do)
        dheads = q.shape[-1] ** -0.5 * matmul(dscores, k), *(each[..., count:, :] for each in both)
        dx, more = projected_heads.each_back(dheads, cache.inputs)
        dprompts = [each[..., :count, :] for each in both]
        gradients = {} if self.frozen else gradients | more
        gradients |= {"alpha": dalpha, "tau": dtau}
        for name, d in zip(("keys", "values"), dprompts, strict=True):
            own = p[f"prompt.{name}"]
            gradients[f"prompt.{name}"] = 0 * own if cache.given else d.sum(axis=0).swapaxes(0, 1)
        if cache.given:
            return (dx, xp.stack([d.swapaxes(1, 2) for d in dprompts], axis=1)), gradients
        return dx, gradients

    def _prompts(self, x: Array, p: Parameters, prompt: Array | None) -> tuple[Array, Array]:
        """Return keys and values of prompts, (B or 1, H, L, h)."""
        if prompt is None:
            keys, values = (
                namespace(x=x).broadcast_to(p[f"prompt.{name}"], (len(x), *p[f"prompt.{name}"].shape))
                for name in ("keys", "values")
            )
        else:
            shape = (len(x), 2, self.heads, self.d_model // self.heads)
            good = prompt.ndim == 5 and (*prompt.shape[:2], *prompt.shape[3:]) == shape
            fits(good, f"prompt must be (batch, 2, L, {shape[2]}, {shape[3]})", x=x, prompt=prompt)
            keys, values = prompt[:, 0], prompt[:, 1]
        return keys.swapaxes(1, 2), values.swapaxes(1, 2)
