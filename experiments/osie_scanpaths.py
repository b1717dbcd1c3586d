"""Spiking cells and simpler models that were tuned as long look at pictures, beside people who did.

Xu, Jiang, Wang, Kankanhalli & Zhao (2014), Predicting human gaze beyond pixels, Journal of Vision 14(1):28,
doi:10.1167/14.1.28: 15 people look freely at each picture for three seconds.

Of every model as many settings are tried on pictures 1001 to 1030: the first half drawn at random from its
space, each of the others the best so far with about half of its numbers moved. A setting is judged by two
paths on each picture beside those of five viewers, by one number: the mean over pictures of

    MultiMatch direction + position + duration + NSS / 10

where NSS reads the map of the fixations of the other ten viewers. The best is judged on pictures 1031 to 1060
with other random numbers. So these four were fitted, and are no independent evidence; ScanMatch and the
quantiles of durations and amplitudes were not. Models that need a map all choose among the same three, how it
is sharpened, and how it is drawn to the centre; those that say nothing of durations are given one, which is
tuned. Lesioned models keep the settings of whole ones. What is shipped was not tuned here: the default
numbers of spiking cells come from an earlier search, on pictures 1001 to 1012, and have no say in this one.

    python experiments/osie_scanpaths.py [--data DIR] [--models NAMES] [--settings K] [--paths N]
        [--quick] [--search-seed S] [--jobs N] [--out DIR] [--json]

DIR holds osie/fixations.mat and osie/stimuli. What a setting came to is kept in OUT/osie_scanpaths and not
asked for again, so that a search goes on where it was ended; there tuning.json, table.json and figures are
written. NevaClip is not here, as the weights of its encoder are not; nor is OAT, which is told where the
objects of a picture are.
"""

from __future__ import annotations

import argparse
import functools
import json
import math
import os
import shlex
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from neurogate.bench.machine import machine
from neurogate.errors import NeurogateError, RunError
from neurogate.files import replacing
from neurogate.plotting.forest import forest_figure
from neurogate.plotting.picture import Picture, save, settled
from neurogate.plotting.ranges import ranges_figure
from neurogate.scanpath.contenders import FIXED, MAPS, SPACES, contender
from neurogate.scanpath.evaluation import MEASURES, REFERENCES, Evaluation, reference_scores, scores, seed_of
from neurogate.scanpath.metrics.statistics import saccade_statistics
from neurogate.scanpath.path import Scanpath
from neurogate.scanpath.scenes import Scene, osie_scenes
from neurogate.scanpath.search import Even, Log, Settings, Space, search

NAME = "osie_scanpaths"
TUNED_ON, REPORTED_ON = "1001-1030", "1031-1060"
TUNING_PATHS, TUNING_SEED, REPORT_SEED = 2, 1, 2
WEIGHTS = {"direction": 1.0, "position": 1.0, "duration": 1.0, "nss": 0.1}
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

Values = NDArray[np.float64]
Row: TypeAlias = tuple[Values, list[list[Scanpath]]]  # scores (pictures, measures), and the paths

OURS, LESIONED, LESIONS = "spiking", ("spiking", "collicular"), ("gate", "return", "variability")
NEAR = 0.05
SHOWN = ("direction", "position", "duration", "nss", "scanmatch")
WORDS = {"nss": "NSS on the map of others", "scanmatch": "ScanMatch"}


def remembered(make: Callable[[Values], Values]) -> Callable[[Values], Values]:
    """Return what makes a map of each picture once."""
    known: dict[int, Values] = {}

    def of(picture: Values) -> Values:
        key = zlib.crc32(picture.data)
        if key not in known:
            known[key] = make(picture)
        return known[key]

    return of


MADE = {name: remembered(make) for name, make in MAPS.items()}


@functools.cache
def pictures(data: Path, images: str) -> list[tuple[Scene, NDArray[np.uint8]]]:
    """Read scenes, and their pictures, which are stored with 8 bits."""
    found = osie_scenes(data, images)
    return [(scene, np.round(255 * scene.picture()).astype(np.uint8)) for scene in found]


