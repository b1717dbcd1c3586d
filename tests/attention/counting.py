"""Arrays that count what is computed with them: multiplications of matrix products, elements of the rest."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np


class Counted(np.ndarray):
    """An array of NumPy that tells how many operations it, and all that came of it, took part in."""

    operations = 0

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **more: Any
    ) -> Any:
        plain = [_plain(each) for each in inputs]
        if out is not None:
            more["out"] = tuple(_plain(each) for each in out)
        result = getattr(ufunc, method)(*plain, **more)
        size = max([np.size(each) for each in plain] + [np.size(result)])
        Counted.operations += np.size(result) * plain[0].shape[-1] if ufunc is np.matmul else size
        return out[0] if out is not None else _counted(result)

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        args = _plain(args)
        result = function(*args, **_plain(kwargs))
        Counted.operations += _size(function, args, result)
        return _counted(result)


def operations(function: Callable[..., Any], *arrays: np.ndarray) -> int:
    """Return how many operations a function of arrays takes."""
    before = Counted.operations
    function(*(array.view(Counted) for array in arrays))
    return Counted.operations - before


def slope(lengths: Iterable[int], counts: Iterable[int]) -> float:
    """Return the slope of the logarithm of the counts over that of the lengths."""
    return float(np.polyfit(np.log(list(lengths)), np.log(list(counts)), 1)[0])


def _size(function: Callable[..., Any], args: Any, result: Any) -> int:
    if function is np.einsum:
        sizes: dict[str, int] = {}
        terms = args[0].replace(" ", "").replace("...", "").split("->")[0].split(",")
        for term, array in zip(terms, args[1:], strict=True):
            sizes |= dict(zip(term, np.shape(array)[-len(term) :], strict=True))
        return math.prod(sizes.values())
    given = [np.size(each) for each in args if isinstance(each, np.ndarray)]
    size = max([*given, np.size(result) if isinstance(result, np.ndarray) else 0])
    return size * max(1, round(math.log2(size or 1))) if "fft" in function.__module__ else size


def _plain(value: Any) -> Any:
    if isinstance(value, Counted):
        return value.view(np.ndarray)
    if isinstance(value, list | tuple):
        return type(value)(map(_plain, value))
    return {key: _plain(each) for key, each in value.items()} if isinstance(value, dict) else value


def _counted(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.view(Counted)
    return type(value)(map(_counted, value)) if type(value) in (list, tuple) else value
