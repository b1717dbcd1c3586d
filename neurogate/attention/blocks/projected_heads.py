"""Queries, keys or values of all heads: projected, then normalised, gated and turned if wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from neurogate.attention.arrays import Array
from neurogate.attention.blocks import multi_head, weighted
from neurogate.attention.fused import summed
from neurogate.attention.layer import Parameters
from neurogate.attention.operators import gate, linear, rms_norm, rotary

__all__ = ["Cache", "backward", "each", "each_back", "forward"]


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
    (u,), projections = multi_head.projected({name: x}, parameters, heads)
    projection = weighted.Cache(linear, name, projections[name])
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


def each(
    x: Array, parameters: Mapping[str, Array], heads: int, names: Iterable[str] = ("q", "k", "v")
) -> tuple[list[Array], dict[str, Cache]]:
    """Project one input several times, and do nothing further but normalise where there are weights for it.

    Parameters
    ----------
    x : (B, T, D)
        Input.
    parameters : mapping
        Of all parts.
    heads : int
        H.
    names : iterable of str
        Of the parts.

    Returns
    -------
    list of (B, H, T, h)
        One for each name.
    caches : dict
        For `each_back`.

    Examples
    --------
    >>> import numpy as np
    >>> p = {"q.weight": np.ones((4, 4)), "k.weight": np.ones((4, 4))}
    >>> [u.shape for u in each(np.ones((1, 5, 4)), p, 2, "qk")[0]]
    [(1, 2, 5, 2), (1, 2, 5, 2)]
    """
    normed = {name for name in names if f"{name}_norm.weight" in parameters}
    plain = dict.fromkeys((name for name in names if name not in normed), x)
    made, projections = multi_head.projected(plain, parameters, heads, compared="k" if "k" in plain else "")
    worked = {name: forward(x, parameters, name, heads=heads) for name in normed}
    for name, u in zip(plain, made, strict=True):
        worked[name] = u, Cache(weighted.Cache(linear, name, projections[name]), None, None, None)
    return [worked[name][0] for name in names], {name: worked[name][1] for name in names}


def each_back(heads: Iterable[Array], caches: Mapping[str, Cache]) -> tuple[Array, Parameters]:
    """Return the gradients of `each`.

    Parameters
    ----------
    heads : iterable of (B, H, T, h)
        Gradients with respect to what it returned, in the same order.
    caches : mapping
        Of `each`.

    Returns
    -------
    dx : (B, T, D)
        Gradient with respect to `x`.
    gradients : dict
        Of the parameters, by their full names.

    Examples
    --------
    >>> import numpy as np
    >>> u, caches = each(np.ones((1, 5, 4)), {"q.weight": np.ones((4, 4))}, 2, "q")
    >>> each_back(u, caches)[0].shape
    (1, 5, 4)
    """
    inputs, gradients = [], Parameters()
    for du, cache in zip(heads, caches.values(), strict=True):
        dx, _, more = backward(du, cache)
        inputs.append(dx)
        gradients |= more
    return summed(*inputs), gradients
