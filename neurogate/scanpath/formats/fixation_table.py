"""CSV with a row for each fixation: x, y (px), duration (s), and if known start (s), image and viewer.

The size of the picture (px) may stand in the columns width and height, how large a degree of visual angle is
(px) in the column px_per_degree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.formats.delimited import Table, read_table, write_table
from neurogate.scanpath.formats.events import IMAGES, PARTS, TRIALS, VIEWERS, event_rows, style_of
from neurogate.scanpath.formats.osie import osie_rows
from neurogate.scanpath.formats.viewing import Sizes, Viewing, checked

__all__ = ["fixation_rows", "picture_sizes", "read_csv", "viewings_in", "write_csv"]

FIELDS = {"x": "x_px", "y": "y_px", "duration": "duration_s", "start": "start_s"}
DEGREE = "px_per_degree"
_Key = TypeVar("_Key")
ALIASES = {"start_x": "x", "start_y": "y", "onset": "start"}


def read_csv(
    file: Path, *, size: Sizes | None = None, complaints: list[str] | None = None, **policies: Any
) -> list[Viewing]:
    r"""Read scanpaths; rows of one image, viewer, trial, run and session are one, in the order of the file.

    Parameters
    ----------
    file : Path
        Columns x, y, duration, and if there are such start, image, viewer; others are passed over. A cell
        that is empty or says n/a is a missing number. Also what others write (see `fixation_rows`).
    size : (width, height), or mapping of images to such, optional
        Of the pictures, in px; what stands in the columns width and height if left out.
    complaints : list of str, optional
        Takes a sentence for each scanpath that is none, which is then left out; without it the first one ends
        the reading.
    **policies
        `missing`, `outside` and `px_per_degree` of `neurogate.scanpath.path.scanpath`.

    Returns
    -------
    list of Viewing
        In the order of their first rows. Of several trials of one image and viewer, each is told by the
        name of its viewer, such as "a, trial 2".

    Raises
    ------
    RequestError
        If it is no such table, no size is known, or something in it is no scanpath.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "gaze.csv"
    ...     _ = file.write_text("x,y,duration,viewer\n1,2,.2,a\n3,4,.3,b\n5,6,.1,a\n")
    ...     [(each.viewer, each.path.x_px.tolist()) for each in read_csv(file, size=(80, 60))]
    [('a', [1.0, 5.0]), ('b', [3.0])]
    """
    return viewings_in(fixation_rows(Path(file)), size=size, complaints=complaints, **policies)


def viewings_in(
    table: Table, *, size: Sizes | None = None, complaints: list[str] | None = None, **policies: Any
) -> list[Viewing]:
    """Return the scanpaths in a table of fixations.

    Parameters
    ----------
    table : Table
        As `fixation_rows` reads it.
    size, complaints, **policies
        Those of `read_csv`, as are the errors.

    Examples
    --------
    >>> cells = {"x": ["1"], "y": ["2"], "duration": [".2"]}
    >>> [each.path.x_px.tolist() for each in viewings_in(Table(Path("a.csv"), cells, [2]), size=(8, 6))]
    [[1.0]]
    """
    columns = {
        FIELDS[name]: table.numbers(name) for name in FIELDS if name != "start" or name in table.columns
    }
    if DEGREE in table.columns and DEGREE not in policies:
        columns[DEGREE] = table.numbers(DEGREE)
    sizes = picture_sizes(table) if size is None else size
    return checked(_groups(table, columns), table.file, sizes, complaints, **policies)


def write_csv(file: Path, viewings: Sequence[Viewing], *, sized: bool = False) -> None:
    r"""Write scanpaths; read back they have the same bits.

    Parameters
    ----------
    file : Path
        Replaced if it is there.
    viewings : sequence of Viewing
        Each with a name of its own.
    sized : bool
        Whether the columns width and height say how large the pictures are, and px_per_degree, if it is known
        of any, how large a degree is.

    Raises
    ------
    RequestError
        If two have the same image and viewer, or one has no fixations, of which no row could tell.

    Examples
    --------
    >>> import tempfile
    >>> from neurogate.scanpath.path import scanpath
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_csv(Path(folder) / "gaze.csv", [Viewing(scanpath([1], [2], [0.5], size=(8, 6)))])
    ...     (Path(folder) / "gaze.csv").read_text()
    'x,y,duration,start\n1.0,2.0,0.5,0.0\n'
    """
    keys = [(viewing.image, viewing.viewer) for viewing in viewings]
    for place, (key, viewing) in enumerate(zip(keys, viewings, strict=True)):
        if key in keys[:place]:
            raise RequestError(
                f"Scanpaths {keys.index(key)} and {place} are both of image {key[0]!r} and "
                f"viewer {key[1]!r}. Give each a name of its own."
            )
        if not len(viewing.path):
            raise RequestError(
                f"Scanpath {place} has no fixations, so that no row would tell of it. Leave it out."
            )
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(viewing.path, field) for viewing in viewings] or [[]])
        for name, field in FIELDS.items()
    }
    for name in ("width", "height") if sized else ():
        numbers = [getattr(viewing.path, f"{name}_px") for viewing in viewings]
        columns[name] = np.repeat(np.array(numbers, float), [len(viewing.path) for viewing in viewings])
    degrees = [viewing.path.px_per_degree for viewing in viewings for _ in range(len(viewing.path))]
    columns |= {DEGREE: degrees} if sized and not np.isnan(degrees).all() else {}
    for name in ("image", "viewer"):
        words = [getattr(viewing, name) for viewing in viewings for _ in range(len(viewing.path))]
        columns |= {name: words} if any(words) else {}
    write_table(file, columns, ",")


def fixation_rows(file: Path) -> Table:
    r"""Read a table of fixations, with names as `read_csv` has them.

    As multimatch-gaze has it, start_x and start_y are x and y. Among the events of BIDS, REMoDNaV and
    pymovements only fixations are read (`neurogate.scanpath.formats.events`). A file whose name ends with
    .mat is read as OSIE's. If there is no viewer, a subject or participant is one; if there is no image, a
    stimulus, stim_file or page is.

    Parameters
    ----------
    file : Path
        Cells between tabs, or commas; or a .mat.

    Raises
    ------
    RequestError
        If it is no such table, or none of its events is a fixation.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "events.tsv"
    ...     _ = file.write_text("onset,duration,label,start_x,start_y\n0,.2,FIXA,1,2\n.2,.1,SACC,1,2")
    ...     fixation_rows(file).columns["x"]
    ['1.0']
    """
    if file.suffix.lower() == ".mat":
        return osie_rows(file)
    table = read_table(file)
    style = style_of(table)
    table = event_rows(table, style) if style else table
    names = {theirs: ours for theirs, ours in ALIASES.items() if ours not in table.columns}
    for ours, several in (("viewer", VIEWERS), ("image", IMAGES)):
        known = [name for name in several if name in table.columns]
        names |= {known[0]: ours} if known else {}
    renamed = {names.get(name, name): cells for name, cells in table.columns.items()}
    return Table(table.file, renamed, table.lines)


def picture_sizes(table: Table) -> dict[str, tuple[float, float]]:
    """Return the size of each image, which all of its rows agree on.

    Parameters
    ----------
    table : Table
        With columns width and height, in px, and image if there are several.

    Raises
    ------
    RequestError
        If there are no such columns, a cell is empty, or rows of one image disagree.

    Examples
    --------
    >>> cells = {"image": ["cat", "dog"], "width": ["80", "40"], "height": ["60", "30"]}
    >>> picture_sizes(Table(Path("gaze.csv"), cells, [2, 3]))
    {'cat': (80.0, 60.0), 'dog': (40.0, 30.0)}
    """
    if not {"width", "height"} <= set(table.columns):
        raise RequestError(
            f"{table.file} does not say how large the pictures are. Give their size, or columns width and "
            "height."
        )
    sizes: dict[str, tuple[float, float]] = {}
    widths, heights = (table.numbers(name).tolist() for name in ("width", "height"))
    rows = zip(table.words("image"), widths, heights, table.lines, strict=True)
    for image, width, height, line in rows:
        if np.isnan(width) or np.isnan(height):
            raise RequestError(
                f"Line {line} of {table.file} has no {'width' if np.isnan(width) else 'height'}. Give it, or "
                "the size of the pictures."
            )
        if sizes.setdefault(image, (width, height)) != (width, height):
            before = "{:g} x {:g} px".format(*sizes[image])
            raise RequestError(
                f"Line {line} of {table.file} has a picture of {width:g} x {height:g} px, which was {before} "
                "above. Give each image one size."
            )
    return sizes


def _groups(
    table: Table, columns: dict[str, NDArray[np.float64]]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    keys = list(zip(table.words("image"), table.words("viewer"), strict=True))
    for (image, viewer), rows in _alike(keys).items():
        for words, own in _trials(table, rows):
            table.only(own).one_of_each(*PARTS, DEGREE)
            name = ", ".join(filter(None, (viewer, *words)))
            arrays: dict[str, Any] = {name: column[own] for name, column in columns.items()}
            yield image, name, arrays | ({DEGREE: arrays[DEGREE][0]} if DEGREE in arrays else {})


def _trials(table: Table, rows: list[int]) -> Iterator[tuple[tuple[str, ...], list[int]]]:
    """Return the rows of each trial, and what it is called if there are several."""
    known = {name: [table.columns[name][row] for row in rows] for name in TRIALS if name in table.columns}
    named = [[f"{name} {cell}" for cell in cells] for name, cells in known.items() if len({*cells}) > 1]
    if not named:
        yield (), rows
    for words, places in _alike(zip(*named, strict=True)).items():
        yield words, [rows[place] for place in places]


def _alike(keys: Iterable[_Key]) -> dict[_Key, list[int]]:
    """Return where each key stands."""
    found: dict[_Key, list[int]] = {}
    for place, key in enumerate(keys):
        found.setdefault(key, []).append(place)
    return found
