"""`neurogate scanpath compare`: how alike scanpaths in two files are."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from neurogate.cli.options import Switch
from neurogate.errors import RequestError

if TYPE_CHECKING:
    from neurogate.scanpath.formats.delimited import Table
    from neurogate.scanpath.formats.viewing import Sizes, Viewing

__all__ = ["compare", "csv_text", "listed", "number"]

_PART_FAILED = 3
_COLUMNS_SHOWN = 6
_PAIRS = "pairs (few fixations, or nothing recurs)"
_KEYS = ("image", "a", "b")
_SIDES = {"width", "height"}
_MAPS = {".npy", ".png", ".jpg", ".jpeg", ".tif", ".tiff"}
_Row = Mapping[str, Any]


def compare(
    a: Annotated[Path, Parameter(name="A.csv")],
    b: Annotated[Path, Parameter(name="B.csv")],
    /,
    *,
    metrics: Annotated[list[str] | None, Parameter(consume_multiple=True, negative=())] = None,
    size: str | None = None,
    missing: Literal["refuse", "drop"] = "refuse",
    outside: Literal["keep", "drop", "refuse"] = "keep",
    csv: Switch = False,
    json: Switch = False,
) -> int:
    """Compare the scanpaths of two files, pair by pair.

    A file is a CSV with the columns x, y (px) and duration (s), and if it has
    them start, image, viewer, width and height, as `neurogate scanpath IMAGE`
    writes it; or a table as multimatch-gaze reads it, or of events of the eye as
    BIDS and pymovements have them, whose fixations are read; or a .mat of OSIE.
    Rows of one image and viewer are a scanpath. Every one of A is compared with
    every one of B that is of the same image. Pairs that cannot be compared are
    told, and the others go on; the exit code is 3 then. If none is left, that is
    told too, and there is no table.

    If B is a map of priority, a table of numbers as numpy.save writes it (.npy)
    or a picture, whose brightness counts, every scanpath of A is measured by it.

    Try:
      neurogate scanpath compare A.csv B.csv
      neurogate scanpath compare A.csv B.csv --metrics multimatch,dtw
      neurogate scanpath compare A.csv B.csv --size 800x600
      neurogate scanpath compare A.csv B.csv --csv > pairs.csv
      neurogate scanpath compare A.csv map.npy --size 800x600
      neurogate list gaze-metrics

    Parameters
    ----------
    a
        The first file.
    b
        The second, or a map.
    metrics
        Names, with spaces or commas between them, or all; `neurogate list gaze-metrics` says what they are.
    size
        Width and height of the pictures, as 800x600, in px; by default what the files say.
    missing
        What to do with a fixation of which a number is missing: refuse its scanpath, or drop the fixation.
    outside
        What to do with a fixation outside the picture: keep it where it is, drop it, or refuse its scanpath.
    csv
        Print a row for each pair as CSV.
    json
        Print a row for each pair as JSON.
    """
    if csv and json:
        raise RequestError("--csv and --json are two forms of one answer; leave one out.")
    from neurogate.scanpath.comparison import METRICS, metrics_named
    from neurogate.scanpath.comparison import compare as compared
    from neurogate.scanpath.on_map import MAP_METRICS

    wanted, complaints, rows = listed(metrics or ["all"]), list[str](), list[dict[str, Any]]()
    with_map = b.suffix.lower() in _MAPS
    if a.suffix.lower() in _MAPS:
        raise RequestError(f"{a} is a map or a picture; give scanpaths first, and then the map.")
    of_map = [name for name in wanted if name in MAP_METRICS]
    if of_map and not with_map:
        raise RequestError(
            f"{', '.join(of_map)} needs a map, and {b} is none; give one, .npy or a picture, in its place."
        )
    names = metrics_named(wanted, MAP_METRICS if with_map else METRICS)
    if with_map:
        rows = _on_map(a, b, size, complaints, names, missing=missing, outside=outside)
    else:
        first, second = _read((a, b), size, complaints, missing=missing, outside=outside)
        _tell_outside([*first, *second])
        rows = compared(first, second, names, complaints) if first and second else []
    sys.stderr.write("".join(f"{_typed(line)}\n" for line in dict.fromkeys(complaints)))
    if not rows:
        sys.stderr.write("There is no table: nothing is left to compare, for the reasons above.\n")
    _tell_meaningless(rows, "scanpaths (nothing fixated on it, or a flat map)" if with_map else _PAIRS)
    _tell_infinite(rows)
    if json:
        from neurogate.files import json_text

        sys.stdout.write(json_text(rows))
    elif csv:
        sys.stdout.write(csv_text(rows[0] if rows else _KEYS, [row.values() for row in rows]))
    elif rows:
        sys.stdout.write(_shown(rows))
    return _PART_FAILED if complaints else 0


def _on_map(
    a: Path, b: Path, size: str | None, complaints: list[str], names: Sequence[str], **policies: Any
) -> list[dict[str, Any]]:
    """Measure scanpaths by a map, of which they take the size if they know none."""
    from neurogate.scanpath.formats.fixation_table import fixation_rows, viewings_in
    from neurogate.scanpath.on_map import compare_with_map
    from neurogate.scanpath.vision.map_files import read_map

    plane, table, given = read_map(b), fixation_rows(a), _size(size) if size else None
    if given:
        sys.stderr.write(_said(table, given))
    elif not _SIDES.issubset(table.columns):
        given = float(plane.shape[1]), float(plane.shape[0])
        sys.stderr.write(
            f"{a} does not say how large the picture is: taken as {_px(given)}, as the map. "
            "Say it by --size.\n"
        )
    viewings = viewings_in(table, size=given, complaints=complaints, **policies)
    beyond = sum(int(viewing.path.outside.sum()) for viewing in viewings)
    if beyond:
        sys.stderr.write(f"Fixations outside the picture are not on the map, and left out: {beyond}.\n")
    images = {viewing.image for viewing in viewings}
    if len(images) > 1:
        sys.stderr.write(f"{a} is of {len(images)} pictures, and all are measured by the one map.\n")
    if beyond and beyond == sum(len(viewing.path) for viewing in viewings):
        sizes = sorted({_px((each.path.width_px, each.path.height_px)) for each in viewings})
        raise RequestError(
            f"No fixation of {a} lies on the picture of {' or '.join(sizes)}; give its size by --size."
        )
    return compare_with_map(viewings, plane, names, called=b.name)


def listed(words: Sequence[str]) -> list[str]:
    """Return names that were given with spaces or commas between them.

    Examples
    --------
    >>> listed(["dtw,frechet", "tde"])
    ['dtw', 'frechet', 'tde']
    """
    return [name for word in words for name in re.split(r"[\s,]+", word) if name]


def csv_text(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Return a table as CSV, with n/a where there is no number.

    Examples
    --------
    >>> csv_text(["a", "b"], [[1, float("nan")]]).splitlines()
    ['a,b', '1,n/a']
    """
    import csv
    import io

    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([value if value == value else "n/a" for value in row] for row in rows)
    return text.getvalue()


