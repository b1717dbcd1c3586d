"""All models are asked alike, keep to the picture, and do what they are known for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.scanpath.models.baselines import CentreBias, Drawn, Uniform
from neurogate.scanpath.models.gravity import Gravity, detail
from neurogate.scanpath.models.levy import LevyExploration
from neurogate.scanpath.models.lif_winner import LifWinner
from neurogate.scanpath.models.model import Model
from neurogate.scanpath.models.neva import NeVA
from neurogate.scanpath.models.oat.model import OAT
from neurogate.scanpath.models.oat.on_pictures import ShelfSearch
from neurogate.scanpath.models.oat.pictures import Patch
from neurogate.scanpath.models.spiking import Spiking
from neurogate.scanpath.models.winner_take_all import WinnerTakeAll

IMAGE = np.zeros((60, 80))
IMAGE[20:30:2, 50:60] = 1.0
MAP = np.random.default_rng(2).random((6, 8))


class Fickle:
    """Wants something else of every place, so that chance decides where a search ends."""

    def loss_and_vjp(self, percept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        light = 1e4 * percept.mean(axis=(2, 3, 4))
        return np.sin(light), np.cos(light)[..., None, None, None] * np.ones(percept.shape)


PATCH = Patch(height=12, width=10, first=2, second=2, pool=2, last_pool=1)
SEARCHER = OAT(patch=PATCH, d_model=36, hidden=8, encoders=1, decoders=1, longest=6)
MODELS: list[Model] = [
    Drawn(MAP), Uniform(), CentreBias(), WinnerTakeAll(MAP, noise=0.1), LevyExploration(MAP),
    Gravity(MAP, seconds=1.0), ShelfSearch(SEARCHER, (5, 6), target=4),
    NeVA(lambda pictures, share: Fickle(), size=(12, 16), fixations=9, steps=8, restarts=True),
]  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_a_path_depends_on_the_seed_and_its_number_alone(model: Model) -> None:
    three, two = (model.scanpaths(IMAGE, n, seed=5) for n in (3, 2))
    for a, b in zip(three, two, strict=False):
        assert np.array_equal(np.asarray(a), np.asarray(b))
    assert not np.array_equal(np.asarray(three[0]), np.asarray(three[1]))
    other = model.scanpaths(IMAGE, 1, seed=6)[0]
    assert not np.array_equal(np.asarray(three[0]), np.asarray(other))
    assert model.scanpaths(IMAGE, 0, seed=5) == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_paths_lie_in_the_picture_and_have_its_size(model: Model) -> None:
    for path in model.scanpaths(IMAGE, 20, seed=1):
        assert len(path) == 9 or isinstance(model, Gravity | ShelfSearch)
        assert not path.outside.any()
        assert (path.width_px, path.height_px) == (80, 60)
        assert (np.diff(path.start_s) > 0).all()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_a_mistake_is_a_sentence(model: Any) -> None:
    with pytest.raises(RequestError, match="The picture is 1 x 1 px"):
        model.scanpaths(np.zeros((1, 1)), 1, seed=1)
    with pytest.raises(RequestError, match="There are -1 paths to make with the seed 1"):
        model.scanpaths(IMAGE, -1, seed=1)
    with pytest.raises(RequestError, match="with the seed -1"):
        model.scanpaths(IMAGE, 1, seed=-1)
    for n_paths, seed, said in ((2.5, 1, "n_paths is 2.5"), (1, 0.5, "seed is 0.5")):
        with pytest.raises(RequestError, match=f"{said}. Give a whole number"):
            model.scanpaths(IMAGE, n_paths, seed)


def test_settings_have_limits() -> None:
    with pytest.raises(RequestError, match=r"fixations is 0\. Give a finite number above 0"):
        Uniform(fixations=0).scanpaths(IMAGE, 1, seed=1)
    with pytest.raises(RequestError, match="reach is nan"):
        WinnerTakeAll(MAP, reach=float("nan")).scanpaths(IMAGE, 1, seed=1)
    for wrong in (-0.1, 1.5, float("nan")):
        with pytest.raises(RequestError, match=rf"retention is {wrong}\. Give a number from 0 to 1"):
            WinnerTakeAll(MAP, retention=wrong).scanpaths(IMAGE, 1, seed=1)
    with pytest.raises(RequestError, match=r"noise is nan\. Give a finite number of at least 0"):
        WinnerTakeAll(MAP, noise=float("nan")).scanpaths(IMAGE, 1, seed=1)
    with pytest.raises(RequestError, match="tries is 0"):
        LevyExploration(MAP, tries=0).scanpaths(IMAGE, 1, seed=1)
    with pytest.raises(RequestError, match="priority is nan in row 0"):
        Drawn([[float("nan"), 1]]).scanpaths(IMAGE, 1, seed=1)


@pytest.mark.parametrize("kind", [Uniform, WinnerTakeAll, LevyExploration, LifWinner, Spiking])
def test_fixations_are_counted_in_whole_numbers(kind: Any) -> None:
    with pytest.raises(RequestError, match=r"fixations is 2\.5\. Give a whole number"):
        kind(fixations=2.5).scanpaths(IMAGE, 1, seed=1)


def places(model: Model, n: int = 200) -> np.ndarray:
    return np.concatenate([np.asarray(path)[:, :2] for path in model.scanpaths(IMAGE, n, seed=3)])


def test_draws_follow_the_map() -> None:
    found = places(Drawn([[0, 3, 1, 0]]))
    counts = np.histogram(found[:, 0], [0, 20, 40, 60, 80])[0] / len(found)
    np.testing.assert_allclose(counts, [0, 0.75, 0.25, 0], atol=0.03)


def test_the_centre_is_nearer_with_the_bias_than_without() -> None:
    biased, anywhere = (
        np.hypot(*(places(model) - [40, 30]).T).mean() for model in (CentreBias(0.15), Uniform())
    )
    assert biased < 0.6 * anywhere


def test_what_won_is_not_looked_at_again_while_it_is_inhibited() -> None:
    path = WinnerTakeAll(MAP, reach=0.05).scanpaths(IMAGE, 1, seed=1)[0]
    cells = list(zip(path.x_px // 10, path.y_px // 10, strict=True))
    assert len(set(cells)) == len(cells)
    order = np.dstack(np.unravel_index(np.argsort(-MAP, axis=None), MAP.shape))[0, :3, ::-1]
    assert cells[1:4] == [tuple(cell) for cell in order]
    forgetful = WinnerTakeAll([[1, 0, 0, 0, 0.5]], reach=0.1, retention=0.0).scanpaths(IMAGE, 1, seed=1)[0]
    assert forgetful.x_px[1:5].tolist() == [8, 72, 8, 72]


def test_exploration_prefers_what_is_salient_and_jumps_everywhere() -> None:
    found = places(LevyExploration([[0, 0, 0, 1]], temperature=1.0))
    assert (found[:, 0] > 40).mean() > 0.7
    free = places(LevyExploration(np.ones((6, 8))))
    assert {(x > 40, y > 30) for x, y in free} == {(a, b) for a in (True, False) for b in (True, False)}


def test_a_model_sees_what_is_in_the_picture() -> None:
    picture = np.full((128, 192, 3), 0.3)
    picture[32:48, 128:144] = 0.9
    path = WinnerTakeAll(fixations=2).scanpaths(picture, 1, seed=1)[0]
    assert np.hypot(path.x_px[1] - 136, path.y_px[1] - 40) < 20


def test_a_mass_is_attracted_and_rests_where_it_is_until_that_is_inhibited() -> None:
    bright = np.zeros((12, 16))
    bright[3, 12] = bright[9, 2] = 1.0
    for path in Gravity(bright).scanpaths(IMAGE, 4, seed=1):
        nearest = min(np.hypot(path.x_px - x, path.y_px - y).min() for x, y in ((62.5, 17.5), (12.5, 47.5)))
        assert nearest < 5
        assert len(path) > 2
        assert path.start_s[-1] + path.duration_s[-1] <= 3 + 1e-9
    still = Gravity(bright, inhibition=1e-6).scanpaths(IMAGE, 1, seed=1)[0]
    assert still.duration_s.max() > 2


def test_a_fixation_stays_near_where_it_began_or_is_slow() -> None:
    picture = np.random.default_rng(1).random((60, 80))
    for path in Gravity(detail, near=0.05).scanpaths(picture, 2, seed=1):
        gaps = path.start_s[1:] - (path.start_s + path.duration_s)[:-1]
        assert len(path) > 2
        assert path.duration_s.min() >= 0.05 - 1e-12
        assert gaps.min() >= -1e-12
    drifts = Gravity(detail).scanpaths(picture, 2, seed=1)
    assert all(path.amplitude_px.max() > 0.03 * 80 for path in drifts)
    slow = Gravity(detail, slow=0.3).scanpaths(picture, 2, seed=1)
    assert all(len(few) < len(many) for few, many in zip(slow, drifts, strict=True))
    (still,) = Gravity(detail, near=2.0).scanpaths(picture, 1, seed=1)
    assert (len(still), still.duration_s.sum()) == (1, pytest.approx(3.0))


def test_the_mass_of_a_picture_is_its_detail() -> None:
    picture = np.zeros((6, 8, 3))
    assert not detail(picture).any()
    picture[:, 4:] = 1.0
    assert set(np.flatnonzero(detail(picture).sum(axis=0))) == {3, 4}
