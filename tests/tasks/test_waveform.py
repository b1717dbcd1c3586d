"""A session teaches and lets go when it should, and goes on from its state with the same bits."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.network.inputs import Inputs
from neurogate.network.reservoir import Reservoir
from neurogate.network.specification import ReservoirSpec
from neurogate.neurons.distributions import Constant, Uniform
from neurogate.plasticity.online import OnlineDelta, OnlineLeastSquares, OnlineRule
from neurogate.tasks import waveform_metrics
from neurogate.tasks.waveform import Waveform, WaveformSession
from neurogate.tasks.waveform_signals import Melody, Sines

SPEC = ReservoirSpec(n=40, inputs=Inputs(feedback=Uniform(low=-2.0, high=2.0), noise_sd=Constant(value=0.3)))
RULE = OnlineLeastSquares(start_ms=100.0, stop_ms=300.0, every_ms=2.0, ridge=100.0)
TASK = Waveform(signal=Sines(noise=0.01), duration_ms=500.0, piece_ms=50.0, raster_neurons=5)


def session(
    seeds: tuple[int, ...] = (1, 2), task: Waveform = TASK, rule: OnlineRule = RULE, readouts: int = 1
) -> WaveformSession:
    reservoir = Reservoir.build(SPEC, seeds, 0, readouts=readouts, backend="numpy")
    return WaveformSession(reservoir, task, rule, seeds)


def finished(made: WaveformSession) -> WaveformSession:
    while not made.done:
        made.advance()
    return made


@pytest.fixture(scope="module", autouse=True)
def coarse() -> Iterator[None]:
    """Look at coarse spectra: a fine one takes longer than a session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waveform_metrics, "_POINTS", 1)
        yield


@pytest.fixture(scope="module")
def done() -> WaveformSession:
    return finished(session())


def test_the_readout_is_silent_before_and_learns_and_is_free_after(done: WaveformSession) -> None:
    arrays = done.result().arrays
    assert not arrays["readout"][:, :100].any()
    assert not arrays["weight_norm"][:, :2].any()
    assert (arrays["error"][:, 5] < 0.5 * arrays["error"][:, 1]).all()
    assert (np.ptp(arrays["weight_norm"][:, 6:], axis=1) == 0).all()
    assert (np.diff(arrays["weight_norm"][:, 1:6], axis=1) != 0).all()


def test_phases_are_told(done: WaveformSession) -> None:
    made, phases = session(), []
    while not made.done:
        phases.append(made.phase)
        made.advance()
    assert phases == ["before"] * 2 + ["training"] * 4 + ["free run"] * 4
    assert done.memory.network.inverse.shape == (2, 0, 0)


@pytest.mark.parametrize("rule", [RULE, OnlineDelta(start_ms=100.0, stop_ms=300.0, every_ms=2.0)])
@pytest.mark.parametrize("position", [1, 4, 8])
def test_a_session_goes_on_from_its_state_with_the_same_bits(rule: OnlineRule, position: int) -> None:
    whole = finished(session(rule=rule)).result()
    first, second = session(rule=rule), session(rule=rule)
    for _ in range(position):
        first.advance()
    second.restore(first.state())
    assert second.position == position
    resumed = finished(second).result()
    assert resumed.arrays.keys() == whole.arrays.keys()
    for name, array in whole.arrays.items():
        np.testing.assert_array_equal(resumed.arrays[name], array, err_msg=name)
    assert str(resumed.metrics) == str(whole.metrics)


def test_a_replica_is_the_same_alone(done: WaveformSession) -> None:
    alone = finished(session((2,))).result().arrays
    both = done.result().arrays
    for name in ("readout", "target", "rate_hz", "error", "weight_norm", "metric.rmse_free"):
        np.testing.assert_array_equal(alone[name][0], both[name][1], err_msg=name)


def test_the_length_of_a_piece_does_not_change_the_run(done: WaveformSession) -> None:
    longer = finished(session(task=attrs.evolve(TASK, piece_ms=100.0))).result().arrays
    np.testing.assert_array_equal(longer["readout"], done.result().arrays["readout"])


def test_spikes_of_the_raster_add_up_to_the_rates() -> None:
    everyone = finished(session((1,), attrs.evolve(TASK, raster_neurons=40))).result().arrays
    counted = len(everyone["raster_time_ms"]) / (40 * 0.5)
    # A step is as long as a sample here, so that no two spikes of a neuron fall into one.
    assert counted == pytest.approx(everyone["rate_hz"].mean())
    assert everyone["raster_time_ms"].min() > 0
    assert everyone["raster_time_ms"].max() <= 500


def test_every_channel_has_a_readout() -> None:
    melody = attrs.evolve(TASK, signal=Melody(notes_per_s=10.0))
    arrays = finished(session((1,), melody, readouts=5)).result().arrays
    assert arrays["readout"].shape == (1, 500, 5)
    assert arrays["channel_names"].tolist() == list("CDEFG")


def test_metrics_are_means_over_replicas(done: WaveformSession) -> None:
    result = done.result()
    (metrics,) = result.metrics.values()
    assert list(result.metrics) == ["least_squares"]
    for name, value in metrics.items():
        assert value == result.arrays[f"metric.{name}"].mean(), name


def test_times_that_do_not_fit_are_all_told() -> None:
    with pytest.raises(RequestError) as caught:
        session(
            task=attrs.evolve(TASK, sample_ms=1.5, duration_ms=510.0),
            rule=attrs.evolve(RULE, stop_ms=620.0, every_ms=0.5),
        )
    text = "\n".join(caught.value.problems)
    for told in ("sample_ms is 1.5", "duration_ms is 510.0", "every_ms is 0.5", "stop_ms is 620.0"):
        assert told in text
    assert "runs freely" in text


def test_a_reservoir_of_another_shape_is_refused() -> None:
    with pytest.raises(RequestError, match=r"0 input channels and 2 readouts; .* and 1 readouts"):
        session(readouts=2)
    reservoir = Reservoir.build(SPEC, [1], 0, readouts=1, backend="numpy")
    with pytest.raises(RequestError, match="2 seeds and 1 replicas"):
        WaveformSession(reservoir, TASK, RULE, (1, 2))


def test_a_session_is_neither_judged_too_early_nor_prolonged(done: WaveformSession) -> None:
    with pytest.raises(RequestError, match="0 of 10 pieces; finish it first"):
        session().result()
    with pytest.raises(RequestError, match="all its 10 pieces"):
        done.advance()


def test_the_best_lag_is_sought_within_20_ms_whatever_the_step() -> None:
    spec = attrs.evolve(SPEC, dt_ms=0.3)
    task = attrs.evolve(TASK, duration_ms=300.0, piece_ms=30.0, sample_ms=0.3)
    rule = attrs.evolve(RULE, start_ms=60.0, stop_ms=90.0, every_ms=0.3)
    reservoir = Reservoir.build(spec, [1], 0, readouts=1, backend="numpy")
    made = finished(WaveformSession(reservoir, task, rule, [1]))
    made.memory.readout = np.roll(made.targets, round(20 / 0.3), axis=1)
    measured = made.result().arrays
    assert measured["metric.rmse_free"] > 0.1
    assert measured["metric.rmse_free_best_lag"] == pytest.approx(0.0, abs=1e-12)
