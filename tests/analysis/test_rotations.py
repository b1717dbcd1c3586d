from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import scipy.optimize
from hypothesis import given
from hypothesis import strategies as st

from neurogate.analysis.alignment import overlap
from neurogate.analysis.rotations import rotations, soft_normalised, some_reversed
from neurogate.errors import RequestError

seeds = st.integers(0, 2**32 - 1)
BIN_MS = 10.0


def flowing(matrix, conditions=8, bins=40, n=20, seed=0):
    """Courses of x' = M x from random starts, in n neurons, and the rows in which x is written there."""
    rng = np.random.default_rng(seed)
    step = scipy.linalg.expm(np.asarray(matrix) * BIN_MS)
    state = [rng.standard_normal((conditions, len(matrix)))]
    for _ in range(bins - 1):
        state.append(state[-1] @ step.T)
    rows = np.linalg.qr(rng.standard_normal((n, len(matrix))))[0].T
    return np.stack(state, axis=1) @ rows, rows


def turning(*frequencies_hz):
    blocks = [2 * np.pi * f / 1000 * np.array([[0.0, -1.0], [1.0, 0.0]]) for f in frequencies_hz]
    return scipy.linalg.block_diag(*blocks)


def noisy(seed, conditions=5, bins=12, n=6):
    return np.random.default_rng(seed).standard_normal((conditions, bins, n)).cumsum(axis=1)


def test_planted_rotations_are_found_with_their_planes_and_frequencies():
    activity, rows = flowing(turning(1.0, 4.0, 2.5))
    found = rotations(activity + 30.0, BIN_MS, dims=6)
    np.testing.assert_allclose(found.frequency_hz, [4.0, 2.5, 1.0], rtol=1e-9)
    for plane, planted in zip(found.planes, (rows[2:4], rows[4:], rows[:2]), strict=True):
        assert overlap(plane, planted) == pytest.approx(1.0, abs=1e-9)
    assert found.r2_rotation == pytest.approx(1.0, abs=1e-12)
    assert found.ratio == pytest.approx(1.0, abs=1e-12)
    assert found.captured.sum() == pytest.approx(1.0)


def test_the_frequency_is_exact_up_to_half_a_turn_in_a_bin():
    activity, _ = flowing(turning(49.0))
    assert rotations(activity, BIN_MS, dims=2).frequency_hz[0] == pytest.approx(49.0, rel=1e-9)


def test_activity_turns_from_the_first_direction_of_a_plane_to_the_second():
    activity, _ = flowing(turning(1.0, 3.0))
    for plane in rotations(activity, BIN_MS, dims=4).planes:
        x, y = np.moveaxis((activity - activity.mean(axis=0)) @ plane.T, -1, 0)
        turned = x[:, :-1] * y[:, 1:] - y[:, :-1] * x[:, 1:]
        assert (turned > 0).all()


def test_planes_are_orthonormal_and_begin_where_the_conditions_differ_most():
    activity = noisy(0)
    found = rotations(activity, BIN_MS, dims=6)
    rows = found.planes.reshape(6, -1)
    np.testing.assert_allclose(rows @ rows.T, np.eye(6), atol=1e-12)
    start = (activity - activity.mean(axis=0))[:, 0]
    for plane in found.planes:
        spread = (start @ plane.T).T @ (start @ plane.T)
        assert spread[0, 1] == pytest.approx(0.0, abs=1e-9 * spread[0, 0])
        assert spread[0, 0] >= spread[1, 1]


@given(seeds)
def test_time_that_runs_backwards_turns_the_sign_of_the_flow(seed):
    activity = noisy(seed)
    there, back = rotations(activity, BIN_MS, dims=4), rotations(activity[:, ::-1], BIN_MS, dims=4)
    np.testing.assert_allclose(there.components, back.components, atol=1e-9)
    np.testing.assert_allclose(there.flow, -back.flow, atol=1e-9)
    np.testing.assert_allclose(there.frequency_hz, back.frequency_hz, atol=1e-9)
    assert there.r2_rotation == pytest.approx(back.r2_rotation)
    assert there.r2_free == pytest.approx(back.r2_free)


