"""The 20 patterns show what they are named after, and stop showing it when its cause is taken away."""

from __future__ import annotations

import string

import attrs
import numpy as np
import pytest

from neurogate.backends import numpy_reference
from neurogate.neurons.models import MODELS
from neurogate.neurons.patterns import PATTERNS, STEP_DEPENDENT, Pattern
from neurogate.neurons.responses import Neuron, Response, Stimulus, respond

Segment = tuple[float, float, float, float]


def shows(name: str, response: Response | None = None) -> bool:
    pattern = PATTERNS[name]
    return pattern.shows(respond(pattern.neuron, pattern.stimulus) if response is None else response)


def with_segments(pattern: Pattern, *segments: Segment, duration_ms: float | None = None) -> Response:
    """Return the response of the pattern's neuron to other segments."""
    changes = {"segments": segments, "duration_ms": duration_ms or pattern.stimulus.duration_ms}
    return respond(pattern.neuron, attrs.evolve(pattern.stimulus, **changes))


def pulses(pattern: Pattern, *onsets_ms: float) -> Response:
    """Return the response to copies of the pattern's first pulse."""
    start, stop, height, _ = pattern.stimulus.segments[0]
    return with_segments(pattern, *((t, t + stop - start, height, height) for t in onsets_ms))


def test_the_patterns_are_the_panels_a_to_t_of_the_figure() -> None:
    assert "".join(pattern.panel for pattern in PATTERNS.values()) == string.ascii_uppercase[:20]


@pytest.mark.parametrize("name", PATTERNS)
def test_the_pattern_shows_its_defining_property(name: str) -> None:
    assert shows(name), PATTERNS[name].defining


@pytest.mark.parametrize("name", PATTERNS)
def test_the_property_is_refused_to_silence_and_to_a_metronome(name: str) -> None:
    time_ms, current = PATTERNS[name].stimulus.time_ms, PATTERNS[name].stimulus.current
    for spikes_ms in (time_ms[:0], time_ms[:: round(5 / PATTERNS[name].stimulus.dt_ms)]):
        assert not shows(name, Response(time_ms, current, np.full(time_ms.size, -65.0), spikes_ms))


@pytest.mark.parametrize("name", PATTERNS)
def test_the_property_does_not_come_from_a_coarse_step_unless_said_so(name: str) -> None:
    pattern = PATTERNS[name]
    finer = attrs.evolve(pattern.stimulus, dt_ms=pattern.stimulus.dt_ms / 5)
    assert pattern.shows(respond(pattern.neuron, finer)) == (name not in STEP_DEPENDENT)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("tonic_spiking", "phasic_spiking"),
        ("tonic_spiking", "spike_latency"),
        ("phasic_spiking", "phasic_bursting"),
        ("tonic_bursting", "phasic_bursting"),
        ("phasic_bursting", "tonic_bursting"),
        ("tonic_bursting", "mixed_mode"),
        ("mixed_mode", "tonic_bursting"),
        ("spike_frequency_adaptation", "class_1_excitable"),
        ("class_1_excitable", "class_2_excitable"),
        ("class_2_excitable", "class_1_excitable"),
        ("resonator", "integrator"),
        ("integrator", "resonator"),
        ("rebound_spike", "rebound_burst"),
        ("rebound_burst", "rebound_spike"),
        ("inhibition_induced_bursting", "inhibition_induced_spiking"),
        ("depolarising_after_potential", "subthreshold_oscillations"),
    ],
)
def test_a_pattern_is_not_taken_for_another(name: str, other: str) -> None:
    assert not shows(name, respond(PATTERNS[other].neuron, PATTERNS[other].stimulus))


@pytest.mark.parametrize("name", [name for name in PATTERNS if PATTERNS[name].panel not in "GH"])
def test_without_its_input_the_neuron_is_silent(name: str) -> None:
    assert with_segments(PATTERNS[name]).spikes_ms.size == 0


def steady_rates_hz(neuron: Neuron, currents: np.ndarray) -> np.ndarray:
    """Return firing rates in the second second of constant currents, all stepped at once."""
    rows = np.repeat(neuron.rows, currents.size, axis=-1)
    v, u = np.full(currents.shape, neuron.v), np.full(currents.shape, neuron.u)
    spikes = np.zeros(currents.shape)
    for i in range(8000):
        v, u, fired = getattr(numpy_reference, neuron.model)(v, u, currents, rows, 0.25, "half_step")
        spikes += fired & (i >= 4000)
    return spikes


def test_a_class_1_neuron_fires_as_slowly_as_one_likes_and_a_class_2_neuron_does_not() -> None:
    rheobase = 2.25  # where 0.04 v^2 + 4.1 v + 108 - b v + I touches zero: (4.1 - b)^2 / 0.16 - 108
    class_1 = steady_rates_hz(PATTERNS["class_1_excitable"].neuron, rheobase + np.geomspace(1e-4, 10, 40))
    class_2 = steady_rates_hz(PATTERNS["class_2_excitable"].neuron, np.linspace(0.2, 0.4, 201))
    assert np.all(np.diff(class_1) >= -1)
    assert 0 < class_1[class_1 > 0].min() <= 5
    assert class_1.max() > 20
    assert class_2[0] == 0
    assert class_2[class_2 > 0].min() > 15


