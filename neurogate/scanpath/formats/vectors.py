"""The table that multimatch-gaze reads: one scanpath, columns start_x, start_y (px) and duration (s)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neurogate.scanpath.formats.delimited import read_table, write_table
from neurogate.scanpath.formats.viewing import checked
from neurogate.scanpath.path import Scanpath

__all__ = ["read_vectors", "write_vectors"]


def read_vectors(file: Path, *, size: tuple[float, float], **policies: Any) -> Scanpath:
    """Read a scanpath.

    Parameters
    ----------
    file : Path
        Cells between tabs, or commas.
    size : (float, float)
        Width and height of the picture, in px.
    **policies
        `missing`, `outside` and `px_per_degree` of `neurogate.scanpath.path.scanpath`.

    Raises
    ------
    RequestError
        If it is no such table or no scanpath.

    References
    ----------
    Wagner et al. 2019, doi:10.21105/joss.01525.
    """
    table = read_table(Path(file))
    names = {"start_x": "x_px", "start_y": "y_px", "duration": "duration_s"}
    columns = {field: table.numbers(name) for name, field in names.items()}
    return checked([("", "", columns)], file, size, **policies)[0].path


def write_vectors(file: Path, path: Scanpath) -> None:
    """Write a scanpath; places and durations read back with the same bits, starts have no place in the table.

    Examples
    --------
    >>> import tempfile
    >>> from neurogate.scanpath.path import scanpath
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_vectors(Path(folder) / "a.tsv", scanpath([1, 2], [3, 4], [0.1, 0.3], size=(8, 6)))
    ...     read_vectors(Path(folder) / "a.tsv", size=(8, 6)).duration_s.tolist()
    [0.1, 0.3]
    """
    write_table(file, {"start_x": path.x_px, "start_y": path.y_px, "duration": path.duration_s}, "\t")
