from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from neurogate.plotting.style import (
    CUES,
    GREY,
    HANDLE,
    NEURON_TYPES,
    RIVALS,
    STYLE,
    cue_colour,
    drawing,
    figure,
    label_ends,
    rule_line,
)


def luminance(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def as_seen_without(cone, colour):
    """Simulate complete dichromacy in linear RGB (Machado et al. 2009, severity 1)."""
    matrix = {
        "red": [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        "green": [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
    }[cone]
    linear = np.array([c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)])
    return np.cbrt((np.array(matrix) @ linear).clip(0, 1))


@pytest.mark.parametrize("cone", ["red", "green"])
def test_colours_that_meet_in_a_panel_differ_for_every_eye(cone):
    for group in (CUES[:4], [colour for _, colour in NEURON_TYPES]):
        seen = np.array([as_seen_without(cone, colour) for colour in group])
        distance = np.linalg.norm(seen[:, None] - seen[None], axis=-1)
        assert distance[np.triu_indices(len(group), 1)].min() > 0.12


def test_every_colour_stands_out_from_white_paper():
    colours = [*CUES, GREY, *(colour for _, colour in NEURON_TYPES)]
    assert min(1.05 / (luminance(colour) + 0.05) for colour in colours) > 2.2


def test_text_is_from_6_to_9_points_and_fonts_stay_editable():
    sizes = [
        value for key, value in STYLE.items() if key.endswith("size") and ("label" in key or "font" in key)
    ]
    assert all(6 <= size <= 9 for size in sizes)
    assert STYLE["pdf.fonttype"] == 42


def test_drawing_leaves_the_settings_of_matplotlib_as_they_were():
    before = dict(mpl.rcParams)
    with drawing(None):
        assert mpl.rcParams["font.size"] == STYLE["font.size"]
    assert dict(mpl.rcParams) == before


def test_a_figure_has_the_size_asked_for():
    np.testing.assert_allclose(figure(180.0, 90.0).get_size_inches(), [180 / 25.4, 90 / 25.4])


def test_the_headline_rule_differs_from_every_rival_and_rivals_from_each_other():
    looks = [(rule_line(i)["color"], rule_line(i)["linestyle"]) for i in range(6)]
    assert len(set(looks)) == 6
    assert looks[0][1] == "-"
    assert cue_colour(0) != cue_colour(1)


def test_a_handle_in_a_legend_shows_a_whole_period_of_every_dash():
    longest = max(sum(dashes) for _, dashes in RIVALS) * rule_line(1)["linewidth"]
    assert STYLE["legend.fontsize"] * HANDLE - STYLE["lines.markersize"] > 2 * longest


@pytest.mark.parametrize("heights", [[0.5, 0.5, 0.5], [1.0, 0.99, 0.98], [0.0, 0.05, 2.0], [0.1, 0.9, 0.5]])
def test_labels_keep_their_distance_their_order_and_stay_beside_the_axes(heights):
    with drawing(None) as ax:
        ax.set_ylim(0, 1)
        labels = label_ends(ax, ["a", "b", "c"], np.array(heights), gap=0.2)
    places = np.array([label.xyann[1] for label in labels])
    order = np.argsort(heights, kind="stable")
    assert (np.diff(places[order]) >= 0.2 - 1e-9).all()
    assert places.min() >= -1e-9
    assert places.max() <= 1 + 1e-9
