"""Maps of priority in files: tables of NumPy, and pictures, of which the brightness counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.priority import checked_map
from neurogate.scanpath.vision.pictures import read_picture
from neurogate.scanpath.vision.smoothing import pooled

__all__ = ["read_map"]


def read_map(file: Path, *, largest: int | None = None) -> NDArray[np.float64]:
    """Read a map of priority.

    Parameters
    ----------
    file : Path
        A table (H, W) as `numpy.save` writes it, if its name ends with .npy; else a picture, of which the
        mean of red, green and blue is taken.
    largest : int, optional
        Cells to which a longer side is brought, by means over areas.

    Returns
    -------
    (H, W) array

    Raises
    ------
    RequestError
        If it cannot be read, or is no table of finite numbers.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(Path(folder) / "map.npy", np.eye(4))
    ...     read_map(Path(folder) / "map.npy", largest=2).tolist()
    [[0.5, 0.0], [0.0, 0.5]]
    """
    if file.suffix.lower() != ".npy":
        return np.asarray(read_picture(file, largest=largest).mean(axis=2))
    try:
        plane = checked_map(_loaded(file), "The map")
    except RequestError as error:
        raise RequestError(f"{file}: {error}") from None
    scale = min(1.0, (largest or max(plane.shape)) / max(plane.shape))
    rows, columns = (max(1, round(scale * side)) for side in plane.shape)
    return plane if scale == 1 else pooled(plane, (rows, columns))


def _loaded(file: Path) -> NDArray[np.float64]:
    try:
        found = np.load(file, allow_pickle=False)
    except OSError as error:
        raise RequestError(
            f"it cannot be read: {error.strerror or 'it is not whole'}. Give a table that numpy.save wrote."
        ) from None
    except (ValueError, EOFError):
        raise RequestError("it holds no table of numbers. Give one that numpy.save wrote.") from None
    if getattr(found, "dtype", np.dtype(object)).kind not in "biuf":
        raise RequestError("it holds no table of real numbers. Give one that numpy.save wrote.")
    return np.asarray(found, np.float64)
