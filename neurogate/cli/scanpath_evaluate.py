"""`neurogate scanpath evaluate`: models of gaze beside people, on pictures that people looked at."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from neurogate.cli.options import Switch, Texts, Whole
from neurogate.cli.scanpath_compare import csv_text, listed
from neurogate.errors import RequestError

if TYPE_CHECKING:
    from neurogate.scanpath.evaluation import Evaluation
    from neurogate.scanpath.models.model import Model

__all__ = ["evaluate"]

_PART_FAILED = 3
_SPLIT = 5
_MODELS = ("spiking", "collicular", "winner_take_all", "levy", "gravity", "centre_bias")


def evaluate(
    *,
    data: Path,
    models: Annotated[list[str] | None, Parameter(consume_multiple=True, negative=())] = None,
    images: str | None = None,
    paths: Whole = 2,
    seed: Whole = 1,
    set_: Annotated[Texts, Parameter(name="--set")] = (),
    jobs: Whole | None = None,
    csv: Switch = False,
    json: Switch = False,
) -> int:
    """Judge models by how people looked at the same pictures.

    Viewers 0, 3, 6... of each picture are compared with the scanpaths of a
    model; in the rows of people, with the two viewers after each, of the same
    picture or of another; in the last row, with places drawn at random. Measures
    are the five of MultiMatch, ScanMatch, and how far above its mean the map of
    the other viewers is where the eye goes (NSS, without the first fixation).

    Pictures that cannot be read are told and left out of all rows; one on which a
    model fails is told and left out of its row. The exit code is 3 then.

    Try:
      neurogate scanpath evaluate --data osie --images 1031-1040
      neurogate scanpath evaluate --data osie --models spiking,levy --csv
      neurogate scanpath evaluate --data osie --set spiking.circuit.noise=5

    Parameters
    ----------
    data
        A folder with fixations.mat of OSIE and its pictures in stimuli.
    models
        Names, with spaces or commas between them, or all: see `neurogate list gaze-models`; by default six.
    images
        Which pictures, as 1001-1030,1042; by default all that are there.
    paths
        How often each model looks at each picture.
    seed
        Of the random numbers.
    set_
        A setting of a model with the model's name before it, and its value; can be repeated.
    jobs
        Processes; by default one for each core that may be used. They do not change a number.
    csv
        Print means and intervals as CSV.
    json
        Print means and intervals as JSON.
    """
    if csv and json:
        raise RequestError("--csv and --json are two forms of one answer; leave one out.")
    if jobs is not None and jobs < 1:
        raise RequestError(f"--jobs is {jobs}; it must be at least 1.")
    if paths < 1 or seed < 0:
        raise RequestError(f"--paths is {paths} and --seed {seed}; give at least 1 and 0.")
    asked = _models(models or _MODELS, set_)
    from neurogate.backends.allotment import cores
    from neurogate.cli.progress import shown
    from neurogate.scanpath.evaluation import Evaluation
    from neurogate.scanpath.evaluation import evaluate as judged
    from neurogate.scanpath.scenes import osie_scenes

    complaints: list[str] = []
    scenes = osie_scenes(data, images, complaints)
    found = Evaluation([], {})
    if scenes:
        width = min(cores() if jobs is None else jobs, len(scenes))
        with shown("picture") as tell, _pool(width) as over:
            found = judged(
                asked, scenes, n_paths=paths, seed=seed, tell=tell, over=over, complaints=complaints
            )
    sys.stderr.write("".join(f"{line}\n" for line in complaints))
    if not found.images:
        sys.stderr.write("There is no table: no picture is left, for the reasons above.\n")
    table = found.table() if found.images else []
    _tell_meaningless(found)
    if json:
        from neurogate.files import json_text

        sys.stdout.write(json_text({"images": list(found.images), "paths": paths, "rows": table}))
    elif csv:
        sys.stdout.write(_as_csv(table))
    elif table:
        sys.stdout.write(_shown(found))
    return _PART_FAILED if complaints else 0


def _models(names: Sequence[str], changes: Sequence[str]) -> dict[str, Model]:
    from neurogate.config.overrides import parse
    from neurogate.config.problems import Flaw
    from neurogate.scanpath.models.catalogue import CATALOGUE, make

    chosen = listed(names)
    chosen = list(CATALOGUE) if "all" in chosen else list(dict.fromkeys(chosen))
    settings: dict[str, dict[str, Any]] = {name: {} for name in chosen}
    for text in changes:
        try:
            key, value = parse(text)
        except Flaw as flaw:
            raise RequestError(str(flaw)) from None
        model, _, setting = key.partition(".")
        if model not in settings or not setting:
            raise RequestError(
                f"--set {text} is of none of the models {', '.join(chosen)}; write MODEL.setting=value."
            )
        settings[model][setting] = value
    if not chosen:
        raise RequestError(f"--models names none; there are all, {', '.join(CATALOGUE)}.")
    return {name: make(name, settings[name]) for name in chosen}


@contextlib.contextmanager
def _pool(jobs: int) -> Iterator[Callable[..., Any]]:
    """Yield a `map` that uses so many processes."""
    if jobs == 1:
        yield map
        return
    from concurrent.futures import ProcessPoolExecutor

    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_deaf)
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)


def _deaf() -> None:
    """Leave Ctrl-C to the process that was asked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _tell_meaningless(found: Evaluation) -> None:
    import numpy as np

    from neurogate.scanpath.evaluation import MEASURES

    for row, values in found.rows.items():
        blank = ~np.isfinite(values)
        if blank.any():
            said = [name for place, name in enumerate(MEASURES) if blank[:, place].any()]
            sys.stderr.write(
                f"Without meaning in {blank.any(axis=1).sum()} of {len(blank)} pictures for {row} "
                f"(few fixations, or it failed): {', '.join(said)}.\n"
            )


def _shown(found: Evaluation) -> str:
    """Return two tables, which fit on a terminal where one would not."""
    from neurogate.cli.bench_table import render
    from neurogate.scanpath.evaluation import MEASURES

    tables = [
        render(
            title,
            [["", *names], *([row, *(_cell(found, row, name) for name in names)] for row in found.rows)],
        )
        for title, names in (("MultiMatch", MEASURES[:_SPLIT]), ("ScanMatch and NSS", MEASURES[_SPLIT:]))
    ]
    several = f"{len(found.images)} pictures, with 95 % bootstrap intervals over pictures"
    said = f"Means over {several if len(found.images) > 1 else '1 picture, which has no interval'}"
    fewer = "; * over fewer pictures" if any("*" in table for table in tables) else ""
    return "\n".join([*tables, f"{said}{fewer}.\n"])


def _cell(found: Evaluation, row: str, name: str) -> str:
    places = 2 if name == "nss" else 3
    *numbers, count = found.estimate(row, name)
    if not count:
        return "-"
    mean, low, high = (f"{value:.{places}f}" for value in numbers)
    fewer = "*" if count < len(found.images) else ""
    return f"{mean} [{'-' if count == 1 else f'{low}, {high}'}]{fewer}"


def _as_csv(table: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        [row["row"], name, *estimate.values()]
        for row in table
        for name, estimate in row.items()
        if name != "row"
    ]
    return csv_text(["row", "measure", "mean", "low", "high", "pictures"], rows)
