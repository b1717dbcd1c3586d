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
from neurogate.scanpath.formats.delimited import Table, read_table, write_table
from neurogate.scanpath.formats.viewing import checked
from neurogate.scanpath.path import Scanpath

__all__ = ["Style", "read_events", "write_events"]

Style = Literal["bids", "pymovements"]
NAMES = {"bids": ("trial_type", "label"), "pymovements": ("name",)}
PLACES = {"bids": ("x", "start_x"), "pymovements": ("location_x", "location")}
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
    table = read_table(Path(file))
    names = table.columns[table.first_of(*NAMES[style])]
    rows = [row for row, name in enumerate(names) if name.strip().lower().startswith("fixa")]
    if not rows:
        found = ", ".join(sorted(set(names)))
        raise RequestError(
            f"{file} has no fixation among its {len(names)} events ({found}). Name some fixation."
        )
    table = table.only(rows)
    x, y = _places(table, table.first_of(*PLACES[style]))
    times = {
        f"{to}_s": table.numbers(of) / PER_SECOND[style] for to, of in (("start", "onset"), ("duration",) * 2)
    }
    return checked([("", "", {"x_px": x, "y_px": y, **times})], file, size, **policies)[0].path


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
