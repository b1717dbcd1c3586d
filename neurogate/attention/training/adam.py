"""Adam: steps of each parameter in proportion to its mean gradient over the root of its mean square."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import Annotated

import attrs

from neurogate.attention.arrays import Array, fits, namespace
from neurogate.attention.layer import Parameters
from neurogate.errors import RequestError
from neurogate.units import Domain, NonNegative, Positive, settings

__all__ = ["Adam", "AdamState"]


@attrs.frozen
class AdamState:
    """What Adam remembers.

    Attributes
    ----------
    steps : int
        How many were taken.
    mean, square : dict
        Of each parameter, the running mean of its gradient and of the square of it.
    """

    steps: int = 0
    mean: Parameters = attrs.field(factory=dict)
    square: Parameters = attrs.field(factory=dict)


@settings
class Adam:
    r"""Adam, with weight decay apart from the gradient (AdamW) or as a part of it.

    .. math::
        m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \quad
        \theta \leftarrow (1 - \eta \lambda) \theta
        - \eta \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}

    Parameters
    ----------
    rate : float
        :math:`\eta`; 0 leaves everything where it is.
    beta1, beta2 : float
        How much of the running means is kept.
    eps : float
        :math:`\epsilon`.
    weight_decay : float
        :math:`\lambda`.
    decoupled : bool
        False adds :math:`\lambda \theta` to the gradient in place of shrinking the weights.
    exempt : tuple of str
        Names of parameters whose :math:`\lambda` is 0; ``*`` stands for any letters. Usual are biases, norms,
        embeddings and gates, whose size means something of its own: ``("*bias", "*norm*", "*gate*")``.

    References
    ----------
    Kingma & Ba 2015, arXiv:1412.6980. Loshchilov & Hutter 2019, arXiv:1711.05101.

    Examples
    --------
    >>> import numpy as np
    >>> parameters = {"w": np.array([1.0])}
    >>> state = Adam(rate=0.1, weight_decay=0.0).update(parameters, {"w": np.array([5.0])}, AdamState())
    >>> parameters["w"].round(6).tolist(), state.steps
    ([0.9], 1)
    >>> parameters, still = {"w": np.ones(1), "bias": np.ones(1)}, {"w": np.zeros(1), "bias": np.zeros(1)}
    >>> state = Adam(rate=0.1, weight_decay=0.5, exempt=("*bias",)).update(parameters, still, AdamState())
    >>> parameters["w"].item(), parameters["bias"].item()
    (0.95, 1.0)
    """

    rate: NonNegative = 1e-3
    beta1: Annotated[float, Domain(0, 1, high_open=True)] = 0.9
    beta2: Annotated[float, Domain(0, 1, high_open=True)] = 0.999
    eps: Positive = 1e-8
    weight_decay: NonNegative = 0.01
    decoupled: bool = True
    exempt: tuple[str, ...] = ()

    def update(
        self, parameters: Mapping[str, Array], gradients: Mapping[str, Array], state: AdamState,
        times: float = 1.0,
    ) -> AdamState:  # fmt: skip
        """Change the arrays of `parameters` that have a gradient, in place, and return the state after.

        `times` multiplies the rate, for a schedule. A pattern of `exempt` that is no parameter's is told of,
        and so is a gradient that is none of a parameter.
        """
        for name, gradient in gradients.items():
            if name not in parameters:
                among = ", ".join(parameters)
                raise RequestError(f"{name} has a gradient and is none of the parameters, which are {among}.")
            both = {name: parameters[name], "its gradient": gradient}
            namespace(**both)
            fits(gradient.shape == parameters[name].shape, "they must have one shape", **both)
        for pattern in self.exempt:
            if not fnmatch.filter(parameters, pattern):
                raise RequestError(
                    f"exempt holds {pattern!r}, which is the name of no parameter. There are "
                    f"{', '.join(parameters)}."
                )
        t, rate = state.steps + 1, self.rate * times
        mean, square = dict(state.mean), dict(state.square)
        for name, gradient in gradients.items():
            weights = parameters[name]
            xp = namespace(gradient=gradient)
            decay = (
                0.0
                if any(fnmatch.fnmatchcase(name, pattern) for pattern in self.exempt)
                else self.weight_decay
            )
            if self.decoupled:
                weights *= 1 - rate * decay
            else:
                gradient = gradient + decay * weights
            mean[name] = self.beta1 * mean.get(name, 0) + (1 - self.beta1) * gradient
            square[name] = self.beta2 * square.get(name, 0) + (1 - self.beta2) * gradient * gradient
            size = xp.sqrt(square[name] / (1 - self.beta2**t)) + self.eps
            weights -= rate / (1 - self.beta1**t) * mean[name] / size
        return AdamState(t, mean, square)
