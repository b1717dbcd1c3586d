"""Parts of the rule and of the network, and phases of a lesion, are judged by what is lost without them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import pytest

from neurogate.runs.over_seeds import Seeds
from tests.experiments.evidence import SEEDS, judged, rules_of, seeds


@pytest.fixture
def script(claims_script: dict[str, Any]) -> dict[str, Any]:
    return claims_script


def test_our_rule_is_taken_apart_one_setting_at_a_time(script: dict[str, Any]) -> None:
    main, without = script["MAIN"].load(), script["OURS_WITHOUT"].load()
    ours = main.rules[script["OURS"]]
    assert attrs.evolve(without, rules=main.rules) == main
    for rule in without.rules.values():
        fields = [field.name for field in attrs.fields(type(ours))]
        assert len([name for name in fields if getattr(rule, name) != getattr(ours, name)]) == 1


def test_parts_of_our_rule_are_needed_where_they_can_act_and_it_does_worse_without(
    script: dict[str, Any],
) -> None:
    when, what = script["OURS_ACTS_ON"].values()
    assert {*when, *what} == set(script["WITHOUT"])
    for worse, verdicts, needed in (
        (script["WITHOUT"], ["supported"] * 4, [when, what] * 2),
        (["one_replay"], ["partly", "not supported"] * 2, [["one_replay"], ["none"]] * 2),
    ):

        def run(study: Any, worse: Sequence[str] = tuple(worse)) -> Seeds:
            found = seeds(rules_of(study), lambda rule, key: 3.0 if rule in worse else 1.0)
            for rule in set(worse) & set(rules_of(study)):
                found.arrays[f"{rule}.timing_error_ms"] += 300.0
                if rule in what:
                    found.arrays[f"{rule}.probability_error"] += 0.5
            return found

        rows = list(script["CLAIMS"]["ablations"](run))
        parts = [row for row in rows if "part of surprise replay" in row.claim]
        assert [str(row.verdict) for row in parts] == verdicts
        assert [row.hinges_on for row in parts] == [f"needed: {', '.join(names)}" for names in needed]


def test_a_switch_of_times_that_moves_odds_or_makes_them_wrong_does_not_leave_them(
    script: dict[str, Any],
) -> None:
    def run(study: Any) -> Seeds:
        found = seeds(rules_of(study), lambda rule, key: 1.0)
        here = slice(4, 8)  # the second block
        if script["OURS"] in rules_of(study):
            found.arrays[f"{script['OURS']}.probability_then"][:, here] += 0.1
            found.arrays[f"{script['OURS']}.probability_error"][:, here][:, :3] = 0.5
        return found

    moved, wrong = (row for row in script["CLAIMS"]["ablations"](run) if "latencies alone" in row.claim)
    assert [str(row.verdict) for row in (moved, wrong)] == ["not supported"] * 2
    assert moved.values == pytest.approx(np.full(SEEDS, 0.1 * 4 / 8))  # of all trials after it, half moved
    assert moved.baselines[script["DEAF"]] == pytest.approx(np.zeros(SEEDS))
    assert wrong.values.tolist() == [40.0] * SEEDS


@pytest.mark.parametrize(("left", "verdict"), [(-2.0, "supported"), (30.0, "not supported")])
def test_the_early_bias_is_held_against_that_without_a_lead(
    script: dict[str, Any], left: float, verdict: str
) -> None:
    def run(study: Any) -> Seeds:
        early = -15.0 if study == script["AMENDED"]["with no lead"] else left
        return seeds(rules_of(study), lambda rule, key: early if "bias" in key else 1.0)

    (row,) = (row for row in script["CLAIMS"]["ablations"](run) if "run ahead" in row.claim)
    assert str(row.verdict) == verdict
    assert row.values.mean() == pytest.approx(abs(left))


def test_lesions_have_phases_of_their_own_only_if_one_of_them_stands_out(script: dict[str, Any]) -> None:
    def run(study: Any, harmful: Sequence[str]) -> Seeds:
        found = seeds(rules_of(study), lambda rule, key: 5.0 if rule in harmful else 1.0)
        for rule in harmful:
            found.arrays[f"{rule}.timing_error_ms"] += 300.0
        return found

    phases = script["CLAIMS"]["phases"]
    alike = list(phases(lambda study: run(study, script["LESIONS"])))
    one = list(phases(lambda study: run(study, ["lesion_delay"])))
    assert [str(row.verdict) for row in alike] == ["not supported"] * 6
    assert [str(row.verdict) for row in one] == ["supported"] * 6
    assert all("delay" in row.hinges_on for row in one[::2])
    assert all(list(row.baselines) == ["lesion_cue", "lesion_delay"] for row in one[1::2])
    (soon,) = one[4::2]
    assert (soon.values[0], soon.baselines["lesion_delay"][0]) == (10.0, 40.0)


def test_the_figure_of_lesions_shows_trials_to_re_time_and_who_never_gets_there(
    script: dict[str, Any],
) -> None:
    def run(study: Any) -> Seeds:
        found = seeds(rules_of(study), lambda rule, key: 1.0)
        found.arrays["lesion_delay.timing_error_ms"][0] += 300.0
        return found

    ((_, made),) = script["FIGURES"]["phases"](run)
    (again,) = (axes for axes in made.axes if axes.get_xlabel().startswith("trials to re-time"))
    assert again.get_xlabel().endswith("not in 40)")
    triangles = [line for line in again.lines if line.get_marker() == ">"]
    assert [line.get_xdata().tolist() for line in triangles] == [[], [], [40.0], []]


def test_no_border_of_a_lesion_cuts_what_is_taught(script: dict[str, Any]) -> None:
    main = script["MAIN"].load()
    task = main.task
    reach_ms = task.lead_ms + 3 * task.target_sd_ms
    for cue_ms in np.unique(task.latency_ms()):
        bump = (cue_ms - reach_ms, cue_ms - task.lead_ms + 3 * task.target_sd_ms)
        for rule in script["LESIONS"]:
            gate = main.rules[rule].gates[-1]
            ends = [
                (cue_ms if anchor == "due" else 0.0) + at
                for anchor, at in ((gate.anchor, gate.start_ms), (gate.until or gate.anchor, gate.stop_ms))
            ]
            assert not any(bump[0] < end < bump[1] for end in ends), (rule, cue_ms)


def test_ablations_name_what_is_needed_of_what_can_act_at_all(script: dict[str, Any]) -> None:
    weak, ours = script["NETWORKS"]["no_adaptation"], script["OURS"]

    def run(study: Any) -> Seeds:
        bad = ("no_error", "no_replay", *((ours,) if study == weak else ()))
        return seeds(rules_of(study), lambda rule, key: 3.0 if rule in bad else 1.0)

    rows = list(script["CLAIMS"]["ablations"](run))[:4]
    needed = [row.hinges_on.removeprefix("needed: ") for row in rows]
    assert needed == ["no_error", "no_adaptation", "no_error, no_replay", "no_adaptation"]
    assert [str(row.verdict) for row in rows] == ["partly"] * 4
    assert all(set(row.baselines) == set(script["PARTS"]) for row in rows[::2])


def test_a_network_without_a_part_is_that_of_the_headline_but_for_that_part(script: dict[str, Any]) -> None:
    main, ours = script["MAIN"].load(), script["OURS"]
    for study in script["NETWORKS"].values():
        one = study.load()
        assert one.rules == {ours: main.rules[ours]}
        assert one.reservoir != main.reservoir
        assert attrs.evolve(one, rules=main.rules, reservoir=main.reservoir) == main


@pytest.mark.parametrize(("best", "verdict"), [(2.0, "supported"), (0.5, "not supported")])
def test_spikes_matter_only_beside_every_reader_of_units_that_adapt(
    script: dict[str, Any], best: float, verdict: str
) -> None:
    def run(study: Any) -> Seeds:
        told = {"force_two_memories": best, script["PLAIN"]: 2.0, script["OURS"]: 2.0}
        return seeds(rules_of(study), lambda rule, key: told[rule] if study == script["ADAPTING"] else 1.0)

    rows = [row for row in script["CLAIMS"]["ablations"](run) if row.claim.startswith("Spikes matter")]
    assert [str(row.verdict) for row in rows] == [verdict] * 2
    assert {len(row.baselines) for row in rows} == {len(script["READERS"])}


@pytest.mark.parametrize(
    ("error_ms", "verdict"), [(20.0, "supported"), (10.0, "not supported"), (5.0, "not supported")]
)
def test_a_gate_that_the_error_opens_must_beat_steps_of_every_size(
    script: dict[str, Any], error_ms: float, verdict: str
) -> None:
    main, steps = script["MAIN"].load(), script["SMALL_STEPS"].load()
    assert attrs.evolve(steps, rules=main.rules) == main
    _small_steps_of(main.rules[script["PLAIN"]], steps.rules, script)

    def run(study: Any) -> Seeds:
        told = {"cue_20": error_ms, script["PLAIN"]: 10.0}
        return seeds(rules_of(study), lambda rule, key: told.get(rule, 30.0))

    rows = script["CLAIMS"]["error_gate"](run)
    exact, soon, both = (row for row in rows if "steps of any one size" in row.claim)
    assert str(exact.verdict) == verdict
    assert set(exact.baselines) == {"no_gate", "no_error_gate", *script["STEPS"]}
    assert soon.values == pytest.approx(np.full(SEEDS, 10.0))
    assert both.values == pytest.approx(np.sqrt(exact.values / 12.0 * soon.values / 25.0))


def test_what_the_error_opens_must_beat_the_same_openings_at_random_times(script: dict[str, Any]) -> None:
    controls = list(script["AT_RANDOM"])
    main, found = script["MAIN"].load(), script["SHUFFLED_ERRORS"].load()
    assert attrs.evolve(found, rules=main.rules) == main
    whole = main.rules[script["PLAIN"]]
    for shuffled in found.rules.values():
        assert [gate.kind for gate in shuffled.gates] == ["phase", "shuffled_error"]
        assert shuffled.gates[1].saturation == whole.gates[1].saturation
        assert attrs.evolve(shuffled, gates=whole.gates, eta_when=whole.eta_when) == whole
    assert [rule.eta_when / whole.eta_when for rule in found.rules.values()] == pytest.approx([1, 3, 10])
    for error_ms, verdict in ((20.0, "supported"), (10.0, "not supported")):

        def run(study: Any, error_ms: float = error_ms) -> Seeds:
            told = dict.fromkeys(controls, 20.0) | {controls[1]: error_ms}
            return seeds(rules_of(study), lambda rule, key: told.get(rule, 10.0))

        exact, soon, _ = list(script["CLAIMS"]["error_gate"](run))[-3:]
        assert (str(exact.verdict), str(soon.verdict)) == (verdict, "not supported")
        assert list(exact.baselines) == controls


def _small_steps_of(whole: Any, rules: Any, script: dict[str, Any]) -> None:
    assert set(rules) == set(script["STEPS"])
    assert len({(rule.gates, rule.eta_when) for rule in rules.values()}) == len(rules)
    for rule in rules.values():
        assert rule.gates in ((), whole.gates[:1])
        assert rule.eta_when < whole.eta_when
        assert attrs.evolve(rule, gates=whole.gates, eta_when=whole.eta_when) == whole


def test_where_there_is_something_to_ignore_the_errors_gate_must_beat_small_steps_of_the_same_rule(
    script: dict[str, Any],
) -> None:
    for name, study in script["DISTRACTED"].items():
        small, whole = script["SMALL_STEPS_DISTRACTED"][name].load(), study.load()
        assert attrs.evolve(small, rules=whole.rules) == whole
        _small_steps_of(whole.rules["gated"], small.rules, script)
    for lost, verdict in ((2.0, "supported"), (0.5, "not supported")):
        told = {"gated": 1.0, "always_10": lost}
        rows = judged(script, "attention", lambda rule, key, told=told: told.get(rule, 2.0))
        mine = [row for row in rows if "opens with the error" in row.claim]
        assert {str(row.verdict) for row in mine} == {verdict}
        assert all({"shuffled", *script["STEPS"]} <= set(row.baselines) for row in mine)


@pytest.mark.parametrize(
    ("error", "verdict"), [(0.04, "supported"), (0.08, "partly"), (0.2, "not supported")]
)
def test_odds_are_judged_where_nothing_tells_when_an_omitted_outcome_was_due(
    script: dict[str, Any], error: float, verdict: str
) -> None:
    untold, ours = script["UNTOLD"], script["OURS"]
    assert untold.load().task.replay_within_ms is None

    def run(study: Any) -> Seeds:
        return seeds(rules_of(study), lambda rule, key: error if (study, rule) == (untold, ours) else 0.03)

    *_, row, _ = script["CLAIMS"]["ablations"](run)
    assert str(row.verdict) == verdict
    assert np.mean(row.baselines[f"told, {ours}"]) == pytest.approx(0.03)