def looked(model: Any, asked: argparse.Namespace, images: str, paths: int, seed: int) -> Row:
    """Let a model look at pictures; return how it fares on each, and its paths."""
    scenes, shown = zip(*pictures(asked.data, images), strict=True)
    made = model.batch(shown, paths, [seed_of(scene, seed) for scene in scenes])
    return np.stack([scores(own, scene) for own, scene in zip(made, scenes, strict=True)]), made


def tell(words: str) -> None:
    """Say how far it is."""
    print(words, file=sys.stderr, flush=True)


def tuned(name: str, asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Search for the settings of a model; what is known of a setting is not asked for again."""
    path = asked.out / NAME / f"{name}.json"
    known: dict[str, dict[str, float]] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    tried: list[dict[str, Any]] = []

    def judge(settings: Settings) -> float:
        key = json.dumps([asked.tuned_on, TUNING_PATHS, TUNING_SEED, FIXED.get(name, {}), settings])
        if key not in known:
            known[key] = judged(name, settings, asked)
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as file:
                file.write(json.dumps(known, indent=0).encode())
        score = sum(weight * known[key][measure] for measure, weight in WEIGHTS.items())
        tried.append({"settings": settings, "score": score, **known[key]})
        best = max(one["score"] for one in tried)
        tell(f"{name}: {len(tried)} of {asked.settings}, {score:.4f}, best {best:.4f}")
        return score

    search(SPACES[name], judge, asked.settings, asked.search_seed)
    return sorted(tried, key=lambda one: one["score"], reverse=True)


def walls(name: str, settings: Settings, space: Space) -> Iterator[str]:
    """Return a sentence for each number close to an end of its range, beyond which better ones may lie."""
    for key, within in space.items():
        if isinstance(within, Even | Log):
            low, at, high = (
                math.log(each) if isinstance(within, Log) else each
                for each in (within.low, settings[key], within.high)
            )
            if not NEAR <= (at - low) / (high - low) <= 1 - NEAR:
                yield f"{name}: {key} is {settings[key]:g}, near an end of {within.low:g} to {within.high:g}."


def judged(name: str, settings: Settings, asked: argparse.Namespace) -> dict[str, float]:
    """Return means over pictures; a model that fails is worth nothing.

    A path too short to compare is left out; only if all on a picture are, that picture counts as 0.
    """
    try:
        found, _ = looked(contender(name, settings, MADE), asked, asked.tuned_on, TUNING_PATHS, TUNING_SEED)
    except RunError as error:
        tell(f"{name}: {error}")
        found = np.zeros((1, len(MEASURES)))
    return dict(zip(MEASURES, np.nan_to_num(found).mean(axis=0).round(5).tolist(), strict=True))


def cases(best: Mapping[str, Settings]) -> Iterator[tuple[str, str, Settings]]:
    """Return what is reported: its row, its model, and settings, of which a shipped model has none."""
    for name, settings in best.items():
        yield name, name, settings
        if name in LESIONED:
            yield f"{name}, as shipped", name, {}
            yield from (
                (f"{name} without {part}", name, {**settings, "lesions": (part,)}) for part in LESIONS
            )


def reported(case: tuple[str, str, Settings], asked: argparse.Namespace) -> tuple[str, Row]:
    """Let one model look at the pictures that did not tune it."""
    row, name, settings = case
    found = looked(contender(name, settings, MADE), asked, asked.reported_on, asked.paths, REPORT_SEED)
    tell(f"{row}: looked at {len(found[1])} pictures")
    return row, found


def references(asked: argparse.Namespace) -> dict[str, Row]:
    """Return the rows of people on this and another picture, with their paths, and of random places."""
    scenes = [scene for scene, _ in pictures(asked.data, asked.reported_on)]
    found = [reference_scores(scene, asked.paths, seed_of(scene, REPORT_SEED)) for scene in scenes]
    same = [[scene.viewers[judge] for judge in scene.judges] for scene in scenes]
    other = [[path for two in scene.partners(scene.elsewhere) for path in two] for scene in scenes]
    return {
        name: (np.stack([one[name] for one in found]), paths)
        for name, paths in zip(REFERENCES, (same, other, []), strict=True)
    }


def quantiles(row: Row) -> dict[str, Any]:
    """Return quantiles of durations and of saccades' amplitudes, and how many paths cannot be compared."""
    paths = [path for own in row[1] for path in own]
    found = saccade_statistics(paths, quantiles=QUANTILES)
    return {
        "duration_s": found.duration_s.round(3).tolist(),
        "amplitude_px": found.amplitude.round(1).tolist(),
        "fixations": round(float(np.mean([len(path) for path in paths])), 2),
        "paths of less than three fixations": sum(len(path) < 3 for path in paths),
    }


def compared(found: Evaluation) -> Iterator[dict[str, Any]]:
    """Return differences: of ours from every other row, and of lesioned models from whole ones."""
    others = [row for row in found.rows if row != OURS and " without " not in row]
    pairs = [(OURS, row) for row in others if OURS in found.rows]
    pairs += [(row, row.partition(" without ")[0]) for row in found.rows if " without " in row]
    for row, other in pairs:
        yield {"row": row, "minus": other, **estimates(found, row, other)}


def estimates(found: Evaluation, row: str, minus: str | None = None) -> dict[str, list[float]]:
    """Return mean, low and high of every measure."""
    return {name: [round(end, 4) for end in found.estimate(row, name, minus)[:3]] for name in MEASURES}


def table(found: Evaluation) -> Iterator[str]:
    """Write the rows as a table in Markdown."""
    yield f"| row | {' | '.join(SHOWN)} |"
    yield "|---" * (1 + len(SHOWN)) + "|"
    for row in found.rows:
        told = estimates(found, row)
        cells = ("{:.3f} ({:.3f}–{:.3f})".format(*told[measure]) for measure in SHOWN)
        yield f"| {row} | {' | '.join(cells)} |"


def pictured(found: Evaluation, spread: Mapping[str, Mapping[str, Any]]) -> dict[str, Figure]:
    """Draw what each row came to on every picture, with intervals; and quantiles beside those of people."""
    places = {WORDS.get(measure, measure): MEASURES.index(measure) for measure in SHOWN}
    measures = {
        words: {row: scored[:, place] for row, scored in found.rows.items()}
        for words, place in places.items()
    }
    kinds = {"duration_s": "duration of fixations (s)", "amplitude_px": "amplitude of saccades (px)"}
    quantities = {words: {row: own[kind] for row, own in spread.items()} for kind, words in kinds.items()}
    return {"scores": forest_figure(measures), "spread": ranges_figure(quantities, reference=REFERENCES[0])}


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    data = os.environ.get("NEUROGATE_DATA")
    parser.add_argument("--data", type=Path, default=data, metavar="DIR", help="default: $NEUROGATE_DATA")
    parser.add_argument("--models", default=",".join(SPACES), metavar="NAMES", help="default: all")
    parser.add_argument(
        "--settings", type=int, metavar="K", help="tried of each model (default: 60, quick 2)"
    )
    parser.add_argument(
        "--paths", type=int, default=4, metavar="N", help="on each picture reported (default: 4)"
    )
    parser.add_argument(
        "--quick", action="store_true", help="two pictures, and fewer settings, to see that it runs"
    )
    parser.add_argument(
        "--search-seed", type=int, default=1, metavar="S", help="of the settings that are drawn (default: 1)"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes")
    parser.add_argument("--out", type=Path, default=Path("runs"), metavar="DIR", help="default: runs")
    parser.add_argument("--json", action="store_true", help="print the JSON instead of the table")
    asked = parser.parse_args(given)
    asked.settings = asked.settings or (2 if asked.quick else 60)
    asked.models = asked.models.split(",")
    asked.tuned_on, asked.reported_on = ("1001-1002", "1031-1032") if asked.quick else (TUNED_ON, REPORTED_ON)
    unknown = [name for name in asked.models if name not in SPACES]
    if unknown:
        parser.error(f"--models has {unknown[0]}; there are {', '.join(SPACES)}.")
    if asked.data is None:
        parser.error("--data is not given, and NEUROGATE_DATA names no folder; give one that has osie in it.")
    if min(asked.settings, asked.paths, asked.jobs, asked.search_seed + 1) < 1:
        parser.error("--settings, --paths and --jobs must be at least 1, and --search-seed at least 0.")
    return asked


def work(asked: argparse.Namespace) -> None:
    """Tune all models, let them look at other pictures, and write what was found."""
    folder = asked.out / NAME
    folder.mkdir(parents=True, exist_ok=True)
    tried = dict(
        zip(asked.models, each(functools.partial(tuned, asked=asked), asked.models, asked), strict=True)
    )
    write(folder / "tuning.json", {"spaces": spaces(asked), "tried": tried}, asked)
    best = {name: found[0]["settings"] for name, found in tried.items()}
    for words in (words for name, chosen in best.items() for words in walls(name, chosen, SPACES[name])):
        tell(words)
    rows = dict(each(functools.partial(reported, asked=asked), cases(best), asked)) | references(asked)
    images = [scene.image for scene, _ in pictures(asked.data, asked.reported_on)]
    found = Evaluation(images, {name: scored for name, (scored, _) in rows.items()})
    spread = {name: quantiles(row) for name, row in rows.items() if row[1] and name != REFERENCES[1]}
    content = {
        "chosen": best, "measures": MEASURES, "rows": {row: estimates(found, row) for row in rows},
        "differences": list(compared(found)), "quantiles": QUANTILES,
        "spread": spread,
        "images": images, "scores": {name: scored.round(4).tolist() for name, (scored, _) in rows.items()},
    }  # fmt: skip
    write(folder / "table.json", content, asked)
    for name, made in pictured(found, spread).items():
        save(Picture(settled(made), NAME, ""), folder / f"{name}.png")
    print((folder / "table.json").read_text("utf-8") if asked.json else "\n".join(table(found)))
    tell(f"All scores and settings are in {folder}.")


def each(do: Callable[[Any], Any], things: Iterable[Any], asked: argparse.Namespace) -> Iterator[Any]:
    """Do it with each in turn, in several processes if there are to be several."""
    if asked.jobs == 1:
        yield from map(do, things)
        return
    with ProcessPoolExecutor(asked.jobs) as pool:
        yield from pool.map(do, list(things))


def spaces(asked: argparse.Namespace) -> dict[str, Any]:
    """Return spaces in words."""
    return {
        name: {key: f"{type(each).__name__.lower()} {list(each)}" for key, each in SPACES[name].items()}
        for name in asked.models
    }


def write(path: Path, content: Mapping[str, Any], asked: argparse.Namespace) -> None:
    """Store what was found, beside how."""
    how = {
        **machine(shlex.join(["python", f"experiments/{NAME}.py", *sys.argv[1:]])),
        "tuned_on": asked.tuned_on, "reported_on": asked.reported_on, "settings": asked.settings,
        "tuning_paths": TUNING_PATHS, "paths": asked.paths, "objective": WEIGHTS,
        "seeds": {"search": asked.search_seed, "tuning": TUNING_SEED, "report": REPORT_SEED},
    }  # fmt: skip
    parts = {"machine": how, **content}.items()
    lines = (f"{json.dumps(key)}: {json.dumps(part, ensure_ascii=False)}" for key, part in parts)
    path.write_text("{" + ",\n".join(lines) + "}\n", "utf-8")


def main(given: Sequence[str] | None = None) -> None:
    """Do what is asked; what goes wrong on purpose ends in its sentence."""
    asked = arguments(given)
    try:
        work(asked)
    except NeurogateError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
