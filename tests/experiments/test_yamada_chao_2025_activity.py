"""What is claimed of the activity is found where it is planted, and not where it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from neurogate.runs.over_seeds import Seeds

CUES, EACH, N, SEEDS = 8, 8, 40, 3
SAMPLES, INTERVAL_MS = 44, 400.0
Course = Callable[[np.random.Generator], np.ndarray]
"""Draws the mean rates of a network, (C, T, N), from 0 on."""


@pytest.fixture
def script(claims_script: dict[str, Any]) -> dict[str, Any]:
    return claims_script


def apart(rng: np.random.Generator) -> np.ndarray:
    """Each cue has a direction of its own, at all times."""
    return np.broadcast_to(rng.random((CUES, 1, N)) * 4, (CUES, SAMPLES, N))


def bumps(peaks: np.ndarray) -> np.ndarray:
    """Each neuron fires around its own time, (C, T, N)."""
    return 8 * np.exp(-0.5 * ((np.arange(SAMPLES)[:, None] - peaks[:, None]) / 2.0) ** 2)


def evidence(
    course: Course, *, spikes: Callable[..., np.ndarray] | None = None, shared: float = 0.0
) -> Callable[[Any], Seeds]:
    """Return made-up probes of three networks: a course for each cue, and noise of each neuron or of all."""

    def run(study: Any) -> Seeds:
        cues, traces, counts = [], [], []
        for seed in range(SEEDS):
            rng = np.random.default_rng(seed)
            means = course(rng)
            cue = rng.permutation(np.repeat(np.arange(CUES), EACH))
            noise = 0.05 * rng.standard_normal((len(cue), SAMPLES, N))
            noise += shared * rng.standard_normal((len(cue), SAMPLES, 1))
            cues.append(cue)
            traces.append(means[cue] + noise)
            counts.append(np.round(means[cue]) if spikes is None else spikes(rng, means[cue]))
        arrays = {
            "record.cue": np.stack(cues),
            "record.trace": np.stack(traces),
            "record.spikes": np.stack(counts),
            "cue_names": np.arange(CUES).astype(str),
        }
        return Seeds(arrays, [{}] * SEEDS)

    return run


def verdicts(script: dict[str, Any], run: Callable[[Any], Seeds]) -> dict[str, str]:
    return {claim.claim: str(claim.verdict) for claim in script["activity"](run)}


def planted(script: dict[str, Any], factor: int) -> dict[str, str]:
    """Return which of outcomes, latencies and odds are told if one of them is in the activity."""

    def course(rng: np.random.Generator) -> np.ndarray:
        level = np.array([cue >> (2 - factor) & 1 for cue in range(CUES)])
        return apart(rng) + 3 * level[:, None, None] * rng.random(N)

    found = verdicts(script, evidence(course))
    return {word: found[f"The activity itself tells {word}"] for word in ("outcomes", "latencies", "odds")}


def test_samples_are_sorted_by_cue_and_cut_to_the_time_after_the_onset(script: dict[str, Any]) -> None:
    def course(rng: np.random.Generator) -> np.ndarray:
        return np.arange(CUES)[:, None, None] * 100.0 + np.arange(SAMPLES)[:, None] + np.zeros(N)

    of = next(script["probes"](evidence(course)(None)))
    assert of.trace.shape == (EACH, CUES, 20, N)
    assert of.time_ms[[0, -1]].tolist() == [250.0, 1200.0]
    # The sample at the time t ends at t; the first ends 50 ms after the trial begins, 350 ms before the cue.
    expected = np.arange(CUES)[:, None] * 100 + (of.time_ms + INTERVAL_MS) / 50 - 1
    np.testing.assert_array_equal(of.spikes[..., 0], np.broadcast_to(expected, (EACH, CUES, 20)))
    np.testing.assert_allclose(of.trials[of.cue == 3], of.by_cue[3])


def test_the_cues_of_the_simulation_are_in_the_order_of_the_axes(script: dict[str, Any]) -> None:
    task = script["CROSSED"].load().task
    odds, comes = task.probability()[0].max(axis=-1), task.probability()[0].argmax(axis=-1)
    assert script["AXES"] == ("what", "latency", "odds", "time")
    assert script["crossed"](comes).tolist() == [[[0, 0], [0, 0]], [[1, 1], [1, 1]]]
    assert script["crossed"](task.latency_ms()[0])[:, :, 0].tolist() == [[500.0, 900.0]] * 2
    assert script["crossed"](odds)[:, 0].tolist() == [[0.75, 0.25]] * 2


@pytest.mark.parametrize(("factor", "word"), [(0, "outcomes"), (1, "latencies"), (2, "odds")])
def test_what_is_planted_in_the_activity_is_told_and_nothing_else(
    script: dict[str, Any], factor: int, word: str
) -> None:
    others = dict.fromkeys(("outcomes", "latencies", "odds"), "not supported")
    assert planted(script, factor) == others | {word: "supported"}


@pytest.mark.parametrize(("parallel", "verdict"), [(True, "not supported"), (False, "supported")])
def test_axes_that_are_planted_apart_are_more_orthogonal_than_others(
    script: dict[str, Any], parallel: bool, verdict: str
) -> None:
    def course(rng: np.random.Generator) -> np.ndarray:
        axes = np.ones((3, N)) if parallel else np.kron(np.diag([1.0, 2.0, 4.0]), np.ones(14))[:, :N]
        levels = np.array([[cue >> 2, cue >> 1 & 1, cue & 1] for cue in range(CUES)])
        return 4 * (levels @ axes)[:, None] + 0.1 * apart(rng)

    found = verdicts(script, evidence(course))
    claim = (
        "In the activity, axes of outcomes, latencies and odds are more orthogonal than of other contrasts"
    )
    assert found[claim] == verdict


def test_a_guess_is_off_by_what_the_times_are_apart_and_sums_have_no_mixture(script: dict[str, Any]) -> None:
    of = next(script["probes"](evidence(lambda rng: bumps(rng.uniform(10, 34, (CUES, N))))(None)))
    assert script["guess_ms"](of) == 250.0
    assert script["mixed"](of) > 0.1
    assert abs(script["mixed"](of.additive)) < 1e-3
    np.testing.assert_allclose(of.additive.means.mean(axis=0), of.means.mean(axis=0))
    np.testing.assert_allclose(of.additive.trace - of.additive.means, of.trace - of.means)


def test_shares_add_up_and_those_of_cues_that_are_equally_far_apart_are_equal(script: dict[str, Any]) -> None:
    shares = script["shares"](np.broadcast_to(np.eye(CUES)[:, None], (CUES, 5, CUES)))
    np.testing.assert_allclose(list(shares.values()), 1 / 7)


def test_neurons_that_fire_in_turn_have_one_clock_if_all_cues_have_one_course(script: dict[str, Any]) -> None:
    def course(rng: np.random.Generator) -> np.ndarray:
        return apart(rng) + bumps(np.broadcast_to(rng.uniform(10, 34, N), (CUES, N)))

    found = verdicts(script, evidence(course))
    assert found["Neurons fire in turn"] == "supported"
    assert found["Time since one cue is read as since the others"] == "supported"


def test_a_rise_and_fall_that_all_share_is_no_turn(script: dict[str, Any]) -> None:
    def course(rng: np.random.Generator) -> np.ndarray:
        return 0.3 * apart(rng) + bumps(np.full((CUES, N), 20.0))

    run = evidence(course, spikes=lambda rng, means: rng.poisson(means))
    assert verdicts(script, run)["Neurons fire in turn"] == "not supported"


def test_turns_that_differ_between_cues_mix_cue_and_time_and_no_cue_teaches_the_time_of_another(
    script: dict[str, Any],
) -> None:
    found = verdicts(script, evidence(lambda rng: bumps(rng.uniform(10, 34, (CUES, N)))))
    assert found["Neurons fire in turn"] == "supported"
    assert found["Time since one cue is read as since the others"] == "not supported"


def test_nothing_in_time_is_found_in_activity_that_stands_still(script: dict[str, Any]) -> None:
    run = evidence(apart, spikes=lambda rng, means: rng.poisson(means))
    found = verdicts(script, run)
    assert found["What tells cues apart lasts from 250 to 1200 ms"] == "supported"
    for claim in ("Neurons fire in turn", "The population rotates (jPCA)"):
        assert found[claim] == "not supported"
    assert found["Neurons fire irregularly"] == "supported"
    assert found["Neurons fire independently"] == "supported"


def test_a_population_that_rotates_is_told_from_one_that_is_as_smooth(script: dict[str, Any]) -> None:
    def course(rng: np.random.Generator) -> np.ndarray:
        angle = 2 * np.pi * np.arange(SAMPLES) / 20 + rng.uniform(0, 2 * np.pi, (CUES, 1))
        plane = rng.standard_normal((2, N))
        return 5 + np.cos(angle)[..., None] * plane[0] + np.sin(angle)[..., None] * plane[1]

    assert verdicts(script, evidence(course))["The population rotates (jPCA)"] == "supported"


def test_clocks_are_not_irregular_and_what_all_share_is_not_independent(script: dict[str, Any]) -> None:
    found = verdicts(script, evidence(apart, shared=0.1))
    assert found["Neurons fire irregularly"] == "not supported"
    assert found["Neurons fire independently"] == "not supported"


def test_what_tells_cues_apart_is_held_against_the_end_of_the_window(script: dict[str, Any]) -> None:
    def course(rng: np.random.Generator) -> np.ndarray:
        late = np.arange(SAMPLES)[:, None] > 20
        return np.where(late, apart(rng), apart(rng))

    claim = "What tells cues apart lasts from 250 to 1200 ms"
    assert verdicts(script, evidence(course))[claim] == "not supported"


def test_a_spike_counts_as_much_as_another_for_the_fano_factor(script: dict[str, Any]) -> None:
    def spikes(rng: np.random.Generator, means: np.ndarray) -> np.ndarray:
        rare = np.zeros_like(means)
        rare[..., 0] = 5.0
        rare[:, 20, 1:] = rng.random((len(means), N - 1)) < 0.1
        return rare

    assert 0 < script["fano"](next(script["probes"](evidence(apart, spikes=spikes)(None)))) < 0.05


def test_probes_are_shuffled_within_their_cue_and_alike_at_all_times(script: dict[str, Any]) -> None:
    of = next(script["probes"](evidence(apart, shared=1.0)(None)))
    rng = np.random.default_rng(0)
    assert script["noise_correlation"](of) > 0.9
    lone = [script["noise_correlation"](of, rng) for _ in range(5)]
    assert max(lone) < 0.2
    lasting = script["Probes"](np.repeat(of.trace[:, :, :1], 20, axis=2), of.spikes, of.time_ms, 0)
    expected = 1 / np.sqrt(CUES * (EACH - 1))  # of as many independent probes, however many samples they have
    found = np.mean([script["noise_correlation"](lasting, rng) for _ in range(5)])
    assert found == pytest.approx(expected, rel=0.3)


def test_without_what_tells_the_time_it_is_not_read_better(script: dict[str, Any]) -> None:
    turns, still = evidence(lambda rng: bumps(rng.uniform(10, 34, (CUES, N)))), evidence(apart)
    slow = script["CROSSED_OTHERWISE"]["no adaptation"]
    found = verdicts(script, lambda study: (still if study == slow else turns)(study))
    alike = verdicts(script, turns)
    for claim in (
        "Time since a cue is read better than without adaptation",
        "Adaptation has neurons mix cue and time",
    ):
        assert (found[claim], alike[claim]) == ("supported", "not supported")


def test_the_figure_shows_activity_and_both_readouts(script: dict[str, Any]) -> None:
    def run(study: Any) -> Seeds:
        found = evidence(lambda rng: bumps(rng.uniform(10, 34, (CUES, N))))(study)
        rng = np.random.default_rng(0)
        more = {
            "probe_time_ms": 5.0 * np.arange(330),
            "probe_window_ms": np.array([180.0, 1500.0]),
            "surprise_replay.what": rng.random((SEEDS, 1, CUES, 2, 330)),
            "surprise_replay.when": rng.random((SEEDS, 1, CUES, 330)),
        }
        return Seeds({**found.arrays, **more}, found.metrics)

    ((name, made),) = script["FIGURES"]["activity"](run)
    assert name == "activity"
    assert [label.get_text() for label in made.axes[0].get_yticklabels()] == ["activity", "what", "when"]
