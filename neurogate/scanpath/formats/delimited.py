"""Tables of text with a header, as all formats here but one are; what is wrong in one is told by its line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import attrs
import numpy as np
from numpy.typing import NDArray

from neurogate.errors import RequestError
from neurogate.files import replacing

__all__ = ["Table", "as_text", "read_table", "write_table"]

MISSING = ("", "n/a", "na", "nan", "null")


@attrs.frozen
class Table:
    """Columns of text.

    Parameters
    ----------
    file : Path
        Where they were read.
    columns : mapping of str to sequence of str
        Cells by the names in the header.
    lines : sequence of int
        Of the file, from 1, in which the rows end.
    """

    file: Path
    columns: Mapping[str, Sequence[str]]
    lines: Sequence[int]

    def first_of(self, *names: str) -> str:
        """Return the first of some names that a column has; complain if none has."""
        for name in names:
            if name in self.columns:
                return name
        only = next(iter(self.columns)) if len(self.columns) == 1 else ""
        advice = " Put a comma or a tab between cells." if re.search(r"[;|\s]", only) else ""
        raise RequestError(
            f"{self.file} has no column {' or '.join(names)}. It has {', '.join(self.columns)}.{advice}"
        )

    def only(self, rows: Sequence[int]) -> Table:
        """Return some of the rows, by their places."""
        columns = {name: [cells[row] for row in rows] for name, cells in self.columns.items()}
        return Table(self.file, columns, [self.lines[row] for row in rows])

    def one_of_each(self, *names: str) -> None:
        """Complain if a column that is there tells rows of one scanpath from each other."""
        for name in names:
            found = sorted({*self.columns.get(name, ())})
            if len(found) > 1:
                raise RequestError(
                    f"{self.file} has one scanpath of more than one {name}: {', '.join(found[:3])}. Name the "
                    "column that tells scanpaths from each other viewer or image."
                )

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return a column as numbers, with NaN for a cell that is empty or says n/a."""
        cells = self.columns[self.first_of(name)]
        return np.array([self._number(name, place, cell) for place, cell in enumerate(cells)], np.float64)

    def words(self, name: str) -> Sequence[str]:
        """Return a column as text; empty cells if there is no such column."""
        return self.columns.get(name, [""] * len(self.lines))

    def _number(self, name: str, place: int, cell: str) -> float:
        if cell.strip().lower() in MISSING:
            return float("nan")
        try:
            return float(cell)
        except ValueError:
            raise RequestError(
                f"Line {self.lines[place]} of {self.file} has {cell!r} as {name}. "
                "Give a number, or n/a if there is none."
            ) from None


def read_table(file: Path, delimiter: str | None = None) -> Table:
    """Read a table in UTF-8.

    Parameters
    ----------
    file : Path
        With a header and at least one row.
    delimiter : str, optional
        Between cells; if left out, the tab if the header has one, else the comma.

    Raises
    ------
    RequestError
        If it cannot be read, is empty, or has a row that is not as long as the header.
    """
    text = _text(file)
    if not text.strip():
        raise RequestError(f"{file} is empty. Give a table with a header and a row for each fixation.")
    delimiter = delimiter or ("\t" if "\t" in text.splitlines()[0] else ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise RequestError(f"Line {reader.line_num} of {file} cannot be read: {error}.") from None
    header = [cell.strip() for cell in rows[0][1]]
    if len(set(header)) < len(header):
        raise RequestError(f"{file} has two columns of one name: {', '.join(header)}. Rename one.")
    if len(rows) == 1:
        raise RequestError(f"{file} has a header but no fixations. Give at least one row.")
    for line, row in rows:
        if len(row) != len(header):
            raise RequestError(
                f"Line {line} of {file} has {len(row)} cells, its header {len(header)}. "
                "Give one for each column."
            )
    cells = zip(*(row for _, row in rows[1:]), strict=True)
    return Table(file, dict(zip(header, cells, strict=True)), [line for line, _ in rows[1:]])


def write_table(
    file: Path, columns: Mapping[str, Sequence[str] | NDArray[np.float64]], delimiter: str
) -> None:
    """Write a table that reads back with the same bits; the file is whole or absent.

    Parameters
    ----------
    file : Path
        Replaced if it is there.
    columns : mapping of str to sequences of one length
        Text as it is, numbers with as many digits as it takes, NaN as n/a.
    delimiter : str
        Between cells.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*([_cell(value) for value in column] for column in columns.values()), strict=True))
    with replacing(Path(file)) as opened:
        opened.write(text.getvalue().encode())


def as_text(column: Iterable[float]) -> list[str]:
    """Return numbers as cells that read back with the same bits, n/a where there is none.

    Examples
    --------
    >>> as_text([0.1, float("nan")])
    ['0.1', 'n/a']
    """
    return [_cell(value) for value in column]


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return repr(float(value)) if np.isfinite(value) else "n/a"


def _text(file: Path) -> str:
    try:
        return Path(file).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise RequestError(f"{file} cannot be read: {error.strerror}. Give a file that is there.") from None
    except UnicodeDecodeError:
        raise RequestError(f"{file} is not text in UTF-8. Save it as such.") from None