def number(value: float | None) -> str:
    """Return a number in four digits, or a dash if there is none.

    Examples
    --------
    >>> number(0.123456), number(float("nan")), number(None), number(1234.5), number(-math.inf)
    ('0.1235', '-', '-', '1234.5', '-inf')
    """
    if value is None or math.isnan(value):
        return "-"
    if math.isinf(value):
        return str(value)
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.1f}"


def _typed(complaint: str) -> str:
    """Return a complaint that names an option as it is typed, and not as it is written in Python."""
    return re.sub(r'\b(missing|outside)="(\w+)"', r"--\1 \2", complaint)


def _read(
    files: Sequence[Path], size: str | None, complaints: list[str], **policies: Any
) -> list[list[Viewing]]:
    from neurogate.scanpath.formats.fixation_table import fixation_rows, viewings_in

    given = _size(size) if size else None
    tables = [fixation_rows(file) for file in files]
    sizes, said = ([given, given], [_said(table, given) for table in tables]) if given else _sizes(tables)
    sys.stderr.write("".join(dict.fromkeys(said)))
    both = zip(tables, sizes, strict=True)
    return [viewings_in(table, size=own, complaints=complaints, **policies) for table, own in both]


def _said(table: Table, given: tuple[float, float]) -> str:
    """Return a line if a file says another size than --size."""
    if not _SIDES.issubset(table.columns):
        return ""
    own = zip(table.numbers("width"), table.numbers("height"), strict=True)
    others = [each for each in own if each != given and all(map(math.isfinite, each))]
    if not others:
        return ""
    return f"{table.file} says {_px(others[0])}, but --size says {_px(given)}, which is taken.\n"


