r"""Telling a change of the world from chance: which of two memories has lately predicted better.

A labile memory, which learns fast, and a consolidated one, which learns slowly, predict the same outcome o,
as :math:`\hat p` and :math:`\bar p`. While nothing changes the consolidated one is better, since the labile
one follows chance; after any change the labile one is. Evidence for a change adds up, trial by trial, and
never falls below nothing (Page's test):

.. math:: S \leftarrow \max(0, S + |o - \bar p|^2 - |o - \hat p|^2 - c)

At an alarm, :math:`S > h`, novelty begins anew. A single surprise, however great, is not enough: it would
have to be followed by outcomes that the labile memory has come to expect.
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
    r"""Adds up by how much a labile memory predicts better than a consolidated one.

    Parameters
    ----------
    chance : float
        What it must be better by, c, to count as evidence.
    alarm : float
        Evidence h at which the world has changed.
    deaf_trials : float
        Trials after an alarm, and after the beginning, in which no evidence is gathered, since the
        consolidated memory is still being made.

    References
    ----------
    Page 1954, doi:10.1093/biomet/41.1-2.100. Iigaya 2016, doi:10.7554/eLife.18073 (synapses that learn fast
    and slowly, and a surprise that compares them). Yu & Dayan 2005, doi:10.1016/j.neuron.2005.04.026
    (unexpected against expected uncertainty).

    Examples
    --------
    >>> detector = ChangeDetector(deaf_trials=0.0)
    >>> memory, always = detector.start(1), np.ones((1, 1))
    >>> for _ in range(3):
    ...     memory = detector.heard(memory, 0 * always, always, always)
    >>> memory["evidence"].tolist(), memory["calm"].tolist()
    ([0.0], [0.0])
    """

    chance: NonNegative = 0.1
    alarm: Positive = 2.0
    deaf_trials: Annotated[float, Domain(0)] = 20.0

    def start(self, batch: int) -> Memory:
        """Return the memory before anything is heard: the evidence, and the trials since an alarm, (B,)."""
        return {"evidence": np.zeros(batch), "calm": np.zeros(batch)}

    def heard(self, memory: Memory, consolidated: Array, labile: Array, outcome: Array) -> Memory:
        """Return the memory after a trial; ``calm`` is 0 where there was an alarm.

        Parameters
        ----------
        memory : mapping
        consolidated, labile : (B, K) arrays
            What each memory predicted, taken as probabilities from 0 to 1.
        outcome : (B, K) array
            What came, one-hot.
        """
        slow, fast = (((outcome - np.clip(p, 0, 1)) ** 2).sum(axis=-1) for p in (consolidated, labile))
        listening = memory["calm"] >= self.deaf_trials
        evidence = np.maximum(0, memory["evidence"] + slow - fast - self.chance) * listening
        alarmed = evidence > self.alarm
        return {
            **memory,
            "evidence": np.where(alarmed, 0.0, evidence),
            "calm": np.where(alarmed, 0.0, memory["calm"] + 1),
        }
