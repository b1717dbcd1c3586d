"""A gate on something: its logits are bent by a function of one number, then multiplied or added."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from neurogate.attention.arrays import Array, Namespace, answers, fits, namespace
from neurogate.attention.fused import fused
from neurogate.attention.operators.pointwise import POINTWISE, Pointwise
from neurogate.attention.options import one_of

__all__ = ["Cache", "Combine", "backward", "forward"]

Combine: TypeAlias = Literal["multiply", "add"]
"""How a gate acts."""


class Cache(NamedTuple):
    """What the backward needs; `values` are those of the gate."""

    u: Array
    values: Array
    activation: Pointwise
    bent: Any
    combine: Combine


def forward(
    u: Array, logits: Array, *, activation: str = "sigmoid", combine: Combine = "multiply"
) -> tuple[Array, Cache]:
    r"""Let something through by as much as a gate is open.

    .. math:: y = u \odot \phi(a) \quad \text{or} \quad y = u + \phi(a)

    Parameters
    ----------
    u : (...)
        What is gated.
    logits : (...)
        :math:`a`; it broadcasts to `u`, with as many axes.
    activation : str
        :math:`\phi`, one of `POINTWISE`.
    combine : {"multiply", "add"}
        Which of the two.

    Returns
    -------
    y : (...)
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
    >>> forward(np.array([[2.0, 4.0]]), np.zeros((1, 1)))[0].tolist()
    [[1.0, 2.0]]
    """
    namespace(u=u, logits=logits)
    broad = u.ndim == logits.ndim and all(a in (1, n) for a, n in zip(logits.shape, u.shape, strict=True))
    fits(broad, "the logits must broadcast to u", u=u, logits=logits)
    phi = POINTWISE[one_of("activation", activation, POINTWISE)]
    values, bent = phi.forward(logits)
    multiplied = one_of("combine", combine, get_args(Combine)) == "multiply"
    y = _product(u, values) if multiplied else u + values
    return y, Cache(u, values, phi, bent, combine)


def backward(dy: Array, cache: Cache) -> tuple[Array, Array]:
    r"""Return the gradients.

    .. math:: \bar u = \bar y \odot \phi(a), \quad \bar a = \phi'(a) \sum \bar y \odot u

    The sum goes over the axes that were broadcast. Of a gate that is added, :math:`\bar u = \bar y` and
    :math:`\bar a = \phi'(a) \sum \bar y`.

    Parameters
    ----------
    dy : (...)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    du, dlogits
        Gradients.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.array([[2.0, 4.0]]), np.zeros((1, 1)))
    >>> backward(np.ones((1, 2)), cache)[1].tolist()
    [[1.5]]
    """
    dy = answers(dy, cache.u.shape, cache)
    multiplied = cache.combine == "multiply"
    du, dvalues = _products(dy, cache.values, cache.u) if multiplied else (dy, dy)
    broad = tuple(i for i, n in enumerate(cache.values.shape) if n == 1 != dy.shape[i])
    if broad:
        dvalues = dvalues.sum(axis=broad, keepdims=True)
    return du, cache.activation.backward(dvalues, cache.bent)


@fused
def _product(xp: Namespace, u: Array, values: Array) -> Array:
    return u * values


@fused
def _products(xp: Namespace, dy: Array, values: Array, u: Array) -> tuple[Array, Array]:
    return dy * values, dy * u
