"""A metric takes scanpaths, arrays and lists alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.metric import fixations, packed
from neurogate.scanpath.metrics.multimatch import multimatch
from neurogate.scanpath.metrics.statistics import saccade_statistics
from neurogate.scanpath.metrics.strings import scanmatch
from neurogate.scanpath.metrics.warping import dtw
from neurogate.scanpath.path import scanpath


def test_a_scanpath_is_its_rows() -> None:
    path = scanpath([1, 2, 5], [3, 4, 1], [0.1, 0.2, 0.3], size=(9, 9))
    rows = [[1, 3, 0.1], [2, 4, 0.2], [5, 1, 0.3]]
    assert fixations(path, 3).tolist() == rows
    assert multimatch(path, rows, size=(9, 9)) == multimatch(rows, rows, size=(9, 9))


def test_no_fixations_and_no_paths_are_allowed() -> None:
    assert fixations([], 3).shape == (0, 3)
    assert packed([])[1].tolist() == [0]
    assert multimatch.pairwise([], size=(9, 9)).shape == (0, 0, 5)


def test_a_batch_tells_which_paths_are_wrong_and_goes_on() -> None:
    good, missing = [[1, 1], [5, 5], [2, 7]], [[1, 1], [float("nan"), 2]]
    told: list[str] = []
    table = dtw.pairwise([good, missing], [good, [1, 2]], complaints=told)
    np.testing.assert_array_equal(table, [[0, np.nan], [np.nan, np.nan]])
    assert [each[:30] for each in told] == [
        "Path 1: Fixation 1 (of 0 to 1)",
        "Other path 1: A scanpath is an",
    ]
    assert dtw.leave_one_out([good, missing, good], complaints=told)[[0, 2]].tolist() == [0, 0]
    with pytest.raises(RequestError, match=r"Path 1: Fixation 1 .* missing"):
        dtw.pairwise([good, missing])


def test_a_negative_duration_is_said_by_all_that_read_durations_and_by_no_other() -> None:
    good, bad = [[1, 1, 0.1], [5, 5, 0.2], [2, 7, 0.1]], [[1, 1, 0.1], [5, 5, -0.2], [2, 7, 0.1]]
    said = r"Fixation 1 lasts -0\.2\. Give durations of at least 0\."
    for ask in (
        lambda: multimatch(good, bad, size=(9, 9)),
        lambda: multimatch.pairwise([bad, good], size=(9, 9)),
        lambda: scanmatch(bad, good, size=(9, 9), bin_s=0.05),
        lambda: saccade_statistics([good, bad]),
    ):
        with pytest.raises(RequestError, match=said):
            ask()
    assert dtw(good, bad) == scanmatch(good, bad, size=(9, 9)) - 1 == 0


@pytest.mark.parametrize("bad", [[[1, 2], [3]], "word", [["a", "b"]], [[1, None]], {}, [[1j, 2]]])
def test_what_has_no_numbers_is_told_in_a_batch_too(bad: Any) -> None:
    good, told = [[1, 1], [5, 5]], list[str]()
    table = dtw.pairwise([good, bad], [good], complaints=told)
    np.testing.assert_array_equal(table, [[0], [np.nan]])
    assert len(told) == 1
    assert told[0].startswith("Path 1: ")
    with pytest.raises(RequestError):
        dtw(good, bad)


def test_pictures_of_two_sizes_are_not_compared() -> None:
    places, said = ([1, 4, 2], [3, 5, 1], [0.1, 0.2, 0.1]), r"The pictures are of 8 x 6 px and 80 x 60 px\."
    small, large = scanpath(*places, size=(8, 6)), scanpath(*places, size=(80, 60))
    rows = np.asarray(large)
    with pytest.raises(RequestError, match=f"^{said}"):
        multimatch(small, large, size=(80, 60))
    with pytest.raises(RequestError, match=f"^Other path 1: {said}"):
        dtw.pairwise([rows, small], [small, large])
    with pytest.raises(RequestError, match=f"^Path 1: {said}"):
        dtw.leave_one_out([small, large])
    told: list[str] = []
    table = dtw.pairwise([small, large, rows], complaints=told)
    np.testing.assert_array_equal(table, [[0, np.nan, 0], [np.nan] * 3, [0, np.nan, 0]])
    assert [line.partition(".")[0] for line in told] == [
        "Path 1: The pictures are of 8 x 6 px and 80 x 60 px"
    ]
    assert dtw(small, rows) == 0


def test_what_is_no_table_of_fixations_is_said() -> None:
    with pytest.raises(RequestError, match="rows x, y; this one has shape \\(3,\\)"):
        fixations([1, 2, 3])
