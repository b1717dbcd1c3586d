from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from neurogate.analysis.demixed import demix
from neurogate.analysis.marginals import marginal_variances, marginals
from neurogate.analysis.subspaces import principal_angles, principal_components
from neurogate.errors import RequestError

seeds = st.integers(0, 2**32 - 1)
AXES = ("what", "probability", "time")
SHAPE = (3, 4, 10)


def planted(seed, n=20):
    """Activity in which what, probability and time act along known directions, which are not orthogonal."""
    rng = np.random.default_rng(seed)
    what, probability, time = np.ogrid[-1:1:3j, -1:1:4j, 0:1:10j]
    courses = {
        "what": what * np.sin(3 * time),
        "probability": (probability**2 + probability - 5 / 9) * (1 + time),
        "time": np.cos(5 * time),
        "what x probability": what * probability * time,
    }
    directions = {name: rng.standard_normal(n) + 0.5 for name in courses}
    parts = {name: np.broadcast_to(course, SHAPE)[..., None] for name, course in courses.items()}
    return sum(parts[name] * directions[name] for name in parts), directions


def test_planted_directions_are_found_and_demixed():
    means, directions = planted(0)
    found = demix(means, marginals(means, AXES), components=2)
    for place, (name, encoders) in enumerate(found.encoders.items()):
        assert len(encoders) == 1
        assert principal_angles(encoders, directions[name][None])[0] < 1e-5
        np.testing.assert_allclose(found.shares[name], np.eye(4)[place : place + 1], atol=1e-9)


def test_planted_courses_are_read_back_though_principal_components_mix_them():
    means, directions = planted(1)
    parts = marginals(means, AXES)
    found = demix(means, parts)
    for name, part in parts.items():
        expected = part @ directions[name] / np.linalg.norm(directions[name])
        sign = np.sign(found.encoders[name][0] @ directions[name])
        np.testing.assert_allclose(sign * found.read(name, means)[..., 0], expected, atol=1e-9)
    mixed = principal_components(means).components[:4]
    held = np.array([((part @ mixed.T) ** 2).sum(axis=(0, 1, 2)) for part in parts.values()])
    assert (held.max(axis=0) / held.sum(axis=0)).min() < 0.8


def test_all_components_together_explain_what_they_explain_alone_if_nothing_is_noise():
    means, _ = planted(2)
    parts = marginals(means, AXES)
    found = demix(means, parts)
    rebuilt = sum(found.read(name, means) @ found.encoders[name] for name in parts)
    np.testing.assert_allclose(rebuilt, means - found.mean, atol=1e-9)


@given(seeds, st.integers(1, 6))
def test_with_nothing_to_keep_apart_they_are_principal_components(seed, components):
    means = np.random.default_rng(seed).standard_normal((3, 4, 6)) * np.arange(1, 7) ** 2
    found = demix(means, {"all": means - means.mean(axis=(0, 1))}, components)
    expected = principal_components(means)
    np.testing.assert_allclose(found.encoders["all"], expected.components[:components], atol=1e-6)
    np.testing.assert_allclose(found.decoders["all"], expected.components[:components], atol=1e-6)
    share = expected.variances[:components] / expected.variances.sum()
    np.testing.assert_allclose(found.explained["all"], share, atol=1e-9)
    oracle = PCA(components, svd_solver="full").fit(means.reshape(12, 6))
    np.testing.assert_allclose(found.explained["all"], oracle.explained_variance_ratio_, atol=1e-9)


@given(seeds)
def test_components_explain_what_reading_and_putting_back_leaves(seed):
    means = np.random.default_rng(seed).standard_normal((2, 3, 5, 4))
    found = demix(means, marginals(means, AXES), ridge=0.05, noise=0.3 * np.eye(4))
    whole = means - found.mean
    for name, explained in found.explained.items():
        for k, share in enumerate(explained):
            rest = whole - found.read(name, means)[..., k : k + 1] * found.encoders[name][k]
            assert share == pytest.approx(1 - (rest**2).sum() / (whole**2).sum(), abs=1e-9)
        np.testing.assert_allclose(found.shares[name].sum(axis=1), 1.0)


@given(seeds, st.sampled_from([1e-100, 1.0, 1e100]))
def test_components_turn_with_the_space_and_ignore_scale_and_offset(seed, scale):
    rng = np.random.default_rng(seed)
    means, noise = rng.standard_normal((2, 3, 5, 4)), np.diag([0.1, 0.2, 0.3, 0.4])
    turn = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    found = demix(means, marginals(means, AXES), 2, 0.01, noise)
    moved = scale * (means @ turn + 2.0)
    other = demix(moved, marginals(moved, AXES), 2, 0.01, scale**2 * turn.T @ noise @ turn)
    for name in found.encoders:
        for rows in ("encoders", "decoders"):
            there, back = getattr(found, rows)[name], getattr(other, rows)[name] @ turn.T
            same = np.sign((found.encoders[name] * (other.encoders[name] @ turn.T)).sum(axis=1))
            np.testing.assert_allclose(same[:, None] * back, there, atol=1e-6)
        np.testing.assert_allclose(other.explained[name], found.explained[name], atol=1e-9)
        np.testing.assert_allclose(other.shares[name], found.shares[name], atol=1e-9)


