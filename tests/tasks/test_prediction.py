"""The prediction object: what a user can ask of it, and that it says what the run's judgement says."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.errors import RequestError
from neurogate.tasks.cue_table import cue_table
from neurogate.tasks.evaluation import Result
from neurogate.tasks.prediction import Prediction
from neurogate.tasks.probes import Probes
from tests.tasks.sessions import PROBES, RULES, TASK, finish, make

TIME_MS = np.arange(5.0, 1655.0, 5.0)
PEAK_MS, ODDS = np.array([300.0, 900.0]), np.array([[0.9, 0.0], [0.2, 0.6]])


def prediction(height: float = 0.5, **changes: Any) -> Prediction:
    when = height * np.exp(-0.5 * ((TIME_MS - PEAK_MS[:, None]) / 40) ** 2)
    what = np.repeat(ODDS[..., None], TIME_MS.size, axis=-1)
    return attrs.evolve(Prediction(TIME_MS, when, what, ("tone", "light"), ("X", "Y")), **changes)


@pytest.fixture(scope="module")
def result() -> Result:
    return finish(make((3, 4), probes=attrs.evolve(PROBES, floor=0.01))).result()


def test_at_the_predicted_time_outcomes_are_as_probable_as_they_are_at_all() -> None:
    made = prediction()
    for c, cue in enumerate(("tone", "light")):
        assert made.when(cue) == PEAK_MS[c]
        assert made.at(cue, made.when(cue)) == pytest.approx(made.what(cue))
        assert list(made.what(cue).values()) == pytest.approx(ODDS[c].tolist())
        assert made.what(c) == made.what(cue)


@given(time_ms=st.floats(5.0, 1650.0), height=st.floats(0.1, 10.0))
def test_at_other_times_outcomes_are_less_probable_by_as_much_as_the_bump_is_lower(
    time_ms: float, height: float
) -> None:
    at = prediction(height).at("light", time_ms)
    bump = np.exp(-0.5 * ((time_ms - 900.0) / 40) ** 2)
    np.testing.assert_allclose(list(at.values()), bump * ODDS[1], atol=0.002)


def test_what_is_below_zero_predicts_nothing() -> None:
    made = prediction(when_read=np.where(TIME_MS < 600, -1.0, prediction().when_read))
    assert made.at("light", 300.0) == {"X": 0.0, "Y": 0.0}
    assert made.at("tone", 300.0) == {"X": 0.0, "Y": 0.0}


def test_a_cue_after_which_nothing_is_predicted_says_so() -> None:
    made = prediction(0.05)
    assert math.isnan(made.when("tone"))
    assert all(math.isnan(p) for p in made.what("tone").values())
    assert made.at("tone", 300.0) == {"X": 0.0, "Y": 0.0}


def test_the_product_is_when_times_what() -> None:
    made = prediction()
    np.testing.assert_array_equal(made.product("light"), made.when_read[1] * made.what_read[1])


def test_it_says_what_the_judgement_of_the_run_says(result: Result) -> None:
    arrays, ends = result.arrays, {"A": 1, "B": 3}
    asked = 0
    for rule in RULES:
        for block, end in ends.items():
            for replica in range(2):
                made = Prediction.of(arrays, rule, block, replica=replica)
                assert made.probes.window_ms == PROBES.window_ms
                for c in range(2):
                    if np.isfinite(arrays[f"{rule}.timing_bias_ms"][replica, end, c]):
                        asked += 1
                        assert made.when(c) == arrays[f"{rule}.peak_ms"][replica, end, c]
                        learned = arrays[f"{rule}.probability"][replica, end, c]
                        np.testing.assert_allclose(list(made.what(c).values()), learned, rtol=1e-12)
    assert asked > 4
    first = Prediction.of(arrays)
    np.testing.assert_array_equal(first.when_read, arrays[f"{next(iter(RULES))}.when"][0, -1])


def test_a_result_from_before_it_kept_how_it_was_read_is_read_by_the_defaults(result: Result) -> None:
    old = {
        key: value for key, value in result.arrays.items() if key not in ("probe_window_ms", "probe_floor")
    }
    told = Prediction.of(old).probes
    assert told == attrs.evolve(Probes(), half_width_ms=PROBES.half_width_ms)
    mine = attrs.evolve(PROBES, floor=0.3)
    assert Prediction.of(result.arrays, probes=mine).probes == mine


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"rule": "mine"}, 'There is no rule "mine"; there are three_factor, force.'),
        ({"block": "Z"}, 'There is no block "Z"; there are A, B.'),
        ({"replica": 2}, "replica is 2; it must be from 0 to 1."),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(
    asked: dict[str, Any], sentence: str, result: Result
) -> None:
    with pytest.raises(RequestError) as caught:
        Prediction.of(result.arrays, **asked)
    assert str(caught.value) == sentence


def test_a_block_that_was_not_judged_is_refused() -> None:
    rare = finish(make(probes=attrs.evolve(PROBES, every=5), feedback=0.1)).result().arrays
    with pytest.raises(RequestError, match="Block A was not judged"):
        Prediction.of(rare, block="A")


@pytest.mark.parametrize(
    ("cue", "time_ms", "sentence"),
    [
        ("bell", 300.0, 'There is no cue "bell"; there are tone, light.'),
        (2, 300.0, "cue is 2; it must be from 0 to 1, or a name."),
        ("tone", 1651.0, "time_ms is 1651; it must be from 0 to 1650 ms after the cue."),
        ("tone", float("nan"), "time_ms is nan; it must be from 0 to 1650 ms after the cue."),
    ],
)
def test_a_question_that_makes_no_sense_is_answered_in_a_sentence(
    cue: str | int, time_ms: float, sentence: str
) -> None:
    with pytest.raises(RequestError) as caught:
        prediction().at(cue, time_ms)
    assert str(caught.value) == sentence


def test_the_table_of_cues_holds_the_means_of_what_was_judged(result: Result) -> None:
    arrays: Mapping[str, np.ndarray] = result.arrays
    rows = cue_table(arrays, "force")
    assert [(row["block"], row["cue"]) for row in rows] == [("A", "1"), ("A", "2"), ("B", "1"), ("B", "2")]
    for row, (k, end, c) in zip(rows, [(0, 1, 0), (0, 1, 1), (1, 3, 0), (1, 3, 1)], strict=True):
        assert row["latency_ms"] == TASK.latency_ms()[k, c]
        assert row["timing_error_ms"] == pytest.approx(arrays["force.timing_error_ms"][:, end, c].mean())
        learned = arrays["force.probability"][:, end, c]
        assert list(row["probability"].values()) == pytest.approx(learned.mean(axis=0).tolist())
        product = arrays["force.amplitude"][:, end, c, None] * learned
        assert list(row["product"].values()) == pytest.approx(product.mean(axis=0).tolist())
        assert list(row["true_probability"].values()) == TASK.probability()[k, c].tolist()


def test_the_width_of_a_bump_is_measured_at_half_its_height() -> None:
    sd, probes = np.array([30.0, 60.0]), Probes()
    when = 0.4 * np.exp(-0.5 * ((TIME_MS - PEAK_MS[:, None]) / sd[:, None]) ** 2)
    arrays = {
        "block_names": np.array(["A"]), "block_start": np.array([0, 9]), "probe_trial": np.array([9]),
        "cue_names": np.array(["1", "2"]), "outcome_names": np.array(["X", "Y"]), "probe_time_ms": TIME_MS,
        "latency_ms": PEAK_MS[None] + 10, "true_probability": ODDS[None], "r.when": when[None, None],
        "r.amplitude": np.full((1, 1, 2), 0.4), "r.peak_ms": PEAK_MS[None, None],
        "r.timing_error_ms": np.full((1, 1, 2), 10.0), "r.timing_bias_ms": np.full((1, 1, 2), -10.0),
        "r.single_peak_ms": np.full((1, 1, 2, probes.per_cue), 300.0), "r.probability": ODDS[None, None],
    }  # fmt: skip
    rows = cue_table(arrays, "r")
    expected = 2 * np.sqrt(2 * np.log(2)) * sd
    np.testing.assert_allclose([row["width_ms"] for row in rows], expected, atol=5.0)
    assert [row["peak_ms"] for row in rows] == PEAK_MS.tolist()
    assert [row["single_peak_sd_ms"] for row in rows] == [0.0, 0.0]
    assert [row["single_error_ms"] for row in rows] == [10.0, 610.0]
