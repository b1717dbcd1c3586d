"""Parts that do not fit together are named, with the keys of both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurogate.config import checks
from neurogate.config.schema import structure
from neurogate.errors import RequestError


def table(changes: dict[str, Any]) -> dict[str, Any]:
    """Make nested tables from dotted keys."""
    made: dict[str, Any] = {}
    for path, value in changes.items():
        *parents, last = path.split(".")
        node = made
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = value
    return made


def problems(**changes: Any) -> list[str]:
    with pytest.raises(RequestError) as caught:
        structure(table(changes))
    return list(caught.value.problems)


BLOCK = {"name": "A", "trials": 4, "latency_ms": [300.0], "probability": [[0.5, 0.2]]}
LATE = {**BLOCK, "latency_ms": [1400.0]}


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        ({"name": "a b"}, ['name is "a b"; it must begin with a letter or digit']),
        ({"name": "../up"}, ['name is "../up"; it must']),
        ({"name": ""}, ['name is ""; it must']),
        ({"rules": {}}, ["rules is empty; it must hold at least one learning rule"]),
        ({"rules": {"a.b": {"kind": "delta"}}}, ['rules holds a rule called "a.b"; its name must be']),
        ({"task.outcomes": ["X", "X"]}, ['task.outcomes is ["X", "X"]; each outcome must have a name']),
        (
            {"reservoir.dt_ms": 0.3},
            ["reservoir.dt_ms is 0.3 ms; it must divide task.timeline.interval_ms (400.0 ms), "],
        ),
        (
            {"task.blocks": [{**BLOCK, "latency_ms": [300.5]}]},
            ["task.blocks[0].latency_ms[0] is 300.5 ms; it must be a whole number of steps of reservoir"],
        ),
        (
            {"task.blocks": [{**BLOCK, "probability_to": [[0.9, 0.9]]}]},
            ["task.blocks[0].probability_to[0] sums to 1.8; the outcomes of a cue must sum to at most 1"],
        ),
        (
            {"task.blocks": [{**BLOCK, "jitter": {"shift_ms": [{"uniform": [-300, 0]}]}}]},
            ["task.blocks[0].jitter.shift_ms[0] makes a latency of 300 ms one of 0 to 300 ms; it"],
        ),
        (
            {"task.distraction.other_cues": {"start_ms": -300.5, "duration_ms": 100}},
            ["task.distraction.other_cues.start_ms is -300.5 ms; it must be a whole number of steps"],
        ),
        (
            {"task.distraction.distractors.duration_ms": 0.25},
            ["task.distraction.distractors.duration_ms is 0.25 ms; it must be a whole number of steps"],
        ),
        (
            {"task.distraction.other_cues.latency_ms": [2000, 300]},
            [
                "task.distraction.other_cues.probability holds 0 rows; it must hold one per cue, 2",
                "task.distraction.other_cues.latency_ms[0] is 2000; its outcome comes at 2000 ms",
            ],
        ),
        (
            {"task.distraction.stray_outcomes.where": "gap"},
            ['task.distraction.stray_outcomes.where is "gap"; it must be "interval" or "delay" or "both"'],
        ),
        (
            {"task.distraction.distractor.rate_hz": 1},
            ["task.distraction.distractor is not a known key; did you mean distractors?"],
        ),
        (
            {"features.bin_ms": 0.5},
            ["features.bin_ms is 0.5 ms; it must be a whole number of steps of reservoir.dt_ms"],
        ),
        (
            {"task.timeline.gap_ms": 151},
            [
                "task.timeline: interval_ms + cue_ms + gap_ms is 2201.0 ms; it must be",
                "record.",
            ],
        ),
        (
            {"rules": {"force": {"sample_ms": 7}}},
            ["rules.force.sample_ms is 7.0 ms; it must be a whole"],
        ),
        (
            {"record.every_ms": 7},
            ["record.every_ms is 7.0 ms; it must be a whole number of bins", "record."],
        ),
        (
            {"record.every_ms": 15},
            ["record.every_ms is 15.0; it must divide the length of a trial"],
        ),
        (
            {"task.lead_ms": 80.0},
            ["probes.window_ms[0] is 100; it must be at least task.lead_ms + task.timeline.onset_ms, 180 ms"],
        ),
        (
            {"probes.window_ms": [100, 1801]},
            ["probes.window_ms[1] is 1801; it must lie in the trial: "],
        ),
        (
            {"task.blocks": [{**BLOCK, "latency_ms": [1550]}]},
            ["probes.window_ms is [100, 1500]; it must hold task.blocks[0].latency_ms[0] (1550 ms), or"],
        ),
        (
            {"task.blocks": [{**BLOCK, "latency_ms": [150]}], "probes.window_ms": [180, 1500]},
            ["probes.window_ms is [180, 1500]; it must hold task.blocks[0].latency_ms[0] (150 ms), or"],
        ),
        (
            {"task.blocks": [{**LATE, "jitter": {"shift_ms": [{"normal": [150, 9]}]}}]},
            [
                "probes.window_ms is [100, 1500]; it must hold task.blocks[0].latency_ms[0] (1400 ms, which "
                "jitter makes 1550 ms), or no probe sees whether that is foretold."
            ],
        ),
        (
            {"probes.window_ms": [100, 290]},
            [
                "probes.window_ms is [100, 290]; it must hold task.blocks[0].latency_ms[0] (300 ms), "
                "task.blocks[0].latency_ms[1] (600 ms), task.blocks[0].latency_ms[2] (900 ms) and 9 more, or"
            ],
        ),
        (
            {"rules": {"force": {"start_ms": 1800, "stop_ms": 1900}}},
            ["rules.force.start_ms is 1800; it must lie before the end: the trial goes from -400 to 1800 ms"],
        ),
        (
            {"rules": {"three_factor": {"gates": [{"kind": "phase", "start_ms": -900, "stop_ms": -400}]}}},
            ["rules.three_factor.gates[0].stop_ms is -400; it must lie after the beginning"],
        ),
        (
            {"reservoir.recurrent": {"kind": "fixed_in_degree"}, "reservoir.n": 50},
            ["reservoir.recurrent.in_degree is 100; it must be at most reservoir.n, 50."],
        ),
        ({"record.neurons": 1001}, ["record.neurons is 1001; it must be at most reservoir.n, 1000."]),
        (
            {"task.settling": 2**40},
            ["task: the number of trials (settling + habituation + all blocks)"],
        ),
        ({"task.replays": 2**40}, ["task.replays is 1.09951e+12; it must be at most 1000."]),
        ({"probes.per_cue": 2**40}, ["probes.per_cue is 1.09951e+12; it must be at most 10000."]),
        (
            {"reservoir.dt_ms": 2**-20},
            ["reservoir.dt_ms: the number of steps in a trial is 2.30687e+09; it must be at most 10000000."],
        ),
        ({"reservoir.n": 1_000_000}, ["run.memory_limit_mb is 4,096; it must be at least"]),
        ({"run.memory_limit_mb": 1}, ["run.memory_limit_mb is 1; it must be at least"]),
        (
            {"reservoir.synapse.tau_ms": -5},
            ["reservoir.synapse.tau_ms is -5.0; every number drawn must"],
        ),
        (
            {"reservoir.trace.tau_ms": {"uniform": [0, 5]}},
            ["reservoir.trace.tau_ms is {uniform = [0.0, 5.0]}; every number drawn must be above 0 ms."],
        ),
        (
            {"reservoir.synapse.tau_ms": {"normal": [10, 2]}},
            ["reservoir.synapse.tau_ms is {normal = [10.0, 2.0]}; every number drawn must be above"],
        ),
        (
            {"reservoir.recurrent.delay_ms": -1},
            ["reservoir.recurrent.delay_ms is -1.0; every number"],
        ),
        (
            {"reservoir.recurrent.delay_ms": 1e6},
            ["reservoir.recurrent.delay_ms is 1000000.0; every"],
        ),
        (
            {"reservoir.inputs.noise_sd": {"normal": [0, 1]}},
            ["reservoir.inputs.noise_sd is {normal = [0.0"],
        ),
        (
            {"reservoir.inputs.feedback": 1},
            ["rules holds 2 rules; with reservoir.inputs.feedback"],
        ),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_each_mistake_is_one_sentence(changes: dict[str, Any], sentences: list[str]) -> None:
    found = problems(**changes)
    assert len(found) == len(sentences)
    for problem, sentence in zip(found, sentences, strict=True):
        assert problem.startswith(sentence)


@pytest.mark.parametrize(("free_gb", "raised"), [(8.0, False), (8000.0, True)])
def test_a_limit_is_not_to_be_raised_above_what_is_free(
    free_gb: float, raised: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "_free_gb", lambda: free_gb)
    (problem,) = problems(**{"reservoir.n": 100_000})
    assert problem.endswith("or raise the limit.") == raised
    assert problem.endswith("here 8 GB are free, so a higher limit would not do.") != raised


def test_a_parameter_outside_the_models_domain_is_named() -> None:
    cells = {
        "model": "izhikevich_2007",
        "excitatory": {"preset": "nicola_clopath_2017", "parameters": {"C": -5}},
        "inhibitory": {"preset": "nicola_clopath_2017", "parameters": {"k": {"normal": [1, 1]}}},
    }
    first, second = problems(**{"reservoir.cells": cells})
    assert first == "reservoir.cells.excitatory.parameters.C is -5.0; every number drawn must be above 0 pF."
    assert second.startswith("reservoir.cells.inhibitory.parameters.k is {normal = [1.0, 1.0]}")


@pytest.mark.parametrize(
    "changes",
    [
        {"reservoir.dt_ms": 0.1},
        {"reservoir.dt_ms": 0.5, "features.bin_ms": 2.5},
        {"reservoir.synapse.tau_ms": {"normal": [20, 2]}},
        {"reservoir.trace.tau_ms": {"gamma": [2, 10]}},
        {"reservoir.recurrent.delay_ms": {"uniform": [0, 20]}},
        {"reservoir.inputs.feedback": 1, "rules": {"force": {}}},
        {"rules": {"mine": {"kind": "ridge"}, "three_factor": {"gates": []}}},
        {"record.variables": ["spikes", "weights"], "record.every_ms": 10, "record.neurons": 1000},
        {"name": "A.b-c_9"},
        {"task.blocks": [{**BLOCK, "latency_ms": [1500]}]},
        {"task.blocks": [{**LATE, "jitter": {"shift_ms": [{"gamma": [1, 150]}]}}]},
        {"task.blocks": [{**LATE, "jitter": {"shift_ms": [0, 150]}}]},
    ],
    ids=str,
)
def test_parts_that_fit_are_left_alone(changes: dict[str, Any]) -> None:
    structure(table(changes))


def test_mistakes_named_in_the_issue_are_all_reported_at_once() -> None:
    found = problems(
        **{
            "reservoir.gian": 1.0,
            "run.seed": 2.7,
            "features.constant": float("nan"),
            "reservoir.synapse.tau_ms": -5,
            "reservoir.dt_ms": 0.3,
            "task.blocks": [{**BLOCK, "latency_ms": [1700.0]}],
            "probes.window_ms": [100, 9000],
        }
    )
    for words in (
        "reservoir.gian is not a known key; did you mean gain?",
        "run.seed is 2.7; it must be a whole number",
        "features.constant is nan; it must be finite",
        "task.blocks[0].latency_ms[0] is 1700",
        "reservoir.synapse.tau_ms is -5.0; every number drawn must be above 0 ms",
        "reservoir.dt_ms is 0.3 ms; it must divide",
        "probes.window_ms[1] is 9000; it must lie in the trial",
    ):
        assert any(problem.startswith(words) for problem in found), words


def test_no_complaint_about_a_default_that_stands_in_for_a_misspelt_key() -> None:
    (problem,) = problems(**{"task.outcomes": ["X"], "task.blokcs": [{**BLOCK, "probability": [[0.5]]}]})
    assert problem.startswith("task.blokcs is not a known key; did you mean blocks?")


def test_a_file_of_the_wrong_length_is_named_with_its_key(tmp_path):
    path = tmp_path / "numbers.npy"
    np.save(path, np.ones(7))
    heard = problems(
        **{
            "reservoir.n": 40,
            "reservoir.synapse.tau_ms": {"file": str(path)},
            "reservoir.cells.inhibitory.preset": "inhibitory_2003",
            "reservoir.cells.inhibitory.bias": {"file": str(path)},
            "reservoir.recurrent.weight": {"file": str(path)},
        }
    )
    assert len(heard) == 3
    for key, fact in {
        "reservoir.synapse.tau_ms": "holds 7 numbers, but 40 are needed",
        "reservoir.cells.inhibitory.bias": "holds 7 numbers, but 8 are needed",
        "reservoir.recurrent.weight": "the number of connections is drawn",
    }.items():
        assert any(sentence.startswith(key) and fact in sentence for sentence in heard), heard


def test_a_window_without_a_bin_is_refused_before_the_run():
    (heard,) = problems(**{"probes.window_ms": [101.0, 102.0]})
    assert heard.startswith("probes.window_ms is [101, 102]; a bin of features.bin_ms, 5 ms, must end in it")


def test_a_delay_that_is_no_whole_number_of_steps_is_refused():
    (heard,) = problems(**{"reservoir.recurrent.delay_ms": 2.5})
    assert "reservoir.recurrent.delay_ms" in heard
    assert "2.5 ms" in heard
