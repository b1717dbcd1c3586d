"""The .mat of OSIE: 700 pictures of 800 x 600 px, each seen by 15 people for three seconds."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurogate.errors import RequestError
from neurogate.files import replacing
from neurogate.scanpath.formats.delimited import Table, as_text
from neurogate.scanpath.formats.viewing import Sizes, Viewing, checked

__all__ = ["osie_rows", "read_osie", "write_osie"]

SIZE = (800.0, 600.0)
FIELDS = {"fix_x": ("x_px", 1.0), "fix_y": ("y_px", 1.0), "fix_duration": ("duration_s", 1000.0)}


def read_osie(
    file: Path, *, images: Collection[str] | None = None, size: Sizes = SIZE,
    complaints: list[str] | None = None, **policies: Any,
) -> list[Viewing]:  # fmt: skip
    """Read scanpaths.

    Parameters
    ----------
    file : Path
        A struct array ``fixations`` with the fields ``img`` and ``subjects``, of which each has ``fix_x``,
        ``fix_y`` (px) and ``fix_duration`` (ms).
    images : collection of str, optional
        Names of the pictures wanted, such as "1001.jpg"; all if left out.
    size : (width, height), or mapping of images to such
        Of the pictures.
    complaints : list of str, optional
        Takes a sentence for each scanpath that is none, which is then left out; without it the first one ends
        the reading.
    **policies
        `missing`, `outside` and `px_per_degree` of `neurogate.scanpath.path.scanpath`.

    Returns
    -------
    list of Viewing
        Viewers are numbered from 0, in the order of the file.

    Raises
    ------
    RequestError
        If it is no such file, a picture is not in it, or something is no scanpath.

    References
    ----------
    Xu et al. 2014, doi:10.1167/14.1.28.
    """
    entries = {str(entry.img): np.atleast_1d(entry.subjects) for entry in _entries(Path(file))}
    absent = sorted(set(images or ()) - set(entries))
    if absent:
        raise RequestError(
            f"{file} knows no image {', '.join(absent)}. It has {', '.join(list(entries)[:3])}..."
        )
    wanted = {image: subjects for image, subjects in entries.items() if images is None or image in images}
    return checked(_found(wanted), file, size, complaints, **policies)


def osie_rows(file: Path) -> Table:
    """Return a row for each fixation, with names as `neurogate.scanpath.formats.fixation_table` has them.

    Parameters
    ----------
    file : Path
        As `read_osie` takes it. Who fixated nothing has no row, and what is missing is told by its line: the
        number of the fixation in the file, from 1.

    Raises
    ------
    RequestError
        If it is no such file, or a scanpath has not as many numbers of each kind.
    """
    rows: list[tuple[str, ...]] = []
    entries = {str(entry.img): np.atleast_1d(entry.subjects) for entry in _entries(Path(file))}
    for image, viewer, arrays in _found(entries):
        lengths = [len(column) for column in arrays.values()]
        if len(set(lengths)) > 1:
            said = " and ".join(map(str, lengths))
            raise RequestError(
                f"{file}, image {image}, viewer {viewer}: fix_x, fix_y and fix_duration have {said} numbers. "
                "Give as many of each."
            )
        cells = zip(*map(as_text, arrays.values()), strict=True)
        rows.extend((image, viewer, *each, *map(str, SIZE)) for each in cells)
    names = ("image", "viewer", "x", "y", "duration", "width", "height")
    columns = dict(zip(names, zip(*rows, strict=True) if rows else [()] * len(names), strict=True))
    return Table(Path(file), columns, range(1, len(rows) + 1))


def write_osie(file: Path, viewings: Sequence[Viewing]) -> None:
    """Write scanpaths, by image; viewers lose their names, and starts have no place in the file.

    Parameters
    ----------
    file : Path
        Replaced if it is there.
    viewings : sequence of Viewing
        Durations may change in their last bit, in milliseconds.
    """
    from scipy.io import savemat

    images = list(dict.fromkeys(viewing.image for viewing in viewings))
    fixations = np.zeros(len(images), dtype=[("img", object), ("subjects", object)])
    for place, image in enumerate(images):
        own = [viewing.path for viewing in viewings if viewing.image == image]
        subjects = np.zeros(len(own), dtype=[(name, object) for name in FIELDS])
        for name, (field, per_second) in FIELDS.items():
            subjects[name] = _boxed([getattr(path, field) * per_second for path in own])
        fixations[place] = image, subjects
    with replacing(Path(file)) as opened:
        sink: Any = opened  # scipy's types know files by name only
        savemat(sink, {"fixations": fixations}, do_compression=True)


def _boxed(arrays: list[NDArray[np.float64]]) -> NDArray[np.object_]:
    boxes = np.empty(len(arrays), dtype=object)
    for place, array in enumerate(arrays):
        boxes[place] = array
    return boxes


def _entries(file: Path) -> list[Any]:
    from scipy.io import loadmat

    try:
        content = loadmat(str(file), squeeze_me=True, struct_as_record=False)
    except OSError as error:
        raise RequestError(
            f"{file} cannot be read: {error.strerror or error}. Give a .mat of OSIE."
        ) from None
    except Exception:  # noqa: BLE001  (scipy has no one error for a file that is no .mat)
        raise RequestError(f"{file} is not a .mat that can be read. Give fixations.mat of OSIE.") from None
    entries = list(np.atleast_1d(content.get("fixations", [])))
    if not entries or not all(hasattr(entry, name) for entry in entries for name in ("img", "subjects")):
        raise RequestError(
            f"{file} has no structs fixations with the fields img and subjects. Give fixations.mat of OSIE."
        )
    return entries


def _found(entries: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, NDArray[np.float64]]]]:
    for image, subjects in entries.items():
        for number, subject in enumerate(subjects):
            arrays = {
                field: np.atleast_1d(np.asarray(getattr(subject, name, []), dtype=np.float64)) / per_unit
                for name, (field, per_unit) in FIELDS.items()
            }
            yield image, str(number), arrays
