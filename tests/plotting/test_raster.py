from __future__ import annotations

import numpy as np

from neurogate.plotting.raster import raster

NO_SPIKES = np.array([]), np.array([], dtype=int)


def test_the_raster_holds_every_spike_once_sorted_by_type():
    excitatory, inhibitory = raster([1.0, 2.0, 3.0, 4.0], [0, 1, 2, 0], [1, 0, 0], (-5.0, 10.0))
    assert excitatory.get_offsets().tolist() == [[2.0, 0.0], [3.0, 1.0]]
    assert inhibitory.get_offsets().tolist() == [[1.0, 2.0], [4.0, 2.0]]


def test_dots_are_rasterised_and_axes_are_not():
    excitatory, inhibitory = raster(*NO_SPIKES, [0, 1], (0.0, 10.0))
    assert excitatory.get_rasterized()
    assert inhibitory.get_rasterized()
    assert not excitatory.axes.get_rasterized()


def test_a_type_without_neurons_is_not_named():
    excitatory, inhibitory = raster(*NO_SPIKES, [0, 0], (0.0, 10.0))
    assert len(excitatory.get_offsets()) == len(inhibitory.get_offsets()) == 0
    assert [text.get_text() for text in excitatory.axes.texts] == ["excitatory"]


def test_marks_stand_at_their_times_under_their_names_which_lean_apart():
    axes = raster(*NO_SPIKES, [0], (-5.0, 10.0), marks={"due": 0.1, "cue": 0.0})[0].axes
    assert [line.get_xdata()[0] for line in axes.lines] == [0.0, 0.1]
    named = {text.get_text(): text for text in axes.texts}
    assert (named["cue"].get_position()[0], named["cue"].get_ha()) == (0.0, "right")
    assert (named["due"].get_position()[0], named["due"].get_ha()) == (0.1, "left")


def test_names_of_marks_that_stand_apart_stay_inside_the_axes():
    axes = raster(*NO_SPIKES, [0], (0.0, 10.0), marks={"cue": 0.0, "due": 9.0})[0].axes
    assert {text.get_text(): text.get_ha() for text in axes.texts if text.get_text() in ("cue", "due")} == {
        "cue": "left",
        "due": "right",
    }
