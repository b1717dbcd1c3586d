"""Episodes made of random traces, and the two backends to learn from them with."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from neurogate.backends.registry import choose
from neurogate.plasticity.episode import Episode, Rule, RuleState

BIN_MS, CUE_BIN = 5.0, 8
SHAPE = (2, 12, 2)
"""Replicas, neurons, outcomes."""


def caller(backend: str = "numba", threads: int = 1) -> Callable[[str], Callable[..., Any]]:
    """Look backend functions up as a reservoir does."""
    return lambda name: functools.partial(getattr(choose(backend)[0], name), threads=threads)


def make_episode(
    rng: np.random.Generator,
    *,
    dtype: str = "float64",
    shape: tuple[int, int, int] = SHAPE,
    bins: int = 48,
    snapshots: int = 4,
    number: int = 0,
    block_starts: bool = False,
) -> Episode:
    """Return a trial of random traces with an outcome at 120 ms, omitted in the last replica."""
    batch, n, outcomes = shape
    time_ms = BIN_MS * (np.arange(bins) + 1 - CUE_BIN)
    came = np.arange(batch) < max(batch - 1, 1)
    tonic = rng.standard_normal((batch, bins, n + 1)).astype(dtype)
    tonic[..., -1] = 3
    return Episode(
        number=number,
        block_starts=block_starts,
        bins=np.arange(bins),
        time_ms=time_ms,
        phasic=rng.standard_normal((batch, bins, n)).astype(dtype),
        tonic=tonic,
        target=np.exp(-0.5 * ((time_ms - 120) / 40) ** 2) * came[:, None],
        outcome=np.eye(outcomes)[rng.integers(outcomes, size=batch)] * came[:, None],
        outcome_ms=np.where(came, 120.0, np.nan),
        replay=rng.integers(CUE_BIN, bins, (batch, snapshots)),
        due_ms=np.full(batch, 120.0),
        seed=np.arange(7, 7 + batch),
    )


def live(
    rule: Rule, episodes: list[Episode], state: RuleState | None = None, backend: str = "numba"
) -> RuleState:
    """Learn from whole trials, one after the other."""
    call = caller(backend)
    batch, _, n = episodes[0].phasic.shape
    outcomes = episodes[0].outcome.shape[1]
    state = rule.start((batch, n, outcomes), episodes[0].phasic.dtype) if state is None else state
    for episode in episodes:
        state, _ = rule.online(call, state, episode)
        state = rule.offline(call, state, episode)
    return state


def assert_same(left: RuleState, right: RuleState) -> None:
    """Compare two states bit for bit."""
    assert left.keys() == right.keys()
    for key in left:
        np.testing.assert_array_equal(left[key], right[key], err_msg=key)
        assert left[key].dtype == right[key].dtype, key
