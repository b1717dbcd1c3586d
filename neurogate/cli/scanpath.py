"""`neurogate scanpath`: let a model look at a picture; compare scanpaths; judge models by real gaze."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from neurogate.cli.options import Switch, Texts, Whole
from neurogate.cli.scanpath_compare import compare
from neurogate.cli.scanpath_evaluate import evaluate
from neurogate.errors import RequestError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from neurogate.scanpath.models.model import Model
    from neurogate.scanpath.path import Scanpath

__all__ = ["LARGEST_PX", "app", "look", "refuse_mistyped"]

LARGEST_PX = 1024
"""Longer side of the pictures that models see; a larger one is reduced, for they were tuned on such."""

_COMMANDS = ("compare", "evaluate")

app = App(name="scanpath", help_format="plaintext")
app.command(compare)
app.command(evaluate)


@app.default
def look(
    image: Path,
    /,
    *,
    model: str = "spiking",
    paths: Whole = 10,
    fixations: Whole | None = None,
    seed: Whole = 1,
    priority: Path | None = None,
    set_: Annotated[Texts, Parameter(name="--set")] = (),
    out: Path = Path("scanpaths"),
    json: Switch = False,
) -> int:
    """Draw and measure where a model looks at a picture; or judge scanpaths.

    In the folder of --out, IMAGE-MODEL.png shows the picture with the first
    scanpath, its fixations numbered and the larger the longer they last, and
    beside it all of them on the map of priority. IMAGE-MODEL.csv holds the
    fixations, as `neurogate scanpath compare` reads them, and
    IMAGE-MODEL-metrics.csv what is printed.

    Try:
      neurogate scanpath photo.jpg
      neurogate scanpath photo.jpg --model levy --paths 3 --seed 7
      neurogate scanpath photo.jpg --set 'lesions=["gate"]' --out lesioned
      neurogate scanpath photo.jpg --priority map.npy
      neurogate scanpath compare scanpaths/photo-spiking.csv mine.csv
      neurogate scanpath evaluate --data osie --images 1031-1040

    Parameters
    ----------
    image
        A picture of any kind that Pillow reads: grey, colour, transparent, 8 or 16 bits. A side of more than
        1024 px is reduced for the model, and places are in px of the whole.
    model
        What looks; `neurogate list gaze-models` says what there is.
    paths
        How often.
    fixations
        In each path; the same as --set fixations=... A model that looks for a time has none of it.
    seed
        Of the random numbers. A path does not depend on how many others are asked for.
    priority
        A map of one's own from which the model looks, in place of that made of the picture: a table of
        numbers, rows and columns, as numpy.save writes it (.npy), or a picture, whose brightness counts. It
        is stretched over the whole picture; the highest number draws the eye most.
    set_
        A setting of the model and its value; can be repeated. A wrong name is answered with all of them.
    out
        A folder, made if it is not there.
    json
        Print metrics and files as JSON.
    """
    if paths < 1:
        raise RequestError(f"--paths is {paths}; it must be at least 1.")
    if seed < 0:
        raise RequestError(f"--seed is {seed}; it must be at least 0.")
    from neurogate.scanpath.vision.pictures import picture_size, read_picture

    picture, size = read_picture(image, largest=LARGEST_PX), picture_size(image)
    made = _model(model, set_, fixations, priority)
    seen = _priority(made, picture, priority or image)
    found = [_enlarged(path, size) for path in made.scanpaths(picture, paths, seed)]
    table = _measured(found, seen)
    files = _write(out, f"{image.stem}-{model}", image.name, model, picture, found, seen, table)
    if json:
        from neurogate.files import json_text

        sys.stdout.write(json_text({"files": [str(file) for file in files], "metrics": table}))
    else:
        sys.stdout.write(_shown(table) + "".join(f"{file}\n" for file in files))
    return 0


def refuse_mistyped(word: str) -> None:
    """Complain of a word that is no file and nearly a command.

    Parameters
    ----------
    word : str
        What follows ``neurogate scanpath``.

    Raises
    ------
    RequestError
        With the command that may be meant.

    Examples
    --------
    >>> refuse_mistyped("compre")
    Traceback (most recent call last):
    neurogate.errors.RequestError: There is no picture compre. Did you mean `neurogate scanpath compare`?
    """
    near = difflib.get_close_matches(word, _COMMANDS, n=1, cutoff=0.7)
    if near and word not in _COMMANDS and not Path(word).suffix and not Path(word).exists():
        raise RequestError(f"There is no picture {word}. Did you mean `neurogate scanpath {near[0]}`?")


def _model(name: str, changes: Sequence[str], fixations: int | None, priority: Path | None) -> Model:
    from neurogate.config.overrides import parse
    from neurogate.config.problems import Flaw
    from neurogate.scanpath.models.catalogue import make

    try:
        settings = dict(map(parse, changes))
    except Flaw as flaw:
        raise RequestError(str(flaw)) from None
    if fixations is not None:
        settings["fixations"] = fixations
    model = make(name, settings)
    return model if priority is None else _shown_map(name, model, settings, priority)


def _shown_map(name: str, model: Model, settings: Mapping[str, Any], file: Path) -> Model:
    """Return a model that looks at the map in a file."""
    from attrs import evolve

    from neurogate.scanpath.vision.map_files import read_map

    if not hasattr(model, "priority"):
        raise RequestError(
            f"{name} looks at no map of priority; leave --priority out, or take --model spiking."
        )
    if "priority" in settings:
        raise RequestError("--priority and --set priority are two maps for one model; leave one out.")
    changed: Any = model
    return evolve(changed, priority=read_map(file, largest=LARGEST_PX))  # type: ignore[no-any-return]


def _enlarged(path: Scanpath, size: tuple[int, int]) -> Scanpath:
    """Return a scanpath in the px of a picture of another size."""
    from neurogate.scanpath.path import scanpath

    if size[0] == path.width_px and size[1] == path.height_px:
        return path
    x_px, y_px = path.x_px * size[0] / path.width_px, path.y_px * size[1] / path.height_px
    return scanpath(x_px, y_px, path.duration_s, path.start_s, size=size)


def _priority(model: Model, picture: NDArray[np.float64], file: Path) -> NDArray[np.float64] | None:
    """Return the map from which a model looks, if it has one."""
    from neurogate.scanpath.models.model import priority_of

    source = getattr(model, "priority", None)
    try:
        return None if source is None else priority_of(source, picture)
    except RequestError as error:
        raise RequestError(f"{file}: {error}") from None


def _measured(paths: Sequence[Scanpath], priority: NDArray[np.float64] | None) -> list[dict[str, Any]]:
    """Return a row for each measure: of pairs, of what lies on the map, of saccades and fixations."""
    from neurogate.scanpath.comparison import compare as compared
    from neurogate.scanpath.formats.viewing import numbered
    from neurogate.scanpath.metrics.nss import nss
    from neurogate.scanpath.metrics.priority import cells

    several = numbered(paths)
    pairs = compared(several, several, once=True) if len(paths) > 1 else []
    names = [name for name in (pairs[0] if pairs else ()) if name not in ("image", "a", "b")]
    found = {name: [row[name] for row in pairs] for name in names}
    if priority is not None:
        size = paths[0].width_px, paths[0].height_px
        height, width = priority.shape
        on_map = (cells(path, (height, width), size, "drop") for path in paths)
        found["nss_on_priority"] = [nss(priority, own) for own in on_map]
    found["fixations"] = [float(len(path)) for path in paths]
    found["duration_s"] = [float(value) for path in paths for value in path.duration_s]
    found["amplitude_px"] = [float(value) for path in paths for value in path.amplitude_px]
    return [_spread(name, values) for name, values in found.items()]


def _spread(name: str, values: Sequence[float]) -> dict[str, Any]:
    import numpy as np

    known = np.array(values)[np.isfinite(values)]
    if not known.size:
        return {"measure": name, "mean": None, "least": None, "most": None, "count": 0}
    return {
        "measure": name,
        **{word: float(of(known)) for word, of in (("mean", np.mean), ("least", np.min), ("most", np.max))},
        "count": len(known),
    }


def _shown(table: Sequence[Mapping[str, Any]]) -> str:
    from neurogate.cli.bench_table import render
    from neurogate.cli.scanpath_compare import number

    lines = [[str(row["measure"]), *map(number, list(row.values())[1:4]), str(row["count"])] for row in table]
    return render("Scanpaths", [["measure", "mean", "least", "most", "of"], *lines])


def _write(
    out: Path, stem: str, name: str, model: str, picture: NDArray[np.float64], paths: Sequence[Scanpath],
    priority: NDArray[np.float64] | None, table: Sequence[Mapping[str, Any]],
) -> list[Path]:  # fmt: skip
    from neurogate.plotting.picture import save
    from neurogate.plotting.scanpath import scanpath_figure
    from neurogate.scanpath.formats.delimited import write_table
    from neurogate.scanpath.formats.fixation_table import write_csv
    from neurogate.scanpath.formats.viewing import numbered

    files = [out / f"{stem}{ending}" for ending in (".png", ".csv", "-metrics.csv")]
    drawn = scanpath_figure(picture, paths, priority, name=name, model=model)
    nan = float("nan")
    columns: dict[str, Any] = {"measure": [str(row["measure"]) for row in table]}
    for key in ("mean", "least", "most"):
        columns[key] = [nan if row[key] is None else row[key] for row in table]
    columns["count"] = [str(row["count"]) for row in table]
    try:
        out.mkdir(parents=True, exist_ok=True)
        save(drawn, files[0])
        write_csv(files[1], [each for each in numbered(paths, name) if len(each.path)], sized=True)
        write_table(files[2], columns, ",")
    except OSError as error:
        raise RequestError(
            f"Nothing can be written to {out}: {error.strerror or error}. Choose another --out."
        ) from error
    return files
