"""Spiking models: compiled and not, alone and in batches; at their limits they do what is known."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

from neurogate.errors import RequestError, RunDiverged
from neurogate.plasticity.gates import ConstantGate, LesionGate, PhaseGate, ShuffledGate
from neurogate.scanpath.models.circuit import Attention, Circuit, Return
from neurogate.scanpath.models.collicular import Collicular
from neurogate.scanpath.models.deciding import Decider
from neurogate.scanpath.models.spiking import Spiking
from neurogate.scanpath.path import Scanpath

IMAGE = np.zeros((60, 80))
MAP = np.random.default_rng(2).random((24, 32))
FAST = Circuit(threshold=25.0)
MODELS: list[Decider] = [
    Spiking(priority=MAP, fixations=4, circuit=FAST),
    Collicular(priority=MAP, fixations=4, circuit=FAST),
]
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)


def spot(x: int, y: int) -> np.ndarray:
    plane = np.zeros((24, 32))
    plane[y, x] = 1.0
    return plane


def same(a: list[Scanpath], b: list[Scanpath]) -> bool:
    return all(np.array_equal(np.asarray(x), np.asarray(y)) for x, y in zip(a, b, strict=True))


@every_model
def test_both_backends_make_the_same_paths(model: Decider) -> None:
    short = attrs.evolve(model, fixations=3, circuit=Circuit(threshold=4.0, longest_ms=200.0))
    plain = attrs.evolve(short, backend="numpy")
    assert same(short.scanpaths(IMAGE, 2, seed=7), plain.scanpaths(IMAGE, 2, seed=7))


@every_model
def test_a_path_depends_on_the_seed_and_its_number_alone(model: Decider) -> None:
    three = model.scanpaths(IMAGE, 3, seed=5)
    assert same(three[:2], model.scanpaths(IMAGE, 2, seed=5))
    assert not same(three[:1], three[1:2])
    assert not same(three[:1], model.scanpaths(IMAGE, 1, seed=6))
    assert model.scanpaths(IMAGE, 0, seed=5) == []


@every_model
def test_pictures_in_a_batch_are_looked_at_as_each_alone(model: Decider) -> None:
    # The map is stretched to each, so that there are three shapes of cells.
    pictures = [IMAGE, np.zeros((80, 60)), np.zeros((30, 80)), IMAGE]
    for picture, found in zip(pictures, model.batch(pictures, 2, seed=1), strict=True):
        assert same(found, model.scanpaths(picture, 2, seed=1))
        assert found[0].width_px == picture.shape[1]
    assert model.batch([], 2, seed=1) == []


@every_model
def test_paths_lie_in_the_picture_and_begin_at_its_centre(model: Decider) -> None:
    for path in model.scanpaths(IMAGE, 10, seed=1):
        assert len(path) == 4
        assert not path.outside.any()
        assert (path.x_px[0], path.y_px[0]) == (40, 30)
        assert (path.duration_s > 0.0485).all()
        assert np.allclose(np.diff(path.start_s), path.duration_s[:-1])


@every_model
@pytest.mark.parametrize("place", [(24, 6), (3, 20), (16, 12)])
def test_without_noise_it_goes_to_the_only_thing_there_is(model: Decider, place: tuple[int, int]) -> None:
    quiet = attrs.evolve(
        model,
        priority=spot(*place),
        fixations=2,
        circuit=Circuit(noise=0.0, threshold=3.0),
        lesions=("return",),
    )
    path = quiet.scanpaths(IMAGE, 1, seed=1)[0]
    assert np.hypot(path.x_px[1] - 2.5 * (place[0] + 0.5), path.y_px[1] - 2.5 * (place[1] + 0.5)) < 4


@every_model
def test_a_floor_of_1_is_a_gate_that_is_closed(model: Decider) -> None:
    level = attrs.evolve(model, attention=Attention(floor=1.0)).scanpaths(IMAGE, 2, seed=1)
    assert same(level, attrs.evolve(model, lesions=("gate",)).scanpaths(IMAGE, 2, seed=1))
    assert same(level, attrs.evolve(model, gates=(ConstantGate(level=0.0),)).scanpaths(IMAGE, 2, seed=1))
    assert not same(level, model.scanpaths(IMAGE, 2, seed=1))


@every_model
def test_gates_of_the_reservoir_gate_attention(model: Decider) -> None:
    open_ = model.scanpaths(IMAGE, 1, seed=1)
    for gate in (
        ConstantGate(),
        PhaseGate(start_ms=-1.0, stop_ms=1e4),
        LesionGate(start_ms=5e3, stop_ms=6e3),
    ):
        assert same(open_, attrs.evolve(model, gates=(gate,)).scanpaths(IMAGE, 1, seed=1))
    early = attrs.evolve(model, gates=(LesionGate(start_ms=-1.0, stop_ms=60.0),))
    assert not same(open_, early.scanpaths(IMAGE, 1, seed=1))


@every_model
def test_a_gate_that_draws_depends_on_the_path_alone(model: Decider) -> None:
    shuffled = attrs.evolve(model, gates=(PhaseGate(start_ms=0.0, stop_ms=700.0), ShuffledGate()))
    paths = shuffled.scanpaths(IMAGE, 3, seed=1)
    assert same(paths[:1], shuffled.scanpaths(IMAGE, 1, seed=1))
    assert not same(paths[:1], attrs.evolve(model, gates=shuffled.gates[:1]).scanpaths(IMAGE, 1, seed=1))


@every_model
def test_without_inhibition_of_return_it_stays_where_the_best_is(model: Decider) -> None:
    two = attrs.evolve(
        model,
        priority=spot(22, 8) + 0.8 * spot(10, 16),
        fixations=5,
        variability=0.0,
        circuit=Circuit(noise=0.0, threshold=3.0),
    )
    stuck = attrs.evolve(two, lesions=("return",)).scanpaths(IMAGE, 1, seed=1)[0]
    assert (stuck.amplitude_px[1:] < 4).all()
    moving = attrs.evolve(two, inhibition=Return(amplitude=1.0, spread=3.0)).scanpaths(IMAGE, 1, seed=1)[0]
    assert moving.amplitude_px[1:].max() > 20
    none = attrs.evolve(two, inhibition=Return(amplitude=0.0)).scanpaths(IMAGE, 1, seed=1)[0]
    assert same([stuck], [none])


@every_model
def test_where_the_pool_silences_all_it_is_decided_by_the_clock(model: Decider) -> None:
    quiet = attrs.evolve(model, circuit=Circuit(inhibition=1e300, threshold=200.0))
    assert (quiet.scanpaths(IMAGE, 1, seed=1)[0].duration_s == 1.5).all()


@every_model
def test_lesioned_variability_is_none(model: Decider) -> None:
    quiet = attrs.evolve(model, circuit=Circuit(noise=0.0, threshold=25.0))
    varied, lesioned = (
        attrs.evolve(quiet, lesions=which).scanpaths(IMAGE, 2, seed=1) for which in ((), ("variability",))
    )  # type: ignore[arg-type]
    assert not same(varied[:1], varied[1:])
    assert same(lesioned[:1], lesioned[1:])
    assert same(lesioned, attrs.evolve(quiet, variability=0.0).scanpaths(IMAGE, 2, seed=1))


@every_model
def test_a_stronger_drive_decides_sooner(model: Decider) -> None:
    weak, strong = (
        np.mean(
            [p.duration_s for p in attrs.evolve(model, circuit=Circuit(drive=i)).scanpaths(IMAGE, 3, seed=1)]
        )
        for i in (20.0, 40.0)
    )
    assert strong < weak


@every_model
@pytest.mark.parametrize("plane", [np.ones((24, 32)), np.zeros((1, 1)), np.full((3, 5), 7.0)])
def test_a_flat_map_is_looked_at_anywhere(model: Decider, plane: np.ndarray) -> None:
    flat = attrs.evolve(model, priority=plane)
    path = flat.scanpaths(IMAGE, 1, seed=1)[0]
    assert not path.outside.any()
    assert same([path], attrs.evolve(model, priority=np.ones((2, 2))).scanpaths(IMAGE, 1, seed=1))


@every_model
def test_the_smallest_and_the_narrowest_picture_can_be_looked_at(model: Decider) -> None:
    for shape in ((2, 2), (2, 500)):
        path = attrs.evolve(model, fixations=2).scanpaths(np.zeros(shape), 1, seed=1)[0]
        assert not path.outside.any()


@every_model
def test_what_diverges_is_said(model: Decider) -> None:
    wild = attrs.evolve(model, circuit=Circuit(noise=1e308))
    with pytest.raises(RunDiverged, match="v_mV was nan"):
        wild.scanpaths(IMAGE, 1, seed=1)


@every_model
def test_a_mistake_is_a_sentence(model: Any) -> None:
    with pytest.raises(RequestError, match="The picture is 1 x 1 px"):
        model.scanpaths(np.zeros((1, 1)), 1, seed=1)
    with pytest.raises(RequestError, match="There are -1 paths to make with the seed 1"):
        model.scanpaths(IMAGE, -1, seed=1)
    for wrong, sentence in (
        ({"fixations": 0}, "fixations is 0"),
        ({"variability": -1.0}, "variability is -1"),
        ({"lesions": ("eye",)}, r"There is no 'eye' to lesion\. Name some of gate, return, variability"),
        ({"gates": "lesioned"}, r"gates is 'lesioned'\. Give a tuple of gates"),
        ({"backend": "abacus"}, "The backend is 'abacus'"),
    ):
        with pytest.raises(RequestError, match=sentence):
            attrs.evolve(model, **wrong).scanpaths(IMAGE, 1, seed=1)
    with pytest.raises(ValueError, match=r"Circuit\.threshold is 0"):
        Circuit(threshold=0.0)


@every_model
def test_a_longer_path_begins_as_a_shorter_one(model: Decider) -> None:
    longer, shorter = (attrs.evolve(model, fixations=n).scanpaths(IMAGE, 1, seed=1)[0] for n in (4, 3))
    assert same([longer[:3]], [shorter])
