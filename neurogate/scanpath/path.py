"""A scanpath: where eyes rested, how long, and from when on, on a picture of known size."""

from __future__ import annotations

from typing import Any, Literal, get_args

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError

__all__ = ["Missing", "Outside", "Scanpath", "of_one_size", "scanpath"]

Values = NDArray[np.float64]
Missing = Literal["refuse", "drop"]
Outside = Literal["keep", "drop", "refuse"]


@attrs.frozen(eq=False)
class Scanpath:
    """Fixations in the order in which they were made; `scanpath` makes one of loose arrays.

    Parameters
    ----------
    x_px, y_px : (L,) array
        Places; the origin is the upper left corner, y grows downwards. They are finite, and may lie outside
        the picture.
    duration_s : (L,) array
        At least 0.
    start_s : (L,) array
        Never falling.
    width_px, height_px : float
        Size of the picture or screen.
    px_per_degree : float
        Of visual angle; NaN if unknown.

    Examples
    --------
    >>> path = scanpath([10, 40], [10, 50], [0.2, 0.3], size=(80, 60))
    >>> len(path), path.start_s.tolist(), path.amplitude_px.tolist()
    (2, [0.0, 0.2], [50.0])
    """

    x_px: Values
    y_px: Values
    duration_s: Values
    start_s: Values
    width_px: float
    height_px: float
    px_per_degree: float = float("nan")

    def __len__(self) -> int:
        """How many fixations there are."""
        return len(self.x_px)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Values:
        """Return rows of x, y and duration, (L, 3), as metrics read them."""
        rows = np.stack([self.x_px, self.y_px, self.duration_s], axis=1)
        return rows if dtype is None else rows.astype(dtype)

    @property
    def amplitude_px(self) -> Values:
        """Lengths of the saccades between them, (L - 1,)."""
        return np.hypot(np.diff(self.x_px), np.diff(self.y_px))

    @property
    def diagonal_px(self) -> float:
        """Of the picture."""
        return float(np.hypot(self.width_px, self.height_px))

    @property
    def outside(self) -> NDArray[np.bool_]:
        """Which fixations lie outside the picture, (L,)."""
        off = (self.x_px < 0) | (self.x_px >= self.width_px)
        return np.asarray(off | (self.y_px < 0) | (self.y_px >= self.height_px))

    def __getitem__(self, which: slice) -> Scanpath:
        """Return a stretch of it."""
        return self._chosen(which)

    def _chosen(self, which: Any) -> Scanpath:
        arrays = (self.x_px, self.y_px, self.duration_s, self.start_s)
        x_px, y_px, duration_s, start_s = (array[which] for array in arrays)
        return Scanpath(x_px, y_px, duration_s, start_s, self.width_px, self.height_px, self.px_per_degree)


