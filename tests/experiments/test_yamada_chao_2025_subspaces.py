"""What is claimed of subspaces is judged against every null and control, and sharing by what it disturbs."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

from neurogate.plotting.nulls import NULLS
from neurogate.runs.over_seeds import Seeds

SEEDS = 4
JITTER = np.linspace(-0.1, 0.1, SEEDS)
TRIAL = np.arange(10, 241, 10)


@pytest.fixture
def script(claims_script: dict[str, Any]) -> dict[str, Any]:
    return claims_script


def evidence(study: Any, angle_deg: float, null_deg: float, harmed: tuple[str, ...]) -> Seeds:
    """Return made-up evidence: one angle, one null, and rules that sharing harms from trial 120 on."""
    rules = list(study.load().rules)
    numbers = {
        "when_what_angle_deg": angle_deg, "when_what_angle_null_deg": null_deg,
        "timing_error_ms": 20.0, "probability_mae": 0.1,
    }  # fmt: skip
    worse = {rule: {"probability_mae": 0.1 + 0.3 * (rule in harmed)} for rule in rules}
    metrics = [
        {rule: {k: v + jitter for k, v in (numbers | worse[rule]).items()} for rule in rules}
        for jitter in JITTER
    ]
    arrays = {"rule_names": np.array(rules), "probe_trial": TRIAL, "block_start": np.array([0, 120, 240])}
    for rule in rules:
        moved = 0.3 * (rule in harmed) * (TRIAL > 120)
        learned = 0.5 + (1 + JITTER[:, None, None, None]) * moved[:, None, None]
        arrays[f"{rule}.probability_then"] = np.broadcast_to(learned, (SEEDS, len(TRIAL), 2, 2))
        late = 60.0 * (rule in harmed) * ((TRIAL > 120) & (TRIAL <= 180))
        arrays[f"{rule}.timing_error_ms"] = np.broadcast_to(late[:, None], (SEEDS, len(TRIAL), 2))
        arrays[f"{rule}.angle_deg"] = null_deg + JITTER[:, None] + np.linspace(0.0, 7.0, len(TRIAL))
    for key in NULLS:
        arrays[key] = np.full((SEEDS, 5), null_deg)
    arrays["activity.what_in_when"] = 0.1 + 0.1 * JITTER
    arrays["activity.what_in_when_null"] = np.full((SEEDS, 5), 0.6)
    return Seeds(arrays, metrics)


def judged(script: dict[str, Any], null_deg: float = 82.0, harmed: tuple[str, ...] = ()) -> dict[str, Any]:
    def run(study: Any) -> Seeds:
        elsewhere = study in (script["SHUFFLED"], script["SAME_FILTER"], *script["AMENDED"].values())
        return evidence(study, 82.0 if elsewhere else 88.0, null_deg, harmed)

    return {claim.claim: claim for claim in script["CLAIMS"]["subspaces"](run)}


def test_the_studies_are_shipped_and_ask_the_same_of_the_same_rule(script: dict[str, Any]) -> None:
    main, same, one = (script[name].load() for name in ("MAIN", "SAME_FILTER", "ONE_MATRIX"))
    assert same.rules[script["OURS"]] == main.rules[script["OURS"]]
    assert same.task == main.task == one.task
    assert not same.features.equal_gain
    assert {script["PLAIN"], script["ONE"]} <= set(one.rules)


def test_the_main_protocol_is_taken_apart_one_amendment_at_a_time(script: dict[str, Any]) -> None:
    main, (no_lead, spread, neither) = (
        script["MAIN"].load(),
        [study.load() for study in script["AMENDED"].values()],
    )
    asked = [(one.task.lead_ms, one.task.replay_within_ms) for one in (main, no_lead, spread, neither)]
    assert asked == [(80.0, 200.0), (None, 200.0), (80.0, None), (None, None)]
    for one in (no_lead, spread, neither):
        assert attrs.evolve(one.task, lead_ms=80.0, replay_within_ms=200.0) == main.task
        assert script["PLAIN"] in one.rules
        assert all(rule == main.rules[name] for name, rule in one.rules.items())


def test_an_angle_above_its_nulls_and_controls_is_supported_and_one_like_them_is_not(
    script: dict[str, Any],
) -> None:
    above = {k: v for k, v in judged(script).items() if k.startswith("They are more orthogonal")}
    assert len(above) == 4 + len(script["AMENDED"])
    assert {str(claim.verdict) for claim in above.values()} == {"supported"}
    below = judged(script, null_deg=89.0)
    assert str(below["They are more orthogonal than random sums of the same traces"].verdict) != "supported"


def test_every_null_stands_beside_the_angle(script: dict[str, Any]) -> None:
    found = judged(script, null_deg=80.0)
    first, last = (row for name, row in found.items() if name.startswith("what and when"))
    assert all(set(NULLS.values()) <= set(row.baselines) for row in (first, last))
    assert first.values.mean() == pytest.approx(88.0)
    assert last.values.mean() == pytest.approx(87.0)  # of the last judgement


def test_activity_is_held_against_its_own_null(script: dict[str, Any]) -> None:
    claim = judged(script)["In the activity, too, what avoids when"]
    assert str(claim.verdict) == "supported"
    assert np.asarray(claim.null) == pytest.approx(np.full(SEEDS, 0.6))


def test_activity_is_held_against_that_of_the_same_network_before_training(script: dict[str, Any]) -> None:
    task, main = script["UNTRAINED"].load().task, script["MAIN"].load().task
    assert task.trials * 20 < main.trials
    assert attrs.evolve(task, blocks=main.blocks) == main
    before = {script["UNTRAINED"]: 0.3}

    def run(study: Any) -> Seeds:
        found = evidence(study, 88.0, 82.0, ())
        aligned = before.get(study, 0.1) + 0.1 * JITTER
        return Seeds({**found.arrays, "activity.what_in_when": aligned}, found.metrics)

    for aligned, verdict in ((0.3, "supported"), (0.1, "not supported"), (0.05, "not supported")):
        before[script["UNTRAINED"]] = aligned
        rows = {row.claim: row for row in script["CLAIMS"]["subspaces"](run)}
        row = rows["In the activity, what avoids when more than before training"]
        assert str(row.verdict) == verdict
        assert np.mean(row.null) == pytest.approx(aligned)


@pytest.mark.parametrize(("count", "verdict"), [(3, "supported"), (2, "partly")])
def test_forced_overlap_harms_only_if_every_shared_form_is_harmed(
    script: dict[str, Any], count: int, verdict: str
) -> None:
    found = judged(script, harmed=script["SHARED"][:count])
    claims = [claim for name, claim in found.items() if name.startswith("Overlap that is forced")]
    assert [str(claim.verdict) for claim in claims] == [verdict] * 2
    assert claims[0].values == pytest.approx(np.zeros(SEEDS))
    assert np.mean(claims[0].baselines[script["SHARED"][0]]) == pytest.approx(0.3)
    assert np.mean(claims[1].baselines[script["SHARED"][0]]) == pytest.approx(0.4)


def test_one_matrix_that_is_slow_and_ill_calibrated_is_not_supported(script: dict[str, Any]) -> None:
    found = judged(script, harmed=(script["ONE"],))
    claims = [claim for name, claim in found.items() if name.startswith("One matrix")]
    assert [str(claim.verdict) for claim in claims] == ["not supported", "not supported"]
    assert claims[1].values.tolist() == [70.0] * SEEDS
    assert np.asarray(claims[1].baselines[script["PLAIN"]]).tolist() == [10.0] * SEEDS
