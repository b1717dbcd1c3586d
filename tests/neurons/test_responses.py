"""Stimuli are what their segments say, and a response is the reference's own trajectory."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.backends import numpy_reference
from neurogate.errors import RequestError
from neurogate.neurons.models import MODELS, SCHEMES
from neurogate.neurons.presets import PRESETS, sample
from neurogate.neurons.responses import Neuron, Response, Stimulus, respond


def test_pulses_and_ramps_add_to_the_holding_current_strictly_inside_their_limits() -> None:
    stimulus = Stimulus(
        duration_ms=6.0, dt_ms=1.0, holding=1.0, segments=((0.0, 4.0, 0.0, 8.0), (3.0, 9.0, 10.0, 10.0))
    )
    assert stimulus.time_ms.tolist() == [0, 1, 2, 3, 4, 5]
    assert stimulus.current.tolist() == [1, 3, 5, 7, 11, 11]


def test_a_step_that_does_not_divide_the_duration_is_refused() -> None:
    with pytest.raises(ValueError, match=r"lasts 10 ms, which is not a whole number of steps of 0.3 ms"):
        Stimulus(duration_ms=10.0, dt_ms=0.3)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("preset", ["chattering_2003", "regular_spiking_2007"])
def test_a_response_repeats_the_steps_of_the_reference(preset: str, scheme: str) -> None:
    model = PRESETS[preset].model
    parameters = {k: float(x[0]) for k, x in sample(preset, {}, np.random.default_rng(0), 1).items()}
    height = 10.0 if model == "izhikevich_2003" else 300.0
    stimulus = Stimulus(duration_ms=100.0, dt_ms=0.5, segments=((10.0, 100.0, height, height),))
    response = respond(Neuron(model, parameters, -65.0, 0.0), stimulus, scheme)
    rows = MODELS[model].pack(parameters)
    v, u, spikes = np.array([-65.0]), np.zeros(1), []
    for t, current, shown in zip(stimulus.time_ms, stimulus.current, response.v, strict=True):
        v, u, fired = getattr(numpy_reference, model)(v, u, np.array([current]), rows, 0.5, scheme)
        assert shown == (parameters["v_peak"] if fired[0] else v[0])
        if fired[0]:
            spikes.append(t)
    assert len(spikes) > 2
    assert response.spikes_ms.tolist() == spikes


def test_an_unknown_scheme_is_refused() -> None:
    neuron = Neuron("izhikevich_2003", {"a": 0.02, "b": 0.2, "c": -65, "d": 8, "v_peak": 30}, -65, -13)
    with pytest.raises(RequestError, match="no scheme 'rk4'; there are euler, half_step"):
        respond(neuron, Stimulus(duration_ms=1.0, dt_ms=1.0), "rk4")


def test_bursts_are_the_spikes_between_pauses_and_hold_every_spike() -> None:
    spikes = np.array([3.0, 5.0, 9.0, 40.0, 80.0, 82.0])
    response = Response(np.arange(100.0), np.zeros(100), np.zeros(100), spikes)
    assert [burst.tolist() for burst in response.bursts()] == [[3, 5, 9], [40], [80, 82]]
    assert [burst.tolist() for burst in response.bursts(gap_ms=35)] == [[3, 5, 9, 40], [80, 82]]
    assert response.between(5, 40).tolist() == [5, 9, 40]


def test_a_silent_neuron_has_no_bursts() -> None:
    assert Response(np.arange(9.0), np.zeros(9), np.zeros(9), np.zeros(0)).bursts() == []
