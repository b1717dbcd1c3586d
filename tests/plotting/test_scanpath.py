"""What a figure of scanpaths shows is where eyes were, in their order, and for how long."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neurogate.plotting.picture import save
from neurogate.plotting.scanpath import overlay, scanpath_figure
from neurogate.plotting.style import drawing
from neurogate.scanpath.path import scanpath

PATH = scanpath([10, 70, 30], [10, 50, 40], [0.1, 0.4, 0.2], size=(80, 60))


def test_discs_are_where_eyes_rest_and_as_large_as_that_lasts() -> None:
    with drawing(None) as ax:
        discs = overlay(ax, PATH)
    assert np.array_equal(np.asarray(discs.get_offsets()), np.stack([PATH.x_px, PATH.y_px], axis=1))
    assert discs.get_sizes() / discs.get_sizes()[0] == pytest.approx([1, 4, 2])
    assert [text.get_text() for text in ax.texts] == ["1", "2", "3"]


def test_numbers_of_fixations_at_one_place_stand_together_at_the_last() -> None:
    path = scanpath([10, 70, 10.5], [10, 50, 10], [0.1, 0.4, 0.2], size=(80, 60))
    with drawing(None) as ax:
        overlay(ax, path)
    assert [(text.get_text(), text.xy) for text in ax.texts] == [("2", (70, 50)), ("1,3", (10.5, 10))]  # type: ignore[attr-defined]


def test_numbers_are_no_wider_than_their_disc() -> None:
    x, y = [10, 70, 10, 70, 10, 30, 70, 70, 70], [10, 50, 10, 50, 10, 30, 50, 50, 50]
    path = scanpath(x, y, [0.25] * 9, size=(80, 60))
    with drawing(None) as ax:
        discs = overlay(ax, path)
        wide = [text.get_window_extent().width * 72 / ax.figure.dpi for text in ax.texts]
    assert [text.get_text() for text in ax.texts] == ["1,3,5", "6", "2,4,7\n8,9"]
    assert max(wide) <= 1.05 * np.sqrt(discs.get_sizes()[0])
    assert min(text.get_fontsize() for text in ax.texts) >= 3


def test_only_the_first_path_has_numbers_and_the_map_all_paths() -> None:
    shown = scanpath_figure(np.zeros((60, 80)), [PATH] * 3, np.eye(6), name="a.png", model="levy")
    left, right = shown.figure.axes
    assert [text.get_text() for text in left.texts] == ["1", "2", "3"]
    assert not right.texts
    assert len(right.lines) == 3
    assert left.get_ylim() == right.get_ylim() == (60, 0)
    assert shown.title == "Scanpaths on a.png"
    assert "3 scanpaths by levy. Fixations of the first: 1 at 10, 10 px for 100 ms;" in shown.description


@pytest.mark.parametrize("size", [(2, 2), (400, 10), (10, 400)])
def test_pictures_of_any_shape_and_paths_without_fixations_are_drawn(
    size: tuple[int, int], tmp_path: Path
) -> None:
    width, height = size
    paths = [scanpath([], [], size=size), scanpath([1], [1], [0.1], size=size)]
    for shown in (scanpath_figure(np.ones((height, width)), which) for which in (paths, paths[:1], [])):
        save(shown, tmp_path / "a.png")
        assert (tmp_path / "a.png").stat().st_size > 0
