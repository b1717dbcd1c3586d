"""Control-aided attention: features are weighted by a guess of how much the control depends on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, alike, answers, namespace
from neurogate.attention.blocks import weighted
from neurogate.attention.layer import Layer, Parameters, part, sequence
from neurogate.attention.operators import batch_norm, linear
from neurogate.attention.operators.batch_norm import Running
from neurogate.attention.operators.pointwise import relu
from neurogate.attention.training.losses import mean_squared_error
from neurogate.units import Count, Positive, settings

__all__ = ["ControlAided", "Guided", "Head", "guided", "saliency"]


class Head(Protocol):
    """What turns features into controls; every layer with one input can."""

    def forward(self, x: Array) -> tuple[Array, Any]:
        """Return the controls (B, ...) of features (B, L, C), and what `backward` needs."""

    def backward(self, dy: Array, cache: Any) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the features and the parameters."""


class Cache(NamedTuple):
    """What the backward needs; `attention` is g(F), `running` the statistics after this batch."""

    attention: Array
    features: Array
    running: Running | None
    inner: weighted.Cache
    norm: batch_norm.Cache
    before: Array
    outer: weighted.Cache


@settings
class ControlAided(Layer):
    r"""Weight features, element by element, by what a small network says of them.

    .. math:: y = g(F) \odot F, \quad g(F) = \mathrm{ReLU}(\mathrm{BN}(F W_1^T + b_1)) W_2^T + b_2

    The weights are signed and not bounded; no softmax is near. What they should be is the `saliency` of the
    features: the gradient of the control, not of its loss. `guided` puts both passes and both losses
    together.

    ``cache.attention`` (B, L, C) is g(F), ``cache.running`` are the running statistics of the norm after this
    batch, which are a value: give them the next time, and in evaluation.

    Parameters
    ----------
    d_model : int
        C.
    eps : float
        Of the norm.

    References
    ----------
    End-to-end visual autonomous parking via control-aided attention (2025), arXiv:2509.11090.

    Examples
    --------
    >>> layer = ControlAided(d_model=6)
    >>> y, cache = layer.forward(np.random.default_rng(0).random((3, 10, 6)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> dx.shape, gradients["norm.weight"].shape
    ((3, 10, 6), (6,))
    """

    d_model: Count = 264
    eps: Positive = 1e-5

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw both maps as PyTorch does."""
        d = self.d_model
        drawn = draw.linear(rng, "inner", d, d) | draw.linear(rng, "outer", d, d)
        return drawn | {"norm.weight": np.ones(d), "norm.bias": np.zeros(d)}

    def forward(self, x: Array, running: Running | None = None, training: bool = True) -> tuple[Array, Cache]:
        """Return the weighted features (B, L, C), and what `backward` needs.

        Running statistics start from mean 0 and variance 1 if they are left out.
        """
        xp, p = self.given(x=x)
        sequence(x, self.d_model)
        if running is None:
            running = Running(xp.zeros_like(p["norm.bias"]), xp.ones_like(p["norm.bias"]))
        u, inner = weighted.forward(linear, x, p, "inner")
        n, norm = batch_norm.forward(
            u, **part(p, "norm"), running=running, axes=(0, 1), training=training, eps=self.eps
        )
        h, before = relu.forward(n)
        attention, outer = weighted.forward(linear, h, p, "outer")
        return attention * x, Cache(attention, x, norm.running, inner, norm, before, outer)

    def backward(self, dy: Array, cache: Cache, dattention: Array | None = None) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters.

        `dattention` is the gradient of a loss that looks at ``cache.attention``.
        """
        dy = answers(dy, cache.features.shape, cache)
        dg = dy * cache.features
        if dattention is not None:
            dg += alike(dattention, cache, "dattention")
        dh, gradients = weighted.backward(dg, cache.outer)
        du, weight, bias = batch_norm.backward(relu.backward(dh, cache.before), cache.norm)
        dx, found = weighted.backward(du, cache.inner)
        return dx + dy * cache.attention, gradients | found | {"norm.weight": weight, "norm.bias": bias}


def saliency(head: Head, features: Array, steps: slice = slice(None)) -> Array:
    r"""Return how the mean control of each sample depends on its features.

    .. math:: G_b = \partial \langle u_b \rangle / \partial F_b

    Parameters
    ----------
    head : Head
        What turns features into controls u.
    features : (B, L, C)
        F.
    steps : slice
        Which controls count, along the second axis of u; upstream the positions 1 to 12 of its tokens.

    Returns
    -------
    (B, L, C)
        A constant for training: nothing flows back through it.

    Examples
    --------
    >>> from neurogate.attention import make
    >>> saliency(make("caa", d_model=4), np.ones((2, 3, 4))).shape
    (2, 3, 4)
    """
    xp = namespace(features=features)
    controls, cache = head.forward(features)
    du = xp.zeros_like(controls)
    du[:, steps] = 1 / max(controls[:1, steps].size, 1)
    return head.backward(du, cache)[0]


class Guided(NamedTuple):
    """The losses of one batch, and all gradients of their sum.

    Attributes
    ----------
    loss : float
        The sum.
    saliency_loss : float
        Mean squared error between attention and saliency.
    control_loss : float
        Of the controls of the second pass.
    controls : (B, ...)
        Those of the second pass.
    saliency : (B, L, C)
        What the attention should be.
    dfeatures : (B, L, C)
        Gradient with respect to the features.
    layer, head : dict
        Gradients of the parameters of both.
    cache : Cache
        Of the layer, with its attention and running statistics.
    """

    loss: float
    saliency_loss: float
    control_loss: float
    controls: Array
    saliency: Array
    dfeatures: Array
    layer: Parameters
    head: Parameters
    cache: Cache


def guided(
    layer: ControlAided, head: Head, features: Array, compare: Callable[[Array], tuple[float, Array]], *,
    running: Running | None = None, steps: slice = slice(None),
) -> Guided:  # fmt: skip
    r"""Train the attention on the saliency of a first pass, and everything on the controls of a second.

    .. math:: L = \langle (g(F) - G)^2 \rangle + \ell(\pi(g(F) \odot F)), \quad
        G = \partial \langle \pi(F) \rangle / \partial F \text{ as a constant}

    The controls of the first pass have no loss of their own.

    Parameters
    ----------
    layer : ControlAided
        g.
    head : Head
        :math:`\pi`, the same in both passes.
    features : (B, L, C)
        F.
    compare : callable
        Takes the controls of the second pass; returns their loss :math:`\ell` and its gradient, as
        `neurogate.attention.training.losses` do.
    running : Running, optional
        Statistics of the norm before this batch.
    steps : slice
        Which controls count for the saliency.

    Returns
    -------
    Guided
        Losses and gradients.

    Examples
    --------
    >>> from neurogate.attention import make
    >>> layer, head, x = make("caa", d_model=4), make("caa", d_model=4, seed=1), np.ones((2, 3, 4))
    >>> found = guided(layer, head, x, lambda controls: mean_squared_error(controls, x))
    >>> found.loss == found.saliency_loss + found.control_loss
    True
    """
    wanted = saliency(head, features, steps)
    refined, cache = layer.forward(features, running)
    saliency_loss, dattention = mean_squared_error(cache.attention, wanted)
    controls, passed = head.forward(refined)
    control_loss, du = compare(controls)
    drefined, of_head = head.backward(du, passed)
    dfeatures, of_layer = layer.backward(drefined, cache, dattention)
    return Guided(
        saliency_loss + control_loss, saliency_loss, control_loss, controls, wanted, dfeatures, of_layer,
        of_head, cache,
    )  # fmt: skip