def scanpath(
    x_px: ArrayLike, y_px: ArrayLike, duration_s: ArrayLike | None = None,
    start_s: ArrayLike | None = None, *, size: tuple[float, float], px_per_degree: float = float("nan"),
    missing: Missing = "refuse", outside: Outside = "keep",
) -> Scanpath:  # fmt: skip
    """Make a scanpath of loose arrays, and look whether it can be one.

    Parameters
    ----------
    x_px, y_px : (L,)
        Places.
    duration_s : (L,), optional
        0 if left out.
    start_s : (L,), optional
        As if there were no time between fixations, if left out.
    size : (float, float)
        Width and height of the picture.
    px_per_degree : float
        Of visual angle.
    missing : {"refuse", "drop"}
        What to do with a fixation of which a number is missing (NaN) or infinite.
    outside : {"keep", "drop", "refuse"}
        What to do with a fixation outside the picture.

    Returns
    -------
    Scanpath
        Of copies of the arrays.

    Raises
    ------
    RequestError
        If lengths differ, a duration is negative, times fall, a degree has no size, what is to be refused is
        there, or `missing` or `outside` is none of its words.

    Examples
    --------
    >>> len(scanpath([1, float("nan")], [2, 3], size=(80, 60), missing="drop"))
    1
    >>> scanpath([1, float("nan")], [2, 3], size=(80, 60))
    Traceback (most recent call last):
    neurogate.errors.RequestError: Fixation 1 (of 0 to 1) has a number that is missing. Use missing="drop"...
    """
    _known("missing", missing, Missing)
    _known("outside", outside, Outside)
    width, height = map(float, size)
    if not (0 < width < np.inf and 0 < height < np.inf):
        raise RequestError(f"The picture is {width:g} x {height:g} px. Give a width and a height above 0.")
    if not (np.isnan(px_per_degree) or 0 < px_per_degree < np.inf):
        raise RequestError(
            f"A degree is {px_per_degree:g} px. Give a number above 0, or NaN if it is not known."
        )
    x = np.array(x_px, dtype=np.float64)
    given = {"x_px": x, "y_px": np.array(y_px, dtype=np.float64)}
    given["duration_s"] = np.zeros(x.shape) if duration_s is None else np.array(duration_s, dtype=np.float64)
    timed = start_s is not None
    given["start_s"] = np.array(start_s, dtype=np.float64) if timed else np.zeros(x.shape)
    _alike(given)
    table = np.stack(list(given.values()))
    whole: NDArray[np.bool_] = np.asarray(np.isfinite(table).all(axis=0))
    table = np.compress(_kept(whole, missing, "a number that is missing", "missing"), table, axis=1)
    if not timed:
        table[3, 1:] = np.cumsum(table[2])[:-1]
    _in_order(table)
    path = Scanpath(table[0], table[1], table[2], table[3], width, height, float(px_per_degree))
    if outside == "keep":
        return path
    words = f"a place outside the picture of {width:g} x {height:g} px"
    return path._chosen(_kept(~path.outside, outside, words, "outside"))


def of_one_size(*paths: Any) -> None:
    """Refuse scanpaths on pictures of different sizes; arrays, which have no picture, are not looked at.

    Parameters
    ----------
    *paths : Scanpath or array
        What is compared.

    Raises
    ------
    RequestError
        If sizes differ.

    Examples
    --------
    >>> of_one_size(scanpath([1], [2], size=(8, 6)), [[1, 2]], scanpath([1], [2], size=(80, 60)))
    Traceback (most recent call last):
    neurogate.errors.RequestError: The pictures are of 8 x 6 px and 80 x 60 px. Give paths on pictures of ...
    """
    sizes = dict.fromkeys((path.width_px, path.height_px) for path in paths if isinstance(path, Scanpath))
    if len(sizes) > 1:
        words = " and ".join(f"{width:g} x {height:g} px" for width, height in sizes)
        raise RequestError(f"The pictures are of {words}. Give paths on pictures of one size.")


def _known(argument: str, word: str, words: Any) -> None:
    if word not in get_args(words):
        raise RequestError(f"{argument} is {word!r}; choose from {', '.join(get_args(words))}.")


def _alike(arrays: dict[str, Values]) -> None:
    if len({array.shape for array in arrays.values()}) > 1 or arrays["x_px"].ndim != 1:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise RequestError(f"A scanpath needs lists of one length: {shapes}.")


def _kept(good: NDArray[np.bool_], policy: str, words: str, argument: str) -> NDArray[np.bool_]:
    if policy == "refuse" and not good.all():
        raise RequestError(
            f"Fixation {int(np.flatnonzero(~good)[0])} (of 0 to {len(good) - 1}) has {words}. "
            f'Use {argument}="drop" to leave such fixations out.'
        )
    return good


def _in_order(table: Values) -> None:
    _, _, duration_s, start_s = table
    if (duration_s < 0).any():
        place = int(np.flatnonzero(duration_s < 0)[0])
        raise RequestError(f"Fixation {place} lasts {duration_s[place]:g} s. Give durations of at least 0.")
    if (np.diff(start_s) < 0).any():
        place = int(np.flatnonzero(np.diff(start_s) < 0)[0]) + 1
        raise RequestError(
            f"Fixation {place} starts at {start_s[place]:g} s, before the one in front of it "
            f"({start_s[place - 1]:g} s). Sort fixations by time."
        )
