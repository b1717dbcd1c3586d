"""Metrics: that they follow from the arrays of a result, and what they say where there is nothing."""

from __future__ import annotations

import json

import attrs
import numpy as np
import pytest

from neurogate.analysis.nulls import trace_sum_angles
from neurogate.analysis.predictions import trials_to_criterion
from neurogate.analysis.subspaces import angle_between
from neurogate.network.features import Scaling
from neurogate.neurons.distributions import Constant
from neurogate.plasticity.three_factor import ThreeFactor
from neurogate.tasks.evaluation import Result
from neurogate.tasks.record import Record
from neurogate.tasks.session import Session
from tests.tasks.sessions import PROBES, RULES, TASK, finish, make

SEEDS = (3, 4)
B, N, K = len(SEEDS), 30, 2
JUDGED = [2, 4, 6, 7]
HEADLINES = {
    "timing_error_ms",
    "timing_bias_ms",
    "single_peak_sd_ms",
    "product_r",
    "when_r",
    "probability_mae",
    "probability_r",
    "when_what_angle_deg",
    "mean_rate_hz",
}


@pytest.fixture(scope="module")
def session() -> Session:
    return finish(make(SEEDS, record=Record(variables=("when", "what", "spikes"), every_ms=5.0)))


@pytest.fixture(scope="module")
def result(session: Session) -> Result:
    return session.result()


def test_the_spread_is_that_of_the_peaks_of_single_probes() -> None:
    result = finish(make(SEEDS, probes=attrs.evolve(PROBES, per_cue=5, floor=-100.0))).result()
    for rule, metrics in result.metrics.items():
        peaks = result.arrays[f"{rule}.single_peak_ms"]
        assert metrics["single_peak_sd_ms"] == pytest.approx(peaks.std(axis=-1, ddof=1).mean())


def test_a_peak_that_is_not_there_has_no_bias_and_no_spread() -> None:
    result = finish(make(SEEDS, probes=attrs.evolve(PROBES, floor=100.0))).result()
    for rule, metrics in result.metrics.items():
        assert np.isnan(result.arrays[f"{rule}.single_peak_ms"]).all()
        assert np.isnan(result.arrays[f"{rule}.timing_bias_ms"]).all()
        assert np.isnan(metrics["timing_bias_ms"])
        assert np.isnan(metrics["single_peak_sd_ms"])


def test_the_mean_rate_counts_the_spikes_of_all_probes(result: Result) -> None:
    spikes = result.arrays["record.spikes"].sum(axis=(1, 2, 3))
    np.testing.assert_allclose(result.arrays["mean_rate_hz"], spikes / (N * 4 * 0.230), rtol=1e-12)
    for metrics in result.metrics.values():
        assert metrics["mean_rate_hz"] == pytest.approx(result.arrays["mean_rate_hz"].mean())


def test_metrics_follow_from_the_arrays(result: Result) -> None:
    assert list(result.metrics) == list(RULES)
    for rule, metrics in result.metrics.items():
        timing = result.arrays[f"{rule}.timing_error_ms"]
        error = result.arrays[f"{rule}.probability_error"]
        learned = result.arrays[f"{rule}.probability"][:, [1, 3]]
        truth = np.broadcast_to(TASK.probability(), learned.shape)
        assert set(metrics) > HEADLINES
        blocks = {"A": slice(0, 2), "B": slice(2, 4)}
        assert set(metrics["blocks"]) == set(blocks)
        for name, part in blocks.items():
            block = metrics["blocks"][name]
            assert block["timing_error_ms"] == pytest.approx(timing[:, part].mean())
            worst = timing[:, part].mean(axis=1).max(axis=1).mean()
            assert block["worst_cue_timing_error_ms"] == pytest.approx(worst)
            assert block["probability_mae"] == pytest.approx(error[:, part.stop - 1].mean())
            trial = np.array(JUDGED[part]) - (0, 4)[name == "B"]
            reached = trials_to_criterion(trial, timing[:, part].mean(-1), 50.0)
            assert block["trials_to_timing"] == np.median(reached)
        assert metrics["timing_error_ms"] == pytest.approx(
            np.mean([b["timing_error_ms"] for b in metrics["blocks"].values()])
        )
        assert metrics["probability_mae"] == pytest.approx(np.abs(learned - truth).mean())
        y = result.arrays[f"{rule}.amplitude"][:, [1, 3], :, None] * learned
        assert metrics["product_r"] == pytest.approx(np.corrcoef(y.ravel(), truth.ravel())[0, 1])
        when, expected = result.arrays[f"{rule}.when"], result.arrays["expected_when"]
        pairs = when.ravel(), np.broadcast_to(expected, when.shape).ravel()
        assert metrics["when_r"] == pytest.approx(np.corrcoef(*pairs)[0, 1])
        bias = result.arrays[f"{rule}.timing_bias_ms"]
        biases = [bias[:, part][np.isfinite(bias[:, part])] for part in blocks.values()]
        assert metrics["timing_bias_ms"] == pytest.approx(np.mean([b.mean() for b in biases if b.size]))
        assert metrics["probability_r"] == pytest.approx(np.corrcoef(learned.ravel(), truth.ravel())[0, 1])


