"""Each kind of picture of a run draws what the run holds, and says what it lacks."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from neurogate.config import Simulation
from neurogate.errors import RequestError
from neurogate.plotting.gates import GateCourse
from neurogate.plotting.kinds import KINDS, Shown, kinds_of, picture
from neurogate.plotting.result import NOT_RECORDED, SPIKES
from tests.plotting.test_waveform import arrays as taught

NULL = {
    "when_what_angle_null_deg": 78.0,
    "when_what_angle_null_p5_deg": 67.0,
    "when_what_angle_null_p": 0.25,
}


def course(cues: int = 4, blocks: int = 3) -> GateCourse:
    time_ms = np.arange(-395.0, 1801.0, 5.0)
    high = np.tile((time_ms > 0) & (time_ms < 1650), (cues + 1, 1)).astype(float)
    on = time_ms[(time_ms > 0) & (time_ms <= 1650)]
    opening = np.linspace(0.5, 0.1, blocks)[:, None] * np.ones(on.size)
    return GateCourse(time_ms, high, high, on, opening)


@pytest.fixture
def shown(result):
    return Shown(result, {"three_factor": NULL}, {"three_factor": course()}, Simulation())


def recorded(result, trials=801):
    rng = np.random.default_rng(0)
    n = result["neuron_type"].size
    kept = {}
    for rule in ("three_factor", "force"):
        kept[f"record.{rule}.when_weights"] = rng.standard_normal((1, trials, n))
        kept[f"record.{rule}.what_weights"] = rng.standard_normal((1, trials, 2, n + 1))
        kept[f"record.{rule}.gate"] = rng.random((1, trials, 44))
    return result | kept


def texts(made):
    return [text.get_text() for text in made.findobj(match=lambda a: hasattr(a, "get_text"))]


def test_a_run_that_measured_no_nulls_says_how_to_measure_them(shown):
    without = Shown({name: array for name, array in shown.arrays.items() if name != "null.covariance_deg"})
    assert set(KINDS) - set(kinds_of(without.arrays)) == {"nulls"}
    with pytest.raises(RequestError, match=r"no picture of the kind nulls.* --set probes.subspaces=true"):
        picture("nulls", without)


def test_a_reservoir_without_spikes_has_every_picture_but_a_raster(shown):
    rates = Shown({name: array for name, array in shown.arrays.items() if name not in SPIKES})
    assert set(KINDS) - set(kinds_of(rates.arrays)) == {"raster"}
    assert picture("overview", rates).description.endswith(".")
    with pytest.raises(RequestError, match="A run has no picture of the kind raster; it has overview, "):
        picture("raster", rates)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn_and_told_and_leaves_nothing_with_pyplot(shown, kind):
    before = plt.get_fignums()
    made = picture(kind, shown)
    made.figure.canvas.draw()
    assert made.title == KINDS[kind]
    assert made.description.endswith(".")
    assert "nan" not in made.description
    assert plt.get_fignums() == before


@pytest.mark.parametrize("kind", ["overview", "raster", "readout", "learning", "weights"])
def test_every_kind_that_a_taught_signal_has_is_drawn_and_told(kind):
    assert kind in kinds_of(taught())
    made = picture(kind, Shown(taught()))
    made.figure.canvas.draw()
    assert made.description.endswith(".")


@pytest.mark.parametrize("kind", ["scheme", "timing", "calibration", "adaptation", "subspace", "gates"])
def test_a_kind_that_a_taught_signal_has_not_is_refused_with_those_that_it_has(kind):
    with pytest.raises(RequestError, match="it has overview, raster, readout, learning, weights"):
        picture(kind, Shown(taught()))


@pytest.mark.parametrize(
    ("kind", "variable"), [("weights", "weights"), ("subspace", "weights"), ("gates", "gate")]
)
def test_what_was_not_recorded_is_named_with_the_settings_that_record_it(shown, kind, variable):
    made = picture(kind, shown)
    assert NOT_RECORDED.format(variable) in " ".join(" ".join(texts(made.figure)).split())


@pytest.mark.parametrize("kind", ["weights", "subspace", "gates"])
def test_what_was_recorded_is_drawn_beside_the_rest(shown, result, kind):
    before = len(picture(kind, shown).figure.axes)
    more = picture(kind, Shown(recorded(result), shown.metrics, shown.gates))
    assert len(more.figure.axes) > before
    assert "not recorded" not in " ".join(texts(more.figure))


def test_what_was_recorded_in_probes_only_is_no_course_of_training(shown, result):
    made = picture("gates", Shown(recorded(result, trials=32), shown.metrics, shown.gates))
    assert "not recorded" in " ".join(texts(made.figure))


def test_weights_of_some_neurons_give_a_course_of_their_norm_but_none_of_the_angle(shown, result):
    few = recorded(result)
    for key in [key for key in few if "weights" in key and key.startswith("record")]:
        few[key] = few[key][..., :20]
    assert len(picture("weights", Shown(few)).figure.axes) == 8
    assert len(picture("subspace", Shown(few)).figure.axes) == 1


def test_the_angle_is_told_with_both_of_its_nulls(shown):
    told = picture("subspace", shown).description
    assert "random sums of the traces 78° (p = 0.25)" in told
    assert "Random directions: " in told


def test_predicted_times_are_told_with_the_latencies_and_what_was_never_found_is_no_number(shown, result):
    told = picture("timing", shown).description
    assert "For latencies of 300, 600, 900 and 1200 ms: three-factor: " in told
    lost = result | {"force.single_peak_ms": np.full((1, 3, 4, 8), np.nan)}
    assert "ms, no number, no number" in picture("timing", Shown(lost)).description.split("FORCE: error ")[1]


def test_trials_to_adapt_are_told_of_each_block_and_never_is_said(shown):
    told = picture("adaptation", shown).description
    assert "Block times swapped, trials until timing error < 50 ms: three-factor " in told
    assert "never" in told


def test_probabilities_are_told_with_their_error_and_the_course_of_the_amplitude(shown):
    told = picture("calibration", shown).description
    assert "three-factor: error 0.0" in told
    assert ", of the amplitude r " in told


def test_the_scheme_is_told_with_what_follows_each_cue_and_needs_to_know_what_was_asked(shown):
    told = picture("scheme", shown).description
    assert "Block A, 320 trials: cue 1 at 300 ms, X 0.9, Y 0; cue 2 at 600 ms, X 0.1, Y 0.8" in told
    with pytest.raises(RequestError, match="is not known"):
        picture("scheme", Shown(shown.arrays))


def test_a_run_without_gates_has_no_picture_of_them(result):
    with pytest.raises(RequestError, match="No rule of this run has gates"):
        picture("gates", Shown(result))


@pytest.mark.parametrize("kind", ["raster", "readout", "learning", "weights"])
def test_all_arrays_that_a_kind_lacks_are_named(result, kind):
    del result["rule_names"]
    if kind == "raster":
        result = {key: value for key, value in result.items() if not key.startswith("raster")}
    with pytest.raises(RequestError, match=f"which the {kind} draws"):
        picture(kind, Shown(result))


def test_blocks_that_were_not_judged_get_no_panels(shown, result):
    once = dict(result)
    for rule in ("three_factor", "force"):
        for key in ("timing_error_ms", "probability", "probability_error", "peak_ms"):
            once[f"{rule}.{key}"] = result[f"{rule}.{key}"][:, -1:]
        once[f"{rule}.when"] = np.where(np.arange(3)[None, :, None, None] < 2, np.nan, result[f"{rule}.when"])
    once["probe_trial"] = result["probe_trial"][-1:]
    made = picture("readout", Shown(once))
    assert [axes.get_title() for axes in made.figure.axes] == ["end of block odds swapped", ""]
