"""Models of gaze beside people: the same viewers judge every row, and intervals are over pictures.

For each picture, viewers 0, 3, 6... are judges. The paths of a model are compared with each of them; in the
rows of people, a judge is compared with the next two viewers of the same picture, or of another. What lies on
the map of the viewers who are no judges is measured for the model, and for the judges in the row of people.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import attrs
import numpy as np
from numpy.typing import NDArray

from neurogate.errors import NeurogateError, RequestError, RunError
from neurogate.scanpath.metrics.multimatch import multimatch
from neurogate.scanpath.metrics.priority import cells
from neurogate.scanpath.metrics.strings import scanmatch
from neurogate.scanpath.models.model import Model, whole
from neurogate.scanpath.path import Scanpath, scanpath
from neurogate.scanpath.scenes import Scene
from neurogate.scanpath.vision.pictures import as_picture

__all__ = [
    "MEASURES", "REFERENCES", "Estimate", "Evaluation", "evaluate", "on_map", "reference_scores", "scores",
    "seed_of",
]  # fmt: skip

Values = NDArray[np.float64]
Row = dict[str, Values]
Found = tuple[Row | None, list[NeurogateError]]
MEASURES = (*multimatch.values, "scanmatch", "nss")
"""What is measured: MultiMatch in five respects, ScanMatch without durations on 8 x 6 cells, and NSS."""
REFERENCES = ("human, same image", "human, other image", "random")
"""Rows that stand beside the models'."""
FIXATIONS = 9
"""Of a random path, as people make them in three seconds."""


class Estimate(NamedTuple):
    """A mean over pictures, and the ends of its interval."""

    mean: float  # over the pictures on which the measure has a meaning
    low: float  # end of the 95 % bootstrap interval
    high: float  # the other
    pictures: int  # how many these are


@attrs.frozen(eq=False)
class Evaluation:
    """What `evaluate` found.

    Parameters
    ----------
    images : sequence of str
        Names of the pictures that could be read.
    rows : mapping of str to (images, measures)
        Scores of each model and reference; NaN where a measure has no meaning.
    """

    images: Sequence[str]
    rows: Mapping[str, Values]

    def estimate(self, row: str, measure: str, minus: str | None = None) -> Estimate:
        """Return a mean over pictures with its 95 % bootstrap interval, which one picture has not (NaN).

        Parameters
        ----------
        row : str
            A model or a reference.
        measure : str
            One of `MEASURES`.
        minus : str, optional
            Another row, which is subtracted picture by picture.

        Examples
        --------
        >>> scores = np.arange(14.0).reshape(2, 7)
        >>> found = Evaluation(["a", "b"], {"one": scores, "two": scores + 1})
        >>> found.estimate("two", "nss", minus="one")
        Estimate(mean=1.0, low=1.0, high=1.0, pictures=2)
        """
        place = MEASURES.index(measure)
        values = self.rows[row][:, place] - (0.0 if minus is None else self.rows[minus][:, place])
        return _interval(values[np.isfinite(values)])

    def table(self) -> list[dict[str, Any]]:
        """Return a row for each model and reference: its name, and for each measure an `Estimate`."""
        return [
            {"row": row, **{name: self.estimate(row, name)._asdict() for name in MEASURES}}
            for row in self.rows
        ]


def evaluate(
    models: Mapping[str, Model], scenes: Sequence[Scene], *, n_paths: int = 2, seed: int = 1,
    tell: Callable[[int, int, str], object] = lambda done, total, phase: None,
    over: Callable[[Callable[[Scene], Found], Iterable[Scene]], Iterable[Found]] = map,
    complaints: list[str] | None = None,
) -> Evaluation:  # fmt: skip
    """Measure how models look at pictures, beside how people do.

    Parameters
    ----------
    models : mapping of str to Model
        Asked for each picture, with a seed made of `seed` and the picture's name.
    scenes : sequence of Scene
        Pictures with their viewers.
    n_paths : int
        Of each model on each picture.
    seed : int
        Of the models, and of the random row.
    tell : callable
        Is told after each picture: how many are done, of how many, and what is being done.
    over : callable
        Applies a function to every scene, in their order, as `map` does; a pool's may do so in parallel.
    complaints : list of str, optional
        Takes a sentence for each picture that cannot be read, which is left out of all rows, and for each
        that a model could not look at, whose scores are NaN in its row. Without it the first one is an error.

    Returns
    -------
    Evaluation
        Models first, then `REFERENCES`.

    Raises
    ------
    RequestError
        If there are no pictures or paths, or a model bears the name of a reference.
    NeurogateError
        If a picture cannot be read, or a model cannot look at it, and there is no list of complaints.

    Examples
    --------
    >>> from neurogate.scanpath.models.baselines import Uniform
    >>> rng = np.random.default_rng(1)
    >>> paths = [scanpath(*rng.random((2, 9)) * 60, size=(80, 60)) for _ in range(6)]
    >>> found = evaluate({}, [Scene("a.png", paths, paths[::-1])])
    >>> list(found.rows), found.rows["random"].shape
    (['human, same image', 'human, other image', 'random'], (1, 7))
    """
    taken = [name for name in models if name in REFERENCES]
    if n_paths < 1 or not scenes or taken:
        wrong = f"a model is called {taken[0]!r}" if taken else f"{n_paths} paths on {len(scenes)} pictures"
        raise RequestError(f"Nothing can be evaluated: {wrong}. Give at least one of both, and other names.")
    whole(n_paths=n_paths)
    found, images = list[Row](), list[str]()
    rows = over(functools.partial(_rows, models, n_paths, seed), scenes)
    for done, (scene, (row, problems)) in enumerate(zip(scenes, rows, strict=True), 1):
        if complaints is None and problems:
            raise problems[0]
        if complaints is not None:
            complaints += map(str, problems)
        if row is not None:
            found.append(row)
            images.append(scene.image)
        tell(done, len(scenes), "evaluating")
    shape = len(found), len(MEASURES)
    names = (*models, *REFERENCES)
    return Evaluation(images, {name: np.reshape([row[name] for row in found], shape) for name in names})


