"""The claims are judged by the numbers alone."""

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


def test_every_study_is_a_shipped_simulation_that_can_be_changed_so(script: dict[str, Any]) -> None:
    studies = [
        script[name]
        for name in ("MAIN", "SHUFFLED", "UNTRAINED", "IDENTITIES", "DRIFT", "SPREAD", "THREE", "EVERY_GATE")
    ]
    studies += [
        study
        for several in ("SPIKELESS", "NETWORKS", "DISTRACTED", "FORGETFUL", "WEBER")
        for study in script[several].values()
    ]
    studies += [study for _, _, study in script["NEEDED"].values()]
    for study in studies:
        assert study.load().name == study.simulation
    assert {script["OURS"], *script["RIVALS"]} <= set(rules_of(script["MAIN"]))
    for study in (*script["SPIKELESS"].values(), script["SHUFFLED"], *script["FORGETFUL"].values()):
        assert script["OURS"] in rules_of(study)


def test_the_rules_that_are_compared_are_the_same_wherever_something_switches(
    script: dict[str, Any],
) -> None:
    main = script["MAIN"].load().rules
    for study, _, _ in script["SWITCHES"].values():
        rules = study.load().rules
        assert all(rules[name] == main[name] for name in (script["OURS"], *script["RIVALS"]))


@pytest.mark.parametrize(
    ("error_ms", "verdict"), [(9.0, "supported"), (20.0, "partly"), (90.0, "not supported")]
)
def test_the_verdict_on_timing_follows_the_error(
    script: dict[str, Any], error_ms: float, verdict: str
) -> None:
    first, *_ = judged(script, "timing", lambda rule, key: error_ms)
    assert str(first.verdict) == verdict
    assert first.values.mean() == pytest.approx(error_ms)
    assert set(script["RIVALS"]) <= set(first.baselines)
    assert first.null == pytest.approx(np.full(SEEDS, 300.0))  # each cue is given the other one's time


def test_adapting_where_force_does_not_is_supported_and_beating_what_forgets_is_not(
    script: dict[str, Any],
) -> None:
    rows = [row for name in ("adaptation", "switches") for row in judged(script, name, lambda rule, key: 1.0)]
    verdicts = [str(row.verdict) for row in rows]
    assert verdicts == [
        *["supported", "supported", "not supported", "not supported"] * 2,
        "supported",
        "supported",
        "supported",
    ]
    assert [row.values.tolist() for row in rows] == [[10.0] * SEEDS] * 11
    assert rows[1].baselines["force"].tolist() == [40.0] * SEEDS
    assert list(rows[3].baselines) == [script["ALARMED"]]
    assert all(set(script["RIVALS"]) <= set(row.baselines) for row in (rows[0], *rows[8:]))


def test_that_force_does_not_adapt_asks_that_it_does_in_no_network(script: dict[str, Any]) -> None:
    def run(study: Any) -> Seeds:
        found = seeds(rules_of(study), lambda rule, key: 1.0)
        found.arrays["force.timing_error_ms"][0] = 0.0  # in one of four
        return found

    first, second = (row for row in script["CLAIMS"]["adaptation"](run) if "does not" in row.claim)
    assert (str(first.verdict), str(second.verdict)) == ("not supported", "supported")
    assert first.baselines["force"].tolist() == [10.0, 40.0, 40.0, 40.0]


@pytest.mark.parametrize(("shift", "own"), [(0.0, 1.0), (20.0, 0.0)])
def test_what_is_left_of_the_error_is_a_bias_if_it_keeps_its_sign(
    script: dict[str, Any], shift: float, own: float
) -> None:
    """Every cue is 10 ms late, or late and early in turn: both have a common bias as told, 40 of 80 ms."""

    def run(study: Any) -> Seeds:
        found = seeds(rules_of(study), lambda rule, key: 40.0 if "bias" in key else 80.0)
        found.arrays[f"{script['OURS']}.peak_ms"][:, ::2] -= shift
        return found

    common, each = (row for row in script["CLAIMS"]["timing"](run) if "a bias of" in row.claim)
    assert common.values == pytest.approx(np.full(SEEDS, 0.5))
    assert each.values == pytest.approx(np.full(SEEDS, own))
    assert set(each.baselines) == set(script["LEAST_SQUARES"])


