"""Tables of events of the eye, of which fixations are read: those of BIDS, and those of pymovements.

BIDS counts onset and duration in seconds and names an event in `trial_type`; REMoDNaV writes such tables with
`label`. pymovements counts onset, offset and duration in milliseconds and has `name`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.formats.delimited import Table, as_text, read_table, write_table
from neurogate.scanpath.formats.viewing import checked
from neurogate.scanpath.path import Scanpath

__all__ = [
    "IMAGES",
    "PARTS",
    "TRIALS",
    "VIEWERS",
    "Style",
    "event_rows",
    "read_events",
    "style_of",
    "write_events",
]

Style = Literal["bids", "pymovements"]
NAMES = {"bids": ("trial_type", "label"), "pymovements": ("name",)}
PLACES = {"bids": ("x", "start_x"), "pymovements": ("location_x", "location")}
FIELDS = {"x": "x_px", "y": "y_px", "start": "start_s", "duration": "duration_s"}
VIEWERS = ("viewer", "subject", "subject_id", "participant", "participant_id")
IMAGES = ("image", "stimulus", "stim_file", "page", "page_id")
TRIALS = ("trial", "trial_id", "trial_number", "trial_index", "run", "session")
PARTS = (*TRIALS, *VIEWERS[1:], *IMAGES[1:])
"""Columns that tell scanpaths from each other."""
PER_SECOND = {"bids": 1.0, "pymovements": 1000.0}


def read_events(file: Path, *, style: Style, size: tuple[float, float], **policies: Any) -> Scanpath:
    r"""Read the fixations among events: those whose name begins with "fixa", in capitals or not.

    Parameters
    ----------
    file : Path
        Cells between tabs, or commas. Places are in the columns x and y, or start_x and start_y (BIDS);
        location_x and location_y, or location, as "[x, y]" (pymovements).
    style : {"bids", "pymovements"}
        Whose table it is: they differ in the unit of time.
    size : (float, float)
        Width and height of the picture, in px.
    **policies
        `missing`, `outside` and `px_per_degree` of `neurogate.scanpath.path.scanpath`.

    Raises
    ------
    RequestError
        If it is no such table, holds no fixation, or they are no scanpath.

    References
    ----------
    Gorgolewski et al. 2016, doi:10.1038/sdata.2016.44 (BIDS); Krakowczyk et al. 2023,
    doi:10.1145/3588015.3590134 (pymovements); Dar et al. 2021, doi:10.3758/s13428-020-01428-x (REMoDNaV).

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "events.tsv"
    ...     _ = file.write_text("onset,duration,label,start_x,start_y\n0,.2,FIXA,1,2\n.2,.1,SACC,1,2")
    ...     len(read_events(file, style="bids", size=(8, 6)))
    1
    """
    table = event_rows(read_table(Path(file)), style)
    table.one_of_each(*PARTS, *VIEWERS, *IMAGES)
    arrays = {field: table.numbers(name) for name, field in FIELDS.items()}
    return checked([("", "", arrays)], file, size, **policies)[0].path


def style_of(table: Table) -> Style | None:
    """Return whose events a table holds; None if its rows are not events.

    Raises
    ------
    RequestError
        If it names events and their onsets, but not their places.

    Examples
    --------
    >>> columns = {name: ["1"] for name in ("name", "onset", "duration", "location")}
    >>> style_of(Table(Path("events.csv"), columns, [2]))
    'pymovements'
    """
    found: tuple[Style, ...] = ("bids", "pymovements")
    for style in found if "onset" in table.columns else ():
        placed = style == "bids" or any(name in table.columns for name in PLACES[style])
        if placed and any(name in table.columns for name in NAMES[style]):
            return style
    if {"onset", "name"} <= set(table.columns):
        raise RequestError(
            f"{table.file} has onset and name, as pymovements, whose times are in milliseconds, but no place "
            "as it has. Name the columns location_x and location_y; or name and onset otherwise, if they are "
            "none of an event."
        )
    return None


def event_rows(table: Table, style: Style) -> Table:
    """Return the fixations among events, with columns x, y, start and duration (s); others stay as they are.

    Parameters
    ----------
    table : Table
        As it was read.
    style : {"bids", "pymovements"}
        Whose it is.

    Raises
    ------
    RequestError
        If it has no such columns, or holds no fixation.

    Examples
    --------
    >>> cells = {"name": ["fixation"], "onset": ["20"], "duration": ["180"], "location": ["[1, 2]"]}
    >>> event_rows(Table(Path("events.csv"), cells, [2]), "pymovements").columns["duration"]
    ['0.18']
    """
    names = table.columns[table.first_of(*NAMES[style])]
    rows = [row for row, name in enumerate(names) if name.strip().lower().startswith("fixa")]
    if not rows:
        found = ", ".join(sorted(set(names)))
        raise RequestError(
            f"{table.file} has no fixation among its {len(names)} events ({found}). Name some fixation."
        )
    table = table.only(rows)
    x, y = _places(table, table.first_of(*PLACES[style]))
    start, duration = (table.numbers(name) / PER_SECOND[style] for name in ("onset", "duration"))
    found_s = {"x": x, "y": y, "start": start, "duration": duration}
    columns = {**table.columns, **{name: as_text(column) for name, column in found_s.items()}}
    return Table(table.file, columns, table.lines)


def write_events(file: Path, path: Scanpath, *, style: Style) -> None:
    """Write fixations as events.

    Parameters
    ----------
    file : Path
        Replaced if it is there; cells between tabs.
    path : Scanpath
        Its size has no place in the table.
    style : {"bids", "pymovements"}
        Read back, "bids" has the same bits; times in milliseconds may change in their last.
    """
    per, fixation = PER_SECOND[style], ["fixation"] * len(path)
    times = {"onset": path.start_s * per, "duration": path.duration_s * per}
    columns: dict[str, Any]
    if style == "bids":
        columns = {**times, "trial_type": fixation, "x": path.x_px, "y": path.y_px}
    else:
        offset = {"offset": times["onset"] + times["duration"]}
        columns = {"name": fixation, **times, **offset, "location_x": path.x_px, "location_y": path.y_px}
    write_table(file, columns, "\t")


def _places(table: Table, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if name != "location":
        return table.numbers(name), table.numbers(name[:-1] + "y")
    pairs = [_pair(table, line, cell) for line, cell in zip(table.lines, table.columns[name], strict=True)]
    return np.array([x for x, _ in pairs]), np.array([y for _, y in pairs])


def _pair(table: Table, line: int, cell: str) -> tuple[float, float]:
    parts = re.split(r"[\s,]+", cell.strip("[]() \t"))
    try:
        x, y = (float(part) if part.lower() not in ("none", "null", "") else float("nan") for part in parts)
    except ValueError:
        raise RequestError(f"Line {line} of {table.file} has {cell!r} as location. Give [x, y].") from None
    return x, y
