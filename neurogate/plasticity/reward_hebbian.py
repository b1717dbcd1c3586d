r"""Reward-modulated Hebbian learning: readouts explore, and a scalar says how well that went.

A readout is disturbed by noise :math:`\xi_k`; the reward is the negative squared error of the disturbed
readouts, :math:`R = -\sum_k (d_k - z_k - \xi_k)^2`, and what counts is by how much it beats its running mean
:math:`\bar R`:

.. math:: \Delta w_k = \eta \frac{\xi_k (R - \bar R)}{2 \sigma^2} \frac{x}{1 + |x|^2}

The mean of this over the noise is the delta rule's step at the rate :math:`\eta`; its spread is the price
of a teacher that says how well and not what. The exploration is known here, where Legenstein et al. estimate
it by the deviation of the activity from its own running mean, so this is the rule at its best.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..units import Domain, Positive, settings
from .episode import Call, Episode, Readouts, Rule, RuleState
from .window import check_window, inside

__all__ = ["RewardHebbian"]

Array = npt.NDArray[Any]
_Time = Annotated[float, Domain(unit="ms")]
_KEYS = {"when": 104, "what": 105}


@settings
class RewardHebbian(Rule):
    r"""Learn from exploration and a reward that is compared with its running mean.

    Parameters
    ----------
    eta_when, eta_what : float
        Learning rates; in the mean over the exploration those of the delta rule.
    noise_sd : float
        Spread :math:`\sigma` of the exploration.
    reward_samples : float
        Samples over which the reward is averaged.
    start_ms, stop_ms : float
        Window, relative to the cue, in which *when* learns.

    References
    ----------
    Legenstein, Chase, Schwartz & Maass 2010, doi:10.1523/JNEUROSCI.4284-09.2010. Hoerzer, Legenstein &
    Maass 2014, doi:10.1093/cercor/bhs348.

    Examples
    --------
    >>> RewardHebbian().noise_sd
    0.2
    """

    kind: ClassVar[str] = "reward_hebbian"
    eta_when: Annotated[float, Domain(0, 2)] = 0.03
    eta_what: Annotated[float, Domain(0, 2)] = 0.01
    noise_sd: Positive = 0.2
    reward_samples: Annotated[float, Domain(1)] = 20.0
    start_ms: _Time = 0.0
    stop_ms: _Time = 1650.0

    def __attrs_post_init__(self) -> None:
        check_window(self.start_ms, self.stop_ms)

    def start(self, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> RuleState:
        """Return the state before learning: the weights, and the mean reward of each readout."""
        return {**super().start(shape, dtype), "reward": np.zeros((shape[0], 2), dtype)}

    def online(self, call: Call, state: RuleState, episode: Episode) -> tuple[RuleState, Readouts]:
        """Learn *when* from a stretch of a trial."""
        samples, targets = episode.phasic, episode.target[..., None]
        open_ = inside(episode.time_ms, self.start_ms, self.stop_ms)
        gate = np.tile(open_.astype(samples.dtype), (len(samples), 1))
        noise = self._exploration("when", episode, (len(episode.trial_ms), 1))[:, episode.bins]
        state, when = self._explore(call, state, "when", samples, targets, noise, gate)
        return state, Readouts(when[..., 0], gate)

    def offline(self, call: Call, state: RuleState, episode: Episode) -> RuleState:
        """Learn *what* at the replayed moments."""
        samples, targets = episode.replayed()
        noise = self._exploration("what", episode, targets.shape[1:])
        always = np.ones(samples.shape[:2], samples.dtype)
        return self._explore(call, state, "what", samples, targets, noise, always)[0]

    def _exploration(self, name: str, episode: Episode, shape: tuple[int, ...]) -> Array:
        """Draw the exploration of one trial, a function of the replica's seed and the trial's number."""
        keys = (_KEYS[name], episode.number)
        draws = [np.random.default_rng(np.random.SeedSequence(int(s), spawn_key=keys)) for s in episode.seed]
        return self.noise_sd * np.stack([rng.standard_normal(shape) for rng in draws])

    def _explore(
        self,
        call: Call,
        state: RuleState,
        name: str,
        samples: Array,
        targets: Array,
        noise: Array,
        course: Array,
    ) -> tuple[RuleState, Array]:
        """Learn from samples in their order; also return the readouts (B, S, K), without exploration."""
        which, dtype = ("when", "what").index(name), samples.dtype
        eta = (self.eta_when, self.eta_what)[which] / (2 * self.noise_sd**2)
        weights, mean, outputs = call("rewarded_hebb")(
            state[name],
            state["reward"][:, which],
            samples,
            targets.astype(dtype),
            noise.astype(dtype),
            course,
            np.full(len(samples), eta, dtype),
            self.reward_samples,
        )
        reward = state["reward"].copy()
        reward[:, which] = mean
        return {**state, name: weights, "reward": reward}, outputs