def test_what_might_re_time_sooner_is_what_ships_with_one_setting_changed(script: dict[str, Any]) -> None:
    hasty, shipped = script["HASTY"].load(), script["MAIN"].load()
    ours = shipped.rules[script["OURS"]]
    twice, taught = hasty.rules.values()
    assert twice == attrs.evolve(ours, eta_when=2 * ours.eta_when)
    assert taught == attrs.evolve(ours, omission=0.1)
    assert attrs.evolve(hasty, rules=shipped.rules) == shipped


def test_haste_is_judged_by_all_that_is_asked(script: dict[str, Any]) -> None:
    def run(study: Any) -> Seeds:
        return seeds(rules_of(study), lambda rule, key: 0.04 if rule == "twice_the_rate" else 0.999)

    rows = list(script["CLAIMS"]["tradeoff"](run))
    verdicts = [str(row.verdict) for row in rows]
    assert verdicts[:6] == [*["supported"] * 4, *["not supported"] * 2]
    assert verdicts[6:] == [*["supported"] * 3, "not supported", *["supported"] * 2]
    means = [10.0, 10.0, *[0.04] * 4, 10.0, 10.0, *[0.999] * 4]
    assert [row.values.mean() for row in rows] == pytest.approx(means)
    shipped = [row.baselines["as shipped"].mean() for row in rows]
    assert shipped == pytest.approx([10.0, 10.0, *[0.999] * 4] * 2)


def test_lesions_have_phases_of_their_own_only_if_one_of_them_stands_out(script: dict[str, Any]) -> None:
    def run(study: Any, harmful: Sequence[str]) -> Seeds:
        found = seeds(rules_of(study), lambda rule, key: 5.0 if rule in harmful else 1.0)
        for rule in harmful:
            found.arrays[f"{rule}.timing_error_ms"] += 300.0
            found.arrays[f"{rule}.probability_then"] = found.arrays[f"{rule}.probability"] + 0.2
        return found

    phases = script["CLAIMS"]["phases"]
    alike = list(phases(lambda study: run(study, script["LESIONS"])))
    one = list(phases(lambda study: run(study, ["lesion_delay"])))
    assert [str(row.verdict) for row in alike] == ["not supported"] * 8
    assert [str(row.verdict) for row in one] == ["supported"] * 8
    assert all("delay" in row.hinges_on for row in one[::2])
    assert all(list(row.baselines) == ["lesion_cue", "lesion_delay"] for row in one[1::2])
    when_due, soon = one[4::2]
    assert when_due.values == pytest.approx(np.zeros(SEEDS))
    assert when_due.baselines["lesion_delay"] == pytest.approx(np.full(SEEDS, 0.2))
    assert (soon.values[0], soon.baselines["lesion_delay"][0]) == (10.0, 40.0)


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


def test_a_gate_earns_its_place_against_none_and_against_a_control_that_is_as_open(
    script: dict[str, Any],
) -> None:
    gates = script["GATES"]
    gated = judged(script, "attention", lambda rule, key: 1.0 if rule in gates else 2.0)
    none = judged(script, "attention", lambda rule, key: 2.0 if rule == "ungated" else 1.0)
    assert {str(row.verdict) for row in gated} == {"supported"}
    assert {str(row.verdict) for row in none} == {"not supported"}
    for gate, (opens, control) in gates.items():
        one = judged(script, "attention", lambda rule, key, gate=gate: 1.0 if rule == gate else 2.0)
        mine = [row for row in one if opens in row.claim]
        assert {str(row.verdict) for row in mine} == {"supported"}
        assert {str(row.verdict) for row in one if row not in mine} == {"not supported"}
        assert all(control in row.baselines and "force" in row.baselines for row in mine)
        assert {row.hinges_on.partition("best gate: ")[2] for row in mine} == {gate}


def test_gates_and_controls_of_the_tasks_with_distractions_differ_in_nothing_but_the_gate(
    script: dict[str, Any],
) -> None:
    for study in script["DISTRACTED"].values():
        rules = study.load().rules
        for gate, (_, control) in ((g, names) for g, names in script["GATES"].items() if g in rules):
            assert attrs.evolve(rules[control], gates=(), gates_what=None) == attrs.evolve(
                rules[gate], gates=(), gates_what=None
            )
            kinds = [[one.kind for one in rules[name].gates] for name in (gate, control)]
            random = [kind for kind in kinds[0] if kind != "surprise"]
            assert kinds[1] == [*random, "constant" if gate == "surprise" else "shuffled"]


