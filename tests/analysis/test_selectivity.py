from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from neurogate.analysis.selectivity import additive_surrogate, kinds, nonlinear_fraction, selectivity
from neurogate.errors import RequestError

seeds = st.integers(0, 2**32 - 1)
# 3 x 2 conditions with 2 to 9 trials
FIRST = np.repeat([0, 0, 1, 1, 2, 2], [9, 2, 4, 3, 5, 6])
SECOND = np.repeat([0, 1, 0, 1, 0, 1], [9, 2, 4, 3, 5, 6])


def noise(cells, seed=0):
    return np.random.default_rng(seed).standard_normal((FIRST.size, cells))


def indicators(levels):
    """Effect coding: the last level is minus the sum of the others."""
    eye = np.eye(levels.max() + 1)[levels]
    return eye[:, :-1] - eye[:, -1:]


def test_p_values_are_those_of_nested_regressions():
    """Dropping the columns of one effect from the full model raises the residual: its F test."""
    x = noise(7) + FIRST[:, None] * np.arange(7)
    a, b = indicators(FIRST), indicators(SECOND)
    effects = [a, b, np.hstack([a[:, [i]] * b for i in range(2)])]

    def residual(parts):
        design = np.hstack([np.ones((FIRST.size, 1)), *parts])
        return np.square(x - design @ np.linalg.lstsq(design, x, rcond=None)[0]).sum(axis=0)

    full, free = residual(effects), FIRST.size - 6
    found = selectivity(x, FIRST, SECOND)
    np.testing.assert_allclose(found.noise, full / free, rtol=1e-10)
    for i, p in enumerate([found.p_first, found.p_second, found.p_interaction]):
        rank = effects[i].shape[1]
        f = (residual(effects[:i] + effects[i + 1 :]) - full) / rank / (full / free)
        np.testing.assert_allclose(p, scipy.stats.f.sf(f, rank, free), rtol=1e-8)


def test_one_factor_among_equal_numbers_is_a_one_way_analysis_of_the_marginal_means():
    a, b = np.repeat([0, 1, 2], 8), np.tile([0, 1], 12)
    x = np.random.default_rng(1).standard_normal((24, 1)) + 0.5 * a[:, None]
    between = 8 * np.square([x[a == k].mean() - x.mean() for k in range(3)]).sum()
    found = selectivity(x, a, b)
    f = between / 2 / found.noise[0]
    assert found.p_first[0] == pytest.approx(scipy.stats.f.sf(f, 2, 18), rel=1e-9)
    assert 24 * (found.first[0] + 2 / 24 * found.noise[0]) == pytest.approx(between, rel=1e-9)


@pytest.mark.parametrize(
    ("effect", "variances"),
    [
        (0.0 * FIRST, (0, 0, 0)),
        (1.0 * FIRST, (2 / 3, 0, 0)),
        (2.0 * SECOND, (0, 1, 0)),
        (FIRST + 2.0 * SECOND, (2 / 3, 1, 0)),
        ((FIRST - 1.0) * (2 * SECOND - 1), (0, 0, 2 / 3)),
    ],
    ids=["noise", "first", "second", "linear", "nonlinear"],
)
def test_planted_variances_are_found_without_bias(effect, variances):
    found = selectivity(effect[:, None] + noise(20_000), FIRST, SECOND)
    np.testing.assert_allclose([part.mean() for part in found[:3]], variances, atol=0.015)
    assert found.noise.mean() == pytest.approx(1.0, abs=0.01)


def test_p_values_of_effects_that_are_not_there_are_uniform():
    for x in (noise(2000), noise(2000) + 3 * FIRST[:, None] - SECOND[:, None]):
        p = selectivity(x, FIRST, SECOND).p_interaction
        assert scipy.stats.kstest(p, "uniform").pvalue > 0.01
    found = selectivity(noise(2000), FIRST, SECOND)
    for p in (found.p_first, found.p_second):
        assert scipy.stats.kstest(p, "uniform").pvalue > 0.01


def test_planted_neurons_are_called_by_their_kind():
    linear = FIRST + 2.0 * SECOND
    planted = [0 * FIRST, FIRST, 2 * SECOND, linear, linear + 2 * (FIRST == 1) * SECOND]
    x = np.stack(planted, axis=1) + 0.1 * noise(5)
    found = selectivity(x, FIRST, SECOND)
    assert kinds(found, level=1e-4).tolist() == ["none", "first", "second", "linear", "nonlinear"]
    assert nonlinear_fraction(found)[1:4] == pytest.approx(0.0, abs=0.01)


def test_one_neuron_in_seven_is_named_by_chance():
    share = np.mean(kinds(selectivity(noise(4000), FIRST, SECOND)) != "none")
    assert share == pytest.approx(1 - 0.95**3, abs=0.02)


