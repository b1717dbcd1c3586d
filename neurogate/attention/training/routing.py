"""Gradient routing: gates learn in a pass of their own, before everything else does."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs

from neurogate.attention.arrays import Array
from neurogate.attention.layer import Parameters
from neurogate.attention.training.adam import Adam, AdamState
from neurogate.attention.training.steps import clipped

__all__ = ["Routing", "RoutingState"]

Objective = Callable[[], tuple[float, Parameters]]


@attrs.frozen
class RoutingState:
    """What the two optimisers remember."""

    gates: AdamState = attrs.field(factory=AdamState)
    rest: AdamState = attrs.field(factory=AdamState)


@attrs.frozen
class Routing:
    """Two passes for each batch: the first moves the gates alone, the second all but the gates.

    Parameters
    ----------
    gates : Adam
        Of the gates; usually with a much larger rate.
    rest : Adam
        Of everything else.
    largest_gates, largest_rest : float
        Norm, over all parameters, to which gradients are clipped in the first and in the second pass.
    accumulate : bool
        Whether the second pass adds its gradients to those of the first, as the authors' code does, which
        does not reset them in between.

    References
    ----------
    Hard-attention gates with gradient routing for endoscopic image computing (2024), arXiv:2407.04400.

    Examples
    --------
    >>> import numpy as np
    >>> weights = {"gate": np.ones(1), "w": np.ones(1)}
    >>> routing = Routing(Adam(rate=0.1, weight_decay=0.0), Adam(rate=0.01, weight_decay=0.0))
    >>> loss = lambda: (0.0, {"gate": np.ones(1), "w": np.ones(1)})
    >>> state, losses = routing.step(weights, {"gate"}, loss, loss, RoutingState())
    >>> weights["gate"].round(6).item(), weights["w"].round(6).item()
    (0.9, 0.99)
    """

    gates: Adam
    rest: Adam
    largest_gates: float = 10.0
    largest_rest: float = 128.0
    accumulate: bool = False

    def step(
        self, parameters: Mapping[str, Array], names: set[str], first: Objective, second: Objective,
        state: RoutingState,
    ) -> tuple[RoutingState, tuple[float, float]]:  # fmt: skip
        """Change the parameters in place, and return the state after and the losses of both passes.

        `names` are those of the gates; `first` and `second` compute loss and gradients of a pass with the
        parameters as they are then.
        """
        loss, gradients = first()
        gradients = clipped(gradients, self.largest_gates)
        chosen = {name: gradient for name, gradient in gradients.items() if name in names}
        gates = self.gates.update(parameters, chosen, state.gates)
        loss_then, then = second()
        if self.accumulate:
            then = {name: gradient + gradients[name] for name, gradient in then.items()}
        then = clipped(then, self.largest_rest)
        others = {name: gradient for name, gradient in then.items() if name not in names}
        return RoutingState(gates, self.rest.update(parameters, others, state.rest)), (loss, loss_then)