def test_two_figures_show_every_gate_in_every_task_with_distractions(script: dict[str, Any]) -> None:
    drawn = dict(script["FIGURES"]["attention"](lambda study: seeds(rules_of(study), lambda rule, key: 1.0)))
    assert list(drawn) == ["attention_outcomes", "attention_cues"]
    assert [len(made.axes) for made in drawn.values()] == [4, 4]
    shown = [made.axes[0].get_yticklabels() for made in drawn.values()]
    assert [label.get_text() for label in shown[1]][:2] == ["ungated", "gated"]
    assert len(shown[0]) == len(shown[1]) + 2


@pytest.mark.parametrize(
    ("lost", "verdict"), [(3.0, "supported"), (1.0, "not supported"), (0.5, "not supported")]
)
def test_a_short_cue_needs_only_what_it_does_worse_without(
    script: dict[str, Any], lost: float, verdict: str
) -> None:
    (_, _, without), *others = script["NEEDED"].values()

    def run(study: Any) -> Seeds:
        return seeds(rules_of(study), lambda rule, key: lost if study == without else 1.0)

    needed = [row for row in script["CLAIMS"]["memory"](run) if "need" in row.claim]
    assert [str(row.verdict) for row in needed] == [verdict, *["not supported"] * len(others)] * 2
    names = [[name] for name, _, _ in script["NEEDED"].values()]
    assert [list(row.baselines) for row in needed] == names * 2


def test_a_short_cue_is_asked_of_the_same_network_but_for_one_thing(script: dict[str, Any]) -> None:
    whole = script["Study"](script["TRACE"]).load()
    for _, _, study in script["NEEDED"].values():
        one = study.load()
        assert one.reservoir != whole.reservoir
        assert attrs.evolve(one, reservoir=whole.reservoir) == whole


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

    exact, soon, both = (r for r in script["CLAIMS"]["ablations"](run) if "steps of any one size" in r.claim)
    assert str(exact.verdict) == verdict
    assert set(exact.baselines) == {"no_gate", "no_error_gate", *script["STEPS"]}
    assert soon.values == pytest.approx(np.full(SEEDS, 10.0))
    assert both.values == pytest.approx(np.sqrt(exact.values / 12.0 * soon.values / 25.0))


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

    *_, row = script["CLAIMS"]["ablations"](run)
    assert str(row.verdict) == verdict
    assert np.mean(row.baselines[f"told, {ours}"]) == pytest.approx(0.03)


def test_a_network_without_a_part_is_that_of_the_headline_but_for_that_part(script: dict[str, Any]) -> None:
    main, ours = script["MAIN"].load(), script["OURS"]
    for study in script["NETWORKS"].values():
        one = study.load()
        assert one.rules == {ours: main.rules[ours]}
        assert one.reservoir != main.reservoir
        assert attrs.evolve(one, rules=main.rules, reservoir=main.reservoir) == main


@pytest.mark.parametrize(
    ("exponent", "verdict"), [(1.0, "supported"), (0.6, "partly"), (1.4, "partly"), (0.2, "not supported")]
)
def test_timing_is_scalar_where_the_spread_grows_in_proportion_to_the_latency(
    script: dict[str, Any], exponent: float, verdict: str
) -> None:
    latency_ms = np.array([[300.0, 500.0, 800.0, 1200.0]])
    lapses = np.append(np.linspace(-1.0, 1.0, 15), 50.0)

    def run(study: Any) -> Seeds:
        spread_ms = 0.1 * 300.0 * (latency_ms / 300.0) ** exponent
        peaks = (latency_ms + spread_ms)[..., None] + spread_ms[..., None] * lapses
        arrays = {f"{rule}.single_peak_ms": np.tile(peaks, (SEEDS, 1, 1, 1)) for rule in rules_of(study)}
        return Seeds({"latency_ms": latency_ms, **arrays}, [])

    (row,) = script["CLAIMS"]["scalar_timing"](run)
    assert str(row.verdict) == verdict
    np.testing.assert_allclose(row.values, exponent)
    assert {"noise 0.3", "taught width grows", "force, taught width grows"} <= set(row.baselines)
    ((name, made),) = script["FIGURES"]["scalar_timing"](run)
    assert name == "scalar_timing"
    assert len(made.axes) == 3
