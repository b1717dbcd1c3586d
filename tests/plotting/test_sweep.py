"""Pictures of a sweep show the means they should, and every run that is lost."""

from __future__ import annotations

import io
import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from neurogate.analysis.intervals import mean_interval
from neurogate.errors import RequestError
from neurogate.plotting.heatmap import heatmap, norm_of
from neurogate.plotting.lines import lines
from neurogate.plotting.parallel import parallel
from neurogate.plotting.picture import inline_svg
from neurogate.plotting.style import figure
from neurogate.plotting.sweep import KINDS, chosen, sweep

GAINS, SIZES, SEEDS = (0.5, 1.0, 2.0, 4.0), (200, 500), (1, 2, 3)
AXES = ["reservoir.gain", "reservoir.n", "run.seed"]
DIVERGED, MISSING = "diverged", "missing"


def error(gain, n, seed, rule):
    return 10 * gain + n / 100 + seed + (50 if rule == "force" else 0)


def table(lost=None):
    """Make a row for each run and rule; `lost` gives the outcome of the runs that have no metrics."""
    rows = []
    for number, (gain, n, seed) in enumerate(itertools.product(GAINS, SIZES, SEEDS)):
        run = dict(zip(AXES, (gain, n, seed), strict=True)) | {"hash": f"{number:02d}"}
        if why := (lost or {}).get((gain, n, seed)):
            rows.append({**run, "outcome": why})
        else:
            measured = {rule: error(gain, n, seed, rule) for rule in ("three_factor", "force")}
            rows += [{**run, "outcome": "done", "rule": r, "error_ms": e} for r, e in measured.items()]
    return rows


LOST = {(0.5, 200, s): DIVERGED for s in SEEDS} | {(1.0, 200, 1): MISSING, (1.0, 500, 1): MISSING}


def texts(made):
    return [text.get_text() for text in made.findobj(match=lambda a: hasattr(a, "get_text"))]


def test_a_line_is_the_mean_over_seeds_and_its_band_the_interval():
    rows = [row for row in table() if row["reservoir.n"] == 200 and row["rule"] == "force"]
    (line,) = lines(rows, "reservoir.gain", "error_ms")
    expected = [mean_interval([error(g, 200, s, "force") for s in SEEDS]) for g in GAINS]
    np.testing.assert_allclose(line.get_ydata(), [mean for mean, _ in expected])
    (band,) = line.axes.collections
    top = band.get_datalim(line.axes.transData).y1
    np.testing.assert_allclose(top, max(mean + half for mean, half in expected))


def test_each_value_of_the_hue_has_a_line_that_differs_in_more_than_colour():
    three, force = lines(table(), "reservoir.gain", "error_ms", hue="rule")
    assert (three.get_label(), force.get_label()) == ("three-factor", "FORCE")
    assert three.get_marker() != force.get_marker()
    assert three.get_linestyle() != force.get_linestyle()


def test_settings_spaced_by_their_ratio_stand_on_a_logarithmic_axis():
    assert lines(table(), "reservoir.gain", "error_ms")[0].axes.get_xscale() == "log"
    assert lines(table(), "run.seed", "error_ms")[0].axes.get_xscale() == "linear"


def test_lost_runs_stand_above_the_axes_at_their_setting_with_their_number_and_reason():
    axes = lines(table(LOST), "reservoir.gain", "error_ms", hue="rule")[0].axes
    marks = [line for line in axes.lines if line.get_transform() == axes.get_xaxis_transform()]
    assert sorted((line.get_xdata()[0], line.get_marker()) for line in marks) == [(0.5, "X"), (1.0, "o")]
    assert all(line.get_ydata()[0] > 1 for line in marks)
    named = [text.get_text() for text in axes.get_legend().get_texts()]
    assert named == ["three-factor", "FORCE", "diverged (3)", "missing (2)"]
    assert sorted(text.get_text() for text in axes.texts) == ["2", "3"]


