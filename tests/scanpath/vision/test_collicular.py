"""The map of the colliculus can be undone, and is larger at the centre of gaze."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from neurogate.errors import RequestError
from neurogate.scanpath.vision.collicular import Colliculus

degrees = st.floats(-40, 40)


@given(degrees, degrees)
def test_there_and_back_is_where_one_was(x: float, y: float) -> None:
    colliculus = Colliculus()
    u, v, left = colliculus.of(np.array([x]), np.array([y]))
    found = colliculus.field(u, v, left)
    np.testing.assert_allclose(np.concatenate(found), [x, y], atol=1e-12)
    assert u[0] >= 0
    assert abs(v[0]) <= colliculus.bv_mm * np.pi / 2


def test_the_equation_of_ottes_in_polar_coordinates() -> None:
    r, angle = np.array([1.0, 5, 20]), np.array([0.0, 0.7, -1.2])
    u, v, _ = Colliculus().of(r * np.cos(angle), r * np.sin(angle))
    np.testing.assert_allclose(u, 1.4 * np.log(np.sqrt(r**2 + 6 * r * np.cos(angle) + 9) / 3))
    np.testing.assert_allclose(v, 1.8 * np.arctan2(r * np.sin(angle), r * np.cos(angle) + 3))


def test_a_degree_is_longer_at_the_centre() -> None:
    u, _, _ = Colliculus().of(np.arange(0.0, 40), np.zeros(40))
    assert (np.diff(np.diff(u)) < 0).all()
    assert u[1] == pytest.approx(1.4 * np.log(4 / 3))


def test_each_half_of_the_field_is_seen_by_its_own_side() -> None:
    plane = np.zeros((60, 80))
    plane[:, 50:] = 1.0
    u, v = np.meshgrid(np.linspace(0.05, 2, 9), np.linspace(-1, 1, 5), indexing="ij")
    right, left = Colliculus().view(plane, (50.0, 30.0), 2.0, u, v)
    x, y = Colliculus().field(u, v)
    inside = (x > 0.5) & (50 + 2 * x < 79) & (np.abs(2 * y) < 29)
    assert inside.any()
    np.testing.assert_allclose(right[inside], 1)
    assert not left[x > 0.5].any()
    assert not right[x < 0].any()


def test_far_outside_the_picture_there_is_nothing() -> None:
    u = np.full((1, 1), 9.0)
    assert not Colliculus().view(np.ones((6, 8)), (4.0, 3.0), 2.0, u, np.zeros((1, 1))).any()


def test_a_mistake_is_a_sentence() -> None:
    with pytest.raises(RequestError, match="A, Bu and Bv"):
        Colliculus(a_deg=0)
    with pytest.raises(RequestError, match="A degree has nan px"):
        Colliculus().view(np.ones((2, 2)), (1, 1), float("nan"), np.ones(1), np.ones(1))
    with pytest.raises(RequestError, match="every cell needs u and v"):
        Colliculus().view(np.ones((2, 2)), (1, 1), 1.0, np.ones(1), np.ones(2))
