"""Gated class attention: the last block of a vision transformer, with gates that protect earlier tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace, answers, fits, namespace
from neurogate.attention.blocks import weighted
from neurogate.attention.blocks.multi_head import joined, split
from neurogate.attention.fused import fused
from neurogate.attention.layer import Layer, Parameters, divides, sequence
from neurogate.attention.operators import layer_norm, linear, scaled_dot_product, task_gate
from neurogate.attention.operators.pointwise import gelu
from neurogate.attention.options import whole_number
from neurogate.units import Count, Positive, settings

__all__ = ["GatedClassAttention", "unprotected"]


class Cache(NamedTuple):
    """What the backward needs, and what the class says of its fields."""

    weights: Array
    gates: tuple[Array, Array]
    parts: Mapping[str, weighted.Cache]
    gated: tuple[Array, ...]
    bent: Array
    attention: scaled_dot_product.Cache
    task: tuple[int, task_gate.Cache, task_gate.Cache]


@settings
class GatedClassAttention(Layer):
    r"""Let a class token attend to patches through the gates of a task.

    With the gates :math:`G_0 = \sigma(s e_0^t)` and :math:`G_2 = \sigma(s e_2^t)` of task t,
    :math:`n = \mathrm{LN}(x) \odot G_0` and the class token c in front,

    .. math::
        q = (n_c W_q) \odot G_0, \quad k = (n W_k) \odot G_0, \quad v = n W_v, \quad
        z = \mathrm{attention}(q, k, v) \odot G_0, \quad c \leftarrow c + (z W_o + b_o) \odot G_0

        h = \mathrm{GELU}((\mathrm{LN}(c) \odot G_0) W_1 + b_1) \odot G_2, \quad
        c \leftarrow c + (h W_2 + b_2) \odot G_0

    Values are not gated after their projection. The gates of tasks before the last seen are hard
    (`neurogate.attention.operators.task_gate`, which also has the annealed scale and the compensated gradient
    of the embeddings). `unprotected` says how much each weight may still move,
    `neurogate.attention.operators.mask_sparsity` what open gates cost.

    ``cache.weights`` (B, H, 1, 1 + N) are the attention weights, ``cache.gates`` are :math:`G_0, G_2`.

    Parameters
    ----------
    d_model : int
        D.
    heads : int
        H; it divides D.
    tasks : int
        How many tasks there are gates for.
    ratio : int
        Hidden width of the MLP over D.
    largest : float
        Scale of the gates after training.
    eps : float
        Of the norms.

    References
    ----------
    Exemplar-free continual learning of vision transformers via gated class-attention and cascaded feature
    drift compensation (2022), arXiv:2211.12292.

    Examples
    --------
    >>> layer = GatedClassAttention(d_model=8, heads=2, tasks=3)
    >>> y, cache = layer.forward(np.ones((2, 5, 8)), task=1)
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> y.shape, dx.shape, gradients["embedding2"].shape
    ((2, 1, 8), (2, 5, 8), (3, 32))
    """

    d_model: Count = 384
    heads: Count = 12
    tasks: Count = 10
    ratio: Count = 4
    largest: Positive = 800.0
    eps: Positive = 1e-5

    def check(self) -> None:
        """Raise ValueError if the heads do not divide the width."""
        divides("heads", self.heads, self.d_model)

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw the embeddings from normal distributions of a deviation of 1, the maps of 0.02."""
        d, h = self.d_model, self.ratio * self.d_model
        drawn: Parameters = {
            f"embedding{i}": draw.normal(rng, (self.tasks, n), 1.0) for i, n in ((0, d), (2, h))
        }
        for name in ("norm1", "norm2"):
            drawn |= {f"{name}.weight": np.ones(d), f"{name}.bias": np.zeros(d)}
        for name in ("q", "k", "v"):
            drawn[f"{name}.weight"] = draw.normal(rng, (d, d), 0.02)
        for name, outputs, inputs in (("o", d, d), ("mlp.hidden", h, d), ("mlp.out", d, h)):
            drawn[f"{name}.weight"] = draw.normal(rng, (outputs, inputs), 0.02)
            drawn[f"{name}.bias"] = np.zeros(outputs)
        return drawn

    def forward(
        self, x: Array, task: int = 0, seen: int | None = None, scale: float | None = None
    ) -> tuple[Array, Cache]:
        """Return the class token (B, 1, D) of a task, from (B, 1 + N, D), and what `backward` needs.

        Tasks count from 0. The gates of all but the last of the tasks that are seen are hard; without
        `seen`, which is more than the task, those of the task are soft. The scale is the largest if left out.
        """
        _, p = self.given(x=x)
        sequence(x, self.d_model)
        fits(x.shape[1] > 0, "there must be a class token", x=x)
        task = whole_number("task", task, 0, self.tasks - 1)
        scale = self.largest if scale is None else scale
        hard = seen is not None and task < whole_number("seen", seen, task + 1, self.tasks, of="tasks") - 1
        g0, gate0 = task_gate.forward(p["embedding0"][task], scale=scale, hard=hard)
        g2, gate2 = task_gate.forward(p["embedding2"][task], scale=scale, hard=hard)
        parts: dict[str, weighted.Cache] = {}

        def mapped(u: Array, name: str) -> Array:
            u, parts[name] = weighted.forward(linear, u, p, name)
            return u

        def normed(u: Array, name: str) -> Array:
            u, parts[name] = weighted.forward(layer_norm, u, p, name, eps=self.eps)
            return u

        n = normed(x, "norm1")
        shown = n * g0
        q, k, v = mapped(shown[:, :1], "q"), mapped(shown, "k"), mapped(shown, "v")
        o, attention = scaled_dot_product.forward(*(split(u, self.heads) for u in (q * g0, k * g0, v)))
        z = joined(o)
        w = mapped(z * g0, "o")
        c = _added(x[:, :1], w, g0)
        h = normed(c, "norm2")
        a, parts["mlp.hidden"], bent = weighted.bent(gelu, h * g0, p, "mlp.hidden")
        e = mapped(a * g2, "mlp.out")
        return _added(c, e, g0), Cache(
            attention.weights,
            (g0, g2),
            parts,
            (n, q, k, z, w, h, a, e),
            bent,
            attention,
            (task, gate0, gate2),
        )

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients of the input and the parameters; those of embeddings are not compensated."""
        xp, (g0, g2), (n, q, k, z, w, h, a, e) = namespace(dy=dy), cache.gates, cache.gated
        dy = answers(dy, e.shape, cache)
        gradients: Parameters = {}
        dg0 = xp.zeros_like(g0)

        def back(dy: Array, name: str) -> Array:
            dy, found = weighted.backward(dy, cache.parts[name])
            gradients.update(found)
            return dy

        def ungated(dy: Array, u: Array) -> Array:
            dg0[...] += (dy * u).sum(axis=(0, 1))
            return dy * g0

        da = back(ungated(dy, e), "mlp.out")
        dg2 = (da * a).sum(axis=(0, 1))
        dh = back(gelu.backward(da * g2, cache.bent), "mlp.hidden")
        dc = dy + back(ungated(dh, h), "norm2")
        dz = ungated(back(ungated(dc, w), "o"), z)
        inner = scaled_dot_product.backward(split(dz, self.heads), cache.attention)
        dq, dk, dv = (joined(each) for each in inner)
        dn = back(ungated(dk, k), "k") + back(dv, "v")
        dn[:, :1] += back(ungated(dq, q), "q")
        dx = back(ungated(dn, n), "norm1")
        dx[:, :1] += dc
        task, *gates = cache.task
        for place, dgate, gate in ((0, dg0, gates[0]), (2, dg2, gates[1])):
            gradients[f"embedding{place}"] = xp.zeros((self.tasks, len(dgate)), dy.dtype)
            gradients[f"embedding{place}"][task] = task_gate.backward(dgate, gate)
        return dx, gradients


@fused
def _added(xp: Namespace, x: Array, branch: Array, gate: Array) -> Array:
    return x + branch * gate


def unprotected(taken0: Array, taken2: Array) -> Parameters:
    r"""Say how much each weight may move: not at all between two units that earlier tasks use.

    .. math::
        1 - M_0 M_0^T \text{ for } W_q, W_k, W_v, W_o, \quad 1 - M_2 M_0^T \text{ for } W_1, \quad
        1 - M_0 M_2^T \text{ for } W_2

    and one minus the mask for the biases.

    Parameters
    ----------
    taken0, taken2 : (D,), (4 D,)
        :math:`M_0, M_2`: the units that finished tasks use, as
        `neurogate.attention.operators.mask_sparsity.cumulative` tells them.

    Returns
    -------
    dict
        What to multiply gradients by, by the names of parameters.

    Examples
    --------
    >>> unprotected(np.array([1.0, 0.0]), np.array([1.0, 0.0, 0.0]))["mlp.out.weight"].tolist()
    [[0.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    namespace(taken0=taken0, taken2=taken2)
    square = 1 - taken0[:, None] * taken0
    return {f"{name}.weight": square for name in ("q", "k", "v", "o")} | {
        "o.bias": 1 - taken0,
        "mlp.hidden.weight": 1 - taken2[:, None] * taken0,
        "mlp.hidden.bias": 1 - taken2,
        "mlp.out.weight": 1 - taken0[:, None] * taken2,
        "mlp.out.bias": 1 - taken0,
    }