def test_settings_that_are_no_numbers_have_bars_and_are_not_joined():
    rows = [{"dtype": d, "error_ms": e} for d, e in itertools.product(("float32", "float64"), (1.0, 2.0))]
    (line,) = lines(rows, "dtype", "error_ms")
    assert line.get_linestyle() == "None"
    assert [tick.get_text() for tick in line.axes.get_xticklabels()] == ["float32", "float64"]
    assert line.axes.containers


def test_many_settings_of_one_run_each_are_not_joined():
    rows = [{"gain": g, "error_ms": g} for g in np.random.default_rng(0).uniform(0, 1, 50).tolist()]
    assert lines(rows, "gain", "error_ms")[0].get_linestyle() == "None"


def test_numbers_over_two_decades_have_a_logarithmic_axis():
    rows = [{"gain": g, "error": 10.0**g} for g in (0.0, 1.0, 3.0)]
    assert lines(rows, "gain", "error")[0].axes.get_yscale() == "log"
    assert norm_of(rows, ["gain"], "error").__class__.__name__ == "LogNorm"


def test_a_cell_is_the_mean_of_its_runs():
    rows = [row for row in table() if row["rule"] == "force"]
    cells = heatmap(rows, "reservoir.gain", "reservoir.n", "error_ms").get_array()
    expected = [[np.mean([error(g, n, s, "force") for s in SEEDS]) for g in GAINS] for n in SIZES]
    np.testing.assert_allclose(cells, expected)


def test_a_cell_without_a_number_says_why_and_one_with_some_says_how_many():
    axes = heatmap(table(LOST), "reservoir.gain", "reservoir.n", "error_ms").axes
    written = [text.get_text() for text in axes.texts]
    assert written.count("diverged") == 1
    assert sum("of" in text for text in written) == 2
    assert len(axes.patches) == 1


def test_a_cell_that_was_never_asked_for_says_so():
    rows = [{"a": 1, "b": 1, "error": 1.0}, {"a": 2, "b": 2, "error": 2.0}]
    axes = heatmap(rows, "a", "b", "error").axes
    assert [text.get_text() for text in axes.texts].count("not asked") == 2


@pytest.mark.parametrize(("millimetres", "written"), [(180.0, 30), (50.0, 30), (30.0, 0)])
def test_numbers_stay_within_their_cells_or_are_left_out(millimetres, written):
    rows = [{"a": i, "b": j, "error": 0.0125 * (i + j)} for i in range(1, 7) for j in range(1, 6)]
    made = figure(millimetres, 60.0)
    axes = heatmap(rows, "a", "b", "error", ax=made.subplots()).axes
    made.canvas.draw()
    cell = axes.bbox.width / 6
    assert len(axes.texts) == written
    assert all(text.get_window_extent().width < cell for text in axes.texts)


def test_settings_too_many_for_a_heatmap_are_refused():
    rows = [{"a": float(i), "b": 1, "error": 1.0} for i in range(61)]
    with pytest.raises(RequestError, match="a has 61 values; a heatmap has room for 60"):
        heatmap(rows, "a", "b", "error")


def test_each_combination_has_a_line_through_its_settings_to_its_number():
    rows = [row for row in table() if row["rule"] == "force"]
    drawn = parallel(rows, AXES[:2], "error_ms")
    assert len(drawn) == len(GAINS) * len(SIZES)
    heights = [line.get_ydata().tolist() for line in drawn]
    assert heights[0] == [0.0, 0.0, 0.0]
    assert heights[-1] == [1.0, 1.0, 1.0]


