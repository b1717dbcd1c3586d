"""A scanpath is checked when it is made."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from neurogate.errors import RequestError
from neurogate.scanpath.path import scanpath

NAN = float("nan")


@given(st.lists(st.tuples(st.floats(-10, 90), st.floats(-10, 70), st.floats(0, 1)), max_size=6))
def test_what_is_given_is_kept_and_copied(rows: list[tuple[float, float, float]]) -> None:
    x, y, duration = (np.array(column) for column in zip(*rows, strict=True)) if rows else [np.zeros(0)] * 3
    path = scanpath(x, y, duration, size=(80, 60))
    assert len(path) == len(rows)
    assert np.array_equal(path.x_px, x)
    assert path.x_px is not x
    assert np.allclose(path.start_s, np.concatenate([[0], np.cumsum(duration)])[:-1] if rows else [])
    assert path.outside.sum() == sum(not (0 <= a < 80 and 0 <= b < 60) for a, b, _ in rows)
    assert len(scanpath(x, y, duration, size=(80, 60), outside="drop")) == len(rows) - path.outside.sum()


def test_a_missing_number_takes_its_fixation_with_it_and_no_time() -> None:
    path = scanpath([1, NAN, 3], [1, 2, 3], [0.1, 0.5, 0.1], size=(9, 9), missing="drop")
    assert path.x_px.tolist() == [1, 3]
    assert path.start_s.tolist() == [0.0, 0.1]
    kept = scanpath([1, NAN, 3], [1, 2, 3], [0.1, 0.5, 0.1], [0, 1, 2], size=(9, 9), missing="drop")
    assert kept.start_s.tolist() == [0, 2]


def test_a_stretch_is_a_scanpath() -> None:
    path = scanpath([1, 4, 4], [1, 5, 5], [1, 1, 1], size=(9, 9), px_per_degree=3)
    assert path[1:].x_px.tolist() == [4, 4]
    assert path[1:].px_per_degree == 3
    assert path.amplitude_px.tolist() == [5, 0]


@pytest.mark.parametrize(
    ("arguments", "more", "said"),
    [
        (([1, 2], [1]), {}, "lists of one length: x_px \\(2,\\), y_px \\(1,\\)"),
        (([[1]], [[1]]), {}, "lists of one length"),
        (([1, NAN], [1, 1]), {}, "Fixation 1 \\(of 0 to 1\\) has a number that is missing"),
        (([1, np.inf], [1, 1]), {}, "Fixation 1"),
        (([1, 99], [1, 1]), {"outside": "refuse"}, "Fixation 1 .* outside the picture of 9 x 9 px"),
        (([1], [1], [-0.1]), {}, "Fixation 0 lasts -0.1 s"),
        (([1, 1], [1, 1], [0, 0], [2, 1]), {}, "Fixation 1 starts at 1 s, before"),
        (([1, NAN], [1, 2]), {"missing": "foo"}, "missing is 'foo'; choose from refuse, drop\\."),
        (([1, 99], [1, 2]), {"outside": "foo"}, "outside is 'foo'; choose from keep, drop, refuse\\."),
        (([1], [1]), {"size": (0, 9)}, "The picture is 0 x 9 px"),
        (([1], [1]), {"size": (9, NAN)}, "The picture is 9 x nan px"),
    ],
)
def test_a_mistake_is_a_sentence(arguments: tuple, more: dict, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        scanpath(*arguments, **{"size": (9, 9), **more})
