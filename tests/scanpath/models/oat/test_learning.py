"""OAT learns from simulated searchers to search shelves of a size that it has never seen."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.operators import softmax
from neurogate.attention.training.adam import Adam
from neurogate.attention.training.loop import Epoch, Training
from neurogate.errors import RequestError
from neurogate.scanpath.models.oat.learning import PUBLISHED, Example, judged, learn, loss
from neurogate.scanpath.models.oat.looking import drawn_searches, likeliest_searches
from neurogate.scanpath.models.oat.model import OAT
from neurogate.scanpath.models.oat.shelf import Shelf, batch
from neurogate.scanpath.models.oat.simulated import Searcher, drawn_shelf
from tests.attention.gradients import STEP
from tests.tolerances import TOLERANCE

SEARCHER = Searcher(guidance=5.0, longest=12)
Trained = tuple[OAT, list[Epoch]]
QUICK = Training(epochs=6, batch=12, optimiser=Adam(rate=1e-2))


def tiny(seed: int = 0) -> OAT:
    return OAT(features=4, d_model=36, hidden=16, encoders=1, decoders=1, heads=2, longest=4, told="look",
               dropout=0.0, seed=seed)  # fmt: skip


def shelves(count: int, shape: tuple[int, int], seed: int) -> list[Shelf]:
    rng = np.random.default_rng(seed)
    return [drawn_shelf(rng, shape, features=4, brands=6, variety=0.3) for _ in range(count)]


def searched(count: int, shape: tuple[int, int], seed: int) -> list[Example]:
    rng = np.random.default_rng(seed)
    return [Example(made, SEARCHER.search(made, rng)) for made in shelves(count, shape, seed)]


def ends_on_target(model: OAT, unseen: list[Shelf]) -> float:
    paths = [drawn_searches(model, made, 20, seed=1, longest=12) for made in unseen]
    found = [path[-1] == made.target for many, made in zip(paths, unseen, strict=True) for path in many]
    return float(np.mean(found))


@pytest.fixture(scope="module")
def trained() -> Trained:
    model = tiny()
    return model, learn(model, searched(120, (2, 4), seed=0), QUICK)


def test_it_finds_targets_on_an_unseen_layout_more_often_than_chance(
    trained: Trained,
) -> None:
    unseen = shelves(12, (3, 3), seed=5)
    untrained, after = ends_on_target(tiny(), unseen), ends_on_target(trained[0], unseen)
    assert abs(untrained - 1 / 9) < 0.1
    assert after > 0.3  # 1/9 by chance, and 240 searches
    assert trained[1][-1].loss < 0.75 * trained[1][0].loss


def test_the_same_seed_gives_the_same_bits() -> None:
    examples, short = searched(6, (2, 2), seed=1), Training(epochs=2, batch=3)
    first, again = tiny(), tiny()
    assert [e.loss for e in learn(first, examples, short)] == [e.loss for e in learn(again, examples, short)]
    assert all(np.array_equal(a, again.parameters[name]) for name, a in first.parameters.items())


def test_it_stops_when_delta_gets_no_better() -> None:
    examples = [
        Example(made, [0, 0, 1, 0, made.target]) for made in shelves(4, (2, 2), seed=2) if made.target > 1
    ]
    still = Training(epochs=9, batch=4, optimiser=Adam(rate=1e-12, weight_decay=0.0), patience=2)
    history = learn(tiny(), examples, still, judge=examples)
    assert len(history) == 3
    assert history[0].validation == pytest.approx(judged(tiny(), examples))
    assert PUBLISHED.patience == 30


def test_the_gradients_are_those_of_the_loss(rng: np.random.Generator) -> None:
    model, examples = tiny(), [*searched(2, (1, 3), seed=4), *searched(2, (2, 2), seed=4)]
    _, gradients = loss(model, examples)
    start = {name: array.copy() for name, array in model.parameters.items()}
    towards = {name: rng.standard_normal(array.shape) / np.sqrt(model.count) for name, array in start.items()}

    def ahead(step: float) -> float:
        for name, array in start.items():
            model.parameters[name] = array + step * towards[name]
        return loss(model, examples)[0]

    found = sum((gradients[name] * along).sum() for name, along in towards.items())
    wanted = (ahead(STEP) - ahead(-STEP)) / (2 * STEP)
    assert abs(found - wanted) <= TOLERANCE["finite differences", "float64"]
    assert abs(wanted) > 1e-3


def test_each_true_step_counts_and_what_fills_up_does_not() -> None:
    model, (one, two) = tiny(), searched(2, (2, 2), seed=3)
    long, short = Example(one.shelf, [0, 1, 2, 1, 3]), Example(two.shelf, [2])
    together, apart = loss(model, [long, short])[0], [loss(model, [each])[0] for each in (long, short)]
    assert together == pytest.approx((6 * apart[0] + 2 * apart[1]) / 8, rel=1e-12)


def test_the_likeliest_search_is_that_of_the_largest_scores(trained: Trained) -> None:
    model, unseen = trained[0], shelves(3, (3, 3), seed=6)
    for made, path in zip(unseen, likeliest_searches(model, unseen, longest=6), strict=True):
        scores = model.forward(batch([made]), np.array([path]))[0][0]
        scores[0, -1] = -np.inf
        wanted = scores.argmax(axis=1).tolist()
        assert wanted[: len(path)] == path
        assert len(path) == 6 or wanted[len(path)] == len(made)


def test_steps_are_drawn_as_likely_as_they_are(trained: Trained) -> None:
    model, made, n = trained[0], shelves(1, (3, 3), seed=7)[0], 2000
    first = [path[0] for path in drawn_searches(model, made, n, seed=3, longest=1)]
    scores = model.forward(batch([made]), np.zeros((1, 0), dtype=int))[0][0, 0, :-1]
    p = softmax.forward(scores)[0]
    off = np.bincount(first, minlength=9) / n - p
    assert (abs(off) < 4.5 * np.sqrt(p * (1 - p) / n) + 1e-12).all()


def test_a_search_does_not_depend_on_how_many_there_are() -> None:
    model, made = tiny(), shelves(1, (2, 3), seed=8)[0]
    three, two = (drawn_searches(model, made, n, seed=5) for n in (3, 2))
    assert three[:2] == two
    assert drawn_searches(model, made, 2, seed=6) != two
    assert drawn_searches(model, made, 0, seed=5) == []


def test_a_mistake_is_a_sentence() -> None:
    model, (made,) = tiny(), shelves(1, (2, 2), seed=9)
    with pytest.raises(RequestError, match="A search has no fixation"):
        loss(model, [Example(made, [])])
    with pytest.raises(RequestError, match="count is 0"):
        learn(model, [], QUICK)
    with pytest.raises(RequestError, match="patience asks for a validation"):
        learn(model, [Example(made, [0])])
    with pytest.raises(RequestError, match="There are no searches to judge by"):
        judged(model, [])
    with pytest.raises(RequestError, match="A search of 0 fixations is none"):
        likeliest_searches(model, [made], longest=0)
    with pytest.raises(RequestError, match="There are -1 paths to make"):
        drawn_searches(model, made, -1, seed=0)
