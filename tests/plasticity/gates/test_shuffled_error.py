"""Openings of the error, a trial late, are drawn from those that were, and from nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.plasticity.gates import GateContext, ShuffledErrorGate

TIMES_MS = np.arange(-50.0, 400.0, 5.0)
GATE = ShuffledErrorGate(saturation=0.5, start_ms=0.0, stop_ms=300.0)
INSIDE = (TIMES_MS > 0) & (TIMES_MS < 300)


def after(target: np.ndarray, read: np.ndarray, pieces: int = 1) -> dict[str, np.ndarray]:
    memory = GATE.start(len(target))
    for cut in np.array_split(np.arange(len(TIMES_MS)), pieces):
        memory = GATE.observe(memory, TIMES_MS[cut], target[:, cut], read[:, cut])
    return dict(GATE.remember(memory, TIMES_MS, 0))


def known(memory: dict[str, np.ndarray], number: int = 1, seed: tuple[int, ...] = (5,)) -> GateContext:
    return GateContext(
        TIMES_MS, np.zeros(len(seed)), np.zeros(len(seed)), number=number, seed=np.array(seed),
        openings=memory["openings"],
    )  # fmt: skip


@given(st.integers(0, 2**32 - 1))
def test_openings_are_those_of_the_last_trial_to_a_class_and_on_average_exactly(seed: int) -> None:
    rng = np.random.default_rng(seed)
    target, read = rng.uniform(-1, 1, (2, 1, len(TIMES_MS)))
    opening = np.minimum(1, np.abs(target - read) / 0.5)[:, INSIDE]
    memory = after(target, read)
    counts, sums = memory["openings"][0]
    assert counts.sum() == INSIDE.sum()
    assert sums.sum() == pytest.approx(opening.sum())
    drawn = GATE.course(known(memory))
    assert np.abs(drawn[..., None] - opening[0]).min(axis=-1).max() <= 1 / 64 + 1e-12


def test_many_draws_are_as_open_on_average_in_every_bin() -> None:
    rng = np.random.default_rng(1)
    target = np.exp(-0.5 * ((TIMES_MS[None] - 150) / 30) ** 2)
    read = 0.1 * rng.standard_normal(target.shape)
    memory = after(target, read)
    drawn = np.concatenate([GATE.course(known(memory, number)) for number in range(1, 2001)])
    opening = np.minimum(1, np.abs(target - read) / 0.5)[:, INSIDE]
    # Six standard errors.
    assert np.abs(drawn.mean(axis=0) - opening.mean()).max() < 6 * opening.std() / np.sqrt(2000)


def test_a_trial_in_pieces_leaves_the_bits_of_the_whole_and_a_stretch_is_a_part_of_it() -> None:
    rng = np.random.default_rng(2)
    target, read = rng.uniform(-1, 1, (2, 2, len(TIMES_MS)))
    whole, pieces = after(target, read), after(target, read, pieces=7)
    assert np.array_equal(whole["openings"], pieces["openings"])
    context = known(whole, seed=(5, 6))
    cut = np.arange(20, 31)
    part = GateContext(
        TIMES_MS[cut], np.zeros(2), np.zeros(2), trial_ms=TIMES_MS, bins=cut, number=1,
        seed=np.array([5, 6]), openings=whole["openings"],
    )  # fmt: skip
    assert np.array_equal(GATE.course(part), GATE.course(context)[:, cut])


def test_draws_are_other_ones_in_every_trial_and_replica_and_the_same_again() -> None:
    target = np.tile(np.linspace(0, 1, len(TIMES_MS)), (2, 1))
    memory = after(target, np.zeros_like(target))
    one = GATE.course(known(memory, seed=(5, 6)))
    assert np.array_equal(GATE.course(known(memory, seed=(5, 6))), one)
    assert not np.array_equal(one[0], one[1])
    assert not np.array_equal(GATE.course(known(memory, number=2, seed=(5, 6))), one)


def test_a_trial_that_never_meets_the_window_leaves_the_memory_as_it_was() -> None:
    early = ShuffledErrorGate(start_ms=-1e4, stop_ms=-9e3)
    memory = early.observe(early.start(1), TIMES_MS, np.ones((1, 90)), np.zeros((1, 90)))
    assert np.array_equal(early.remember(memory, TIMES_MS, 0)["openings"], early.start(1)["openings"])


def test_a_readout_that_diverged_is_an_error_as_large_as_can_be() -> None:
    memory = after(np.zeros((1, len(TIMES_MS))), np.full((1, len(TIMES_MS)), np.nan))
    assert (GATE.course(known(memory)) == 1).all()


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="stop_ms is 5; it must be above start_ms, 5 ms"):
        ShuffledErrorGate(start_ms=5.0, stop_ms=5.0)
