"""Every model that can be tuned has a space of settings it can have, and reads the same maps."""

from __future__ import annotations

import numpy as np

from neurogate.scanpath.contenders import SEEN, SPACES, CentredMap, contender
from neurogate.scanpath.models.catalogue import CATALOGUE
from neurogate.scanpath.search import setting
from neurogate.scanpath.vision.itti_koch import itti_koch


def test_every_corner_of_a_space_is_a_setting_that_its_model_can_have() -> None:
    for name, space in SPACES.items():
        for u in (0.0, 0.5, 1.0):
            assert callable(contender(name, setting(space, np.full(len(space), u))).scanpaths)


def test_each_setting_of_spiking_cells_reaches_them() -> None:
    space = SPACES["spiking"]
    low, high = (contender("spiking", setting(space, np.full(len(space), u))) for u in (0.0, 1.0))
    assert (low.circuit.threshold, high.circuit.threshold) == tuple(space["circuit.threshold"])
    assert (low.attention.floor, high.attention.floor) == tuple(space["attention.floor"])
    assert (low.inhibition.tau_ms, high.inhibition.tau_ms) == tuple(space["inhibition.tau_ms"])
    assert (low.sharpness, high.sharpness) == tuple(space["sharpness"])
    assert (low.variability, high.variability) == tuple(space["variability"])


def test_models_that_read_a_map_choose_among_the_same() -> None:
    shared = {name: [*space][:3] for name, space in SPACES.items() if "map" in space}
    assert {"spiking", "collicular", "itti_koch", "winner_take_all", "levy", "gravity", "drawn"} == set(
        shared
    )
    assert all(keys == [*SEEN] for keys in shared.values())


def test_all_models_that_look_at_any_picture_are_searched() -> None:
    assert set(SPACES) == set(CATALOGUE)


def test_a_map_is_that_of_its_own_picture_and_is_drawn_and_sharpened() -> None:
    one, two = np.random.default_rng(1).random((2, 64, 64, 3))
    plain = CentredMap(itti_koch, 1e9)
    assert np.array_equal(plain(one), itti_koch(one) / itti_koch(one).max())
    assert not np.array_equal(plain(one), plain(two))
    assert np.allclose(CentredMap(itti_koch, 1e9, 2.0)(one), plain(one) ** 2)
    assert CentredMap(itti_koch, 0.2)(one)[0, 0] <= 0.1 * plain(one)[0, 0]
