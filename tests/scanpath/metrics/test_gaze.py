"""On the gaze of people, measures tell viewers of one picture from viewers of another."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import loadmat

from neurogate.scanpath.metrics.conditional import conditional_information_gain
from neurogate.scanpath.metrics.information_gain import information_gain
from neurogate.scanpath.metrics.multimatch import multimatch
from neurogate.scanpath.metrics.priority import cells
from neurogate.scanpath.metrics.strings import scanmatch
from neurogate.scanpath.metrics.warping import dtw

SCREEN = (800, 600)


@pytest.fixture(scope="module")
def gaze() -> list[list[np.ndarray]]:
    """Return scanpaths of a few pictures, one of each viewer."""
    folder = os.environ.get("NEUROGATE_DATA")
    if folder is None:
        pytest.skip("NEUROGATE_DATA does not name a folder with osie/fixations.mat")
    stored = loadmat(Path(folder) / "osie" / "fixations.mat", squeeze_me=True, struct_as_record=False)
    names = ("fix_x", "fix_y", "fix_duration")
    return [
        [
            np.stack([np.atleast_1d(getattr(viewer, name)) for name in names], axis=1) * (1, 1, 1e-3)
            for viewer in picture.subjects
        ]
        for picture in stored["fixations"][20:40]
    ]


def test_viewers_of_one_picture_are_more_alike(gaze: list[list[np.ndarray]]) -> None:
    same = [multimatch.leave_one_out(viewers, size=SCREEN).mean(axis=0) for viewers in gaze]
    others = [
        np.nanmean(multimatch.pairwise(first, second, size=SCREEN), axis=(0, 1))
        for first, second in zip(gaze, gaze[1:] + gaze[:1], strict=True)
    ]
    closer = np.nanmean(same, axis=0) - np.nanmean(others, axis=0)
    assert closer[1] > 0.02  # direction
    assert closer[3] > 0.03  # position


@pytest.mark.parametrize(("metric", "sign"), [(dtw, -1), (scanmatch, 1)])
def test_other_measures_agree(gaze: list[list[np.ndarray]], metric: object, sign: int) -> None:
    options = {} if metric is dtw else {"size": SCREEN}
    same = np.mean([np.nanmean(metric.leave_one_out(viewers, **options)) for viewers in gaze])
    other = np.mean(
        [np.nanmean(metric.pairwise(a, b, **options)) for a, b in zip(gaze, gaze[1:] + gaze[:1], strict=True)]
    )
    assert sign * (same - other) > 0


@pytest.mark.parametrize("metric", [information_gain, conditional_information_gain])
def test_the_bits_that_viewers_tell_of_each_other_are_finite(
    gaze: list[list[np.ndarray]], metric: Any
) -> None:
    shape = (75, 100)
    looked = [cells(path, shape, SCREEN, "drop") for path in gaze[0]]
    found = metric.leave_one_out(looked, shape=shape, sigma=3.125, baseline=np.ones(shape))
    assert np.isfinite(found).all()
    assert found.mean() > 0
