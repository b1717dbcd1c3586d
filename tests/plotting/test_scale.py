"""A scale follows from how its values are spaced, and keeps their order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from neurogate.plotting.picture import save
from neurogate.plotting.scale import Scale
from neurogate.plotting.sweep import sweep


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1e-3, 3e-3, 1e-2, 3e-2], "log"),
        ([0.5, 1.0, 2.0, 4.0], "log"),
        ([1, 2, 3, 4, 5, 6], "linear"),
        ([0.0, 0.1, 1.0, 10.0], "linear"),
        ([0.9, 1.0, 1.2], "linear"),
        ([1e-3, 1.0], "linear"),
        ([-1, 1, 100], "linear"),
        (["numba", "numpy"], "named"),
        ([True, False], "named"),
        ([1, "1"], "named"),
        ([1, 1e9, 1e300], "named"),
        ([1e-300, 1e-200, 1.0], "named"),
        ([-1.7e308, 1.7e308], "named"),
        ([5e-324, 1.0, 2.0, 3.0], "linear"),
    ],
)
def test_a_scale_is_logarithmic_only_where_values_are_spaced_so(values, kind):
    assert Scale.of("x", [*values, None]).kind == kind


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30))
def test_values_keep_their_order_between_0_and_1_and_ticks_are_among_them(values):
    scale = Scale.of("x", values)
    fractions = [scale.fraction(value) for value in scale.known]
    assert fractions == sorted(fractions)
    assert all(0 <= fraction <= 1 for fraction in [*fractions, *map(scale.fraction, scale.ticks())])


@pytest.mark.parametrize("values", [[1.0, 1e9, 1e300], [10.0**k for k in range(-300, 301, 20)]])
@pytest.mark.parametrize("kind", ["lines", "heatmap", "parallel"])
def test_settings_that_lie_far_apart_are_drawn_side_by_side_and_nothing_is_warned_of(values, kind, tmp_path):
    gains = [value for value in values for _ in range(2)]
    rows = [
        {"gain": gain, "n": 50 + i % 2, "outcome": "diverged"} if gain > 1 else
        {"gain": gain, "n": 50 + i % 2, "outcome": "done", "error": 10.0 + i}
        for i, gain in enumerate(gains)
    ]  # fmt: skip
    drawn = sweep(rows, ["gain"] if kind == "lines" else ["gain", "n"], "error", kind=kind)
    save(drawn, tmp_path / "drawn.png")
    low, high = drawn.figure.axes[0].get_xlim()
    assert 0 < high - low < 100


def test_few_settings_are_the_ticks_themselves():
    axes = Figure().subplots()
    Scale.of("reservoir.gain", [0.5, 1.0, 2.0, 4.0]).apply(axes)
    assert axes.get_xscale() == "log"
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0.5", "1", "2", "4"]
    assert axes.get_xlabel() == "reservoir.gain"
