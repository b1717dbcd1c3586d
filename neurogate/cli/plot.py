"""`neurogate plot`: draw the figures of a stored run or sweep."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from neurogate.cli.options import Texts
from neurogate.errors import RequestError

if TYPE_CHECKING:
    from neurogate.plotting.picture import Picture
    from neurogate.runs.collection import Collection

__all__ = ["plot"]

_OF_A_RUN = (
    "overview", "scheme", "raster", "readout", "learning", "timing", "calibration", "adaptation", "weights",
    "subspace", "nulls", "turning", "gates",
)  # fmt: skip
_OF_A_SWEEP = ("lines", "heatmap", "parallel")
_Kind = Literal[
    "overview", "scheme", "raster", "readout", "learning", "timing", "calibration", "adaptation", "weights",
    "subspace", "nulls", "turning", "gates", "lines", "heatmap", "parallel",
]  # fmt: skip
_OTHERS = (".jpg", ".jpeg", ".gif", ".eps", ".ps", ".tif", ".tiff", ".webp")


def plot(
    path: Annotated[Path, Parameter(name="RUN_OR_SWEEP")],
    /,
    *,
    kind: _Kind | None = None,
    x: Texts = (),
    y: str | None = None,
    hue: str | None = None,
    out: Path | None = None,
) -> int:
    """Draw the figures of a stored run, or a metric of a sweep over what was swept.

    What is stored stays as it is: the figures go into a folder beside it,
    <RUN_OR_SWEEP>-figures, or wherever --out says.

    Try:
      neurogate plot runs/what_when-0123456789ab --kind learning
      neurogate plot runs/what_when-sweep-0123456789ab --y timing_error_ms
      neurogate plot runs/what_when-sweep-0123456789ab --x reservoir.gain --hue reservoir.n --out gain.svg

    Parameters
    ----------
    path
        The folder of a run, as `neurogate run` names it, or of a sweep.
    kind
        Of a run: overview (by default), scheme, raster, readout, learning, timing, calibration, adaptation,
        weights, subspace, nulls, turning or gates; of a sweep: lines for one setting, heatmap for two,
        parallel for more (by default what --x asks for). A sweep of nothing but seeds has the kinds of a run
        too, over all its seeds.
    x
        A setting of a sweep; can be repeated. By default all that differ but the seed.
    y
        A metric of a sweep; by default the first.
    hue
        What tells lines or panels apart: rule (by default), a setting or none.
    out
        A folder for the figure as PNG and PDF, made if it is not there; or one file that ends in .png, .pdf
        or .svg.
    """
    from neurogate.runs import sweep_folder

    is_sweep = sweep_folder.is_sweep(path)
    _check(path, kind, {"--x": x, "--y": y, "--hue": hue}, out, is_sweep=is_sweep)
    if is_sweep:
        picture, name = _of_sweep(path, kind, x, y, hue)
    else:
        picture, name = _of_run(path, kind or "overview"), kind or "overview"
    folder = path.with_name(f"{path.resolve().name}-figures") if out is None else out
    sys.stdout.write("".join(f"{file}\n" for file in _save(picture, folder, name)))
    return 0


def _check(
    path: Path, kind: str | None, asked: dict[str, object], out: Path | None, *, is_sweep: bool
) -> None:
    """Refuse what does not go together, before anything is read."""
    what, kinds = ("sweep", (*_OF_A_SWEEP, *_OF_A_RUN)) if is_sweep else ("run", _OF_A_RUN)
    problems = []
    if kind is not None and kind not in kinds:
        problems.append(f"--kind is {kind}; a {what} has {', '.join(kinds)}.")
    if path.is_dir() and not is_sweep:
        problems += [f"{option} belongs to a sweep, and {path} is none." for option, v in asked.items() if v]
    inside = out is not None and out.resolve().is_relative_to(path.resolve())
    if inside and not is_sweep:
        problems.append(f"--out {out} lies inside the stored run, which never changes; choose another.")
    if out is not None and out.suffix.lower() in _OTHERS:
        problems.append(f"--out {out} ends in {out.suffix}; a figure can be written as .png, .pdf or .svg.")
    if problems:
        raise RequestError(problems)


def _of_run(path: Path, kind: str) -> Picture:
    from neurogate.runs import store

    run = store.load(path)
    from neurogate.runs.pictures import shown

    known = shown(run)
    from neurogate.plotting.kinds import picture

    return picture(kind, known)


def _of_sweep(
    path: Path, kind: str | None, x: tuple[str, ...], y: str | None, hue: str | None
) -> tuple[Picture, str]:
    from neurogate.runs.collection import load_sweep
    from neurogate.runs.pictures import first_metric, of_collection

    collection = load_sweep(path)
    if kind in _OF_A_RUN:
        return _of_seeds(collection, kind, {"--x": x, "--y": y, "--hue": hue}), kind
    metric = y or first_metric(collection)
    picture = of_collection(collection, metric, x, hue=hue, kind=kind)
    words = [metric, *x, *(word for word in (hue, kind) if word)]
    return picture, re.sub(r"[^\w.-]+", "-", "-".join(words))


def _of_seeds(collection: Collection, kind: str, asked: dict[str, object]) -> Picture:
    from neurogate.plotting.kinds import picture
    from neurogate.runs.pictures import shown_together

    unused = [option for option, value in asked.items() if value]
    if unused:
        raise RequestError(f"{', '.join(unused)} choose what a sweep draws over; --kind {kind} takes none.")
    return picture(kind, shown_together(collection))


def _save(picture: Picture, out: Path, name: str) -> list[Path]:
    from neurogate.plotting.picture import ENDINGS, save

    endings = (".png", ".pdf")
    files = [out] if out.suffix.lower() in ENDINGS else [out / f"{name}{ending}" for ending in endings]
    try:
        for file in files:
            file.parent.mkdir(parents=True, exist_ok=True)
            save(picture, file)
    except OSError as error:
        raise RequestError(
            f"The figures cannot be written to {out}: {error.strerror or error}. Choose another --out."
        ) from error
    return files
