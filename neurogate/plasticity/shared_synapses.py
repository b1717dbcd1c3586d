r"""Overlap that is forced: what is learned at a synapse of one readout spills over to the other.

Two readouts with weights of their own cannot disturb each other, whatever the angle between these: nothing
that *when* learns enters what *what* reads. They can if they share synapses that change. Let both read the
same d units downstream, :math:`w = a^T V` and :math:`W_k = A_k^T V`, with fixed a and A of length 1 and
plastic V. Then a step of gradient descent on V for *when* changes *what* too, by as much as their directions
agree, :math:`\rho = a \cdot A_k`, and the other way round:

.. math:: \Delta W_k = \Delta_{what} W_k + \rho \, \Delta_{when} w, \quad
          \Delta w = \Delta_{when} w + \rho \sum_k \Delta_{what} W_k

Here the steps :math:`\Delta_{when}` and :math:`\Delta_{what}` are those of the `three_factor` rule, and V
need not be simulated. The spillover :math:`\rho` is the overlap that is forced; 0 leaves that rule as it is.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ..units import Fraction, settings
from .episode import Call, Episode, RuleState
from .three_factor import ThreeFactor

__all__ = ["SharedSynapses"]


@settings
class SharedSynapses(ThreeFactor):
    r"""The three-factor rule at synapses that *when* and *what* share in part.

    What one readout has learned in a trial is added to the other at the end of the trial. The settings are
    those of `ThreeFactor`, and one more.

    Parameters
    ----------
    spillover : float
        The share :math:`\rho` of a change that the other readout gets. With K outcomes there are units
        downstream that agree so only up to :math:`1 / \sqrt{K}`; above, learning is no descent and may
        diverge.

    Examples
    --------
    >>> SharedSynapses().spillover
    0.3
    """

    kind: ClassVar[str] = "shared_synapses"
    spillover: Fraction = 0.3

    def start(self, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> RuleState:
        """Return the state before learning; ``spilled`` is what of *when* has been passed on."""
        state = super().start(shape, dtype)
        return {**state, "spilled": state["when"].copy()}

    def offline(self, call: Call, state: RuleState, episode: Episode) -> RuleState:
        """Pass on what *when* has learned, let *what* learn, and pass that on."""
        what = state["what"].copy()
        what[..., :-1] += self.spillover * (state["when"] - state["spilled"])
        after = super().offline(call, {**state, "what": what}, episode)
        back = (after["what"] - what)[..., :-1].sum(axis=1, keepdims=True)
        when = state["when"] + self.spillover * back
        return {**after, "when": when, "spilled": when.copy()}