@given(seeds, st.sampled_from([1e-150, 1e-3, 1.0, 1e150]))
def test_fits_ignore_rotation_order_of_neurons_scale_and_what_conditions_share(seed, scale):
    activity, rng = noisy(seed), np.random.default_rng(seed)
    expected = rotations(activity, BIN_MS, dims=4)
    turn = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    shared = rng.standard_normal((12, 6))
    for moved in (scale * activity @ turn, activity[:, :, rng.permutation(6)], activity + shared):
        found = rotations(moved, BIN_MS, dims=4)
        np.testing.assert_allclose(found.frequency_hz, expected.frequency_hz, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(found.captured, expected.captured, atol=1e-7)
        assert found.r2_rotation == pytest.approx(expected.r2_rotation, abs=1e-9)
        assert found.ratio == pytest.approx(expected.ratio, abs=1e-9)


@given(seeds)
def test_no_rotation_fits_better_and_a_free_flow_fits_at_least_as_well(seed):
    activity = noisy(seed)
    found = rotations(activity, BIN_MS, dims=4)
    np.testing.assert_allclose(found.flow, -found.flow.T, atol=1e-15)
    scores = (activity - activity.mean(axis=0)) @ found.components.T
    change = np.diff(scores, axis=1).reshape(-1, 4) / BIN_MS
    state = (scores[:, 1:] + scores[:, :-1]).reshape(-1, 4) / 2
    place = np.triu_indices(4, 1)

    def residual(entries):
        skew = np.zeros((4, 4))
        skew[place] = entries
        return (change - state @ (skew - skew.T).T).ravel()

    best = scipy.optimize.least_squares(residual, np.zeros(6), xtol=1e-15, ftol=1e-15, gtol=1e-15)
    np.testing.assert_allclose(found.flow[place], best.x, atol=1e-7)
    assert found.r2_rotation == pytest.approx(1 - 2 * best.cost / (change**2).sum())
    assert found.r2_rotation <= found.r2_free + 1e-12
    assert 0 <= found.ratio <= 1 + 1e-12


def test_a_flow_that_only_shrinks_does_not_rotate():
    activity, _ = flowing(np.diag([-0.002, -0.005, -0.01, -0.02]))
    found = rotations(activity, BIN_MS, dims=4)
    assert found.r2_free == pytest.approx(1.0, abs=1e-9)
    assert found.ratio < 0.2


def test_rotation_and_decay_share_the_explained_change():
    decay, turn = 0.004, 2 * np.pi * 2.0 / 1000
    found = rotations(flowing(turning(2.0) - decay * np.eye(2))[0], BIN_MS, dims=2)
    assert found.r2_free == pytest.approx(1.0, abs=1e-9)
    assert found.ratio == pytest.approx(turn**2 / (turn**2 + decay**2), abs=0.01)


def test_conditions_that_turn_alike_rotate_more_than_when_some_run_backwards():
    activity, _ = flowing(turning(2.0, 3.0), conditions=12)
    activity = activity + 0.1 * np.random.default_rng(1).standard_normal(activity.shape)
    rng = np.random.default_rng(0)
    null = [rotations(some_reversed(rng, activity), BIN_MS, dims=4).r2_rotation for _ in range(60)]
    assert rotations(activity, BIN_MS, dims=4).r2_rotation > max(null)


def test_surrogates_keep_every_condition_up_to_its_direction():
    activity = noisy(0, conditions=30)
    turned = some_reversed(np.random.default_rng(0), activity)
    backwards = [np.array_equal(new, old[::-1]) for new, old in zip(turned, activity, strict=True)]
    same = [np.array_equal(new, old) for new, old in zip(turned, activity, strict=True)]
    assert np.logical_xor(backwards, same).all()
    assert 5 < sum(backwards) < 25


def test_strong_neurons_are_scaled_to_about_one_and_weak_ones_less():
    rates = np.array([[0.0, 10.0, 3.0], [95.0, 15.0, 3.0]]).reshape(2, 1, 3)
    np.testing.assert_allclose(np.ptp(soft_normalised(rates), axis=(0, 1)), [0.95, 0.5, 0.0])
    with pytest.raises(RequestError, match=r"softening is 0.0"):
        soft_normalised(rates, 0.0)


def test_conditions_that_do_not_differ_or_do_not_change_have_no_flow():
    same = rotations(np.tile(noisy(0)[:1], (3, 1, 1)), BIN_MS, dims=4)
    assert np.isnan([same.r2_rotation, same.r2_free, same.ratio, *same.captured]).all()
    still = rotations(np.tile(noisy(0)[:, :1], (1, 5, 1)), BIN_MS, dims=4)
    assert np.isnan([still.r2_rotation, still.ratio]).all()
    np.testing.assert_array_equal(still.frequency_hz, [0.0, 0.0])


def test_planes_without_activity_stand_still():
    activity, rows = flowing(turning(2.0))
    found = rotations(activity, BIN_MS, dims=6)
    np.testing.assert_allclose(found.frequency_hz, [2.0, 0.0, 0.0], atol=1e-6)
    assert overlap(found.planes[0], rows) == pytest.approx(1.0)
    np.testing.assert_allclose(found.captured, [1.0, 0.0, 0.0], atol=1e-9)


def test_too_few_conditions_or_dimensions_are_refused():
    with pytest.raises(RequestError, match="two conditions and two bins"):
        rotations(noisy(0)[:1], BIN_MS)
    with pytest.raises(RequestError, match=r"dims is 3. Planes need an even number"):
        rotations(noisy(0), BIN_MS, dims=3)
    for conditions, bins, dims, most in ((2, 3, 2, 1), (3, 3, 4, 3), (2, 4, 4, 2), (3, 2, 2, 1)):
        said = f"{conditions} conditions of {bins} bins and 6 neurons are enough for {most}"
        with pytest.raises(RequestError, match=said):  # or a matrix would make these steps, whatever they are
            rotations(noisy(0)[:conditions, :bins], BIN_MS, dims=dims)
    assert rotations(noisy(0)[:3, :3], BIN_MS, dims=2).r2_free < 1 - 1e-6
    with pytest.raises(RequestError, match="NaN or infinity"):
        rotations(np.where(noisy(0) > 2, np.nan, noisy(0)), BIN_MS)
