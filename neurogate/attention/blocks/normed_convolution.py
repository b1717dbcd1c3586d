"""A convolution, batch normalisation, and a function of one number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, namespace
from neurogate.attention.layer import Parameters, named
from neurogate.attention.operators import batch_norm, convolution
from neurogate.attention.operators.batch_norm import Running
from neurogate.attention.operators.pointwise import POINTWISE, Pointwise
from neurogate.attention.operators.windows import PerAxis
from neurogate.attention.options import mapping, one_of

__all__ = ["Cache", "Statistics", "backward", "forward", "initial", "told"]

Draw: TypeAlias = Literal["uniform", "kaiming", "xavier"]
"""By whose rule weights are drawn; the first is PyTorch's."""

Statistics: TypeAlias = Mapping[str, Running | None]
"""Running statistics by the name of the part whose they are."""


class Cache(NamedTuple):
    """What the backward needs."""

    convolution: convolution.Cache
    norm: batch_norm.Cache | None
    activation: Pointwise
    before: Any

    @property
    def running(self) -> Running | None:
        """Return the running statistics after this batch; None without a norm."""
        return self.norm and self.norm.running


def initial(
    rng: np.random.Generator, outputs: int, inputs: int, kernel: Sequence[int], *, norm: bool = True,
    bias: bool = True, how: Draw = "uniform",
) -> Parameters:  # fmt: skip
    """Draw a convolution, and a norm that changes nothing.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source; it is advanced.
    outputs, inputs : int
        Channels.
    kernel : sequence of int
        Its sizes.
    norm, bias : bool
        Whether there is one.
    how : {"uniform", "kaiming", "xavier"}
        As PyTorch does; or as He or Glorot, with biases of 0.

    Examples
    --------
    >>> sorted(initial(np.random.default_rng(0), 2, 3, (1, 1)))
    ['bias', 'norm.bias', 'norm.weight', 'weight']
    """
    shape = (outputs, inputs, *kernel)
    if one_of("how", how, get_args(Draw)) == "uniform":
        drawn = {name[1:]: array for name, array in draw.linear(rng, "", *shape, bias=bias).items()}
    else:
        drawn = {"weight": {"kaiming": draw.kaiming_normal, "xavier": draw.xavier_uniform}[how](rng, shape)}
        drawn |= {"bias": np.zeros(outputs)} if bias else {}
    return drawn | ({"norm.weight": np.ones(outputs), "norm.bias": np.zeros(outputs)} if norm else {})


def forward(
    x: Array, parameters: Mapping[str, Array], running: Running | None = None, *, stride: PerAxis = 1,
    padding: PerAxis = 0, activation: str = "identity", training: bool = True, momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[Array, Cache]:  # fmt: skip
    r"""Convolve, normalise, bend.

    .. math:: y = \phi(\mathrm{BN}(W * x + b))

    Parameters
    ----------
    x : (B, C, n...)
        Input.
    parameters : mapping
        weight, bias if any; norm.weight and norm.bias if there is a norm.
    running : Running, optional
        Of the norm; mean 0 and variance 1 if left out.
    stride, padding : int or sequence of int
        Of the convolution.
    activation : str
        :math:`\phi`, one of `POINTWISE`.
    training : bool
        Whether the norm uses the statistics of the batch.
    momentum, eps : float
        Of the norm.

    Returns
    -------
    y : (B, O, m...)
        Output.
    cache : Cache
        For `backward`; ``cache.running`` are the running statistics after this batch.

    Raises
    ------
    RequestError
        If shapes do not fit.

    Examples
    --------
    >>> p = initial(np.random.default_rng(0), 2, 3, (3, 3))
    >>> forward(np.ones((1, 3, 5, 5)), p, padding=1, activation="relu")[0].shape
    (1, 2, 5, 5)
    """
    xp, bend, norm = namespace(x=x), POINTWISE[one_of("activation", activation, POINTWISE)], None
    y, convolved = convolution.forward(x, parameters["weight"], parameters.get("bias"), stride=stride,
                                       padding=padding)  # fmt: skip
    if "norm.weight" in parameters:
        weight, bias = parameters["norm.weight"], parameters["norm.bias"]
        if running is None:
            running = Running(xp.zeros_like(weight), xp.ones_like(weight))
        y, norm = batch_norm.forward(y, weight, bias, running, training=training, momentum=momentum, eps=eps)
    y, before = bend.forward(y) if activation != "identity" else (y, y)
    return y, Cache(convolved, norm, bend, before)


def backward(dy: Array, cache: Cache) -> tuple[Array, Parameters]:
    """Return the gradients.

    Parameters
    ----------
    dy : (B, O, m...)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dx : (B, C, n...)
        Gradient with respect to `x`.
    gradients : dict
        Of the parameters.

    Examples
    --------
    >>> _, cache = forward(np.ones((1, 3, 5)), initial(np.random.default_rng(0), 2, 3, (3,)))
    >>> backward(np.ones((1, 2, 3)), cache)[0].shape
    (1, 3, 5)
    """
    gradients: Parameters = {}
    dy = cache.activation.backward(dy, cache.before)
    if cache.norm is not None:
        dy, weight, bias = batch_norm.backward(dy, cache.norm)
        gradients = named("norm", {"weight": weight, "bias": bias})
    dx, weight, bias = convolution.backward(dy, cache.convolution)
    return dx, gradients | {"weight": weight} | ({} if bias is None else {"bias": bias})


def told(statistics: Statistics | None, parameters: Mapping[str, Array]) -> Statistics:
    """Return running statistics by the names of the parts of a layer that have a norm.

    Parameters
    ----------
    statistics : mapping, optional
        What the caller gave; of what is left out there are none yet.
    parameters : mapping
        All of the layer.

    Raises
    ------
    RequestError
        If it is no mapping, or there is no norm of a name.

    Examples
    --------
    >>> told(None, {"first.norm.weight": np.ones(2)})
    {}
    >>> told({"frist": None}, {"first.norm.weight": np.ones(2)})
    Traceback (most recent call last):
    neurogate.errors.RequestError: statistics has 'frist'. Give some of first.
    """
    behind = ".norm.weight"
    names = [name.removesuffix(behind) for name in parameters if name.endswith(behind)]
    return mapping("statistics", statistics, "Running", names)
