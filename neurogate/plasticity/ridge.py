"""Ridge regression: the least-squares solution over all trials so far, solved at the end of each trial."""

from __future__ import annotations

import functools
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

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
        state, take = self._begun(state, episode), self._sampled(episode)
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
        count = samples.shape[1]
        square = memory**count * state[f"{name}_inverse"]
        product = memory**count * state[f"{name}_product"]
        fade = memory ** np.arange(count - 1, -1, -1.0)[:, None]
        # A product of matrices changes its bits with the threads and with how arrays lie in memory.
        with _blas().limit(limits=1):
            for b in range(len(samples)):
                x, d = (np.array(part[b], np.float64, order="C") for part in (samples, targets))
                square[b] += (fade * x).T @ x
                product[b] += (fade * x).T @ d
        return {**state, f"{name}_inverse": square, f"{name}_product": product}

    def _solve(self, state: RuleState, name: str, ridge: float) -> Array:
        square, product = state[f"{name}_inverse"], state[f"{name}_product"]
        with _blas().limit(limits=1):
            weights = np.linalg.solve(square + ridge * np.eye(square.shape[1]), product)
        return np.ascontiguousarray(weights.transpose(0, 2, 1), state[name].dtype)

    def _forget_all(self, state: RuleState) -> RuleState:
        fresh: dict[str, Array] = {}
        for name, ridge in (("when", self.ridge_when), ("what", self.ridge_what)):
            fresh[f"{name}_inverse"] = np.zeros_like(state[f"{name}_inverse"])
            # The ridge then pulls towards the old weights instead of zero, as it does in `Force`.
            fresh[f"{name}_product"] = ridge * state[name].transpose(0, 2, 1).astype(np.float64)
        return fresh


@functools.cache
def _blas() -> Any:
    """Return what limits the threads of matrix products; looking for the libraries takes milliseconds."""
    return ThreadpoolController()
