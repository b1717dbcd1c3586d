"""Results: names, shapes and types, and that they follow from what was simulated."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from neurogate.analysis.predictions import peak_time, read_probability
from neurogate.tasks.evaluation import Result
from neurogate.tasks.probes import judge
from neurogate.tasks.record import Record
from neurogate.tasks.session import Session
from tests.tasks.sessions import PROBES, RULES, TASK, finish, make

SEEDS = (3, 4)
B, N, C, K, BLOCKS = len(SEEDS), 30, 2, 2, 2
JUDGED = [2, 4, 6, 7]
P, T = len(JUDGED), 40


@pytest.fixture(scope="module")
def session() -> Session:
    return finish(make(SEEDS, record=Record(variables=("when", "what", "spikes"), every_ms=5.0)))


@pytest.fixture(scope="module")
def result(session: Session) -> Result:
    return session.result()


def test_shared_arrays_have_the_documented_keys_shapes_and_types(session: Session, result: Result) -> None:
    expected = {
        "probe_time_ms": ((T,), "f"),
        "probe_window_ms": ((2,), "f"),
        "probe_floor": ((), "f"),
        "probe_half_width_ms": ((), "f"),
        "probe_trial": ((P,), "i"),
        "block_start": ((BLOCKS + 1,), "i"),
        "block_names": ((BLOCKS,), "U"),
        "cue_names": ((C,), "U"),
        "outcome_names": ((K,), "U"),
        "rule_names": ((len(RULES),), "U"),
        "latency_ms": ((BLOCKS, C), "f"),
        "true_probability": ((BLOCKS, C, K), "f"),
        "probe_probability": ((P, C, K), "f"),
        "expected_when": ((BLOCKS, C, T), "f"),
        "neuron_type": ((N,), "i"),
        "mean_rate_hz": ((B,), "f"),
        "raster_cue": ((), "i"),
        "raster_time_ms": ((result.arrays["raster_time_ms"].size,), "f"),
        "raster_neuron": ((result.arrays["raster_time_ms"].size,), "i"),
        "raster_window_ms": ((2,), "f"),
    }
    shared = {key: value for key, value in result.arrays.items() if "." not in key}
    assert {key: (value.shape, value.dtype.kind) for key, value in shared.items()} == expected
    assert shared["probe_trial"].tolist() == JUDGED
    assert shared["block_start"].tolist() == [0, 4, 7]
    assert shared["block_names"].tolist() == ["A", "B"]
    assert shared["outcome_names"].tolist() == ["X", "Y"]
    assert shared["rule_names"].tolist() == list(RULES)
    assert shared["neuron_type"].tolist() == [0] * 24 + [1] * 6
    np.testing.assert_array_equal(shared["latency_ms"], TASK.latency_ms())
    np.testing.assert_array_equal(shared["true_probability"], TASK.probability())
    np.testing.assert_array_equal(shared["probe_time_ms"], np.arange(5.0, 205.0, 5.0))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arrays_of_a_rule_have_the_documented_keys_shapes_and_types(dtype: str) -> None:
    arrays = finish(make(SEEDS, dtype=dtype)).result().arrays
    expected = {
        "when": (B, BLOCKS, C, T),
        "what": (B, BLOCKS, C, K, T),
        "single_peak_ms": (B, BLOCKS, C, PROBES.per_cue),
        "peak_ms": (B, P, C),
        "amplitude": (B, P, C),
        "timing_error_ms": (B, P, C),
        "timing_bias_ms": (B, P, C),
        "probability": (B, P, C, K),
        "probability_error": (B, P, C),
        "probability_then": (B, P, C, K),
        "when_weights": (B, N),
        "what_weights": (B, K, N + 1),
        "angle_deg": (B, P),
        "when_overlap": (B, P),
        "what_overlap": (B, P),
    }
    for rule in RULES:
        of_rule = {k.removeprefix(f"{rule}."): v for k, v in arrays.items() if k.startswith(f"{rule}.")}
        assert {key: value.shape for key, value in of_rule.items()} == expected
        assert {key: value.dtype.name for key, value in of_rule.items()} == {
            key: "float64" if key.endswith(("_ms", "_deg", "_overlap")) or "probability" in key else dtype
            for key in expected
        }


def test_a_judged_readout_is_the_average_of_the_readouts_of_its_probes(
    session: Session, result: Result
) -> None:
    for rule in RULES:
        when = result.arrays[f"record.{rule}.when"][:, :, 4:44]
        what = result.arrays[f"record.{rule}.what"][:, :, 4:44]
        for b in range(B):
            for cue in range(C):
                own = session.probe_cues[b] == cue
                assert own.sum() == PROBES.per_cue
                mean = when[b, own].mean(axis=0)
                np.testing.assert_allclose(
                    result.arrays[f"{rule}.what"][b, -1, cue], what[b, own].mean(axis=0).T, rtol=1e-9
                )
                np.testing.assert_allclose(
                    result.arrays[f"{rule}.when"][b, -1, cue], mean, rtol=1e-10, atol=1e-13
                )
                seen = judge(
                    PROBES, mean, what[b, own].mean(axis=0).T, result.arrays["probe_time_ms"],
                    TASK.latency_ms()[1, cue], TASK.probability()[1, cue],
                )  # fmt: skip
                for key, value in seen.items():
                    stored = result.arrays[f"{rule}.{key}"][b, -1, cue]
                    np.testing.assert_allclose(stored, value, rtol=1e-10, atol=1e-13)


def test_the_peak_of_a_single_probe_is_that_of_its_own_readout(session: Session, result: Result) -> None:
    time_ms = result.arrays["probe_time_ms"]
    found = 0
    for rule in RULES:
        when = result.arrays[f"record.{rule}.when"][:, :, 4:44]
        for b in range(B):
            for cue in range(C):
                own = np.flatnonzero(session.probe_cues[b] == cue)
                peak_ms, _, there = peak_time(when[b, own], time_ms, PROBES.window_ms, PROBES.floor)
                stored = result.arrays[f"{rule}.single_peak_ms"][b, -1, cue]
                np.testing.assert_array_equal(stored, np.where(there, peak_ms, np.nan))
                found += there.sum()
    assert found > 4


def test_each_note_is_judged_by_the_truth_of_its_own_block(result: Result) -> None:
    block = [0, 0, 1, 1]
    for rule in RULES:
        arrays = {k.removeprefix(f"{rule}."): v for k, v in result.arrays.items() if k.startswith(f"{rule}.")}
        distance = np.abs(arrays["peak_ms"] - TASK.latency_ms()[block])
        missed = arrays["timing_error_ms"] == PROBES.missed_error_ms
        np.testing.assert_allclose(np.where(missed, 600, distance), arrays["timing_error_ms"])
        error = np.abs(arrays["probability"] - TASK.probability()[block]).mean(axis=-1)
        np.testing.assert_allclose(error, arrays["probability_error"], rtol=1e-12)


def test_what_is_also_read_where_outcomes_were_due_in_the_first_block(result: Result) -> None:
    assert (TASK.latency_ms()[0] != TASK.latency_ms()[1]).any()
    due_ms, time_ms = np.broadcast_to(TASK.latency_ms()[0], (B, C)), result.arrays["probe_time_ms"]
    for rule in RULES:
        then, what = (result.arrays[f"{rule}.{key}"] for key in ("probability_then", "what"))
        for block, end in enumerate((1, 3)):
            expected = read_probability(what[:, block], time_ms, due_ms, PROBES.half_width_ms)
            np.testing.assert_allclose(then[:, end], expected, rtol=1e-12)


def test_notes_are_the_weights_after_the_trial_that_they_name() -> None:
    session = make(SEEDS)
    seen = {}
    while session.phase != "probes":
        session.advance()
        trained = session.position - session.before
        if trained in JUDGED:
            seen[trained] = session.memory.rules["force"]["what"].copy()
    notes = session.memory.notes["force.what"]
    for index, trial in enumerate(JUDGED):
        np.testing.assert_array_equal(notes[:, index], seen[trial])
    weights = finish(session).result().arrays["force.what_weights"]
    np.testing.assert_array_equal(weights, seen[4])


def test_the_raster_holds_the_spikes_of_its_window(session: Session, result: Result) -> None:
    low, high = result.arrays["raster_window_ms"]
    time_ms, neuron = result.arrays["raster_time_ms"], result.arrays["raster_neuron"]
    probe = int(np.flatnonzero(session.probe_cues[0] == result.arrays["raster_cue"])[0])
    counts = result.arrays["record.spikes"][0, probe]
    assert ((time_ms >= low) & (time_ms <= high)).all()
    inside = counts[:44]
    np.testing.assert_array_equal(np.bincount(neuron, minlength=N), inside.sum(axis=0))
    assert time_ms.size == inside.sum() > 0


def test_results_do_not_depend_on_how_often_they_are_asked_for(session: Session, result: Result) -> None:
    again = session.result()
    for key, value in result.arrays.items():
        np.testing.assert_array_equal(again.arrays[key], value)
    np.testing.assert_equal(dict(again.metrics), dict(result.metrics))


def test_with_a_lead_readouts_are_judged_at_the_time_of_which_they_tell() -> None:
    ahead = attrs.evolve(TASK, lead_ms=15.0)
    plain, led = (finish(make((3,), task=task)).result().arrays for task in (TASK, ahead))
    np.testing.assert_array_equal(led["probe_time_ms"], plain["probe_time_ms"] + 15.0)
    end = led["probe_trial"] == led["block_start"][-1]
    for rule in RULES:
        seen = judge(
            PROBES, led[f"{rule}.when"][0, -1], led[f"{rule}.what"][0, -1], led["probe_time_ms"],
            ahead.latency_ms()[-1], ahead.probability()[-1],
        )  # fmt: skip
        for key, value in seen.items():
            np.testing.assert_array_equal(led[f"{rule}.{key}"][0, end][0], value)
        assert set(led[f"{rule}.single_peak_ms"][np.isfinite(led[f"{rule}.single_peak_ms"])]) <= set(
            led["probe_time_ms"]
        )


def test_what_a_session_finds_of_a_rule_is_what_one_without_the_others_finds() -> None:
    record = Record(variables=("when", "spikes"), every_ms=5.0)
    rule, other = RULES["force"], RULES["three_factor"]
    alone = finish(make(SEEDS, rules={"r": rule}, record=record)).result()
    both = finish(make(SEEDS, rules={"e": other, "r": rule}, record=record)).result()
    mine = both.of({"r": "r"})
    assert mine.arrays.keys() == alone.arrays.keys()
    for key, array in alone.arrays.items():
        np.testing.assert_array_equal(mine.arrays[key], array, err_msg=key)
    assert repr(mine.metrics) == repr(alone.metrics)
    assert both.of({"x": "r"}).arrays["record.x.when"] is both.arrays["record.r.when"]
