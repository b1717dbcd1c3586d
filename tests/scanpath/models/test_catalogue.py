"""Every model that has a name looks at real pictures, and its settings are changed by name."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.models.catalogue import CATALOGUE, ELSEWHERE, PRIORITIES, make
from neurogate.scanpath.vision.pictures import as_picture


@pytest.fixture(scope="module", params=["chelsea", "coins", "horse"])
def picture(request: pytest.FixtureRequest) -> NDArray[Any]:
    """Return a picture of scikit-image: in colour, grey, or black and white."""
    data = pytest.importorskip("skimage.data", reason="scikit-image is not installed")
    return np.asarray(getattr(data, request.param)())


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_model_looks_within_real_pictures_and_the_same_with_the_same_seed(
    name: str, picture: NDArray[Any]
) -> None:
    model = make(name, {} if name == "gravity" else {"fixations": 3})
    paths = model.scanpaths(picture, n_paths=2, seed=3)
    assert len(paths) == 2
    for path in paths:
        assert len(path) > 0
        assert not path.outside.any()
        assert (path.duration_s > 0).all()
        assert (path.width_px, path.height_px) == picture.shape[1::-1]
    (again,) = model.scanpaths(picture, n_paths=1, seed=3)
    assert np.array_equal(np.asarray(again), np.asarray(paths[0]))


@pytest.mark.parametrize("name", PRIORITIES)
def test_every_map_is_finite_and_says_something_of_real_pictures(name: str, picture: NDArray[Any]) -> None:
    plane = PRIORITIES[name](as_picture(picture))
    assert np.isfinite(plane).all()
    assert plane.min() >= 0
    assert plane.max() > plane.mean()


@pytest.mark.parametrize("name", [name for name in CATALOGUE if name != "gravity"])
def test_every_model_takes_how_often_it_fixates(name: str) -> None:
    (path,) = make(name, {"fixations": 3}).scanpaths(np.eye(40), n_paths=1, seed=1)
    assert len(path) == 3


def test_settings_of_parts_and_maps_are_changed_by_name() -> None:
    changed: Any = make("spiking", {"circuit.noise": 3, "lesions": ["gate"], "priority": "itti_koch"})
    assert (changed.circuit.noise, changed.lesions) == (3.0, ("gate",))
    assert changed.priority is PRIORITIES["itti_koch"]
    assert changed.circuit.drive == make("spiking").circuit.drive  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_settings_that_are_listed_can_be_set(name: str) -> None:
    listed = CATALOGUE[name].defaults()
    plain = {key: value for key, value in listed.items() if key != "priority"}
    assert make(name, plain) is not None
    assert plain


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("levi", {}, "There is no model levi. There are spiking, collicular"),
        ("levy", {"noise": 1}, "levy has no setting noise. It has priority, fixations"),
        ("spiking", {"circuit": 1}, "spiking has no setting circuit. It has"),
        ("spiking", {"circuit.noise": -1}, "circuit.noise of spiking is -1; it must be at least 0"),
        ("spiking", {"fixations": 2.5}, "fixations of spiking is 2.5; it must be a whole number"),
        ("spiking", {"lesions": ["eye"]}, 'lesions of spiking is "eye"; it must be "gate" or'),
        (
            "levy",
            {"priority": "cat"},
            'priority of levy is "cat"; it must be contrast or itti_koch or detail',
        ),
        ("neva", {"compat": "no"}, 'compat of neva is "no"; it must be "neva"'),
    ],
)
def test_a_mistake_in_a_setting_is_a_sentence(name: str, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(RequestError) as caught:
        make(name, settings)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("name", "settings", "ending"),
    [
        ("levi", {}, "uniform. Did you mean levy?"),
        ("nevaclip", {}, "uniform. nevaclip is for Python only; see neurogate.scanpath.models.nevaclip."),
        ("levy", {"candidate": 1}, "duration_s. Did you mean candidates?"),
    ],
)
def test_what_may_be_meant_is_named(name: str, settings: dict[str, Any], ending: str) -> None:
    with pytest.raises(RequestError) as raised:
        make(name, settings)
    assert str(raised.value).endswith(ending)


def test_models_that_are_elsewhere_are_there() -> None:
    for module in ELSEWHERE.values():
        importlib.import_module(module)
