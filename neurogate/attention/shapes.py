"""Shapes as docstrings write them, and what of given shapes does not agree with them.

A letter is the same number everywhere, "1" is one, "d or 1" is either, and more axes may stand where "..." is
first.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

__all__ = ["is_optional", "misfit"]

Shape = tuple[int, ...]


class _Wanted(NamedTuple):
    text: str
    axes: tuple[tuple[str, ...], ...]
    optional: bool


def is_optional(shapes: str, name: str) -> bool:
    """Tell whether an array may be left out.

    Parameters
    ----------
    shapes : str
    name : str
        Of one of its arrays.

    Examples
    --------
    >>> is_optional("x : (..., d); bias : (d,), optional", "bias")
    True
    """
    return _wanted(shapes)[name].optional


@functools.lru_cache(maxsize=4096)
def misfit(shapes: str, given: tuple[tuple[str, Shape | bool], ...]) -> str:
    """Say what shapes must be, or nothing if they are; a layer asks the same at each of its steps.

    Parameters
    ----------
    shapes : str
    given : tuple of (str, shape)
        Names and shapes; False is that of what is no array, True that of what was left out.

    Examples
    --------
    >>> misfit("x : (..., d); w : (e, d)", (("x", (5, 3)), ("w", (2, 3))))
    ''
    >>> misfit("x : (..., d); w : (e, d)", (("x", (5, 3)), ("w", (2, 4))))
    'the shapes must be x : (..., d); w : (e, d)'
    """
    wanted, sizes = _wanted(shapes), dict[str, int]()
    there = [(name, shape) for name, shape in given if shape is not True or not wanted[name].optional]
    if all(isinstance(shape, tuple) and _agrees(wanted[name].axes, shape, sizes) for name, shape in there):
        return ""
    return f"the shapes must be {'; '.join(dict.fromkeys(wanted[name].text for name, _ in there))}"


@functools.cache
def _wanted(shapes: str) -> dict[str, _Wanted]:
    """Take a text of shapes apart, by names."""
    found: dict[str, _Wanted] = {}
    for text in shapes.split("; "):
        names, _, shape = text.partition(" : ")
        inside, _, more = shape.strip("(").partition(")")
        axes = tuple(tuple(axis.split(" or ")) for axis in inside.rstrip(",").split(", ") if axis)
        found |= dict.fromkeys(names.split(", "), _Wanted(text.removesuffix(more), axes, bool(more)))
    return found


def _agrees(axes: tuple[tuple[str, ...], ...], shape: Shape, sizes: dict[str, int]) -> bool:
    """Tell whether a shape is as wanted; letters that are new get their numbers."""
    if axes[:1] == (("...",),) and len(shape) >= len(axes) - 1:
        axes, shape = axes[1:], shape[len(shape) - len(axes) + 1 :]
    return len(axes) == len(shape) and all(
        any(n == int(a) if a.isdigit() else n == sizes.setdefault(a, n) for a in reversed(axis))
        for axis, n in zip(axes, shape, strict=True)
    )
