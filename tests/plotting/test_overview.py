from __future__ import annotations

import io
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.plotting.overview import overview, save
from neurogate.plotting.result import SPIKES


def letters(made):
    return [axes.get_title(loc="left") for axes in made.axes]


def first_block_only(result):
    short = {"block_names": 1, "block_start": 2, "latency_ms": 1, "true_probability": 1}
    return result | {key: result[key][:length] for key, length in short.items()}


def test_the_overview_is_180_mm_wide_and_letters_its_panels(result):
    made = overview(result)
    assert made.get_figwidth() * 25.4 == pytest.approx(180.0)
    assert letters(made) == list("abcdefg")


def test_without_spikes_there_is_no_raster(result):
    rates = {name: array for name, array in result.items() if name not in SPIKES}
    made = overview(rates)
    assert letters(made) == list("abcdef")
    assert not any("neuron" in axes.get_ylabel() for axes in made.axes)
    with pytest.raises(RequestError) as caught:
        overview(rates | {"raster_cue": result["raster_cue"]})
    assert len(caught.value.problems) == len(SPIKES) - 1


def test_the_overview_leaves_no_figure_with_pyplot(result):
    before = plt.get_fignums()
    overview(result)
    assert plt.get_fignums() == before


BLOCKS_SHOWN = ("acquisition", "times swapped", "acquisition", "odds swapped")


def test_only_blocks_that_change_something_get_panels_of_their_own(result):
    titles = [axes.get_title() for axes in overview(result).axes]
    assert titles == ["", *(f"end of block {name}" for name in BLOCKS_SHOWN), "", ""]
    assert letters(overview(first_block_only(result))) == list("abcde")


def test_probabilities_are_those_at_the_last_probe_of_the_block(result):
    made = overview(result)
    panel = made.axes[4]
    shown = [line.get_ydata() for line in panel.lines if line.get_marker() == "o"]
    np.testing.assert_array_equal(shown, result["three_factor.probability"][0, -1])
    shown = [line.get_ydata() for line in made.axes[3].lines if line.get_marker() == "o"]
    np.testing.assert_array_equal(shown, result["three_factor.probability"][0, 32])


def test_the_raster_marks_when_the_outcome_of_its_cue_is_due_after_the_last_block(result):
    raster = overview(result | {"raster_cue": np.array(2)}).axes[0]
    assert [line.get_xdata()[0] for line in raster.lines] == [0.0, result["latency_ms"][-1, 2]]
    assert "cue C" in [text.get_text() for text in raster.texts]


def test_panels_inside_the_figure_hold_their_text(result):
    made = overview(result)
    made.canvas.draw()
    page = made.bbox
    for axes in made.axes:
        for text in (*axes.texts, axes.xaxis.label, axes.yaxis.label, axes.title):
            if text.get_visible() and text.get_text():
                box = text.get_window_extent()
                assert box.x0 >= page.x0 - 1, text
                assert box.x1 <= page.x1 + 1, text
                assert box.y0 >= page.y0 - 1, text
                assert box.y1 <= page.y1 + 1, text


@pytest.mark.parametrize("replicas", [1, 3])
def test_one_rule_or_several_replicas_are_drawn(make_result, replicas):
    result = make_result(replicas=replicas, n=60)
    alone = result | {"rule_names": result["rule_names"][:1]}
    for arrays in (result, alone):
        overview(arrays).canvas.draw()


def test_all_missing_arrays_are_named_at_once(result):
    del result["probe_trial"], result["cue_names"]
    with pytest.raises(RequestError) as caught:
        overview(result)
    assert len(caught.value.problems) == 2
    assert "'probe_trial'" in caught.value.problems[0]
    assert "'cue_names'" in caught.value.problems[1]


def test_an_array_that_a_rule_lacks_is_named(result):
    del result["force.probability"]
    with pytest.raises(RequestError, match=r"'force\.probability'"):
        overview(result)


def test_a_result_without_rules_is_refused(result):
    with pytest.raises(RequestError, match="no learning rule"):
        overview(result | {"rule_names": np.array([], dtype=str)})


def test_files_written_twice_are_equal_byte_for_byte_and_carry_no_date(result, tmp_path):
    first, second = (save(overview(result), tmp_path / name, "overview") for name in ("one", "two"))
    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes()
        assert b"Date" not in one.read_bytes()


def test_saving_one_figure_twice_changes_nothing(result, tmp_path):
    made = overview(result)
    first = [path.read_bytes() for path in save(made, tmp_path, "overview")]
    assert [path.read_bytes() for path in save(made, tmp_path, "overview")] == first


def test_the_png_has_300_dots_per_inch_and_the_vector_file_stays_small(make_result, tmp_path):
    png, pdf = save(overview(make_result(n=1000)), tmp_path, "overview")
    assert plt.imread(png).shape[1] == int(180 / 25.4 * 300)
    assert pdf.stat().st_size < 500_000


def test_the_face_of_the_package_loads_no_matplotlib_and_the_panels_no_pyplot():
    code = (
        "import sys, neurogate.plotting; assert 'matplotlib' not in sys.modules;"
        "import neurogate.plotting.overview; assert 'matplotlib.pyplot' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_was_judged_once_is_drawn_for_the_block_in_which_it_was(result):
    once = dict(result)
    for rule in result["rule_names"]:
        for key in ("timing_error_ms", "probability", "probability_error", "peak_ms"):
            once[f"{rule}.{key}"] = result[f"{rule}.{key}"][:, -1:]
        when = result[f"{rule}.when"].copy()
        when[:, :-1] = np.nan
        once[f"{rule}.when"] = when
    once["probe_trial"] = result["probe_trial"][-1:]
    made = overview(once)
    made.savefig(io.BytesIO(), format="png")
    titles = [axes.get_title() for axes in made.axes if axes.get_title()]
    assert titles == ["end of block odds swapped", "end of block odds swapped"]
