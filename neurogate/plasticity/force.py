"""FORCE: recursive least squares, with optional forgetting and optional reset at block switches.

Without forgetting it equals ridge regression on everything seen so far, which is why it cannot adapt.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..units import Domain, Milliseconds, Positive, settings
from .episode import Call, Episode, Readouts, Rule, RuleState
from .window import check_window, inside

__all__ = ["Force"]

Array = npt.NDArray[Any]
_Memory = Annotated[float, Domain(0, 1, low_open=True)]


@settings
class Force(Rule):
    r"""Recursive least squares on both readouts.

    Parameters
    ----------
    ridge_when, ridge_what : float
        Ridge :math:`\alpha`; learning starts from P = I / alpha.
    forgetting_when, forgetting_what : float
        Factor per sample by which the past is forgotten, above 0 and at most 1 (never).
    sample_ms : float
        Time between the samples of *when*.
    start_ms, stop_ms : float
        Window, relative to the cue, from which *when* learns.
    reset : bool
        Whether P starts again at each block (an oracle that knows of the switch).

    References
    ----------
    Sussillo & Abbott 2009, doi:10.1016/j.neuron.2009.07.018.

    Examples
    --------
    >>> Force().forgetting_when
    1.0
    """

    kind: ClassVar[str] = "force"
    ridge_when: Positive = 100.0
    ridge_what: Positive = 1000.0
    forgetting_when: _Memory = 1.0
    forgetting_what: _Memory = 1.0
    sample_ms: Milliseconds = 20.0
    start_ms: Annotated[float, Domain(unit="ms")] = 0.0
    stop_ms: Annotated[float, Domain(unit="ms")] = 1650.0
    reset: bool = False

    def __attrs_post_init__(self) -> None:
        check_window(self.start_ms, self.stop_ms)

    def start(self, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> RuleState:
        """Return the state before learning: weights, inverse correlations, samples seen."""
        batch, n, _ = shape
        return {
            **super().start(shape, dtype),
            "when_inverse": _fresh(batch, n, self.ridge_when, dtype),
            "what_inverse": _fresh(batch, n + 1, self.ridge_what, dtype),
            "seen": np.zeros((batch, 2), np.int64),
        }

    def online(self, call: Call, state: RuleState, episode: Episode) -> tuple[RuleState, Readouts]:
        """Learn *when* from the samples of a stretch of a trial.

        Between samples the readout is that of the weights with which the stretch began.
        """
        state, take = self._begun(state, episode), self._sampled(episode)
        when = call("readout")(state["when"], episode.phasic)[..., 0]
        worth = self._worth(episode).astype(when.dtype)[:, None]
        if take.any():
            root = np.sqrt(worth)[..., None]
            taught = (episode.phasic, episode.target[..., None])
            samples, targets = (np.ascontiguousarray(root * part[:, take]) for part in taught)
            state, outputs = self._learn(call, state, "when", samples, targets, self.forgetting_when)
            when[:, take] = np.divide(outputs, root, out=when[:, take, None], where=root > 0)[..., 0]
        return state, Readouts(when, worth * take.astype(when.dtype))

    def offline(self, call: Call, state: RuleState, episode: Episode) -> RuleState:
        """Learn *what* from the replayed moments."""
        return self._learn(call, state, "what", *episode.replayed(), self.forgetting_what)[0]

    def _begun(self, state: RuleState, episode: Episode) -> RuleState:
        """Forget everything but the weights if a block begins here and that is asked for."""
        restarts = self.reset and episode.block_starts and episode.bins[0] == 0
        return {**state, **self._forget_all(state)} if restarts else state

    def _worth(self, episode: Episode) -> Array:
        """Return by how much the squares of a trial's samples count for *when*, (B,)."""
        return np.ones(len(episode.outcome_ms))

    def _sampled(self, episode: Episode) -> Array:
        """Say which bins are samples: inside the window, at multiples of `sample_ms` from the cue."""
        time = episode.time_ms
        phase = np.abs(time / self.sample_ms - np.rint(time / self.sample_ms))
        on_grid: Array = (phase < 1e-9) & inside(time, self.start_ms, self.stop_ms)
        return on_grid

    def _learn(
        self, call: Call, state: RuleState, name: str, samples: Array, targets: Array, memory: float
    ) -> tuple[RuleState, Array]:
        which = ("when", "what").index(name)
        ridge = (self.ridge_when, self.ridge_what)[which]
        turn, key = int(state["seen"][:, which].max()), f"{name}_inverse"  # 0 where it is given up
        weights, inverse, outputs = call("recursive_least_squares")(
            state[name],
            state[key],
            samples,
            targets.astype(samples.dtype),
            memory,
            ridge * (1 - memory),
            turn,
        )
        seen = state["seen"] + samples.shape[1] * (np.arange(2) == which)
        return {**state, name: weights, key: inverse, "seen": seen}, outputs

    def _forget_all(self, state: RuleState) -> RuleState:
        batch, _, n = state["when"].shape
        dtype = state["when"].dtype
        return {
            "when_inverse": _fresh(batch, n, self.ridge_when, dtype),
            "what_inverse": _fresh(batch, n + 1, self.ridge_what, dtype),
        }


def _fresh(batch: int, n: int, ridge: float, dtype: np.dtype[Any]) -> Array:
    return np.tile(np.eye(n, dtype=dtype) / dtype.type(ridge), (batch, 1, 1))
