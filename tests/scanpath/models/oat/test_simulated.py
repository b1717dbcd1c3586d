"""The simulated searcher does what its settings say."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.search import mean_behaviour
from neurogate.scanpath.models.oat.shelf import shelf
from neurogate.scanpath.models.oat.simulated import LAYOUTS, Searcher, drawn_pictures, drawn_shelf


def searches(searcher: Searcher, n: int = 60) -> tuple[list[list[int]], list[int]]:
    rng = np.random.default_rng(3)
    made = [drawn_shelf(rng, (3, 5)) for _ in range(n)]
    return [searcher.search(each, rng) for each in made], [each.target for each in made]


def test_shelves_of_the_authors_have_as_many_objects(rng: np.random.Generator) -> None:
    assert {name: len(drawn_shelf(rng, shape)) for name, shape in LAYOUTS.items()} == {
        "amazon": 84, "yogurt": 27, "wine": 22,
    }  # fmt: skip


def test_guidance_shortens_searches_and_most_end_on_the_target() -> None:
    guided, blind = (mean_behaviour(*searches(Searcher(guidance=g, longest=60))) for g in (8.0, 0.0))
    assert guided.length < 0.7 * blind.length
    assert guided.correct > 0.9


def test_who_remembers_returns_less_and_who_never_stays_never_fixates_again() -> None:
    keen, dull = (mean_behaviour(*searches(Searcher(memory=m, stay=0.0))) for m in (0.01, 1.0))
    assert keen.revisit < 0.5 * dull.revisit
    assert keen.refixation == dull.refixation == 0
    assert mean_behaviour(*searches(Searcher(stay=0.5))).refixation > 0.3


def test_a_short_reach_keeps_the_eye_near(rng: np.random.Generator) -> None:
    made = drawn_shelf(rng, (1, 30))

    def step(reach: float) -> float:
        paths = [Searcher(guidance=0.0, reach=reach).search(made, rng) for _ in range(20)]
        return float(np.mean([np.abs(np.diff(path)).mean() for path in paths if len(path) > 1]))

    assert step(1.0) < 0.5 * step(100.0)


def test_one_object_is_found_at_once(rng: np.random.Generator) -> None:
    alone = shelf(np.ones((1, 8)), 0, (1, 1))
    assert Searcher(recognition=1.0, stay=0.0).search(alone, rng) == [0]
    assert len(Searcher(recognition=0.0, longest=7).search(alone, rng)) == 7


def test_pictures_show_the_features_and_nothing_else(rng: np.random.Generator) -> None:
    made = drawn_shelf(rng, (2, 3), variety=0.0, brands=2)
    seen = drawn_pictures(made, (16, 12))
    assert ((seen.looks >= 0) & (seen.looks <= 1)).all()
    alike = (made.looks[:, None] == made.looks).all(axis=-1)
    assert np.array_equal((seen.looks[:, None] == seen.looks).all(axis=(2, 3, 4)), alike)
    assert (seen.target, seen.shape) == (made.target, made.shape)


def test_a_mistake_is_a_sentence(rng: np.random.Generator) -> None:
    with pytest.raises(RequestError, match="A shelf of 0 objects with 8 features of 4 brands"):
        drawn_shelf(rng, (0, 3))
    with pytest.raises(RequestError, match="at least 8 features"):
        drawn_pictures(drawn_shelf(rng, (1, 3), features=4))
