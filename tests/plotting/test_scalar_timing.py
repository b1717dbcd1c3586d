"""The exponent of each seed, and a figure that shows what was planted."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.plotting.scalar_timing import exponents, scalar_timing_figure, spreads_by

LATENCY_MS = np.array([300.0, 500.0, 800.0, 1200.0])


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 1.7])
def test_the_planted_exponent_of_every_seed_is_found(exponent):
    spread_ms = np.array([[3.0], [40.0]]) * (LATENCY_MS / 300.0) ** exponent
    np.testing.assert_allclose(exponents(LATENCY_MS, spread_ms), exponent, atol=1e-12)


def test_a_seed_without_two_spreads_has_no_exponent_and_is_drawn_without_a_warning():
    spread_ms = np.array([0.1 * LATENCY_MS, [30.0, np.nan, np.nan, np.nan]])
    assert np.isnan(exponents(LATENCY_MS, spread_ms)).tolist() == [False, True]
    scalar_timing_figure(LATENCY_MS, {"noise 0.6": spread_ms}).canvas.draw()


def test_what_grows_in_proportion_is_flat_as_a_share_of_the_latency():
    made = scalar_timing_figure(LATENCY_MS, {"noise 0.6": np.tile(0.1 * LATENCY_MS, (3, 1))})
    spread, share, exponent = made.axes
    np.testing.assert_allclose(spread.containers[0].lines[0].get_ydata(), 0.1 * LATENCY_MS)
    np.testing.assert_allclose(share.containers[0].lines[0].get_ydata(), 10.0)
    assert exponent.get_xlabel().startswith("exponent")


def test_spreads_are_those_of_the_rule_in_each_condition_and_lapses_do_not_count():
    jitter = np.append(np.random.default_rng(0).normal(0.0, 1.0, 400), [90.0, -90.0])
    width_ms = {"quiet": 0.02 * LATENCY_MS, "noisy": 0.1 * LATENCY_MS}
    runs = {
        name: {
            "latency_ms": LATENCY_MS[None],
            "ours.single_peak_ms": (LATENCY_MS[:, None] + width[:, None] * jitter)[None, None],
        }
        for name, width in width_ms.items()
    }
    latency_ms, spread_ms = spreads_by(runs, "ours")
    assert latency_ms.tolist() == LATENCY_MS.tolist()
    for name, width in width_ms.items():
        np.testing.assert_allclose(spread_ms[name][0], width, rtol=0.15)
        np.testing.assert_allclose(exponents(latency_ms, spread_ms[name]), 1.0)