def test_a_stronger_pulse_shortens_the_latency() -> None:
    pattern = PATTERNS["spike_latency"]
    first = [with_segments(pattern, (10, 13, i, i)).spikes_ms[0] for i in (7.05, 7.5, 9.0, 12.0, 20.0)]
    assert first == sorted(first, reverse=True)
    assert first[0] - first[-1] > 7


def test_a_resonator_prefers_an_interval_and_an_integrator_the_shortest() -> None:
    resonator, integrator = PATTERNS["resonator"], PATTERNS["integrator"]
    rings = [pulses(resonator, 40, 40 + interval).spikes_ms.size > 0 for interval in (20, 30, 42, 55, 65)]
    sums = [pulses(integrator, 20, 20 + interval).spikes_ms.size > 0 for interval in range(3, 20)]
    assert rings == [False, False, True, False, False]
    assert sums[0]
    assert not sums[-1]
    assert sums == sorted(sums, reverse=True)


def test_a_bistable_neuron_goes_on_firing_until_the_second_pulse() -> None:
    pattern = PATTERNS["bistability"]
    on, off = pattern.stimulus.segments
    once = with_segments(pattern, on, duration_ms=1000.0)
    assert once.between(900).size > 0
    assert np.ptp(once.intervals_ms[2:]) < 2
    assert with_segments(pattern, on, off, duration_ms=1000.0).between(off[1]).size == 0


def test_inhibition_lowers_the_threshold_for_the_pulse_that_follows() -> None:
    pattern = PATTERNS["threshold_variability"]
    first, inhibition, second = pattern.stimulus.segments
    assert with_segments(pattern, first, second).spikes_ms.size == 0
    assert with_segments(pattern, inhibition, second).spikes_ms.size == 1


def test_an_accommodating_neuron_fires_at_a_jump_to_half_the_current_that_a_ramp_reaches_in_silence() -> None:
    pattern = PATTERNS["accommodation"]
    assert with_segments(pattern, (0, 200, 0, 8)).between(0, 200).size == 0
    assert with_segments(pattern, (50, 250, 4, 4)).between(50, 60).size > 0


def test_the_after_potential_needs_the_jump_of_u() -> None:
    pattern = PATTERNS["depolarising_after_potential"]
    plain = attrs.evolve(pattern.neuron, parameters={**pattern.neuron.parameters, "d": 0.0})
    response = respond(plain, pattern.stimulus)
    assert response.spikes_ms.size >= 1
    assert not pattern.shows(response)


@pytest.mark.parametrize("name", ["class_1_excitable", "integrator"])
def test_the_shifted_form_is_the_published_equation_exactly(name: str) -> None:
    response = respond(PATTERNS[name].neuron, PATTERNS[name].stimulus)
    p, dt = PATTERNS[name].neuron.parameters, PATTERNS[name].stimulus.dt_ms
    v, u, spikes = -60.0, 6.0, []
    for t, current, shown in zip(response.time_ms, response.current, response.v, strict=True):
        for _ in range(2):
            v += dt / 2 * (0.04 * v**2 + 4.1 * v + 108 - u + current)
        u += dt * p["a"] * (p["b"] * v - u)
        if v >= 30:
            spikes.append(t)
            v, u = p["c"], u + p["d"]
        else:
            assert v == pytest.approx(shown, abs=1e-6)
    assert spikes == response.spikes_ms.tolist()


def test_the_limit_form_of_accommodation_is_the_published_equation() -> None:
    pattern = PATTERNS["accommodation"]
    response = respond(pattern.neuron, pattern.stimulus)
    p, dt = pattern.neuron.parameters, pattern.stimulus.dt_ms
    assert p["a"] * p["b"] == 0.02
    v, u, spikes = -65.0, -16.0, []
    for t, current, shown in zip(response.time_ms, response.current, response.v, strict=True):
        for _ in range(2):
            v += dt / 2 * (0.04 * v**2 + 5 * v + 140 - u + current)
        u += dt * 0.02 * (v + 65)
        if v >= 30:
            spikes.append(t)
            v, u = p["c"], u + p["d"]
        else:
            assert v == pytest.approx(shown, abs=1e-5)
    assert spikes == response.spikes_ms.tolist()


@pytest.mark.parametrize("name", PATTERNS)
def test_parameters_lie_in_the_domains_of_their_model(name: str) -> None:
    neuron = PATTERNS[name].neuron
    assert MODELS[neuron.model].problems(neuron.parameters) == []


def test_stimuli_are_made_of_whole_steps() -> None:
    for pattern in PATTERNS.values():
        stimulus: Stimulus = pattern.stimulus
        assert stimulus.current.size * stimulus.dt_ms == pytest.approx(stimulus.duration_ms)
