"""The border of a region runs around the cells whose mean is small enough, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.collections import LineCollection

from neurogate.errors import RequestError
from neurogate.plotting.region import borders, region
from neurogate.plotting.style import drawing

ROWS = [{"n": n, "gain": g, "error": n * g} for n in (10, 20, 30) for g in (1.0, 2.0)]


def sides(mesh):
    return [len(one.get_segments()) for one in mesh.axes.collections if isinstance(one, LineCollection)]


@given(arrays(bool, st.tuples(st.integers(1, 5), st.integers(1, 5))))
def test_each_side_of_a_border_has_one_cell_inside_and_one_outside(inside):
    padded = np.pad(inside, 1)

    def is_inside(x, y):
        return padded[int(np.floor(y)) + 1, int(np.floor(x)) + 1]

    for (x0, y0), (x1, y1) in borders(inside):
        x, y, flat = (x0 + x1) / 2, (y0 + y1) / 2, y0 == y1
        step = (0.0, 0.5) if flat else (0.5, 0.0)
        assert is_inside(x - step[0], y - step[1]) != is_inside(x + step[0], y + step[1])
    level, upright = np.diff(padded.astype(int), axis=0), np.diff(padded.astype(int), axis=1)
    assert len(borders(inside)) == np.abs(level).sum() + np.abs(upright).sum()


def test_a_cell_on_the_bound_is_inside_and_each_bound_has_a_border():
    with drawing(None) as axes:
        mesh = region(ROWS, "n", "gain", "error", [10.0, 40.0], ax=axes)
    assert sides(mesh) == [4, 10]
    dashes = [one.get_linestyle() for one in axes.collections if isinstance(one, LineCollection)]
    assert dashes[0] != dashes[1]


def test_a_cell_without_a_number_is_in_no_region():
    rows = [*ROWS[:-1], {"n": 30, "gain": 2.0, "outcome": "diverged"}]
    assert sides(region(rows, "n", "gain", "error", [1000.0])) == [10]


def test_the_star_stands_in_the_cell_of_the_shipped_settings():
    mesh = region(ROWS, "n", "gain", "error", [], shipped={"n": 20, "gain": 2.0})
    (star,) = [line for line in mesh.axes.lines if line.get_marker() == "*"]
    ((x, y),) = star.get_xydata()
    assert 1 < x < 2
    assert 1 < y < 2
    with pytest.raises(RequestError, match="No run has n = 25"):
        region(ROWS, "n", "gain", "error", [], shipped={"n": 25, "gain": 2.0})
