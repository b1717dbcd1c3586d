"""Attention goes where the target is predicted better than by its base rate, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np
import pytest

from neurogate.plasticity.gates import GateContext, LearnedGate

TIMES_MS = np.arange(5.0, 405.0, 5.0)
GATE = LearnedGate(start_ms=0.0, stop_ms=400.0, floor=0.1)
BINS = len(TIMES_MS)


Trials = list[tuple[np.ndarray, np.ndarray]]


def after(gate: LearnedGate, trials: Trials, times: np.ndarray) -> Mapping[str, np.ndarray]:
    """Return the memory after trials of (target, readout), (T,) each."""
    memory = gate.start(1)
    for number, (target, read) in enumerate(trials):
        memory = gate.observe(memory, times, target[None], read[None])
        memory = gate.remember(memory, times, number)
    return memory


def opening(gate: LearnedGate, memory: Mapping[str, np.ndarray], times: np.ndarray = TIMES_MS) -> np.ndarray:
    context = GateContext(times, np.zeros(1), np.zeros(1), attention=memory["attention"])
    return gate.course(context)[0]


def bump(at_ms: float) -> np.ndarray:
    return np.exp(-0.5 * ((TIMES_MS - at_ms) / 20) ** 2)


def test_before_anything_is_learned_everything_is_attended_and_novelty_fades() -> None:
    assert (opening(GATE, GATE.start(1)) == 1).all()
    unpredicted = [(np.ones(BINS) * (n % 2), np.zeros(BINS)) for n in range(60)]
    course = [opening(GATE, after(GATE, unpredicted[:n], TIMES_MS)).max() for n in (1, 5, 20, 60)]
    assert course == sorted(course, reverse=True)
    assert (GATE.course(GateContext(TIMES_MS, np.zeros(2), np.zeros(2))) == 1).all()


def test_events_that_are_predicted_keep_attention_and_random_events_lose_it(rng: np.random.Generator) -> None:
    trials = []
    for _ in range(200):
        expected = bump(rng.choice([50.0, 150.0]))
        trials.append((expected + bump(rng.uniform(250, 350)), expected))
    course = opening(GATE, after(GATE, trials, TIMES_MS))
    assert course[TIMES_MS < 195].min() > 0.95
    assert course[(TIMES_MS >= 200) & (TIMES_MS < 395)].max() < 0.2


def test_a_readout_that_only_knows_the_mean_gains_no_attention(rng: np.random.Generator) -> None:
    gate = attrs.evolve(GATE, trials=100.0, width_ms=50.0)
    events = [bump(rng.uniform(50, 350)) for _ in range(1000)]
    mean = np.mean(events, axis=0)
    course = opening(gate, after(gate, [(event, mean) for event in events], TIMES_MS))
    assert course[(TIMES_MS > 100) & (TIMES_MS < 300)].max() < 0.2


def test_the_opening_is_the_part_of_the_variance_that_is_explained(rng: np.random.Generator) -> None:
    gate = LearnedGate(start_ms=0.0, stop_ms=100.0, width_ms=100.0, trials=4000.0, floor=0.2)
    times, trials = np.array([50.0]), []
    for _ in range(8000):
        known, noise = 3 * rng.standard_normal(2)
        trials.append((np.array([known + noise / 2]), np.array([known])))
    (course,) = opening(gate, after(gate, trials, times), times)
    assert course == pytest.approx(0.2 + 0.8 * 0.8, abs=0.05)


def test_a_window_that_is_predicted_again_opens_again(rng: np.random.Generator) -> None:
    random = [(bump(rng.uniform(100, 300)), np.zeros(BINS)) for _ in range(100)]
    learned = [(bump(at), bump(at)) for at in rng.choice([150.0, 250.0], 100)]
    closed = opening(GATE, after(GATE, random, TIMES_MS))
    opened = opening(GATE, after(GATE, random + learned, TIMES_MS))
    inside = (TIMES_MS > 100) & (TIMES_MS < 300)
    assert closed[inside].max() < 0.15
    assert opened[inside].min() > 0.9


@pytest.mark.parametrize("size", [1, 7])
def test_a_trial_in_pieces_is_remembered_with_the_same_bits(size: int, rng: np.random.Generator) -> None:
    target, read = rng.random((2, 3, BINS))
    memory = {"attention": rng.random((3, 3, 4)), "attended": rng.random((3, 3, 4))}
    whole = GATE.observe(memory, TIMES_MS, target, read)
    pieces: Mapping[str, np.ndarray] = memory
    for first in range(0, BINS, size):
        cut = slice(first, first + size)
        pieces = GATE.observe(pieces, TIMES_MS[cut], target[:, cut], read[:, cut])
    np.testing.assert_array_equal(pieces["attended"], whole["attended"])
    one = {key: value[1:2] for key, value in memory.items()}
    alone = GATE.observe(one, TIMES_MS, target[1:2], read[1:2])
    np.testing.assert_array_equal(whole["attended"][1:2], alone["attended"])


def test_windows_without_bins_stay_as_they_are_and_times_beyond_belong_to_the_nearest() -> None:
    gate = LearnedGate(start_ms=0.0, stop_ms=300.0)
    times = np.array([-50.0, 250.0, 900.0])
    memory = after(gate, [(np.ones(3), np.zeros(3))] * 50, times)
    np.testing.assert_array_equal(memory["attention"][0, :, 1], gate.start(1)["attention"][0, :, 1])
    assert opening(gate, memory, np.array([150.0, -1e3, 1e3])).tolist() == pytest.approx([1.0, 0.1, 0.1])
