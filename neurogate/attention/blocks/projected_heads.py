"""Queries, keys or values of all heads: projected, then normalised, gated and turned if wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from neurogate.attention.arrays import Array
from neurogate.attention.blocks import multi_head, weighted
from neurogate.attention.layer import Parameters
from neurogate.attention.operators import gate, linear, rms_norm, rotary

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs; ``gate.values`` are those of the gate."""

    projection: weighted.Cache
    norm: weighted.Cache | None
    gate: gate.Cache | None
    turn: rotary.Cache | None


def forward(
    x: Array, parameters: Mapping[str, Array], name: str, *, heads: int, eps: float = 1e-6,
    logits: Array | None = None, activation: str = "sigmoid", combine: gate.Combine = "multiply",
    turn: tuple[Array, Array] | None = None, interleaved: bool = False,
) -> tuple[Array, Cache]:  # fmt: skip
    r"""Make what each head works with.

    .. math:: u = R_t \, (\mathrm{RMS}(x W^T + b) \odot \phi(a))

    Parameters
    ----------
    x : (B, T, D)
        Input.
    parameters : mapping
        Those of `name`, the weight and perhaps a bias of the projection; ``{name}_norm.weight`` if each head
        is to be normalised.
    name : str
        Of the part: "q", "k" or "v".
    heads : int
        H.
    eps : float
        Of the norm.
    logits : (B, H, T, h), optional
        :math:`a`; an axis of heads or features may be 1.
    activation, combine : str
        Of the gate.
    turn : (cos, sin), optional
        Of rotary positions.
    interleaved : bool
        Which features are pairs.

    Returns
    -------
    u : (B, H, T, h)
        Output.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.ones((1, 5, 4)), {"q.weight": np.eye(4)}, "q", heads=2)[0].shape
    (1, 2, 5, 2)
    """
    u, projection = weighted.forward(linear, x, parameters, name)
    u = multi_head.split(u, heads)
    norm = gated = turned = None
    if f"{name}_norm.weight" in parameters:
        u, norm = weighted.forward(rms_norm, u, parameters, f"{name}_norm", eps=eps)
    if logits is not None:
        u, gated = gate.forward(u, logits, activation=activation, combine=combine)
    if turn is not None:
        u, turned = rotary.forward(u, *turn, interleaved=interleaved)
    return u, Cache(projection, norm, gated, turned)


def backward(du: Array, cache: Cache) -> tuple[Array, Array | None, Parameters]:
    """Return the gradients.

    Parameters
    ----------
    du : (B, H, T, h)
        Gradient with respect to the output.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dx : (B, T, D)
        Gradient with respect to `x`.
    dlogits : array
        Gradient with respect to the logits of the gate; None if there was none.
    gradients : dict
        Of the parameters, by their full names.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.ones((1, 5, 4)), {"q.weight": np.eye(4)}, "q", heads=2)
    >>> backward(np.ones((1, 2, 5, 2)), cache)[0].shape
    (1, 5, 4)
    """
    dlogits, gradients = None, Parameters()
    if cache.turn is not None:
        du = rotary.backward(du, cache.turn)
    if cache.gate is not None:
        du, dlogits = gate.backward(du, cache.gate)
    if cache.norm is not None:
        du, gradients = weighted.backward(du, cache.norm)
    dx, inner = weighted.backward(multi_head.joined(du), cache.projection)
    return dx, dlogits, gradients | inner
