"""Ridge regression: the least-squares solution over all trials so far, solved at the end of each trial."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from ..units import settings
from .episode import Call, Episode, Readouts, RuleState
from .force import Force

__all__ = ["Ridge"]

Array = npt.NDArray[Any]


@settings
class Ridge(Force):
    r"""Batch least squares.

    .. math:: w = (\sum_s \lambda^{n - s} x_s x_s^T + \alpha I)^{-1} \sum_s \lambda^{n - s} x_s d_s

    The settings are those of `Force`, which gives the same weights when nothing is forgotten. With
    forgetting the ridge :math:`\alpha` stays constant. Weights change once, at the end of a trial.

    Examples
    --------
    >>> Ridge(ridge_when=10.0).ridge_when
    10.0
    """

    kind: ClassVar[str] = "ridge"

    def start(self, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> RuleState:
        """Return the state before learning: weights and the sums of x x' and x d, in float64."""
        batch, n, outcomes = shape
        state = dict(super().start(shape, dtype))
        for name, size, width in (("when", n, 1), ("what", n + 1, outcomes)):
            state[f"{name}_inverse"] = np.zeros((batch, size, size))
            state[f"{name}_product"] = np.zeros((batch, size, width))
        return state

    def online(self, call: Call, state: RuleState, episode: Episode) -> tuple[RuleState, Readouts]:
        """Add the samples of a stretch of a trial to the sums of *when*; no weight changes yet."""
        take = self._sampled(episode)
        when = call("readout")(state["when"], episode.phasic)[..., 0]
        state = self._add(
            state, "when", episode.phasic[:, take], episode.target[:, take, None], self.forgetting_when
        )
        return state, Readouts(when, np.tile(take.astype(when.dtype), (len(when), 1)))

    def offline(self, call: Call, state: RuleState, episode: Episode) -> RuleState:
        """Add the replayed moments to the sums of *what* and solve for both readouts."""
        state = self._add(state, "what", *episode.replayed(), self.forgetting_what)
        return {
            **state,
            "when": self._solve(state, "when", self.ridge_when),
            "what": self._solve(state, "what", self.ridge_what),
        }

    def _add(self, state: RuleState, name: str, samples: Array, targets: Array, memory: float) -> RuleState:
        x, d = samples.astype(np.float64), targets.astype(np.float64)
        count = x.shape[1]
        older = memory**count
        weighted = x * (memory ** np.arange(count - 1, -1, -1.0))[None, :, None]
        # One thread: products of matrices change their bits with the number of threads.
        with threadpool_limits(1):
            square = older * state[f"{name}_inverse"] + weighted.transpose(0, 2, 1) @ x
            product = older * state[f"{name}_product"] + weighted.transpose(0, 2, 1) @ d
        return {**state, f"{name}_inverse": square, f"{name}_product": product}

    def _solve(self, state: RuleState, name: str, ridge: float) -> Array:
        square, product = state[f"{name}_inverse"], state[f"{name}_product"]
        with threadpool_limits(1):
            weights = np.linalg.solve(square + ridge * np.eye(square.shape[1]), product)
        return np.ascontiguousarray(weights.transpose(0, 2, 1), state[name].dtype)

    def _forget_all(self, state: RuleState) -> RuleState:
        return {key: np.zeros_like(state[key]) for key in state if key.endswith(("_inverse", "_product"))}
