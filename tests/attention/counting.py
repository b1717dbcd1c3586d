"""How many operations a function takes: multiplications of products, elements of all else.

What is counted is computed with arrays of the stand-in for CuPy, whose numbers nothing can reach but through
its own functions: neither what is written into an empty array nor what is done in place goes uncounted. So it
is the array form that is counted, not a compiled loop.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from neurogate.attention.operators import sliding_window_attention
from tests.attention import standin

PRODUCTS = {"dot", "inner", "outer", "vdot", "tensordot", "convolve", "correlate", "kron"}  # not used
SORTS = {"sort", "argsort", "lexsort", "unique"}


def operations(function: Callable[..., Any], *arguments: Any, layer: Any = None) -> int:
    """Return how many operations a function takes of arrays, or of tuples of arrays, and of a layer's own."""
    counts: list[int] = []

    def count(function: Any, given: Sequence[Any], result: Any) -> None:
        counts.append(cost(function, given, result))

    with pytest.MonkeyPatch.context() as patch:
        cupy = standin.installed(patch)
        patch.setattr(sliding_window_attention, "AT_ONCE", 0)  # pairs that a GPU compares whatever they cost
        there = [moved(each, cupy) for each in arguments]
        if layer is not None:
            layer.to(cupy)
        function(*there)  # masks and other arrays that follow from sizes are made once, and then kept
        patch.setattr(standin, "LISTENERS", [count])
        function(*there)
    if layer is not None:
        layer.to(np)
    return sum(counts)


def moved(value: Any, xp: Any) -> Any:
    """Return arrays of another library, also those in tuples and dicts."""
    if isinstance(value, np.ndarray):
        return xp.asarray(value)
    if isinstance(value, dict):
        return {key: moved(each, xp) for key, each in value.items()}
    if isinstance(value, tuple):
        parts = [moved(each, xp) for each in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value


def cost(function: Any, given: Sequence[Any], result: Any) -> int:
    """Return the operations of one call: none of a view."""
    name, inputs, found = function.__name__, [*arrays(given)], [*arrays(result)]
    inputs += arrays(getattr(function, "__self__", None))  # of a method
    assert name not in PRODUCTS, f"How many multiplications {name} takes is not known here."
    if function is np.matmul:
        return int(np.size(result)) * inputs[0].shape[-1]
    if name == "einsum":
        return _einsum(*given)
    if not isinstance(function, np.ufunc) and any(np.may_share_memory(a, b) for a in inputs for b in found):
        return 0
    most = max((each.size for each in (*inputs[: None if name != "take" else 0], *found)), default=0)
    ordered = name in SORTS or "fft" in (getattr(function, "__module__", "") or "")
    return most * max(1, round(math.log2(most or 1))) if ordered else most


def arrays(value: Any) -> Iterator[np.ndarray]:
    """Yield the arrays in a value."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from arrays(each)


def slope(lengths: Iterable[int], counts: Iterable[int]) -> float:
    """Return the slope of the logarithm of the counts over that of the lengths."""
    return float(np.polyfit(np.log(list(lengths)), np.log(list(counts)), 1)[0])


def _einsum(formula: str, *given: np.ndarray) -> int:
    sizes: dict[str, int] = {}
    wide = 1
    for term, array in zip(formula.replace(" ", "").split("->")[0].split(","), given, strict=True):
        before, dots, behind = term.partition("...")
        more = array.ndim - len(before + behind) if dots else 0
        wide = max(wide, math.prod(array.shape[len(before) : len(before) + more]))
        shape = array.shape[: len(before)] + array.shape[len(before) + more :]
        for letter, size in zip(before + behind, shape, strict=True):
            sizes[letter] = max(size, sizes.get(letter, 1))
    return wide * math.prod(sizes.values())