def test_decoders_avoid_noise_that_encoders_do_not_know_of():
    """Two neurons carry the same, one of them with noise: the optimal weights are those of Wiener."""
    what = np.array([-1.0, 1.0])
    means = np.stack([what, what], axis=-1)[:, None]
    noise = np.diag([0.0, 3.0]) + 1e-9 * np.eye(2)
    found = demix(means, marginals(means, ("what", "time")), noise=noise)
    assert abs(found.decoders["what"][0, 1]) < 1e-6 * abs(found.decoders["what"][0, 0])
    np.testing.assert_allclose(found.encoders["what"], [[np.sqrt(0.5)] * 2], rtol=1e-6)


def test_the_stronger_the_ridge_the_less_of_each_marginal_is_rebuilt():
    means, _ = planted(3)
    parts = marginals(means, AXES)
    missed = []
    for ridge in (0.0, 1e-3, 1e-1, 1e1, 1e3):
        found = demix(means, parts, ridge=ridge)
        rebuilt = {name: found.read(name, means) @ found.encoders[name] for name in parts}
        missed.append([((part - rebuilt[name]) ** 2).sum() / (part**2).sum() for name, part in parts.items()])
    assert (np.diff(missed, axis=0) > 0).all()
    np.testing.assert_allclose(missed[0], 0.0, atol=1e-12)
    np.testing.assert_allclose(missed[-1], 1.0, atol=0.01)


def test_parts_may_be_joined_and_what_does_not_vary_has_no_components():
    means, _ = planted(4)
    parts = marginals(means, AXES)
    joined = {"task": means - means.mean(axis=(0, 1, 2)) - parts["time"], "time": parts["time"]}
    found = demix(means, joined, components=5)
    assert [len(rows) for rows in found.decoders.values()] == [3, 1]
    alone = demix(means[:1], marginals(means[:1], AXES), components=5)
    assert [len(rows) for rows in alone.decoders.values()] == [
        0,
        2,
        2,
        0,
    ]  # what was an interaction is none now
    assert alone.shares["what"].shape == (0, 4)
    still = demix(np.full((2, 3, 4), 0.1), marginals(np.full((2, 3, 4), 0.1), ("what", "time")))
    assert [x.size for x in still.explained.values()] == [0, 0]


def test_a_constant_neuron_has_no_weight():
    means = np.random.default_rng(0).standard_normal((2, 5, 4))
    means[..., 2] = 0.1
    found = demix(means, marginals(means, ("what", "time")), ridge=0.0)
    for rows in (*found.decoders.values(), *found.encoders.values()):
        np.testing.assert_allclose(rows[:, 2], 0.0, atol=1e-12)


def test_more_neurons_than_samples_need_a_ridge_or_noise():
    means = np.random.default_rng(0).standard_normal((2, 3, 50))
    parts = marginals(means, ("what", "time"))
    with pytest.raises(RequestError, match="There are 6 samples of 50 neurons that vary"):
        demix(means, parts)
    barely = demix(means, parts, 5, ridge=1e-12)  # which is why: all of it is rebuilt, though it is noise
    total = sum((barely.read(name, means) ** 2).sum() for name in barely.decoders)
    assert total == pytest.approx(((means - barely.mean) ** 2).sum())
    with pytest.raises(RequestError, match="noise in every direction"):
        demix(means, parts, noise=np.diag([1.0] * 40 + [0.0] * 10))
    held = demix(means, parts, 5, noise=np.eye(50))
    assert sum((held.read(name, means) ** 2).sum() for name in held.decoders) < 0.9 * total
    whole = demix(means, {"all": means - barely.mean}, 5)  # principal components are no fit of a part
    assert whole.explained["all"].sum() == pytest.approx(1.0)


def test_what_cannot_be_demixed_is_refused():
    means = np.random.default_rng(0).standard_normal((2, 3, 4))
    parts = marginals(means, ("what", "time"))
    with pytest.raises(RequestError, match=r"Part what has shape \(2, 2, 4\)"):
        demix(means, parts | {"what": parts["what"][:, :2]})
    with pytest.raises(RequestError, match="components is 0"):
        demix(means, parts, 0)
    for ridge in (-1.0, np.nan, np.inf):
        with pytest.raises(RequestError, match=f"ridge is {ridge}"):
            demix(means, parts, ridge=ridge)
    with pytest.raises(RequestError, match="means holds NaN"):
        demix(np.where(means > 1, np.nan, means), parts)


def test_shares_of_the_whole_and_of_components_agree_when_one_feature_acts():
    means, _ = planted(0)
    alone = marginals(means, AXES)["probability"] + 5.0
    assert marginal_variances(alone, AXES)["probability"] == pytest.approx(1.0)
    assert demix(alone, marginals(alone, AXES)).explained["probability"] == pytest.approx([1.0])
