"""Rows of the table of models, on made-up people and real ones."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs
import numpy as np
import pytest
from numpy.typing import ArrayLike

from neurogate.errors import NeurogateError, RequestError
from neurogate.scanpath.evaluation import MEASURES, REFERENCES, Evaluation, evaluate, scores
from neurogate.scanpath.formats.osie import read_osie
from neurogate.scanpath.models.baselines import Uniform
from neurogate.scanpath.models.winner_take_all import WinnerTakeAll
from neurogate.scanpath.path import Scanpath, scanpath
from neurogate.scanpath.scenes import Scene, scenes

ORACLES = Path(__file__).parents[1] / "oracles"
SIZE = (80, 60)


@attrs.frozen
class Copier:
    """Looks as somebody did."""

    paths: list[Scanpath]

    def scanpaths(self, image: ArrayLike, n_paths: int, seed: int) -> list[Scanpath]:
        return self.paths[:n_paths]


def _people(seed: int, image: str, folder: Path | None = None) -> Scene:
    rng = np.random.default_rng(seed)
    peaks = rng.random((2, 5)) * np.array(SIZE)[:, None]
    paths = [
        scanpath(*(peaks + rng.normal(0, 2, peaks.shape)).clip(0, 59), rng.gamma(2, 0.1, 5), size=SIZE)
        for _ in range(6)
    ]
    away = [scanpath(*rng.random((2, 5)) * 60, rng.gamma(2, 0.1, 5), size=SIZE) for _ in range(6)]
    file = folder / f"{image}.png" if folder else None
    if file:
        from PIL import Image

        Image.new("L", SIZE).save(file)
    return Scene(image, paths, away, file)


@pytest.fixture
def two(tmp_path: Path) -> list[Scene]:
    return [_people(seed, f"{seed}", tmp_path) for seed in range(2)]


def test_one_who_looks_as_the_judge_did_is_alike_in_all(two: list[Scene]) -> None:
    scene = attrs.evolve(two[0], viewers=[two[0].viewers[0], *two[0].viewers[1:3]])
    found = dict(zip(MEASURES, scores([scene.viewers[0]], scene), strict=True))
    assert all(found[name] == pytest.approx(1) for name in MEASURES if name != "nss")


def test_people_are_more_like_each_other_than_like_strangers_or_chance(two: list[Scene]) -> None:
    found = evaluate({}, two)
    for measure in ("position", "scanmatch", "nss"):
        same, other, drawn = (found.estimate(row, measure).mean for row in REFERENCES)
        assert same > max(other, drawn)


def test_rows_do_not_depend_on_which_pictures_are_beside_nor_on_who_does_it(two: list[Scene]) -> None:
    models = {"uniform": Uniform()}
    both, alone = evaluate(models, two), evaluate(models, two[1:])
    with ThreadPoolExecutor(2) as pool:
        parallel = evaluate(models, two, over=pool.map)
    for row in both.rows:
        assert np.array_equal(both.rows[row][1:], alone.rows[row], equal_nan=True)
        assert np.array_equal(both.rows[row], parallel.rows[row], equal_nan=True)


def test_a_path_of_two_fixations_has_no_multimatch_and_counts_in_the_rest(two: list[Scene]) -> None:
    found = evaluate({"brief": Copier([two[0].viewers[0][:2]])}, two, n_paths=1)
    assert np.isnan(found.rows["brief"][:, :5]).all()
    assert np.isfinite(found.rows["brief"][:, 5:]).all()
    assert np.isnan(found.estimate("brief", "vector").low)


def test_models_that_look_at_one_kind_of_map_share_it(two: list[Scene]) -> None:
    asked: list[tuple[int, ...]] = []

    def brightness(picture: np.ndarray) -> np.ndarray:
        asked.append(picture.shape)
        return picture[:, :, 0] + np.arange(picture.shape[1])

    models = {"first": WinnerTakeAll(brightness), "second": WinnerTakeAll(brightness, noise=0.3)}
    together = evaluate(models, two)
    assert len(asked) == len(two)
    for name, model in models.items():
        assert np.array_equal(together.rows[name], evaluate({name: model}, two).rows[name], equal_nan=True)


def test_the_interval_covers_the_mean_of_pictures_as_often_as_it_says() -> None:
    rng, hits = np.random.default_rng(1), 0
    for _ in range(100):
        values = rng.normal(size=(40, len(MEASURES)))
        found = Evaluation(["a"] * 40, {"row": values}).estimate("row", "nss")
        hits += found.low < 0 < found.high
    assert 85 <= hits <= 100


def test_one_picture_has_a_mean_and_no_interval(two: list[Scene]) -> None:
    mean, *ends, pictures = evaluate({}, two[:1]).estimate("random", "nss")
    assert np.isfinite(mean)
    assert np.isnan(ends).all()
    assert pictures == 1


def test_every_picture_is_told(two: list[Scene]) -> None:
    said: list[tuple[int, int, str]] = []
    evaluate({}, two, tell=lambda *words: said.append(words))
    assert said == [(1, 2, "evaluating"), (2, 2, "evaluating")]


def test_what_cannot_be_evaluated_is_a_sentence(two: list[Scene]) -> None:
    with pytest.raises(RequestError, match="0 paths on 2 pictures"):
        evaluate({}, two, n_paths=0)
    with pytest.raises(RequestError, match=r"n_paths is 2\.5\. Give a whole number"):
        evaluate({}, two, n_paths=2.5)  # type: ignore[arg-type]
    with pytest.raises(RequestError, match="a model is called 'random'"):
        evaluate({"random": Uniform()}, two)


def test_what_a_model_cannot_look_at_is_told_and_the_rest_goes_on(two: list[Scene]) -> None:
    models = {"bad": Uniform(fixations=0), "good": Uniform()}
    with pytest.raises(NeurogateError, match=r"bad on 0: fixations is 0"):
        evaluate(models, two)
    said: list[str] = []
    found = evaluate(models, two, complaints=said)
    assert [line.partition(":")[0] for line in said] == ["bad on 0", "bad on 1"]
    assert np.isnan(found.rows["bad"]).all()
    assert np.isfinite(found.rows["good"]).all()


def test_a_picture_that_is_not_there_is_told_once_and_left_out_of_all_rows(two: list[Scene]) -> None:
    models = {"one": Uniform(), "other": Uniform()}
    said: list[str] = []
    found = evaluate(models, [attrs.evolve(two[0], file=None), two[1]], complaints=said)
    assert said == ["There is no file of the picture 0. Name it in its scene."]
    assert found.images == ["1"]
    alone = evaluate(models, two[1:])
    for row, values in alone.rows.items():
        np.testing.assert_array_equal(found.rows[row], values)


def test_people_need_no_picture(two: list[Scene]) -> None:
    absent = [attrs.evolve(scene, file=None) for scene in two]
    np.testing.assert_array_equal(evaluate({}, absent).rows["random"], evaluate({}, two).rows["random"])


def test_no_picture_that_can_be_read_leaves_rows_of_none(two: list[Scene]) -> None:
    absent = [attrs.evolve(scene, file=None) for scene in two]
    found = evaluate({"one": Uniform()}, absent, complaints=[])
    assert found.images == []
    assert [values.shape for values in found.rows.values()] == [(0, len(MEASURES))] * 4
    assert found.estimate("one", "nss").pictures == 0


def test_human_rows_are_those_of_the_stored_evaluation() -> None:
    folder = os.environ.get("NEUROGATE_DATA")
    if not folder:
        pytest.skip("NEUROGATE_DATA does not name a folder with osie/fixations.mat")
    viewings = read_osie(Path(folder) / "osie" / "fixations.mat")
    found = evaluate({}, scenes(viewings, [f"{n}.jpg" for n in range(1021, 1101)]))
    stored = json.loads((ORACLES / "scanpath_matched_eval.json").read_text())
    for row, name in (("human, same image", "human_same"), ("human, other image", "human_other")):
        estimates = [found.estimate(row, measure) for measure in MEASURES[:5]]
        assert [round(one.mean, 4) for one in estimates] == stored[name]["mean"]
        assert [one.low for one in estimates] == pytest.approx(stored[name]["lo"], abs=0.002)
        assert [one.high for one in estimates] == pytest.approx(stored[name]["hi"], abs=0.002)
    assert found.estimate("human, same image", "nss").mean == pytest.approx(3.63, abs=0.05)
