"""A stand-in for CuPy where there is no GPU: NumPy behind a type of its own, with CuPy's refusals.

It refuses what CuPy refuses: to be turned into an array of NumPy unasked, to be computed with beside one, and
to be indexed by one. It notes which functions were asked for, so that CuPy itself, where it is installed, can
be asked whether it has them. Kernels for a GPU alone are left out: what is computed is the array form.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import scipy.fft
import scipy.special

from neurogate.attention import gpu

ASKED: set[str] = set()
LISTENERS: list[Callable[[Any, Sequence[Any], Any], None]] = []
"""They are told of each function, of the arrays of NumPy that it took, and of what it found."""


class ndarray(np.lib.mixins.NDArrayOperatorsMixin):
    """An array that lives elsewhere."""

    def __init__(self, inner: np.ndarray) -> None:
        self.inner = inner

    def get(self) -> np.ndarray:
        return self.inner

    def __array__(self, *given: Any, **more: Any) -> np.ndarray:
        raise TypeError("Implicit conversion to a NumPy array is not allowed.")

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **more: Any
    ) -> Any:
        ASKED.add(ufunc.__name__)
        more = {key: inside(value) for key, value in more.items()}
        if out is not None:
            more["out"] = tuple(map(inside, out))
        given = [*map(inside, inputs)]
        result = getattr(ufunc, method)(*given, **more)
        tell(ufunc, given, result)
        return out[0] if out is not None else outside(result)

    def __array_function__(self, function: Callable[..., Any], kinds: Any, args: Any, more: Any) -> Any:
        return call(function.__name__, function)(*args, **more)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        if callable(found) and not isinstance(found, type):
            return call(f"ndarray.{name}", found)
        return outside(found) if isinstance(found, np.ndarray) else found

    def __getitem__(self, key: Any) -> Any:
        found = self.inner[inside(key)]
        tell(np.take, [self.inner], found)
        return outside(found)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.inner[inside(key)] = inside(value)
        tell(np.put, [], self.inner[inside(key)])

    def __len__(self) -> int:
        return len(self.inner)

    def __iter__(self) -> Any:
        return map(outside, self.inner)

    def __bool__(self) -> bool:
        return bool(self.inner)

    def __float__(self) -> float:
        return float(self.inner)

    def __int__(self) -> int:
        return int(self.inner)

    def __index__(self) -> int:
        return self.inner.__index__()


ndarray.__module__ = "cupy"


def inside(value: Any) -> Any:
    """Return what NumPy computes with, and refuse arrays of NumPy's own."""
    if isinstance(value, ndarray):
        return value.inner
    if isinstance(value, np.ndarray) and value.ndim:
        raise TypeError(f"Unsupported type {type(value)}: an array of NumPy among those of CuPy.")
    if type(value) in (list, tuple):
        return type(value)(map(inside, value))
    return value


def outside(value: Any) -> Any:
    """Return an array, or a number, as CuPy would: of no axes, but an array."""
    if isinstance(value, np.ndarray | np.generic):
        return ndarray(np.asarray(value))
    if isinstance(value, tuple):
        return tuple(map(outside, value))
    return list(map(outside, value)) if type(value) is list else value


def tell(function: Any, given: Sequence[Any], result: Any) -> None:
    """Tell those who listen."""
    for listener in LISTENERS:
        listener(function, given, result)


def call(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def called(*args: Any, **more: Any) -> Any:
        ASKED.add(name)
        given = [*map(inside, args)]
        result = function(*given, **{key: inside(value) for key, value in more.items()})
        tell(function, given, result)
        return more["out"] if more.get("out") is not None else outside(result)

    return called


def module(name: str, source: Any) -> types.ModuleType:
    """Return a module whose functions take and give our arrays."""

    def attribute(asked: str) -> Any:
        found = getattr(source, asked)
        full = f"{name}.{asked}".removeprefix("cupy.")
        if isinstance(found, types.ModuleType):
            return module(f"{name}.{asked}", found)
        return call(full, found) if callable(found) and not isinstance(found, type) else found

    made = types.ModuleType(name)
    made.__getattr__ = attribute  # type: ignore[method-assign]
    return made


def asarray(value: Any, dtype: Any = None) -> ndarray:
    return ndarray(np.array(value.inner if isinstance(value, ndarray) else value, dtype=dtype))


def fuse(*, kernel_name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that leaves a function as it is, for CuPy's changes no result."""
    assert kernel_name.isidentifier()
    ASKED.add("fuse")
    return lambda function: function


cupy = module("cupy", np)
cupy.ndarray, cupy.asarray, cupy.array, cupy.fuse = ndarray, asarray, asarray, fuse
MODULES = {
    "cupy": cupy, "cupyx": types.ModuleType("cupyx"), "cupyx.scipy": types.ModuleType("cupyx.scipy"),
    "cupyx.scipy.special": module("cupyx.scipy.special", scipy.special),
    "cupyx.scipy.fft": module("cupyx.scipy.fft", scipy.fft),
}  # fmt: skip
"""What an import finds."""


def installed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put the stand-in where CuPy would be, until the test ends, and return it."""
    for name, made in MODULES.items():
        monkeypatch.setitem(sys.modules, name, made)
    monkeypatch.setattr(gpu, "kernels", lambda xp, module: None)
    return cupy
