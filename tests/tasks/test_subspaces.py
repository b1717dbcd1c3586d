"""Subspaces planted in weights and in activity are found where they were put, and chance beside them."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.analysis.nulls import trace_sum_angles
from neurogate.tasks.schedule import generator
from neurogate.tasks.subspaces import NULL_DRAWS, activity_subspaces, angle_nulls, weight_courses

N, OUTCOMES = 30, 2
NAMES = ("isotropic", "leading", "covariance", "own_traces")


def frame(rng: np.random.Generator, rows: int, n: int = N) -> np.ndarray:
    return np.linalg.qr(rng.standard_normal((n, rows)))[0].T


def samples(rng: np.random.Generator, replicas: int = 2, count: int = 40) -> dict[str, np.ndarray]:
    scale = np.arange(1, N + 1) ** -0.7
    return {name: rng.standard_normal((replicas, count, N)) * scale for name in ("phasic", "tonic")}


def test_planted_angles_and_turns_of_the_weights_are_found(rng: np.random.Generator) -> None:
    x, y, z, w = frame(rng, 4)
    turned = np.deg2rad([0.0, 30.0, 90.0])[:, None]
    when = (np.cos(turned) * x + np.sin(turned) * y)[None]
    what = np.stack([np.stack([y, z]), np.stack([y, z]), np.stack([y, w])])[None]
    course = weight_courses(2.5 * when, what, 0)
    np.testing.assert_allclose(course["angle_deg"], [[90.0, 60.0, 0.0]], atol=1e-6)
    np.testing.assert_allclose(course["when_overlap"], [[1.0, 0.75, 0.0]], atol=1e-9)
    np.testing.assert_allclose(course["what_overlap"], [[1.0, 1.0, 0.5]], atol=1e-9)


def test_what_has_not_learned_has_no_angle_and_no_overlap(rng: np.random.Generator) -> None:
    when, what = rng.standard_normal((1, 2, N)), rng.standard_normal((1, 2, OUTCOMES, N))
    when[:, 0] = what[:, 0] = 0
    course = weight_courses(when, what, 1)
    assert all(np.isnan(values[0, 0]) for values in course.values())
    assert all(np.isfinite(values[0, 1]) for values in course.values())


def test_nulls_are_those_of_the_analysis_and_each_replica_has_its_own(rng: np.random.Generator) -> None:
    traces = samples(rng)
    found = angle_nulls(traces, (7, 8), OUTCOMES)
    assert {name: drawn.shape for name, drawn in found.items()} == {
        f"null.{name}_deg": (2, NULL_DRAWS) for name in NAMES
    }
    own = trace_sum_angles(generator(8, 102), traces["phasic"][1], traces["tonic"][1], OUTCOMES, NULL_DRAWS)
    np.testing.assert_array_equal(found["null.own_traces_deg"][1], own)
    alone = angle_nulls({name: values[1:] for name, values in traces.items()}, (8,), OUTCOMES)
    for name, drawn in alone.items():
        np.testing.assert_array_equal(found[name][1], drawn[0], err_msg=name)


def test_the_less_room_a_null_leaves_the_smaller_are_its_angles(rng: np.random.Generator) -> None:
    means = {name: drawn.mean() for name, drawn in angle_nulls(samples(rng), (1, 2), OUTCOMES).items()}
    assert means["null.isotropic_deg"] > means["null.leading_deg"] > means["null.covariance_deg"]


def test_traces_that_do_not_vary_leave_one_null() -> None:
    still = {name: np.ones((1, 10, N)) for name in ("phasic", "tonic")}
    found = angle_nulls(still, (1,), OUTCOMES)
    assert [name for name in NAMES if np.isfinite(found[f"null.{name}_deg"]).all()] == ["isotropic"]
    assert all(np.isnan(found[f"null.{name}_deg"]).all() for name in NAMES[1:])


def planted(rng: np.random.Generator, apart: bool) -> np.ndarray:
    """Return activity (1, 4, 200, N): a course of time and patterns of cues, in subspaces apart or in one."""
    rows = frame(rng, 6)
    time = np.linspace(0, 2 * np.pi, 200)[:, None]
    course = np.concatenate([np.sin(time), np.sin(2 * time), np.sin(3 * time)], axis=1)
    cues = np.linalg.qr(rng.standard_normal((4, 4)))[0][:, :3]
    cues -= cues.mean(axis=0)
    patterns = cues @ (rows[3:] if apart else rows[:3])
    return (course @ rows[:3])[None, None] + patterns[None, :, None]


@pytest.mark.parametrize(("apart", "index", "angle_deg"), [(True, 0.0, 90.0), (False, 1.0, 0.0)])
def test_planted_subspaces_of_the_activity_are_found(
    apart: bool, index: float, angle_deg: float, rng: np.random.Generator
) -> None:
    found = activity_subspaces(planted(rng, apart), (3,))
    for name in ("when_in_what", "what_in_when"):
        np.testing.assert_allclose(found[f"activity.{name}"], [index], atol=1e-6)
        null = found[f"activity.{name}_null"]
        assert null.shape == (1, NULL_DRAWS)
        assert 0.2 < null.mean() < 0.8 or not apart
    np.testing.assert_allclose(found["activity.angle_deg"], [angle_deg], atol=1e-4)
    assert found["activity.angle_deg_null"].shape == (1, NULL_DRAWS)


def test_where_cues_and_times_are_shuffled_what_and_when_share_their_directions(
    rng: np.random.Generator,
) -> None:
    found = activity_subspaces(planted(rng, apart=True), (3,))
    assert found["activity.angle_deg_shuffled"].max() < 45 < found["activity.angle_deg_isotropic"].mean()
    again = activity_subspaces(planted(np.random.default_rng(0), apart=True).repeat(2, axis=0), (4, 3))
    alone = activity_subspaces(planted(np.random.default_rng(0), apart=True), (3,))
    for name, values in alone.items():
        np.testing.assert_array_equal(again[name][1], values[0], err_msg=name)


def test_a_single_cue_and_silence_have_no_subspaces(rng: np.random.Generator) -> None:
    for activity in (rng.standard_normal((1, 1, 50, N)), np.zeros((1, 4, 50, N))):
        found = activity_subspaces(activity, (1,))
        assert len(found) == 8
        assert all(np.isnan(values).all() for values in found.values())
