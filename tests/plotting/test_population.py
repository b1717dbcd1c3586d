"""What differs between cues adds up, peaks stand in order, and the time read is what decoders read."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.plotting.population import marginal_shares, peaks_in_order, time_read

SHARES = {
    "activity": {"what": 0.2, "odds": 0.3, "what x odds": 0.4, "odds x time": 0.1},
    "readout": {"what": 0.9, "odds": 0.1, "what x odds": 0.0, "odds x time": 0.0},
}


def test_the_parts_of_a_bar_follow_each_other_and_fill_it():
    drawn = marginal_shares(SHARES)
    bars = np.array([[(bar.get_x(), bar.get_width()) for bar in parts] for parts in drawn.values()])
    np.testing.assert_allclose(bars[..., 1].T, [list(row.values()) for row in SHARES.values()])
    np.testing.assert_allclose(bars[1:, :, 0], np.cumsum(bars[:-1, :, 1], axis=0))
    assert [label.get_text() for label in drawn["what"][0].axes.get_yticklabels()] == list(SHARES)


def test_interactions_have_one_colour_and_one_name():
    drawn = marginal_shares(SHARES)
    colours = {name: parts[0].get_facecolor() for name, parts in drawn.items()}
    assert colours["what x odds"] == colours["odds x time"]
    assert len(set(colours.values())) == 3
    names = [text.get_text() for text in drawn["what"][0].axes.get_legend().get_texts()]
    assert names == ["what", "odds", "interactions"]


def test_the_order_of_peaks_stems_from_other_trials_than_what_is_shown():
    early, late = np.array([3.0, 1.0, 0.0]), np.array([0.0, 1.0, 2.0])
    orders, shows = np.stack([late, early], axis=1), np.stack([early, late], axis=1)
    image = peaks_in_order(np.stack([orders, shows, orders, shows]), [50.0, 100.0, 150.0])
    np.testing.assert_allclose(image.get_array(), [[0.0, 0.5, 1.0], [1.0, 1 / 3, 0.0]])
    assert image.get_extent() == [25.0, 175.0, 2.0, 0.0]


def test_without_a_neuron_that_changes_there_is_nothing_to_order():
    with pytest.raises(RequestError, match="No neuron of activity changes"):
        peaks_in_order(np.ones((4, 3, 2)), [1.0, 2.0, 3.0])


def test_lines_are_medians_within_the_middle_half():
    found = np.array([[100.0, 200.0], [110.0, 180.0], [400.0, 190.0], [120.0, 210.0], [130.0, 220.0]])
    lines = time_read({"same": found, "others": found + 50.0}, [100.0, 200.0])
    assert lines["same"].get_ydata() == pytest.approx([120.0, 200.0])
    assert lines["others"].get_ydata() == pytest.approx([170.0, 250.0])
    (band, _) = lines["same"].axes.collections
    assert band.get_datalim(lines["same"].axes.transData).y0 == pytest.approx(110.0)
    labels = [text.get_text() for text in lines["same"].axes.get_legend().get_texts()]
    assert labels == ["same", "others"]
