"""Steps, bins and times of a trial, whatever the rounding."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.network.features import Features
from neurogate.tasks.clock import Clock
from neurogate.tasks.timeline import Timeline


def test_a_bin_is_named_by_its_end_relative_to_the_cue() -> None:
    clock = Clock.of(1.0, Features(), Timeline())
    assert clock.steps_per_bin == 5
    assert clock.time_ms[[0, 79, 80, -1]].tolist() == [-395.0, 0.0, 5.0, 1800.0]
    assert clock.time_ms[clock.cue_bins][[0, -1]].tolist() == [5.0, 1650.0]


@pytest.mark.parametrize("bin_ms", [0.05, 0.1, 0.3, 0.7, 1.1, 5.0])
@pytest.mark.parametrize("before", [1, 3, 33, 100])
@pytest.mark.parametrize("during", [5, 30, 330])
def test_the_cue_has_its_own_number_of_bins_whatever_the_rounding(
    bin_ms: float, before: int, during: int
) -> None:
    timeline = Timeline(interval_ms=before * bin_ms, cue_ms=during * bin_ms, gap_ms=7 * bin_ms, onset_ms=0.0)
    clock = Clock.of(bin_ms, Features(bin_ms=bin_ms), timeline)
    assert clock.cue_bins.tolist() == list(range(before, before + during))
    np.testing.assert_array_equal(np.sign(clock.time_ms), np.sign(clock.bins - before + 1))


@pytest.mark.parametrize(
    ("dt_ms", "bin_ms", "cue_ms", "sentence"),
    [
        (0.3, 5.0, 1650.0, "A bin of 5 ms is not a whole number of steps of 0.3 ms"),
        (10.0, 5.0, 1650.0, "A bin of 5 ms is not a whole number of steps of 10 ms"),
        (1.0, 5.0, 1652.0, "A trial of 2202 ms is not a whole number of bins of 5 ms"),
    ],
)
def test_times_that_do_not_divide_are_refused(
    dt_ms: float, bin_ms: float, cue_ms: float, sentence: str
) -> None:
    with pytest.raises(RequestError, match=sentence):
        Clock.of(dt_ms, Features(bin_ms=bin_ms), Timeline(cue_ms=cue_ms))


def test_durations_are_counted_in_steps_and_bins_or_refused() -> None:
    clock = Clock.of(0.5, Features(), Timeline())
    assert (clock.steps(10.0), clock.bins_in(10.0)) == (20, 2)
    with pytest.raises(RequestError, match=r"0\.7 ms is not a whole number of steps of 0\.5 ms"):
        clock.steps(0.7)
    with pytest.raises(RequestError, match="2 ms is not a whole number of bins of 5 ms"):
        clock.bins_in(2.0)
