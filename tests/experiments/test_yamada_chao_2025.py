"""The claims are judged by the numbers alone."""

from __future__ import annotations

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
        *["supported"] * 3,
    ]
    assert [row.values.tolist() for row in rows] == [[10.0] * SEEDS] * 11
    assert rows[1].baselines["force"].tolist() == [40.0] * SEEDS
    assert list(rows[3].baselines) == [script["ALARMED"]]
    assert all(set(script["RIVALS"]) <= set(row.baselines) for row in (rows[0], *rows[8:]))
    assert all("echo state" in row.baselines for row in (rows[0], rows[4]))
    assert not any("echo state" in row.baselines for row in rows[8:])  # it lives through no other switch


def test_that_force_does_not_adapt_asks_that_it_does_in_no_network(script: dict[str, Any]) -> None:
    def run(study: Any) -> Seeds:
        found = seeds(rules_of(study), lambda rule, key: 1.0)
        if study == script["MAIN"]:
            found.arrays["force.timing_error_ms"][0] = 0.0  # in one of four
        return found

    first, second = (row for row in script["CLAIMS"]["adaptation"](run) if "does not" in row.claim)
    assert (str(first.verdict), str(second.verdict)) == ("not supported", "supported")
    assert first.baselines["force"].tolist() == [10.0, 40.0, 40.0, 40.0]


@pytest.mark.parametrize(("noise_ms", "verdict"), [(0.0, "supported"), (100.0, "not supported")])
def test_what_is_left_of_the_error_is_of_cue_and_block_if_other_probes_would_show_it(
    script: dict[str, Any], noise_ms: float, verdict: str
) -> None:
    noise = noise_ms * np.random.default_rng(0).standard_normal((SEEDS, 3, 2, 8))

    def run(study: Any) -> Seeds:
        found = seeds(rules_of(study), lambda rule, key: 40.0 if "bias" in key else 80.0)
        found.arrays[f"{script['OURS']}.single_peak_ms"] += noise
        return found

    common, own = (row for row in script["CLAIMS"]["timing"](run) if "What is left" in row.claim)
    assert common.values == pytest.approx(np.full(SEEDS, 0.5))
    assert str(own.verdict) == verdict
    assert own.baselines["force"] == pytest.approx(np.ones(SEEDS))
    assert set(own.baselines) == {script["PLAIN"], *script["LEAST_SQUARES"]}


def test_errors_in_as_many_other_probes_are_foretold_from_those_in_halves(script: dict[str, Any]) -> None:
    """Where a half has as much noise as error of its own, r is a half, and with all probes two thirds."""
    rng = np.random.default_rng(1)
    own, noise = 10 * rng.standard_normal((SEEDS, 40, 50)), 20 * rng.standard_normal((SEEDS, 40, 50, 8))
    spread_of_four = 0.546 * noise.std()  # what the median of four normal numbers has of their sd
    peaks = own[..., None] * spread_of_four / 10 + noise
    found = Seeds({"ours.single_peak_ms": peaks, "latency_ms": np.zeros((40, 50))}, [])
    assert script["_repeated"](found, "ours") == pytest.approx(np.full(SEEDS, 2 / 3), abs=0.03)


def test_least_squares_are_beaten_only_if_the_best_that_forget_are(script: dict[str, Any]) -> None:
    told = {script["OURS"]: 2.0, "force_forgetting": 3.0, "force_two_memories": 4.0, script["ALARMED"]: 1.0}
    for claim in ("timing", "probability"):
        rows = judged(script, claim, lambda rule, key: told.get(rule, 9.0))
        forgets, hears = (row for row in rows if "least squares" in row.claim)
        assert (str(forgets.verdict), str(hears.verdict)) == ("supported", "not supported")
        assert list(forgets.baselines) == ["force_forgetting", "force_reset"]
        assert list(hears.baselines) == [script["ALARMED"]]


def test_chance_is_what_other_cues_would_give(script: dict[str, Any]) -> None:
    *_, r, product = judged(script, "probability", lambda rule, key: 0.99)
    assert r.null == pytest.approx(np.full(SEEDS, -1.0))  # the two cues have each other's odds
    assert product.null == pytest.approx(np.full(SEEDS, -1.0))


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


@pytest.mark.parametrize("gate", ["phase", "gated", "surprise", "learned", "attentive"])
@pytest.mark.parametrize("step", ["always_20", "cue_20"])
def test_a_gate_that_a_smaller_step_equals_does_not_earn_its_place(
    script: dict[str, Any], gate: str, step: str
) -> None:
    """But steps that are open while the cue is on have the gate of the phase."""
    opens, _ = script["GATES"][gate]
    rows = judged(script, "attention", lambda rule, key: 1.0 if rule in (gate, step) else 2.0)
    verdicts = {str(row.verdict) for row in rows if opens in row.claim}
    assert verdicts == {"supported" if (gate, step) == ("phase", "cue_20") else "not supported"}


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
