"""The plain delta rule: the three-factor rule without its gates, at constant rates."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from ..units import Domain, settings
from .episode import Call, Episode, Readouts, Rule, RuleState
from .stepping import by_error, learn_what, learn_when

__all__ = ["Delta"]


@settings
class Delta(Rule):
    r"""Learn in proportion to the error, always.

    .. math:: \Delta w = \eta \delta x / (1 + |x|^2)

    Parameters
    ----------
    eta_when, eta_what : float
        Learning rates.

    References
    ----------
    Widrow & Hoff 1960, Adaptive switching circuits, IRE WESCON.

    Examples
    --------
    >>> Delta().eta_when
    0.1
    """

    kind: ClassVar[str] = "delta"
    eta_when: Annotated[float, Domain(0, 2)] = 0.1
    eta_what: Annotated[float, Domain(0, 2)] = 0.01

    def online(self, call: Call, state: RuleState, episode: Episode) -> tuple[RuleState, Readouts]:
        """Learn *when* from a stretch of a trial."""
        always = np.ones(episode.target.shape)
        return learn_when(by_error(call), state, episode, always, 0.0, self.eta_when)

    def offline(self, call: Call, state: RuleState, episode: Episode) -> RuleState:
        """Learn *what* from the replayed moments."""
        return learn_what(by_error(call), state, episode, self.eta_what)[0]