@pytest.mark.parametrize("mixed", [0.0, 0.25, 1.0])
def test_the_index_of_a_population_is_the_share_that_was_planted(mixed):
    gains = np.random.default_rng(5).standard_normal((2, 3000))
    additive = np.sqrt(1.5) * (FIRST - 1.0)
    product = additive * (2 * SECOND - 1)
    x = np.sqrt(1 - mixed) * np.outer(additive, gains[0]) + np.sqrt(mixed) * np.outer(product, gains[1])
    found = selectivity(x + noise(3000), FIRST, SECOND)
    assert nonlinear_fraction(found, pooled=True) == pytest.approx(mixed, abs=0.03)


def test_a_surrogate_keeps_what_adds_up_and_loses_the_rest():
    rng = np.random.default_rng(0)
    x = noise(300) + FIRST[:, None] + 5.0 * ((FIRST == 2) & (SECOND == 1))[:, None]
    drawn = [selectivity(additive_surrogate(rng, x, FIRST, SECOND), FIRST, SECOND) for _ in range(20)]
    assert np.mean(selectivity(x, FIRST, SECOND).p_interaction < 0.05) > 0.95
    assert np.mean([each.p_interaction < 0.05 for each in drawn]) == pytest.approx(0.05, abs=0.02)
    assert np.mean([each.p_first < 0.05 for each in drawn]) > 0.95


@given(seeds)
def test_surrogates_of_effects_that_add_up_without_noise_are_the_activity(seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((3, 4))[FIRST] + rng.standard_normal((2, 4))[SECOND]
    np.testing.assert_allclose(additive_surrogate(rng, x, FIRST, SECOND), x, atol=1e-12)


@given(seeds, st.floats(0.01, 100), st.floats(-100, 100))
def test_variances_scale_and_p_values_do_not(seed, scale, offset):
    x = noise(3, seed) + 0.5 * FIRST[:, None]
    one, other = (selectivity(y, FIRST, SECOND) for y in (x, scale * x + offset))
    np.testing.assert_allclose(
        np.array(other[:4]), scale**2 * np.array(one[:4]), rtol=1e-6, atol=1e-8 * scale**2
    )
    np.testing.assert_allclose(np.array(other[4:]), np.array(one[4:]), rtol=1e-6)


@given(seeds)
def test_factors_may_be_swapped_levels_named_and_trials_reordered(seed):
    x, order = noise(3, seed), np.random.default_rng(seed).permutation(FIRST.size)
    one = selectivity(x, FIRST, SECOND)
    named = np.array(["cue", "bell", "air"])[FIRST]
    two = selectivity(x[order], SECOND[order], named[order])
    for i, j in enumerate([1, 0, 2, 3, 5, 4, 6]):
        np.testing.assert_allclose(two[i], one[j], rtol=1e-8, atol=1e-10)


def test_time_bins_are_taken_one_by_one():
    x = noise(12).reshape(-1, 4, 3)
    found = selectivity(x, FIRST, SECOND)
    assert found.p_first.shape == kinds(found).shape == (4, 3)
    np.testing.assert_allclose(found.first[2], selectivity(x[:, 2], FIRST, SECOND).first)
    assert additive_surrogate(np.random.default_rng(0), x, FIRST, SECOND).shape == x.shape
    assert nonlinear_fraction(found, pooled=True).shape == (4,)


@pytest.mark.parametrize("scale", [0.1, 1.0, 1e9])
def test_neurons_without_noise_are_called_by_their_kind(scale):
    planted = np.stack([0 * FIRST, FIRST, SECOND, FIRST + 3 * SECOND, FIRST * SECOND], axis=1)
    found = selectivity(scale * planted + 0.3, FIRST, SECOND)
    assert kinds(found).tolist() == ["none", "first", "second", "linear", "nonlinear"]
    assert found.noise.tolist() == [0, 0, 0, 0, 0]


@pytest.mark.parametrize("value", [0.0, 0.1, 1e9])
def test_a_constant_neuron_has_no_effects_and_no_index(value):
    found = selectivity(np.full((FIRST.size, 1), value), FIRST, SECOND)
    assert [part.item() for part in found[:4]] == [0, 0, 0, 0]
    assert np.isnan(found[4:]).all()
    assert np.isnan(nonlinear_fraction(found)).all()
    assert kinds(found).tolist() == ["none"]


def test_impossible_requests_are_refused():
    x = noise(2)
    with pytest.raises(RequestError, match=r"29 trials and second the shape \(28,\)"):
        selectivity(x, FIRST, SECOND[:-1])
    with pytest.raises(RequestError, match="All levels of first are 7"):
        selectivity(x, np.full(FIRST.size, 7), SECOND)
    with pytest.raises(RequestError, match="No trial has level 0 of first with level 1 of second"):
        selectivity(np.delete(x, [9, 10], axis=0), np.delete(FIRST, [9, 10]), np.delete(SECOND, [9, 10]))
    with pytest.raises(RequestError, match="4 trials have 4 combinations"):
        selectivity(x[:4], [0, 0, 1, 1], [0, 1, 0, 1])
    with pytest.raises(RequestError, match=r"activity has shape \(29,\)"):
        selectivity(x[:, 0], FIRST, SECOND)
    x[3, 1] = np.nan
    with pytest.raises(RequestError, match="NaN or infinity in trial 3"):
        additive_surrogate(np.random.default_rng(0), x, FIRST, SECOND)