def test_the_timing_error_of_a_block_is_that_of_its_last_100_trials() -> None:
    blocks = tuple(attrs.evolve(block, trials=120) for block in TASK.blocks)
    probes = attrs.evolve(PROBES, every=15)
    result = finish(make((3,), task=attrs.evolve(TASK, blocks=blocks), probes=probes)).result()
    trial = result.arrays["probe_trial"]
    assert trial.tolist() == list(range(15, 241, 15))
    for rule, metrics in result.metrics.items():
        timing = result.arrays[f"{rule}.timing_error_ms"]
        for name, last in (("A", 120), ("B", 240)):
            settled = (trial > last - 100) & (trial <= last)
            assert settled.sum() == 7
            expected = timing[:, settled].mean()
            assert metrics["blocks"][name]["timing_error_ms"] == pytest.approx(expected)


def test_the_angle_is_that_of_the_first_block_beside_a_null_of_its_own_traces(
    session: Session, result: Result
) -> None:
    for rule, metrics in result.metrics.items():
        when, what = (result.arrays[f"{rule}.{name}_weights"] for name in ("when", "what"))
        angles = [angle_between(when[b], what[b, :, :-1]) for b in range(B)]
        assert metrics["when_what_angle_deg"] == pytest.approx(np.mean(angles))
        assert 0 < metrics["when_what_angle_null_p"] <= 1
    nulls = [
        trace_sum_angles(
            np.random.default_rng(0),
            session.memory.samples["phasic"][b],
            session.memory.samples["tonic"][b],
            K,
            400,
        ).mean()
        for b in range(B)
    ]
    assert metrics["when_what_angle_null_deg"] == pytest.approx(np.mean(nulls), abs=3)
    assert metrics["when_what_angle_null_p5_deg"] < metrics["when_what_angle_null_deg"]


def test_the_null_is_made_of_single_trials_that_rules_learned_from() -> None:
    session = make([3], record=Record(variables=("trace",), every_ms=5.0, trials="all"))
    finish(session)
    scaling = Scaling.of(session.features, session.memory.moments, "float64")
    tonic, samples = [], session.memory.samples["tonic"][0]
    for trial in range(TASK.blocks[0].trials):
        seen = scaling.tonic(session.memory.kept["trace"][trial])[0, :, :-1]
        n = session.before + trial
        replayed = session.teaching.episode(n).replay
        tonic.extend(seen[replayed[0, :2]])
    np.testing.assert_array_equal(samples, tonic)
    assert np.abs(session.memory.samples["phasic"][0]).max(axis=1).all()


def test_a_silent_network_has_results_that_say_so() -> None:
    session = make(SEEDS, inputs={"weight": Constant(value=0.0), "noise_sd": Constant(value=0.0)})
    session.reservoir.arrays.bias[:] = -10
    result = finish(session).result()
    assert not result.arrays["mean_rate_hz"].any()
    assert not result.arrays["raster_time_ms"].size
    for metrics in result.metrics.values():
        assert metrics["timing_error_ms"] == PROBES.missed_error_ms
        assert np.isnan(metrics["when_what_angle_deg"])
        assert np.isnan(metrics["when_what_angle_null_deg"])


def test_a_rule_that_has_learned_nothing_has_no_angle_and_no_correlation() -> None:
    asleep = ThreeFactor(eta_when=0.0, eta_what=0.0, eta_novelty=0.0)
    metrics = finish(make(SEEDS, rules={"asleep": asleep})).result().metrics["asleep"]
    assert np.isnan(metrics["when_what_angle_deg"])
    assert np.isnan(metrics["when_what_angle_null_p"])
    assert np.isnan(metrics["probability_r"])
    assert np.isfinite(metrics["when_what_angle_null_deg"])
    assert metrics["timing_error_ms"] == PROBES.missed_error_ms
    assert metrics["probability_mae"] == pytest.approx(TASK.probability().mean())


def test_metrics_are_plain_numbers_by_names(result: Result) -> None:
    text = json.dumps(result.metrics)
    np.testing.assert_equal(json.loads(text), dict(result.metrics))
