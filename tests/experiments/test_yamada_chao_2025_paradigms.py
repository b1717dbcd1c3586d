"""Claims on other tasks are judged against observers, distributions and gates that stand beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np
import pytest

from neurogate.runs.over_seeds import Seeds
from neurogate.tasks.truth import expected_when, true_probability

SEEDS = 4
JITTER = np.linspace(-0.01, 0.01, SEEDS)
Script = dict[str, Any]


def judged(script: Script, claim: str, given: Callable[[Any], Seeds]) -> list[Any]:
    return list(script["CLAIMS"][claim](given))


def verdicts(rows: Sequence[Any]) -> list[str]:
    return [str(row.verdict) for row in rows]


def drifting(script: Script, off: Callable[[str], float]) -> Callable[[Any], Seeds]:
    """Return made-up evidence: how far off each rule is while odds drift, a little different in each seed."""

    def run(study: Any) -> Seeds:
        task = study.load().task
        trial = np.arange(10, task.trials + 1, 10)
        truth = true_probability(task, trial)
        arrays = {"probe_trial": trial, "block_start": np.array(task.starts), "probe_probability": truth}
        for rule in study.rules:
            learned = truth + off(rule) * (1 + JITTER[:, None, None, None])
            arrays[f"{rule}.probability"] = learned
            arrays[f"{rule}.probability_error"] = np.abs(learned - truth).mean(axis=-1)
        return Seeds(arrays, [{}] * SEEDS)

    assert script["DRIFT"].load().task.blocks[1].probability_to is not None
    return run


def test_a_drift_is_held_against_force_observers_and_standing_still(
    claims_script: Script,
) -> None:
    near = judged(claims_script, "drift", drifting(claims_script, lambda r: 0.3 if r == "force" else 0.02))
    assert verdicts(near) == ["supported", "supported", "not supported", "not supported", "supported"]
    assert near[0].values == pytest.approx(0.02 * (1 + JITTER))
    assert set(near[0].baselines) == {*claims_script["DRIFT"].rules[1:], *claims_script["OBSERVERS"]}
    far = judged(claims_script, "drift", drifting(claims_script, lambda rule: 0.3))
    assert verdicts(far) == ["not supported"] * 5
    ((name, made),) = claims_script["FIGURES"]["drift"](drifting(claims_script, lambda rule: 0.3))
    assert name == "drift"
    assert len(made.axes[0].get_yticks()) == len(claims_script["DRIFT"].rules)


@pytest.mark.parametrize("better", ["force_forgetting", "force_two_memories"])
def test_a_drift_is_held_against_the_better_of_the_least_squares_that_forget(
    claims_script: Script, better: str
) -> None:
    rows = judged(claims_script, "drift", drifting(claims_script, lambda r: 0.01 if r == better else 0.1))
    assert rows[3].hinges_on.startswith(better)
    assert str(rows[3].verdict) == "not supported"


def test_observers_of_a_drift_are_better_than_standing_still_and_never_perfect(claims_script: Script) -> None:
    first, *_ = judged(claims_script, "drift", drifting(claims_script, lambda rule: 0.0))
    for name in claims_script["OBSERVERS"]:
        assert 0.02 < np.mean(first.baselines[name]) < np.mean(first.null)


def test_observers_hear_the_trials_of_the_seeds_that_were_asked_for(claims_script: Script) -> None:
    of_seed_1 = drifting(claims_script, lambda rule: 0.0)
    heard = [
        judged(claims_script, "drift", lambda study, first=first: attrs.evolve(of_seed_1(study), first=first))
        for first in (1, 2)
    ]
    name = next(iter(claims_script["OBSERVERS"]))
    one, other = (np.asarray(rows[0].baselines[name]) for rows in heard)
    np.testing.assert_array_equal(one[1:], other[:-1])
    assert not np.array_equal(one, other)


def spread(
    script: Script, rng: np.random.Generator, course: str, noise: tuple[float, float]
) -> Callable[[Any], Seeds]:
    """Return made-up evidence: *when* follows a course, with noise in the first block and in others."""
    task, time_ms = script["SPREAD"].load().task, np.arange(85.0, 1700.0, 5.0)
    arrays = {
        "probe_time_ms": time_ms,
        "expected_when": expected_when(task, time_ms),
        "true_probability": task.probability(),
        "probe_trial": np.arange(10, task.trials + 1, 10),
        "block_start": np.array(task.starts),
        "latency_ms": task.latency_ms(),
        "block_names": np.array([block.name for block in task.blocks]),
    }
    followed = script["courses"](Seeds(arrays, []), 0.0)[course]  # trials without outcome teach ours nothing
    read = np.concatenate([arrays["expected_when"][:1], followed])
    sd = np.array(noise)[[0, 1, 1, 1], None, None]

    def run(study: Any) -> Seeds:
        many = (SEEDS, len(arrays["probe_trial"]), 4, 2)
        for rule in study.rules:
            arrays[f"{rule}.when"] = read + sd * rng.standard_normal((SEEDS, *read.shape))
            arrays[f"{rule}.probability"] = np.full(many, 0.5)
        return Seeds(arrays, [{rule: {"probability_mae": 0.02} for rule in study.rules}] * SEEDS)

    return run


@pytest.mark.parametrize(
    ("course", "density", "hazard"),
    [
        ("density", "supported", "not supported"),
        ("hazard", "supported", "supported"),
        ("one latency", "not supported", "not supported"),
        ("Gaussian", "not supported", "not supported"),
    ],
)
def test_when_reads_a_density_or_a_hazard_or_one_latency(
    claims_script: Script, course: str, density: str, hazard: str, rng: np.random.Generator
) -> None:
    run = spread(claims_script, rng, course, (0.01, 0.01))
    found = verdicts(judged(claims_script, "hazard", run))
    assert [found[0], found[2], found[-1]] == [density, hazard, "supported"]
    ((name, made),) = claims_script["FIGURES"]["hazard"](run)
    assert name == "hazard"
    assert [axes.get_title() for axes in made.axes[:4]] == ["cue 1", "cue 2", "cue 3", "cue 4"]


@pytest.mark.parametrize(
    ("course", "ratio", "verdict"), [("density", 1.0, "supported"), ("one latency", 0.4, "not supported")]
)
def test_when_is_as_wide_as_the_density_that_it_follows(
    claims_script: Script, course: str, ratio: float, verdict: str, rng: np.random.Generator
) -> None:
    *_, row, _ = judged(claims_script, "hazard", spread(claims_script, rng, course, (0.01, 0.01)))
    assert str(row.verdict) == verdict
    np.testing.assert_allclose(row.values, ratio, rtol=0.1)
    np.testing.assert_allclose(row.null, 0.4, rtol=0.1)


@pytest.mark.parametrize(("noise", "verdict"), [((0.01, 0.011), "supported"), ((0.01, 0.3), "not supported")])
def test_a_density_is_read_as_well_as_a_latency_or_worse(
    claims_script: Script, noise: tuple[float, float], verdict: str, rng: np.random.Generator
) -> None:
    rows = judged(claims_script, "hazard", spread(claims_script, rng, "density", noise))
    assert str(rows[1].verdict) == verdict


def spread_courses(script: Script, omission: float) -> dict[str, Any]:
    task, time_ms = script["SPREAD"].load().task, np.arange(85.0, 1700.0, 5.0)
    given = {"probe_time_ms": time_ms, "expected_when": expected_when(task, time_ms)}
    return dict(script["courses"](Seeds(given, []), omission))


def test_a_hazard_begins_as_the_density_and_lies_above_it_the_more_the_later(claims_script: Script) -> None:
    task, courses = claims_script["SPREAD"].load().task, spread_courses(claims_script, 1.0)
    density, hazard = courses["density"], courses["hazard"]
    early = density.cumsum(axis=-1) < 0.02 * density.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(hazard[early], density[early], atol=0.01)
    middle = density.argmax(axis=-1)[..., None]
    last = density.shape[-1] - 1 - (density[..., ::-1] > 0.05).argmax(axis=-1)[..., None]
    gain = [np.take_along_axis(hazard / density, at, axis=-1) for at in (middle, last)]
    assert (gain[1] > gain[0]).all()
    assert (hazard.max(axis=-1) <= 1.0).all()
    assert (hazard.max(axis=-1) < task.probability()[1:].sum(axis=-1) * 1.5).all()


def test_the_less_omissions_teach_the_higher_is_the_hazard_and_without_them_it_forgets_the_odds(
    claims_script: Script,
) -> None:
    task, time_ms = claims_script["SPREAD"].load().task, np.arange(85.0, 1700.0, 5.0)
    none, half, whole = (spread_courses(claims_script, omission)["hazard"][0] for omission in (0.0, 0.5, 1.0))
    assert (none >= half).all()
    assert (half >= whole).all()
    odds, density = task.probability()[1].sum(axis=-1)[:, None], expected_when(task, time_ms)[1]
    nothing_came_yet = time_ms - task.lead_ms < task.latency_ms()[1][:, None] - 150.0
    before = np.where(nothing_came_yet, none * odds - density, 0.0)
    np.testing.assert_allclose(before, 0.0, atol=0.01)


def test_a_gaussian_has_the_mean_and_the_spread_of_the_density(claims_script: Script) -> None:
    time_ms, courses = np.arange(85.0, 1700.0, 5.0), spread_courses(claims_script, 1.0)
    mean, sd = {}, {}
    for name in ("density", "Gaussian"):
        weight = courses[name] / courses[name].sum(axis=-1, keepdims=True)
        mean[name] = (weight * time_ms).sum(axis=-1)
        sd[name] = np.sqrt((weight * (time_ms - mean[name][..., None]) ** 2).sum(axis=-1))
    np.testing.assert_allclose(mean["Gaussian"], mean["density"], rtol=0.05)
    np.testing.assert_allclose(sd["Gaussian"], sd["density"], rtol=0.1)


def metrics_of(study: Any, given: Callable[[str], float]) -> list[dict[str, dict[str, float]]]:
    keys = ("timing_error_ms", "probability_mae", "probability_r", "product_r")
    rules = list(study.load().rules)
    return [{rule: {key: given(rule) * (1 + jitter) for key in keys} for rule in rules} for jitter in JITTER]


def test_three_outcomes_are_calibrated_only_if_error_and_correlations_are_good(claims_script: Script) -> None:
    def run(study: Any) -> Seeds:
        task, ours = study.load().task, claims_script["OURS"]
        trial = np.arange(10, task.trials + 1, 10)
        truth = true_probability(task, trial)
        arrays = {
            "probe_trial": trial,
            "block_start": np.array(task.starts),
            "latency_ms": task.latency_ms(),
            "true_probability": task.probability(),
            f"{ours}.probability": np.tile(truth, (SEEDS, 1, 1, 1)),
            f"{ours}.amplitude": np.ones((SEEDS, *truth.shape[:2])),
        }
        return Seeds(arrays, metrics_of(study, lambda rule: 0.02))

    rows = judged(claims_script, "three_outcomes", run)
    assert verdicts(rows) == ["supported", "not supported", "not supported"]
    assert [len(made.axes) for _, made in claims_script["FIGURES"]["three_outcomes"](run)] == [4]
    assert np.mean(rows[0].null) > 0.2  # each cue is given the odds of the others
    assert max(np.mean(row.null) for row in rows[1:]) < 0.5


@pytest.mark.parametrize(
    ("bad", "verdict"),
    [((), "not supported"), (("error", "none"), "not supported"), (("error", "constant"), "supported")],
)
def test_surprise_is_worth_having_only_if_the_gate_beats_that_without_it_and_one_as_open(
    claims_script: Script, bad: tuple[str, ...], verdict: str
) -> None:
    def run(study: Any) -> Seeds:
        rules = list(study.load().rules)
        trial = np.arange(10, 481, 10)
        arrays = {"rule_names": np.array(rules), "probe_trial": trial, "block_start": np.array([0, 240, 480])}
        for rule in rules:
            late = (rule in bad) * (trial <= 300)
            arrays[f"{rule}.timing_error_ms"] = np.tile(90.0 * late[:, None], (SEEDS, 1, 1))
            arrays[f"{rule}.probability_error"] = np.tile(0.4 * late[:, None], (SEEDS, 1, 1))
        return Seeds(arrays, metrics_of(study, lambda rule: 2.0 if rule in bad else 1.0))

    rows = judged(claims_script, "gates", run)
    assert verdicts(rows) == [verdict] * 4
    assert [len(made.axes) for _, made in claims_script["FIGURES"]["gates"](run)] == [4]
    assert all("surprise" not in row.baselines for row in rows)


def test_one_rule_with_gates_of_every_kind(claims_script: Script) -> None:
    rules = claims_script["EVERY_GATE"].load().rules
    kinds = {gate.kind for rule in rules.values() for gate in (*rule.gates, *(rule.gates_what or ()))}
    assert {rule.kind for rule in rules.values()} == {"three_factor"}
    assert len({(rule.eta_when, rule.eta_what, rule.eta_novelty) for rule in rules.values()}) == 1
    assert kinds == {"phase", "cue", "outcome", "error", "surprise", "learned", "shuffled", "constant"}
