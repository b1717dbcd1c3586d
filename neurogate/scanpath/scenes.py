"""Pictures with the people who looked at them, and who of these is compared with whom."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
import numpy as np
from numpy.typing import NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.formats.osie import read_osie
from neurogate.scanpath.formats.viewing import Viewing
from neurogate.scanpath.metrics.fixation_map import fixation_map
from neurogate.scanpath.metrics.priority import cells
from neurogate.scanpath.path import Scanpath, of_one_size
from neurogate.scanpath.vision.pictures import read_picture

__all__ = ["APART", "EVERY", "SIGMA_PX", "Scene", "image_names", "osie_scenes", "scenes"]

Values = NDArray[np.float64]
EVERY = 3
"""Of so many viewers, one is who all rows are compared with; the others make the map."""
APART = 137
"""So many pictures on is the picture whose viewers look elsewhere."""
SIGMA_PX = 25.0
"""Of the map of where the others looked."""


@attrs.frozen(eq=False)
class Scene:
    """A picture, and what people did.

    Parameters
    ----------
    image : str
        Its name.
    viewers : sequence of Scanpath
        Who saw it: the numbers 0, 3, 6... are compared with, the others make the map.
    elsewhere : sequence of Scanpath
        Who saw another picture, by the same numbers; a partner who is not among them does not count.
    file : Path, optional
        Where the picture is.

    Raises
    ------
    RequestError
        If there are fewer than three viewers, or sizes of the pictures seen, here and elsewhere, differ.
    """

    image: str
    viewers: Sequence[Scanpath]
    elsewhere: Sequence[Scanpath]
    file: Path | None = None

    def __attrs_post_init__(self) -> None:
        """Look whether there are viewers to be compared with, and others, on pictures of one size."""
        if len(self.viewers) < EVERY:
            raise RequestError(
                f"Picture {self.image} was seen by {len(self.viewers)}. Give at least {EVERY} viewers."
            )
        try:
            of_one_size(*self.viewers, *self.elsewhere)
        except RequestError as error:
            raise RequestError(f"Picture {self.image}, or the one seen elsewhere: {error}") from None

    @property
    def size(self) -> tuple[float, float]:
        """Width and height, in px."""
        return self.viewers[0].width_px, self.viewers[0].height_px

    @property
    def judges(self) -> list[int]:
        """Numbers of the viewers whom others are compared with."""
        return list(range(0, len(self.viewers) - EVERY + 1, EVERY))

    def partners(self, viewers: Sequence[Scanpath]) -> list[list[Scanpath]]:
        """Return for each judge the two viewers that come after, of this picture or another; who is there."""
        return [list(viewers[judge + 1 : judge + EVERY]) for judge in self.judges]

    def picture(self) -> Values:
        """Return the picture, (H, W, 3).

        Raises
        ------
        RequestError
            If there is no file, it cannot be read, or it has another size than the scanpaths.
        """
        if self.file is None:
            raise RequestError(f"There is no file of the picture {self.image}. Name it in its scene.")
        picture = read_picture(self.file)
        if picture.shape[1::-1] != self.size:
            raise RequestError(
                f"{self.file} is {picture.shape[1]} x {picture.shape[0]} px, but its scanpaths are of a "
                f"picture of {self.size[0]:g} x {self.size[1]:g} px. Give that one."
            )
        return picture

    @functools.cached_property
    def seen(self) -> Values:
        """Where the others looked: fixations, the first too, smoothed, minus the mean, by their deviation."""
        shape = round(self.size[1]), round(self.size[0])
        others = [path for number, path in enumerate(self.viewers) if number not in self.judges]
        found = np.concatenate([cells(path, shape, self.size, "drop") for path in others])
        smooth = fixation_map(found, shape, SIGMA_PX)
        spread = smooth.std()
        return np.asarray((smooth - smooth.mean()) / (spread if spread > 0 else np.nan))


def scenes(
    viewings: Sequence[Viewing], images: Sequence[str] | None = None,
    files: Mapping[str, Path] | None = None, complaints: list[str] | None = None,
) -> list[Scene]:  # fmt: skip
    """Make scenes of viewings.

    Parameters
    ----------
    viewings : sequence of Viewing
        Of all pictures: those that are not wanted are where viewers look elsewhere.
    images : sequence of str, optional
        Names of the pictures wanted; all if left out.
    files : mapping of str to Path, optional
        Where the pictures are.
    complaints : list of str, optional
        Takes a sentence for each scene that is none, which is then left out; without it the first one is an
        error.

    Raises
    ------
    RequestError
        If a picture was seen by nobody or by fewer than three, there is gaze on one picture only, or sizes of
        pictures differ.

    Examples
    --------
    >>> from neurogate.scanpath.path import scanpath
    >>> path = scanpath([1, 2], [3, 4], size=(80, 60))
    >>> viewings = [Viewing(path, image, viewer) for image in ("a", "b") for viewer in "012"]
    >>> [(scene.image, scene.judges) for scene in scenes(viewings)]
    [('a', [0]), ('b', [0])]
    """
    groups: dict[str, list[Scanpath]] = {}
    for viewing in viewings:
        groups.setdefault(viewing.image, []).append(viewing.path)
    names = list(groups)
    absent = [image for image in images or () if image not in groups]
    if absent:
        raise RequestError(
            f"Nobody saw the picture {', '.join(absent)}. There is gaze on {', '.join(names[:3])}"
            f"{'...' if len(names) > len(names[:3]) else ''}."
        )
    after, found = _elsewhere(names), []
    for image in names if images is None else images:
        try:
            found.append(Scene(image, groups[image], groups[after[image]], (files or {}).get(image)))
        except RequestError as error:
            if complaints is None:
                raise
            complaints.append(str(error))
    return found


def osie_scenes(folder: Path, images: str | None = None, complaints: list[str] | None = None) -> list[Scene]:
    """Read scenes from a folder laid out as OSIE is: ``fixations.mat``, and pictures in ``stimuli``.

    Parameters
    ----------
    folder : Path
        Or one that has such a folder by the name of ``osie``.
    images : str, optional
        Which, as `image_names` takes it; those whose picture is there if left out.
    complaints : list of str, optional
        Takes a sentence for each scanpath or scene that is none, which is then left out; without it the first
        one ends the reading. A scene is none too if a scanpath before others is, for who judges goes by
        their numbers.

    Raises
    ------
    RequestError
        If the folder is laid out in another way, holds none of the pictures, or something is no scanpath.

    References
    ----------
    Xu et al. 2014, doi:10.1167/14.1.28.
    """
    if not (folder / "fixations.mat").exists() and (folder / "osie" / "fixations.mat").exists():
        folder = folder / "osie"
    viewings = read_osie(folder / "fixations.mat", complaints=complaints)
    there = {file.name: file for file in sorted((folder / "stimuli").glob("*"))}
    known = list(dict.fromkeys(viewing.image for viewing in viewings))
    wanted = [name for name in known if name in there] if images is None else image_names(images, known)
    absent = [name for name in wanted if name not in there]
    if absent or not wanted:
        raise RequestError(
            f"{folder / 'stimuli'} has no picture {', '.join(absent[:3]) or 'of those that were looked at'}"
            f"{'...' if len(absent) > len(absent[:3]) else ''}. Put the pictures of OSIE there."
        )
    if complaints is not None:
        broken = _broken(viewings, known)
        complaints += [broken[name] for name in wanted if name in broken]
        wanted = [name for name in wanted if name not in broken]
    return scenes(viewings, wanted, there, complaints)


def _elsewhere(names: Sequence[str]) -> dict[str, str]:
    """Return for each picture the one whose viewers look elsewhere."""
    if len(names) == 1:
        raise RequestError(
            f"There is gaze on one picture only, {names[0]}, and people who look elsewhere need another. "
            "Give the gaze on at least two pictures."
        )
    step = APART % len(names) or 1 if names else 0
    return dict(zip(names, [*names[step:], *names[:step]], strict=True))


def _broken(viewings: Sequence[Viewing], names: Sequence[str]) -> dict[str, str]:
    """Return a sentence for each picture where a scanpath is missing before others, here or elsewhere."""
    numbers: dict[str, list[str]] = {}
    for viewing in viewings:
        numbers.setdefault(viewing.image, []).append(viewing.viewer)
    gaps = {image for image, own in numbers.items() if own != [str(n) for n in range(len(own))]}
    return {
        image: f"Picture {image} is left out: a scanpath on {image if image in gaps else other} is none, so "
        "that others would judge there than elsewhere."
        for image, other in _elsewhere(names).items()
        if gaps & {image, other}
    }


def image_names(text: str, known: Sequence[str]) -> list[str]:
    """Return the names of pictures that a text such as ``1001-1030,1042`` speaks of.

    Parameters
    ----------
    text : str
        Names, with or without their ending, and ranges of numbers.
    known : sequence of str
        Names that there are.

    Raises
    ------
    RequestError
        If a name is not known, or a range is none.

    Examples
    --------
    >>> image_names("1002-1003,1001", ["1001.jpg", "1002.jpg", "1003.jpg"])
    ['1002.jpg', '1003.jpg', '1001.jpg']
    """
    stems = {Path(name).stem: name for name in known} | {name: name for name in known}
    found: list[str] = []
    for part in (part.strip() for part in text.split(",")):
        ends = None if part in stems else re.fullmatch(r"(\d+)-(\d+)", part)
        own = (
            (f"{n:0{len(ends[1])}}" for n in range(int(ends[1]), int(ends[2]) + 1)) if ends else iter([part])
        )
        count = len(found)
        for name in own:
            if name not in stems:
                raise _unknown(name, known)
            found.append(stems[name])
        if len(found) == count:
            raise _unknown(part, known)
    return list(dict.fromkeys(found))


def _unknown(name: str, known: Sequence[str]) -> RequestError:
    return RequestError(
        f"There is no image {name!r}. There are {', '.join(known[:2])} to {known[-1]}; write names or "
        "ranges, as 1001-1030,1042."
    )
