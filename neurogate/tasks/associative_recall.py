"""Associative recall with several queries (MQAR): pairs of key and value, then keys whose values are asked.

Sequences of whole numbers and their labels, the same bits as the authors' generator makes of the same seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurogate.attention.options import whole_number
from neurogate.units import Count, Positive, Seed, settings

__all__ = ["FIGURE_2", "UNASKED", "AssociativeRecall", "Recall"]

UNASKED = -100
"""The label where nothing is asked."""


class Recall(NamedTuple):
    """Sequences, (examples, T), and for each place the value that is asked for, or `UNASKED`."""

    inputs: NDArray[np.int64]
    labels: NDArray[np.int64]


@settings
class AssociativeRecall:
    r"""Sequences that begin with pairs :math:`k_1 v_1 k_2 v_2 \ldots`, and in which each key comes again.

    Keys are drawn from 1 to V/2 - 1 and values from V/2 to V - 1, none twice in a sequence. Behind the pairs
    there are ``(T - 2 pairs) / 2`` gaps, of which each key takes one, with odds
    :math:`p_i \propto i^{a - 1}`: the smaller :math:`a`, the sooner. The label of a query is its value, at
    the same place: the shift by one that predicting the next token needs is in it.

    Parameters
    ----------
    vocabulary : int
        V, above the length.
    length : int
        T; even, and at least four times the pairs.
    pairs : int
        Of key and value.
    power : float
        :math:`a`; 1 makes all gaps alike.
    fill : bool
        Whether places without a token hold random ones instead of 0. The authors draw them elsewhere, so
        that only sequences without them are theirs bit for bit.
    seed : int
        Of the whole set.

    References
    ----------
    Zoology: measuring and improving recall in efficient language models (2023), arXiv:2312.04927.

    Examples
    --------
    >>> inputs, labels = AssociativeRecall(vocabulary=20, length=12, pairs=2).draw(1)
    >>> inputs.tolist()
    [[8, 13, 3, 11, 0, 0, 3, 0, 8, 0, 0, 0]]
    >>> labels[0, 5:9].tolist()
    [-100, 11, -100, 13]
    """

    vocabulary: Count = 8192
    length: Count = 64
    pairs: Count = 4
    power: Positive = 0.01
    fill: bool = False
    seed: Seed = 0

    def __attrs_post_init__(self) -> None:
        """Raise ValueError if the sequence is too short, the vocabulary too small, or the power too large."""
        if self.length % 2 or self.length < 4 * self.pairs:
            raise ValueError(
                f"length is {self.length}; it must be even, and at least 4 pairs, {4 * self.pairs}."
            )
        if self.vocabulary <= self.length:
            raise ValueError(f"vocabulary is {self.vocabulary}; it must be above length, {self.length}.")
        odds = self._odds()
        if not np.isfinite(odds).all():
            raise ValueError(f"power is {self.power}; with {odds.size} gaps to choose from it is too large.")

    def draw(self, examples: int) -> Recall:
        """Draw that many sequences.

        Parameters
        ----------
        examples : int
            How many; 100 000 to train and 3000 to test in the paper.

        Raises
        ------
        RequestError
            If that is no whole number.
        """
        examples = whole_number("examples", examples, 0)
        rng, half = np.random.RandomState(self.seed), self.vocabulary // 2
        keys = self._chosen(rng, examples, np.arange(1, half))
        values = self._chosen(rng, examples, np.arange(half, self.vocabulary))
        odds = self._odds()
        places = 2 * self.pairs + 2 * self._chosen(rng, examples, np.arange(odds.size), odds)
        inputs = np.zeros((examples, self.length), np.int64)
        labels = np.full_like(inputs, UNASKED)
        inputs[:, 0 : 2 * self.pairs : 2], inputs[:, 1 : 2 * self.pairs : 2] = keys, values
        np.put_along_axis(inputs, places, keys, axis=1)
        np.put_along_axis(labels, places, values, axis=1)
        if self.fill:
            noise = np.random.default_rng(self.seed).integers(self.vocabulary, size=inputs.shape)
            inputs = np.where(inputs == 0, noise, inputs)
        return Recall(inputs, labels)

    def _odds(self) -> NDArray[Any]:
        gaps = (self.length - 2 * self.pairs) // 2
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            odds: NDArray[Any] = self.power * np.arange(1, gaps + 1) ** (self.power - 1)
            odds /= odds.sum()
        return odds

    def _chosen(
        self, rng: np.random.RandomState, rows: int, among: NDArray[Any], odds: NDArray[Any] | None = None
    ) -> NDArray[np.int64]:
        drawn = [rng.choice(among, self.pairs, replace=False, p=odds) for _ in range(rows)]
        return np.array(drawn, np.int64).reshape(rows, self.pairs)


FIGURE_2: Mapping[int, AssociativeRecall] = {
    length: AssociativeRecall(length=length, pairs=pairs) for length, pairs in ((64, 4), (128, 8), (256, 16))
}
"""By their length, the tasks of the paper's second figure."""
