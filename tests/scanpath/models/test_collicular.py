"""On the colliculus, what is near is seen finely; the gates of its attention are those of learning."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.plasticity.gates import ConstantGate
from neurogate.plasticity.three_factor import ThreeFactor
from neurogate.scanpath.models.circuit import Circuit
from neurogate.scanpath.models.collicular import Collicular
from neurogate.scanpath.models.spiking import Spiking
from neurogate.scanpath.path import Scanpath

IMAGE = np.zeros((60, 80))
QUIET = Circuit(noise=0.0, threshold=3.0)
CENTRE = np.array([[16.0, 12.0]])


def far(paths: list[Scanpath]) -> float:
    return float(np.mean(np.concatenate([path.amplitude_px for path in paths])))


def test_a_place_of_the_map_leads_where_its_cell_sees() -> None:
    field = Collicular(priority=np.ones((24, 32))).field(IMAGE)
    maps, rows, columns = np.indices(field.shape).reshape(3, -1)
    _, cells = field.seen(CENTRE)
    places = np.stack([maps, rows, columns], axis=1).astype(float)
    np.testing.assert_allclose(field.target(places, CENTRE), cells[0])


def test_cells_lie_the_denser_the_nearer_they_are() -> None:
    field = Collicular(priority=np.ones((24, 32))).field(IMAGE)
    priority, cells = field.seen(CENTRE)
    distance = np.hypot(*(cells[0] - CENTRE).T)[priority[0] > 0]
    near, ring = (distance < 4).sum(), ((distance >= 8) & (distance < 12)).sum()
    assert near / 16 > 3 * ring / (144 - 64)


def test_cells_move_with_the_eye_and_see_nothing_beyond_the_picture() -> None:
    field = Collicular(priority=np.ones((24, 32))).field(IMAGE)
    priority, cells = field.seen(np.array([[16.0, 12.0], [1.0, 12.0]]))
    np.testing.assert_allclose(cells[1] - cells[0], [[-15.0, 0.0]] * cells.shape[1], atol=1e-12)
    beyond = (cells < -6).any(axis=2) | (cells > [38, 30]).any(axis=2)
    assert beyond.any()
    assert not priority[beyond].any()


@pytest.mark.parametrize("x", [8, 23])
def test_each_half_of_the_field_has_its_colliculus(x: int) -> None:
    plane = np.zeros((24, 32))
    plane[10:14, x] = 1.0
    field = Collicular(priority=plane).field(IMAGE)
    right, left = field.seen(CENTRE)[0].reshape(2, -1).sum(axis=1)
    assert (right > 0, left > 0) == (x > 16, x < 16)


def test_saccades_miss_by_more_the_longer_they_are() -> None:
    def missed(columns: range) -> float:
        misses = []
        for x in columns:
            plane = np.zeros((24, 32))
            plane[14, x] = 1.0
            model = Collicular(priority=plane, fixations=2, circuit=QUIET)
            path = model.scanpaths(IMAGE, 1, seed=1)[0]
            misses.append(np.hypot(path.x_px[1] / 2.5 - x - 0.5, path.y_px[1] / 2.5 - 14.5))
        return float(np.mean(misses))

    assert missed(range(26, 32)) > 1.5 * missed(range(17, 23))


def test_the_gates_of_a_rule_gate_the_gaze_and_their_lesion_lets_it_go_farther() -> None:
    plane = np.random.default_rng(2).random((24, 32))
    gates = ThreeFactor().gates
    assert gates
    for model in (Collicular(priority=plane, gates=gates), Spiking(priority=plane, gates=gates)):
        closed = attrs.evolve(model, gates=(*gates, ConstantGate(level=0.0)))
        assert far(closed.scanpaths(IMAGE, 5, seed=1)) > 1.1 * far(model.scanpaths(IMAGE, 5, seed=1))


def test_more_samples_miss_less_of_a_peak() -> None:
    bright = np.zeros((48, 64))
    bright[10, 50] = 1.0
    gaze = np.array([[16.0, 12.0]])
    coarse, fine = (
        Collicular(priority=bright, samples=n).field(np.zeros((60, 80))).seen(gaze)[0] for n in (3, 9)
    )
    assert (fine >= coarse - 1e-12).all()
    assert fine.max() > coarse.max()
    with pytest.raises(RequestError, match=r"samples is 0\. Give a finite number above 0"):
        Collicular(samples=0).field(np.zeros((60, 80)))