def scores(paths: Sequence[Scanpath], scene: Scene) -> Values:
    """Return how paths compare with the judges of a scene, on average over all pairs, (measures,).

    Parameters
    ----------
    paths : sequence of Scanpath
        On the picture.
    scene : Scene

    Returns
    -------
    (7,) array
        `MEASURES`. Pairs in which one has no meaning do not count; NaN if none has.
    """
    return _compared([(scene.viewers[judge], paths) for judge in scene.judges], paths, scene)


def reference_scores(scene: Scene, n_paths: int = 2, seed: int = 1) -> Row:
    """Return the scores of people on this picture and on another, and of places drawn at random.

    Parameters
    ----------
    scene : Scene
    n_paths : int
        Of the random row, whose durations are drawn from those of the picture's viewers.
    seed : int
        Of the random row.
    """
    judged, elsewhere = [scene.viewers[judge] for judge in scene.judges], scene.partners(scene.elsewhere)
    same = _compared(list(zip(judged, scene.partners(scene.viewers), strict=True)), judged, scene)
    strangers = [path for two in elsewhere for path in two]
    other = _compared(list(zip(judged, elsewhere, strict=True)), strangers, scene)
    return dict(zip(REFERENCES, (same, other, scores(_random(scene, n_paths, seed), scene)), strict=True))


def seed_of(scene: Scene, seed: int) -> int:
    """Return a seed of its own for each picture.

    Parameters
    ----------
    scene : Scene
    seed : int
        Of all pictures.
    """
    return zlib.crc32(f"{seed} {scene.image}".encode())


def on_map(path: Scanpath, scene: Scene) -> float:
    """Return the mean of the map of where the others looked over all fixations but the first; NaN of none."""
    height, width = scene.seen.shape
    column, row = cells(path[1:], (height, width), scene.size, "drop").T
    return float(scene.seen[row, column].mean()) if len(row) else float("nan")


def _rows(models: Mapping[str, Model], n_paths: int, seed: int, scene: Scene) -> Found:
    try:
        picture = scene.picture() if models else np.empty(0)
    except NeurogateError as error:
        return None, [error]
    own = seed_of(scene, seed)
    rows, wrong = reference_scores(scene, n_paths, own), list[NeurogateError]()
    maps = dict[int, Values]()
    for name, model in models.items():
        try:
            looking = _with_map(model, picture, maps)
            rows[name] = scores(looking.scanpaths(picture, n_paths, own), scene)
        except NeurogateError as error:
            rows[name] = np.full(len(MEASURES), np.nan)
            wrong.append(RunError(f"{name} on {scene.image}: {error}"))
    return rows, wrong


def _with_map(model: Any, picture: Values, maps: dict[int, Values]) -> Any:
    """Return a model that has its map of the picture, which is made once for all that look at the same."""
    source = getattr(model, "priority", None)
    if not callable(source) or not attrs.has(type(model)):
        return model
    if id(source) not in maps:
        maps[id(source)] = source(as_picture(picture))
    return attrs.evolve(model, priority=maps[id(source)])


def _compared(
    pairs: Sequence[tuple[Scanpath, Sequence[Scanpath]]], lookers: Sequence[Scanpath], scene: Scene
) -> Values:
    alike = np.concatenate([multimatch.pairwise([a], b, size=scene.size)[0] for a, b in pairs])
    strings = np.concatenate([scanmatch.pairwise([a], b, size=scene.size)[0] for a, b in pairs])
    there = [on_map(path, scene) for path in lookers]
    return np.array([*map(_known_mean, alike.T), _known_mean(strings), _known_mean(np.array(there))])


def _known_mean(values: Values) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def _random(scene: Scene, n_paths: int, seed: int) -> list[Scanpath]:
    rng = np.random.default_rng(seed)
    pool = np.concatenate([path.duration_s for path in scene.viewers])
    paths = []
    for _ in range(n_paths):
        x, y = rng.random((2, FIXATIONS)) * np.array(scene.size)[:, None]
        paths.append(scanpath(x, y, rng.choice(pool, FIXATIONS), size=scene.size))
    return paths


def _interval(values: Values, resamples: int = 2000) -> Estimate:
    if len(values) < 2:
        nan = float("nan")
        return Estimate(float(values[0]) if len(values) else nan, nan, nan, len(values))
    rng = np.random.default_rng(0)
    means = values[rng.integers(0, len(values), (resamples, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(float(values.mean()), float(low), float(high), len(values))
