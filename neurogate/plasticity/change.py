r"""Telling a change of the world from chance: evidence that adds up, from odds and from times.

*Odds*: a labile memory, which learns fast, and a consolidated one, which learns slowly, predict the same
outcome o, as :math:`\hat p` and :math:`\bar p`. While nothing changes the consolidated one is better, since
the labile one follows chance; after any change the labile one is. *Times*: the error e with which *when*
meets a trial is about as large as its running mean :math:`\bar e`, or, after a change, several times as
large. Evidence adds up trial by trial and never falls below nothing (Page's test), for each of the two:

.. math:: S \leftarrow \max(0, S + |o - \bar p|^2 - |o - \hat p|^2 - c), \quad
          S' \leftarrow \max(0, S' + e / \bar e - c')

At an alarm, when either is above h, novelty begins anew. A single surprising outcome, however great, is not
enough: it would have to be followed by others that the labile memory has come to expect.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from ..units import Domain, NonNegative, Positive, settings

__all__ = ["ChangeDetector"]

Array = npt.NDArray[Any]
Memory = Mapping[str, Array]


@settings
class ChangeDetector:
    r"""Adds up by how much a labile memory predicts better, and how much worse times are met than usual.

    Parameters
    ----------
    chance : float
        What the labile memory must be better by, c, to count as evidence.
    startle : float
        How many times its running mean, :math:`c'`, the error of *when* must be to count as evidence.
    alarm : float
        Evidence h at which the world has changed.
    deaf_trials : float
        Trials after an alarm, and after the beginning, in which no evidence is gathered, since memories are
        still being made. The running mean of the error of *when* is taken over as many.

    References
    ----------
    Page 1954, doi:10.1093/biomet/41.1-2.100. Iigaya 2016, doi:10.7554/eLife.18073 (synapses that learn fast
    and slowly, and a surprise that compares them). Yu & Dayan 2005, doi:10.1016/j.neuron.2005.04.026
    (unexpected against expected uncertainty).

    Examples
    --------
    >>> detector = ChangeDetector(deaf_trials=0.0)
    >>> memory, always = detector.start(1), np.ones((1, 1))
    >>> for _ in range(2):
    ...     memory = detector.heard(memory, 0 * always, always, always, always[0])
    >>> memory["evidence"].round(1).tolist(), memory["calm"].tolist()
    ([[1.8, 0.0]], [2.0])
    """

    chance: NonNegative = 0.1
    startle: Annotated[float, Domain(1)] = 1.75
    alarm: Positive = 2.0
    deaf_trials: Annotated[float, Domain(0)] = 20.0

    def start(self, batch: int) -> Memory:
        """Return the memory before anything is heard.

        ``evidence`` (B, 2) is that of odds and of times, ``calm`` (B,) the trials since an alarm, ``usual``
        (B,) the running mean of the error of *when*, 0 before there is one.
        """
        return {"evidence": np.zeros((batch, 2)), "calm": np.zeros(batch), "usual": np.zeros(batch)}

    def heard(
        self, memory: Memory, consolidated: Array, labile: Array, outcome: Array, error: Array
    ) -> Memory:
        """Return the memory after a trial; ``calm`` is 0 where there was an alarm.

        Parameters
        ----------
        memory : mapping
        consolidated, labile : (B, K) arrays
            What each memory predicted, taken as probabilities from 0 to 1.
        outcome : (B, K) array
            What came, one-hot.
        error : (B,) array
            Mean squared error with which *when* met the trial, NaN where it was taught nothing.
        """
        slow, fast = (((outcome - np.clip(p, 0, 1)) ** 2).sum(axis=-1) for p in (consolidated, labile))
        usual, timed = memory["usual"], ~np.isnan(error)
        known = timed & (usual > 0)
        times = np.divide(error, usual, out=np.full_like(usual, self.startle), where=known)
        gained = np.stack([slow - fast - self.chance, times - self.startle], axis=-1)
        listening = (memory["calm"] >= self.deaf_trials)[:, None]
        evidence = np.maximum(0, memory["evidence"] + gained) * listening
        alarmed = (evidence > self.alarm).any(axis=-1)
        followed = usual + (error - usual) / np.where(usual > 0, max(self.deaf_trials, 1.0), 1.0)
        return {
            **memory,
            "evidence": np.where(alarmed[:, None], 0.0, evidence),
            "calm": np.where(alarmed, 0.0, memory["calm"] + 1),
            "usual": np.where(timed, followed, usual),
        }
