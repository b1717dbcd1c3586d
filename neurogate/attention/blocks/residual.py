"""A branch that is added to what it sees, with a layer norm in front of it or behind the sum."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from neurogate.attention.arrays import Array
from neurogate.attention.blocks import weighted
from neurogate.attention.layer import Parameters
from neurogate.attention.operators import layer_norm
from neurogate.attention.options import one_of

__all__ = ["Cache", "Norm", "backward", "forward"]

Norm: TypeAlias = Literal["pre", "post"]
"""Whether the norm stands in front of the branch, or behind the sum."""


class Cache(NamedTuple):
    """What the backward needs; `inner` is what the branch kept."""

    before: weighted.Cache | None
    inner: Any
    after: weighted.Cache | None


def forward(
    branch: Callable[[Array], tuple[Array, Any]], x: Array, parameters: Mapping[str, Array], name: str, *,
    norm: Norm = "pre", eps: float = 1e-5,
) -> tuple[Array, Cache]:  # fmt: skip
    r"""Add a branch to what it sees.

    .. math:: \text{pre:}\; y = x + f(\mathrm{LN}(x)), \quad \text{post:}\; y = \mathrm{LN}(x + f(x))

    Parameters
    ----------
    branch : callable
        :math:`f`; returns its output and what its backward needs.
    x : (..., D)
        Input.
    parameters : mapping
        Of the layer; the norm's are ``name.weight`` and ``name.bias``.
    name : str
        Of the norm.
    norm : {"pre", "post"}
        Where the norm stands.
    eps : float
        Of the norm.

    Returns
    -------
    y : (..., D)
        Output.
    cache : Cache
        For `backward`.

    References
    ----------
    Behind: Vaswani et al. 2017, arXiv:1706.03762. In front: Xiong et al. 2020, arXiv:2002.04745.

    Examples
    --------
    >>> import numpy as np
    >>> norm = {"norm.weight": np.ones(2), "norm.bias": np.zeros(2)}
    >>> forward(lambda n: (10 * n, None), np.array([[1.0, 3.0]]), norm, "norm")[0].round().tolist()
    [[-9.0, 13.0]]
    """
    if one_of("norm", norm, get_args(Norm)) == "pre":
        n, before = weighted.forward(layer_norm, x, parameters, name, eps=eps)
        u, inner = branch(n)
        return x + u, Cache(before, inner, None)
    u, inner = branch(x)
    y, after = weighted.forward(layer_norm, x, parameters, name, eps=eps, added=u)
    return y, Cache(None, inner, after)


def backward(
    branch: Callable[[Array], tuple[Array, Parameters]], dy: Array, cache: Cache
) -> tuple[Array, Parameters]:
    """Return the gradients.

    Parameters
    ----------
    branch : callable
        The backward of the branch; returns the gradients of its input and of its parameters.
    dy : (..., D)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dx : (..., D)
        Gradient with respect to `x`.
    gradients : dict
        Of the norm and of the branch.

    Examples
    --------
    >>> import numpy as np
    >>> norm = {"norm.weight": np.ones(2), "norm.bias": np.zeros(2)}
    >>> _, cache = forward(lambda n: (10 * n, None), np.array([[1.0, 3.0]]), norm, "norm")
    >>> dx, gradients = backward(lambda du: (10 * du, {}), np.ones((1, 2)), cache)
    >>> dx.round().tolist(), sorted(gradients)
    ([[1.0, 1.0]], ['norm.bias', 'norm.weight'])
    """
    gradients: Parameters = {}
    if cache.after is not None:
        dy, gradients = weighted.backward(dy, cache.after)
    dn, found = branch(dy)
    gradients |= found
    if cache.before is not None:
        dn, found = weighted.backward(dn, cache.before)
        gradients |= found
    return dy + dn, gradients
