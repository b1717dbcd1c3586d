"""Presets: populations have the stated heterogeneity, and cell types behave as they are called."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.neurons.distributions import Constant, Normal, Uniform
from neurogate.neurons.models import MODELS
from neurogate.neurons.presets import PRESETS, sample
from neurogate.neurons.responses import Neuron, Response, Stimulus, respond


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_fills_its_model_with_values_in_their_domains(
    preset: str, rng: np.random.Generator
) -> None:
    model = MODELS[PRESETS[preset].model]
    values = sample(preset, {}, rng, 500)
    assert tuple(values) == model.names
    assert all(value.shape == (500,) and value.dtype == np.float64 for value in values.values())
    assert model.problems(values) == []


def test_mixed_excitatory_cells_run_from_regular_spiking_to_chattering(rng: np.random.Generator) -> None:
    values = sample("excitatory_2003", {}, rng, 5000)
    r = np.sqrt((values["c"] + 65) / 15)
    np.testing.assert_allclose(values["d"], 8 - 6 * r**2)
    assert abs(r.mean() - 0.5) < 0.02
    assert set(values["a"]) == {0.02}
    assert set(values["b"]) == {0.2}


def test_inhibitory_cells_trade_speed_against_sensitivity(rng: np.random.Generator) -> None:
    values = sample("inhibitory_2003", {}, rng, 5000)
    r = (values["a"] - 0.02) / 0.08
    np.testing.assert_allclose(values["b"], 0.25 - 0.05 * r)
    assert abs(r.mean() - 0.5) < 0.02
    assert r.min() >= 0
    assert r.max() < 1


def test_slowly_adapting_cells_have_jumps_scaled_to_their_speed(rng: np.random.Generator) -> None:
    values = sample("adapting_excitatory", {}, rng, 5000)
    r2 = (values["c"] + 65) / 15
    np.testing.assert_allclose(values["d"], (8 - 6 * r2) * np.sqrt(values["a"] / 0.02))
    assert values["a"].min() >= 0.0003
    assert values["a"].max() <= 0.01
    assert np.median(values["a"]) == pytest.approx(np.sqrt(0.0003 * 0.01), rel=0.1)
    assert abs(np.corrcoef(np.log(values["a"]), r2)[0, 1]) < 0.05


def test_neurons_that_are_alike_lie_in_the_middle_of_those_that_adapt_each_in_its_own_way(
    rng: np.random.Generator,
) -> None:
    alike, apart = (sample(name, {}, rng, 20_000) for name in ("alike_adapting", "adapting_excitatory"))
    assert all(np.ptp(values) == 0 for values in alike.values())
    assert alike["a"][0] == pytest.approx(np.sqrt(0.0003 * 0.01), rel=1e-3)
    assert np.log(alike["a"][0]) == pytest.approx(np.log(apart["a"]).mean(), abs=0.05)
    assert alike["d"][0] == pytest.approx(8 * np.sqrt(alike["a"][0] / 0.02), rel=1e-3)


@pytest.mark.parametrize("name", MODELS["izhikevich_2003"].names)
def test_an_override_changes_its_parameter_and_only_what_follows_from_it(name: str) -> None:
    plain = sample("adapting_excitatory", {}, np.random.default_rng(1), 50)
    override = Uniform(low=31, high=40) if name == "v_peak" else Uniform(low=0.001, high=0.002)
    changed = sample("adapting_excitatory", {name: override}, np.random.default_rng(1), 50)
    differ = {other for other in plain if not np.array_equal(plain[other], changed[other])}
    assert differ == ({"a", "d"} if name == "a" else {name})
    assert override.low <= changed[name].min() <= changed[name].max() <= override.high


def test_the_same_seed_draws_the_same_population_and_another_seed_another() -> None:
    first, again, other = (sample("adapting_excitatory", {}, np.random.default_rng(s), 9) for s in (1, 1, 2))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["a"], other["a"])


def test_an_unknown_preset_is_refused_with_the_nearest_name(rng: np.random.Generator) -> None:
    with pytest.raises(RequestError, match=r"no preset 'exitatory_2003'.*Did you mean 'excitatory_2003'"):
        sample("exitatory_2003", {}, rng, 3)


def test_an_unknown_parameter_is_refused_with_those_there_are(rng: np.random.Generator) -> None:
    with pytest.raises(
        RequestError, match="izhikevich_2003 has no parameter 'C'; it takes a, b, c, d, v_peak"
    ):
        sample("excitatory_2003", {"C": Constant(value=1)}, rng, 3)


def test_a_draw_outside_its_domain_is_refused(rng: np.random.Generator) -> None:
    with pytest.raises(RequestError, match=r"Drawing regular_spiking_2007: .*C is -.* must be above 0 pF"):
        sample("regular_spiking_2007", {"C": Normal(mean=0, sd=1)}, rng, 50)


def answer(preset: str, height: float, holding: float = 0.0, onset_ms: float = 50.0) -> Response:
    """Return the response of a constant preset, settled under `holding`, to a step of 350 ms."""
    parameters = {
        name: float(value[0]) for name, value in sample(preset, {}, np.random.default_rng(0), 1).items()
    }
    u = parameters["b"] * -70 if PRESETS[preset].model == "izhikevich_2003" else 0.0
    v = parameters.get("v_r", -70.0)
    step = (onset_ms, onset_ms + 350, height - holding, height - holding)
    stimulus = Stimulus(duration_ms=onset_ms + 350, dt_ms=0.25, segments=(step,), holding=holding)
    return respond(Neuron(PRESETS[preset].model, parameters, v, u), stimulus)


@pytest.mark.parametrize(
    ("preset", "height"), [("regular_spiking_2003", 10.0), ("regular_spiking_2007", 200.0)]
)
def test_regular_spiking_cells_slow_down_and_go_on(preset: str, height: float) -> None:
    response = answer(preset, height)
    assert response.intervals_ms[-1] > 1.2 * response.intervals_ms[0]
    assert response.between(300).size > 0
    assert not any(burst.size > 3 for burst in response.bursts())


@pytest.mark.parametrize(
    ("preset", "height"), [("intrinsically_bursting_2003", 10.0), ("intrinsically_bursting_2007", 700.0)]
)
def test_intrinsically_bursting_cells_burst_first_and_fire_singly_later(preset: str, height: float) -> None:
    first, *later = answer(preset, height).bursts()
    assert first.size >= 2
    assert len(later) >= 2
    assert later[-1].size == 1


@pytest.mark.parametrize(("preset", "height"), [("chattering_2003", 10.0), ("chattering_2007", 300.0)])
def test_chattering_cells_repeat_bursts_of_closely_spaced_spikes(preset: str, height: float) -> None:
    bursts = answer(preset, height).bursts()
    assert len(bursts) >= 3
    assert all(burst.size >= 2 for burst in bursts[:-1])  # the end of the step may cut the last one


def test_fast_spiking_cells_fire_faster_than_regular_ones_without_slowing_down() -> None:
    fast, regular = answer("fast_spiking_2003", 10.0), answer("regular_spiking_2003", 10.0)
    assert fast.spikes_ms.size > 2 * regular.spikes_ms.size
    assert fast.intervals_ms[-5:].mean() < 1.1 * fast.intervals_ms[2:7].mean()


def test_low_threshold_spiking_cells_fire_where_regular_ones_are_silent() -> None:
    assert answer("low_threshold_spiking_2003", 2.0).between(100).size > 0
    assert answer("regular_spiking_2003", 2.0).between(100).size == 0


def test_thalamo_cortical_cells_fire_tonically_from_rest_and_burst_on_release_from_inhibition() -> None:
    from_rest = answer("thalamo_cortical_2003", 1.5, onset_ms=300.0)
    released = answer("thalamo_cortical_2003", 0.0, holding=-25.0, onset_ms=300.0)
    assert from_rest.between(550).size > 0
    assert released.between(0, 300).size == 0
    assert [burst.size >= 2 for burst in released.bursts()] == [True]


def test_resonator_cells_ring_below_threshold() -> None:
    response = answer("resonator_2003", 0.0, holding=-0.5, onset_ms=150.0)
    after = response.v[response.time_ms > 151]
    turns = np.flatnonzero(np.diff(np.sign(np.diff(after))))
    assert response.between(150).size == 0
    assert turns.size >= 4


def test_spiny_projection_cells_fire_after_a_long_depolarisation() -> None:
    response = answer("spiny_projection_2007", 500.0)
    assert response.spikes_ms[0] - 50 > 2 * response.intervals_ms[-1]
