"""A table of points: a CSV file whose first line names key paths, with one point on each other line."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from neurogate.config.grid import MOST, spelt
from neurogate.config.loading import resolve
from neurogate.config.overrides import value_of
from neurogate.config.problems import Flaw
from neurogate.errors import RequestError

__all__ = ["columns"]

_MOST_TOLD = 10
_SEPARATORS = {";": "semicolons", "\t": "tabs"}


def columns(path: Path) -> dict[str, list[Any]]:
    r"""Read a table: the values of each key path, from top to bottom.

    A cell holds a value in TOML or a bare word; one with commas stands in double quotes. Relative paths in it
    start from the table's folder.

    Raises
    ------
    RequestError
        If there is no such table, something else than commas separates its cells, its first line names no key
        paths, or a cell is empty or broken.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "points.csv"
    >>> _ = path.write_text("reservoir.gain,run.dtype\n0.5,float32\n1.5,float64\n")
    >>> columns(path)
    {'reservoir.gain': [0.5, 1.5], 'run.dtype': ['float32', 'float64']}
    """
    lines = _lines(path)
    if len(lines) < 2 or len(lines) > MOST + 1:
        raise RequestError(
            f"The table {path} has {max(len(lines) - 1, 0)} lines after the one that names key paths; "
            f"it must have from 1 to {MOST}."
        )
    keys = _keys(path, lines[0][1])
    problems: list[str] = []
    rows = [_row(path, keys, *line, problems) for line in lines[1:]]
    if problems:
        rest = len(problems) - _MOST_TOLD
        raise RequestError(
            problems[:_MOST_TOLD] + [f"The table {path} has {rest} more mistakes."] * (rest > 0)
        )
    return {key: [row[column] for row in rows] for column, key in enumerate(keys)}


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Return the lines that are not blank, each with its number."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        _check_commas(path, next(iter(text.strip().splitlines()), ""))
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        return [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if cells]
    except OSError as error:
        raise RequestError(f"The table {path} cannot be read: {error.strerror}. Give a CSV file.") from None
    except UnicodeDecodeError:
        raise RequestError(f"The table {path} cannot be read: it is not UTF-8. Save it so.") from None
    except (csv.Error, ValueError) as error:
        raise RequestError(f"The table {path} is not CSV: {error}. Mend that place.") from None


def _check_commas(path: Path, first: str) -> None:
    for separator, name in _SEPARATORS.items():
        if separator in first and "," not in first:
            raise RequestError(
                f"The table {path} separates its cells by {name}; it must have commas. Save it as CSV with "
                "commas between cells and a point in decimal numbers."
            )


def _keys(path: Path, names: list[str]) -> list[str]:
    keys: list[str] = []
    problems: list[str] = []
    for number, name in enumerate(names, start=1):
        try:
            key = spelt(name) if name else ""
        except Flaw as flaw:
            problems.append(f"The table {path}: {flaw}")
            continue
        if not key:
            problems.append(f"The table {path} gives column {number} no name; it must be a key path.")
        elif key in keys:
            problems.append(f"The table {path} has two columns {key}; leave one out.")
        keys.append(key)
    if problems:
        raise RequestError(problems)
    return keys


def _row(path: Path, keys: list[str], line: int, cells: list[str], problems: list[str]) -> list[Any]:
    """Read one line; add what is wrong with it to `problems`."""
    place = f"Line {line} of the table {path}"
    row: list[Any] = []
    if len(cells) != len(keys):
        problems.append(f"{place} has {len(cells)} cells; it must have {len(keys)}, like the first line.")
        return row
    for key, cell in zip(keys, cells, strict=True):
        if not cell:
            problems.append(f"{place} has no value for {key}; every cell must hold one.")
            continue
        try:
            row.append(value_of(key, cell))
        except Flaw as flaw:
            problems.append(f"{place}: {flaw}")
        else:
            problems += (f"{place}: {problem}" for problem in resolve(row[-1], path.parent, key))
    return row