def test_a_combination_without_a_number_ends_above_the_last_axis():
    axes = parallel(table(LOST), AXES[:2], "error_ms")[0].axes
    dotted = [line for line in axes.lines if len(line.get_ydata()) == 3 and line.get_ydata()[-1] > 1]
    assert len(dotted) == 1
    named = [text.get_text() for text in axes.get_legend().get_texts()]
    assert sorted(named) == ["diverged (3)", "missing (2)"]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_kind_follows_from_the_number_of_settings(count):
    made = sweep(table(LOST), AXES[:count], "error_ms", hue="rule", axes=AXES)
    made.figure.savefig(io.BytesIO(), format="svg")
    assert made.description.startswith("Mean error (ms), least ")
    assert "Runs without a number: 3 diverged and 2 missing." in made.description
    assert plt.get_fignums() == []


def test_what_is_averaged_over_is_named():
    made = sweep(table(), ["reservoir.gain"], "error_ms", hue="rule", axes=AXES)
    (said,) = [text for text in texts(made.figure) if "interval" in text]
    assert (
        " ".join(said.split()) == "mean and 95 % interval over 6 runs that differ in reservoir.n and run.seed"
    )


def test_single_runs_claim_no_interval():
    rows = [row for row in table() if row["run.seed"] == 1 and row["reservoir.n"] == 200]
    assert "one run each, so no intervals" in texts(
        sweep(rows, ["reservoir.gain"], "error_ms", hue="rule").figure
    )


@pytest.mark.parametrize("kind", ["heatmap", "parallel"])
def test_each_value_of_the_hue_has_a_panel_with_the_same_colours(kind):
    made = sweep(table(LOST), AXES[:2], "error_ms", hue="rule", kind=kind, axes=AXES)
    titles = [axes.get_title(loc=side) for axes in made.figure.axes for side in ("left", "center")]
    assert [title for title in titles if title] == ["three-factor", "FORCE"]


@pytest.mark.parametrize(
    ("x", "kind", "hue", "said"),
    [
        (AXES[:2], "lines", None, "lines takes exactly one x"),
        (AXES[:1], "heatmap", None, "heatmap takes exactly two"),
        ([], "parallel", None, "x is empty; parallel takes at least one"),
        (["run.seed", "run.seed"], None, None, "each once"),
        (AXES[:1], None, AXES[0], "which x names too"),
        (AXES[:1], "pie", None, "no picture of the kind pie; it has lines, heatmap, parallel"),
        (["reservoir.gian"], None, None, "Did you mean reservoir.gain"),
        (AXES[:1], None, "rulle", "Did you mean rule"),
    ],
)
def test_what_makes_no_picture_is_refused_in_a_sentence(x, kind, hue, said):
    with pytest.raises(RequestError, match=said):
        sweep(table(), x, "error_ms", kind=kind, hue=hue)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sweep_of_which_every_run_is_lost_is_refused(kind):
    rows = [{**row, "error_ms": None, "outcome": DIVERGED} for row in table()]
    x = {"lines": 1, "heatmap": 2, "parallel": 3}[kind]
    with pytest.raises(RequestError, match="No run has a number in error_ms"):
        sweep(rows, AXES[:x], "error_ms", kind=kind)


def test_what_is_drawn_unasked_leaves_the_seed_out_and_tells_rules_apart():
    assert chosen(table(), AXES) == (["reservoir.gain", "reservoir.n"], "rule")
    assert chosen(table(), AXES, "lines") == (["reservoir.gain"], "rule")
    assert chosen(table(), ["run.seed"]) == (["rule"], None)


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: lines(table(), "reservoir.gain", "error_ms", ax=ax)[0],
        lambda ax: heatmap(table(), "reservoir.gain", "reservoir.n", "error_ms", ax=ax),
        lambda ax: parallel(table(), AXES[:2], "error_ms", ax=ax)[0],
    ],
    ids=KINDS,
)
def test_panels_draw_into_the_axes_they_are_given(draw):
    ax = Figure().subplots()
    assert draw(ax).axes is ax


def test_the_same_rows_give_the_same_bytes():
    first, second = (sweep(table(LOST), AXES[:2], "error_ms", hue="rule", axes=AXES) for _ in range(2))
    assert inline_svg(first, "a") == inline_svg(second, "a")
