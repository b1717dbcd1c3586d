"""Pictures as arrays: whatever a file or a user has becomes red, green and blue from 0 to 1."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError

__all__ = ["as_picture", "picture_size", "read_picture"]

FULL = {"b": 1.0, "uint8": 255.0, "uint16": 65535.0}
DEEPEST = 65535


def read_picture(file: Path, *, background: float = 1.0, largest: int | None = None) -> NDArray[np.float64]:
    """Read a picture of any kind that Pillow knows, turned as its camera says.

    Parameters
    ----------
    file : Path
        Grey, colour, palette, grey of 16 bits, or grey from 0 to 1 in floats; of 16-bit colour, Pillow keeps
        the upper 8.
    background : float
        Grey that shows through what is transparent, from 0 to 1.
    largest : int, optional
        Px to which a longer side is brought, by means over areas.

    Returns
    -------
    (H, W, 3) array
        Red, green and blue, from 0 to 1, as stored: not linear in light.

    Raises
    ------
    RequestError
        If it cannot be read, has other numbers, or is only one pixel high or wide.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("L", (3, 2), 51).save(Path(folder) / "grey.png")
    ...     read_picture(Path(folder) / "grey.png")[0, 0].tolist()
    [0.2, 0.2, 0.2]
    """
    image = _opened(file)
    scale = min(1.0, (largest or max(image.size)) / max(image.size))
    shape = tuple(min(side, max(2, round(scale * side))) for side in image.size)
    try:
        return as_picture(_levels(image, shape), background=background)
    except RequestError as error:
        raise RequestError(f"{file}: {error}") from None


def picture_size(file: Path) -> tuple[int, int]:
    """Return width and height of a picture in a file, in px, as its camera turned it.

    Raises
    ------
    RequestError
        If it cannot be read.
    """
    width, height = _opened(file).size
    return width, height


def as_picture(array: ArrayLike, *, background: float = 1.0) -> NDArray[np.float64]:
    """Return a picture of an array.

    Parameters
    ----------
    array : (H, W), or (H, W, C) with 1 to 4 channels
        Grey, grey and alpha, RGB, or RGB and alpha. Booleans, 8 or 16 bits without sign, or numbers from 0
        to 1.
    background : float
        Grey that shows through where alpha is below 1.

    Returns
    -------
    (H, W, 3) array
        From 0 to 1.

    Raises
    ------
    RequestError
        If it is no such array, or is only one pixel high or wide.

    Examples
    --------
    >>> as_picture(np.full((2, 2, 4), [255, 0, 0, 0], np.uint8))[0, 0].tolist()
    [1.0, 1.0, 1.0]
    """
    given = np.asarray(array)
    planes = given[:, :, None] if given.ndim == 2 else given
    if planes.ndim != 3 or not 1 <= planes.shape[2] <= 4:
        raise RequestError(
            f"The picture has shape {given.shape}. Give (H, W), or (H, W, C) with 1 to 4 channels."
        )
    if min(planes.shape[:2]) < 2:
        raise RequestError(f"The picture is {planes.shape[1]} x {planes.shape[0]} px. Give at least 2 x 2.")
    values = _unit(planes)
    if planes.shape[2] in (2, 4):
        alpha = values[:, :, -1:]
        values = alpha * values[:, :, :-1] + (1 - alpha) * background
    return np.ascontiguousarray(np.broadcast_to(values, (*values.shape[:2], 3)))


def _unit(planes: NDArray[Any]) -> NDArray[np.float64]:
    full = FULL.get(planes.dtype.name, FULL.get(planes.dtype.kind))
    if full is not None:
        return np.asarray(planes / full, dtype=np.float64)
    values = planes.astype(np.float64) if planes.dtype.kind == "f" else None
    if values is None:
        raise RequestError(f"The picture has numbers of type {planes.dtype}. Give uint8, uint16, or 0 to 1.")
    if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
        raise RequestError(
            f"The picture has numbers from {values.min():g} to {values.max():g}. Give numbers from 0 to 1."
        )
    return values


def _opened(file: Path) -> Any:
    """Return what Pillow makes of a file."""
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(file) as opened:
                opened.load()
                return ImageOps.exif_transpose(opened)
    except Image.DecompressionBombError:
        most = 2 * (Image.MAX_IMAGE_PIXELS or 0) / 1e6
        raise RequestError(
            f"{file} has more pixels than Pillow reads, {most:.0f} million. Give a smaller one."
        ) from None
    except (OSError, SyntaxError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no picture that Pillow knows, or not whole"
        raise RequestError(f"{file} cannot be read: {reason}. Give a PNG, JPEG or TIFF.") from None


def _levels(image: Any, size: tuple[int, ...]) -> NDArray[Any]:
    """Return the levels of a picture that is brought to a size."""
    from PIL import Image

    deep = image.mode[0] in "IF"
    if image.mode == "I" and not (image.getextrema()[0] >= 0 and image.getextrema()[1] <= DEEPEST):
        raise RequestError(
            "The picture has levels from {} to {}. Give levels from 0 to {}.".format(
                *image.getextrema(), DEEPEST
            )
        )
    transparent = "A" in image.getbands() or "transparency" in image.info
    plain = image.convert("F" if deep else "RGBA" if transparent else "RGB")
    if size != plain.size:
        plain = plain.resize(size, Image.Resampling.BOX)
    levels = np.asarray(plain)
    if deep:
        levels = np.clip(levels, *image.getextrema())  # a mean may pass them by a rounding
    return levels.round().astype(np.uint16) if image.mode[0] == "I" else levels
