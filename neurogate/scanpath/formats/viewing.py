"""A scanpath together with who looked at what, and how many of them are checked one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from neurogate.errors import RequestError
from neurogate.scanpath.path import Scanpath, scanpath

__all__ = ["Sizes", "Viewing", "checked", "numbered"]

Sizes: TypeAlias = tuple[float, float] | Mapping[str, tuple[float, float]]
"""Width and height of all pictures, or of each by its name."""


@attrs.frozen(eq=False)
class Viewing:
    """A scanpath, and whose it is.

    Parameters
    ----------
    path : Scanpath
        Where they looked.
    image, viewer : str
        At what, and who; empty if unknown.
    """

    path: Scanpath
    image: str = ""
    viewer: str = ""


def numbered(paths: Sequence[Scanpath], image: str = "") -> list[Viewing]:
    """Call the viewers of one picture by numbers, as for paths that a model made.

    Examples
    --------
    >>> [each.viewer for each in numbered([scanpath([1], [2], size=(8, 6))] * 2, "cat.png")]
    ['0', '1']
    """
    return [Viewing(path, image, str(number)) for number, path in enumerate(paths)]


def checked(
    found: Iterable[tuple[str, str, Mapping[str, Any]]], source: object, size: Sizes,
    complaints: list[str] | None = None, **policies: Any,
) -> list[Viewing]:  # fmt: skip
    """Make viewings of what a reader found.

    Parameters
    ----------
    found : iterable of (image, viewer, arrays)
        The arrays are those that `neurogate.scanpath.path.scanpath` takes, by name.
    source : object
        Where it was found, for complaints.
    size : (width, height), or mapping of images to such
        Of the pictures.
    complaints : list of str, optional
        Takes a sentence for each scanpath that is none, which is then left out; without it the first one ends
        the reading.
    **policies
        `missing`, `outside` and `px_per_degree` of `neurogate.scanpath.path.scanpath`.

    Raises
    ------
    RequestError
        If something is no scanpath and there is no list of complaints.
    """
    viewings = []
    for image, viewer, arrays in found:
        try:
            path = scanpath(**arrays, size=_size(size, image), **policies)
        except RequestError as error:
            whose = "".join(f", {what} {who}" for what, who in (("image", image), ("viewer", viewer)) if who)
            sentence = f"{source}{whose}: {error}"
            if complaints is None:
                raise RequestError(sentence) from None
            complaints.append(sentence)
        else:
            viewings.append(Viewing(path, image, viewer))
    return viewings


def _size(size: Sizes, image: str) -> tuple[float, float]:
    if not isinstance(size, Mapping):
        return size
    if image not in size:
        raise RequestError(f"No size is given of image {image!r}. Sizes are there of {', '.join(size)}.")
    return size[image]
