"""One operator with a weight, and perhaps a bias, that it finds by name: linear maps, norms, convolutions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from neurogate.attention.arrays import Array
from neurogate.attention.layer import Parameters, named
from neurogate.attention.operators import linear
from neurogate.attention.operators.pointwise import Pointwise

__all__ = ["Cache", "backward", "bent", "forward"]


class Cache(NamedTuple):
    """What the backward needs."""

    operator: Any
    name: str
    inner: Any


def forward(
    operator: Any, x: Array, parameters: Mapping[str, Array], name: str, **options: Any
) -> tuple[Array, Cache]:
    """Apply an operator with the parameters of one name.

    Parameters
    ----------
    operator : module
        One of `neurogate.attention.operators` whose parameters are `weight` and `bias`.
    x : array
        Input.
    parameters : mapping
        Of the layer; those named ``name.weight`` and ``name.bias`` are taken.
    name : str
        Of the part.
    **options
        Of the operator.

    Returns
    -------
    y : array
        Output.
    cache : Cache
        For `backward`.

    Examples
    --------
    >>> import numpy as np
    >>> from neurogate.attention.operators import linear
    >>> forward(linear, np.ones((1, 3)), {"q.weight": np.ones((2, 3))}, "q")[0].tolist()
    [[3.0, 3.0]]
    """
    own = {key: parameters[f"{name}.{key}"] for key in ("weight", "bias") if f"{name}.{key}" in parameters}
    y, inner = operator.forward(x, **own, **options)
    return y, Cache(operator, name, inner)


def bent(bend: Pointwise, x: Array, parameters: Mapping[str, Array], name: str) -> tuple[Array, Cache, Any]:
    r"""Map, then bend, which adds the bias on its way.

    .. math:: y = \phi(x W^T + b)

    Parameters
    ----------
    bend : Pointwise
        :math:`\phi`.
    x : (..., d)
        Input.
    parameters : mapping
        Of the layer; those named ``name.weight`` and ``name.bias`` are taken.
    name : str
        Of the part.

    Returns
    -------
    y : (..., e)
        Output.
    cache : Cache
        For `backward`, of the map.
    before : Any
        For the backward of the bend.

    Examples
    --------
    >>> import numpy as np
    >>> from neurogate.attention.operators.pointwise import relu
    >>> parameters = {"q.weight": np.ones((2, 3)), "q.bias": np.array([-4.0, 1.0])}
    >>> bent(relu, np.ones((1, 3)), parameters, "q")[0].tolist()
    [[0.0, 4.0]]
    """
    bias = parameters.get(f"{name}.bias")
    mapped, inner = linear.product(x, parameters[f"{name}.weight"], bias)
    y, before = bend.forward(mapped, bias, overwrite=True)
    return y, Cache(linear, name, inner), before


def backward(dy: Array, cache: Cache, **options: Any) -> tuple[Array, Parameters]:
    """Return the gradients.

    Parameters
    ----------
    dy : array
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.
    **options
        Of the operator's backward.

    Returns
    -------
    dx : array
        Gradient with respect to `x`.
    gradients : dict
        Of the parameters, by their full names.

    Examples
    --------
    >>> import numpy as np
    >>> from neurogate.attention.operators import linear
    >>> _, cache = forward(linear, np.ones((1, 3)), {"q.weight": np.ones((2, 3))}, "q")
    >>> backward(np.ones((1, 2)), cache)[1]["q.weight"].shape
    (2, 3)
    """
    dx, weight, bias = (*cache.operator.backward(dy, cache.inner, **options), None)[:3]
    return dx, named(cache.name, {"weight": weight, "bias": bias})