def _sizes(tables: Sequence[Table]) -> tuple[list[Sizes], list[str]]:
    """Return the sizes of the pictures in each file: what it says, else what the other does, else a frame."""
    from neurogate.scanpath.formats.fixation_table import picture_sizes

    own = [picture_sizes(table) if _SIDES.issubset(table.columns) else {} for table in tables]
    known = {image: size for each in own for image, size in each.items()}
    unsized = [table for table, each in zip(tables, own, strict=True) if not each]
    rest = next(iter(known.values())) if len(set(known.values())) == 1 else _frame(unsized)
    sizes: list[Sizes] = [
        each or {image: known.get(image, rest) for image in table.words("image")}
        for table, each in zip(tables, own, strict=True)
    ]
    return sizes, [_taken(table, known, rest) for table in unsized]


def _taken(table: Table, known: Mapping[str, tuple[float, float]], rest: tuple[float, float]) -> str:
    """Return a line that says what is taken of a file without sizes."""
    sizes = dict.fromkeys(known.get(image, rest) for image in table.words("image"))
    return (
        f"{table.file} does not say how large the picture is: taken as {' and '.join(map(_px, sizes))}, "
        f"{'as in the other' if set(sizes) <= set(known.values()) else 'which hold all fixations'}. "
        "Say it by --size.\n"
    )


def _px(size: tuple[float, float]) -> str:
    return f"{size[0]:g} x {size[1]:g} px"


def _tell_outside(viewings: Sequence[Viewing]) -> None:
    counts = [int(viewing.path.outside.sum()) for viewing in viewings]
    if any(counts):
        sys.stderr.write(
            f"Fixations outside the picture count where they are: {sum(counts)}, in "
            f"{sum(map(bool, counts))} of {len(counts)} scanpaths. Leave them out by --outside drop.\n"
        )


def _measured(rows: Sequence[_Row]) -> list[str]:
    """Return the names of the measures in a table."""
    return [name for name in (rows[0] if rows else ()) if name not in _KEYS]


def _tell_meaningless(rows: Sequence[_Row], things: str) -> None:
    names = _measured(rows)
    blank = [[name for name in names if math.isnan(row[name])] for row in rows]
    if any(blank):
        said = [name for name in names if any(name in own for own in blank)]
        sys.stderr.write(
            f"Without meaning in {sum(map(bool, blank))} of {len(rows)} {things}: {', '.join(said)}.\n"
        )


def _tell_infinite(rows: Sequence[_Row]) -> None:
    for name in _measured(rows):
        count = sum(math.isinf(row[name]) for row in rows)
        if count:
            sys.stderr.write(
                f"{name} is infinite in {count} of {len(rows)}, and so is its mean: the map is 0 where an "
                "eye rested.\n"
            )


def _size(text: str) -> tuple[float, float]:
    found = re.fullmatch(r"(\d+)\s*[x,]\s*(\d+)", text.strip().lower())
    if not found or not int(found[1]) or not int(found[2]):
        raise RequestError(f"--size is {text}; it must be width and height in px, as 800x600.")
    return float(found[1]), float(found[2])


def _frame(tables: Sequence[Table]) -> tuple[float, float]:
    """Return the smallest picture that holds all fixations."""
    width, height = (
        max(
            (
                math.floor(value) + 1.0
                for table in tables
                for value in table.numbers(name)
                if math.isfinite(value)
            ),
            default=1.0,
        )
        for name in ("x", "y")
    )
    return max(width, 1.0), max(height, 1.0)


def _shown(rows: Sequence[_Row]) -> str:
    """Return a line for each measure: a column for each pair if they are few, else mean, least and most."""
    from neurogate.cli.bench_table import render

    names = _measured(rows)
    if len(rows) <= _COLUMNS_SHOWN:
        several = len({row["image"] for row in rows}) > 1
        heading = [_pair(row, place, several=several) for place, row in enumerate(rows)]
        lines = [[name, *(number(row[name]) for row in rows)] for name in names]
        return render("Scanpaths", [["measure", *heading], *lines])
    lines = []
    for name in names:
        known = [row[name] for row in rows if not math.isnan(row[name])]
        spread = [sum(known) / len(known), min(known), max(known)] if known else [None] * 3
        lines.append([name, *map(number, spread), str(len(known))])
    table = render("Scanpaths", [["measure", "mean", "least", "most", "of"], *lines])
    return f"{table}{len(rows)} pairs; --csv and --json list each.\n"


def _pair(row: _Row, place: int, *, several: bool) -> str:
    image = f"{row['image']} " if several and row["image"] else ""
    return f"{image}{row['a'] or 'A'}-{row['b'] or 'B'}"
